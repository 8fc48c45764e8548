/**
 * The control-flow graph of a region: successors, loop headers, and the longest
 * path to the next budget check.
 */
import type { IrBlock } from './ir.ts';

export interface ControlGraph {
  /** Indices of the blocks each block goes to within the region. */
  readonly successors: readonly (readonly number[])[];
  /** Blocks that check the budget: the entry and the targets of back edges. */
  readonly headers: ReadonlySet<number>;
  /** For each header: most instructions that retire from there to the next check or exit. */
  readonly longest: ReadonlyMap<number, number>;
}

/** EIPs a block's ending goes to directly. */
export function directTargets(block: IrBlock): readonly number[] {
  const e = block.ending;
  if (e.k === 'jump') return [e.target];
  if (e.k === 'branch') return e.taken === e.next ? [e.next] : [e.taken, e.next];
  return [];
}

export function controlGraph(blocks: readonly IrBlock[]): ControlGraph {
  const index = new Map(blocks.map((b, n) => [b.eip, n]));
  const successors = blocks.map((b) =>
    directTargets(b).flatMap((eip) => {
      const n = index.get(eip);
      return n === undefined ? [] : [n];
    }),
  );
  const headers = new Set([0]);
  // Depth-first: an edge to a block still open is a back edge.
  const mark = new Uint8Array(blocks.length);
  const order: number[] = [];
  const stack: { n: number; next: number }[] = [{ n: 0, next: 0 }];
  mark[0] = 1;
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const to = successors[top.n]![top.next++];
    if (to === undefined) {
      mark[top.n] = 2;
      order.push(top.n);
      stack.pop();
    } else if (mark[to] === 0) {
      mark[to] = 1;
      stack.push({ n: to, next: 0 });
    } else if (mark[to] === 1) {
      headers.add(to);
    }
  }
  const path = new Array<number>(blocks.length).fill(0);
  for (const n of order) {
    let most = 0;
    for (const to of successors[n]!) if (!headers.has(to)) most = Math.max(most, path[to]!);
    path[n] = blocks[n]!.count + most;
  }
  return { successors, headers, longest: new Map([...headers].map((n) => [n, path[n]!])) };
}
