/**
 * The control-flow graph of a region: its edges, its structure, where the
 * budget is checked, and the longest path to the next check.
 */
import type { IrBlock } from './ir.ts';
import { type Structure, structureOf } from './structure.ts';

export interface ControlGraph {
  /** Indices of the blocks each block goes to within the region; cut edges are exits and not listed. */
  readonly successors: readonly (readonly number[])[];
  readonly structure: Structure;
  /** Blocks that check the budget: the entry and the loop headers. */
  readonly headers: ReadonlySet<number>;
  /** For each header: most instructions that retire from there to the next check or exit. */
  readonly longest: ReadonlyMap<number, number>;
  /** Index of the block at an EIP if block `from` goes to it within the region. */
  target(from: number, eip: number): number | undefined;
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
  const all = blocks.map((b) =>
    targetsOf(b).flatMap((eip) => {
      const n = index.get(eip);
      return n === undefined ? [] : [n];
    }),
  );
  const structure = structureOf(all);
  const successors = all.map((list, from) => list.filter((to) => !structure.isCut(from, to)));
  const headers = new Set([0]);
  structure.isLoop.forEach((loop, n) => {
    if (loop) headers.add(n);
  });
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
    target(from, eip) {
      const n = index.get(eip);
      return n === undefined || structure.isCut(from, n) ? undefined : n;
    },
  };
}
