/**
 * The control-flow graph of a region: its edges, its structure, where the
 * budget is checked, and the longest path to the next check.
 */
import type { IrBlock } from './ir.ts';
import { type Structure, structureOf } from './structure.ts';

export interface ControlGraph {
  /** Indices of the blocks each block goes to within the region. */
  readonly successors: readonly (readonly number[])[];
  readonly structure: Structure;
  /** Blocks that check the budget: the entry, the loop headers, and those behind the router. */
  readonly headers: ReadonlySet<number>;
  /** For each header: most instructions that retire from there to the next check or exit. */
  readonly longest: ReadonlyMap<number, number>;
  /** Index of the block at an EIP. */
  target(eip: number): number | undefined;
}

/** EIPs that a block's ending may go to within its region. */
export function targetsOf(block: IrBlock): readonly number[] {
  const e = block.ending;
  if (e.k === 'indirect') return e.targets ?? [];
  if (e.k === 'jump') return [e.target];
  // Twice to what follows: before the first iteration and after the last.
  if (e.k === 'repeat') return [e.self, e.next, e.next];
  if (e.k === 'branch') return e.taken === e.next ? [e.next] : [e.taken, e.next];
  return [];
}

export function controlGraph(blocks: readonly IrBlock[]): ControlGraph {
  const index = new Map(blocks.map((b, n) => [b.eip, n]));
  const successors = blocks.map((b) =>
    targetsOf(b).flatMap((eip) => {
      const n = index.get(eip);
      return n === undefined ? [] : [n];
    }),
  );
  const structure = structureOf(successors);
  const headers = new Set([0, ...structure.routed]);
  for (const n of blocks.keys()) if (structure.isLoop[n]) headers.add(n);
  // Backwards through the reverse postorder, successors come first.
  const reachable = blocks.map((_, n) => n).filter((n) => structure.order[n]! >= 0);
  reachable.sort((a, b) => structure.order[b]! - structure.order[a]!);
  const path = new Array<number>(blocks.length).fill(0);
  for (const n of reachable) {
    let most = 0;
    for (const to of successors[n]!) if (!headers.has(to)) most = Math.max(most, path[to]!);
    path[n] = blocks[n]!.count + most;
  }
  return {
    successors,
    structure,
    headers,
    longest: new Map([...headers].map((n) => [n, path[n]!])),
    target: (eip) => index.get(eip),
  };
}
