/**
 * From a control-flow graph to structured control flow: which blocks are loop
 * headers, which are joins, and what each immediately dominates. Follows N.
 * Ramsey, "Beyond Relooper" (ICFP 2022): for reducible graphs the result needs no
 * dispatch variable. Edges that enter a loop beside its header make a graph irreducible: a function that is
 * called from two places of a loop does. Then there is a *router*: a node of its own, the header of a loop, through
 * which all edges go to the blocks that such edges lead to.
 */

export interface Structure {
  /** Position in reverse postorder; -1 where not reachable from block 0. The router stands behind the blocks here and below. */
  readonly order: readonly number[];
  /** Target of a back edge. */
  readonly isLoop: readonly boolean[];
  /** Reached by more than one forward edge: code for it stands behind a block that these break out of. */
  readonly isJoin: readonly boolean[];
  /** Blocks that each block immediately dominates, in reverse postorder. */
  readonly children: readonly (readonly number[])[];
  /** Whether the edge is a back edge. */
  isBack(from: number, to: number): boolean;
  /** Blocks that are reached through the router only; empty where there is none. */
  readonly routed: readonly number[];
}

/** The graph with the router as its last node: edges to routed blocks lead there, and from there to each of them. */
function withRouter(successors: readonly (readonly number[])[], routed: readonly number[]): (readonly number[])[] {
  if (routed.length === 0) return [...successors];
  const router = successors.length;
  return [...successors.map((list) => list.map((to) => (routed.includes(to) ? router : to))), routed];
}

function reversePostorder(successors: readonly (readonly number[])[]): number[] {
  const seen = new Uint8Array(successors.length);
  const postorder: number[] = [];
  const stack: { n: number; next: number }[] = [{ n: 0, next: 0 }];
  seen[0] = 1;
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const to = successors[top.n]![top.next++];
    if (to === undefined) {
      postorder.push(top.n);
      stack.pop();
    } else if (seen[to] === 0) {
      seen[to] = 1;
      stack.push({ n: to, next: 0 });
    }
  }
  return postorder.reverse();
}

/** Immediate dominators by iteration (Cooper, Harvey, Kennedy 2001); -1 for what is not reachable. */
function dominators(rpo: readonly number[], order: readonly number[], predecessors: readonly number[][]): number[] {
  const idom = order.map(() => -1);
  idom[0] = 0;
  const meet = (a: number, b: number): number => {
    let x = a;
    let y = b;
    while (x !== y) {
      while (order[x]! > order[y]!) x = idom[x]!;
      while (order[y]! > order[x]!) y = idom[y]!;
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const n of rpo) {
      if (n === 0) continue;
      let dom = -1;
      for (const p of predecessors[n]!) if (idom[p] !== -1) dom = dom === -1 ? p : meet(dom, p);
      if (dom !== idom[n]) {
        idom[n] = dom;
        changed = true;
      }
    }
  }
  return idom;
}

/** All nodes that a walk from `start` along edges comes to. */
function reach(start: number, edges: (n: number) => readonly number[]): Set<number> {
  const seen = new Set([start]);
  const work = [start];
  for (let n = work.pop(); n !== undefined; n = work.pop()) {
    for (const to of edges(n)) {
      if (seen.has(to)) continue;
      seen.add(to);
      work.push(to);
    }
  }
  return seen;
}

/** Where the loop of `header` is entered beside it, back edges of proper loops apart. */
function loopEntries(
  header: number,
  successors: readonly (readonly number[])[],
  predecessors: readonly (readonly number[])[],
  backEdge: (from: number, to: number) => boolean,
): number[] {
  const before = (n: number) => predecessors[n]!.filter((p) => !backEdge(p, n));
  const after = reach(header, (n) => successors[n]!.filter((to) => !backEdge(n, to)));
  const loop = [...reach(header, before)].filter((n) => after.has(n));
  return loop.filter((n) => n !== header && before(n).some((p) => !loop.includes(p)));
}

/** Structures a graph whose entry is block 0. */
export function structureOf(blocks: readonly (readonly number[])[]): Structure {
  const routed: number[] = [];
  // Routing can change dominance; each round routes at least one block more, and few are ever needed.
  for (;;) {
    const successors = withRouter(blocks, routed);
    const rpo = reversePostorder(successors);
    const order = successors.map(() => -1);
    rpo.forEach((n, k) => {
      order[n] = k;
    });
    const predecessors: number[][] = successors.map(() => []);
    for (const n of rpo) for (const to of successors[n]!) predecessors[to]!.push(n);
    const idom = dominators(rpo, order, predecessors);
    const dominates = (a: number, b: number): boolean => {
      let n = b;
      while (order[n]! > order[a]!) n = idom[n]!;
      return n === a;
    };
    const bad = new Set<number>();
    const isLoop = successors.map(() => false);
    const forward = successors.map(() => 0);
    for (const n of rpo) {
      for (const to of successors[n]!) {
        if (order[to]! > order[n]!) forward[to]!++;
        else if (dominates(to, n)) isLoop[to] = true;
        else bad.add(to);
      }
    }
    if (bad.size > 0) {
      const router = blocks.length;
      if (bad.delete(router)) {
        const backEdge = (from: number, to: number) => order[to]! <= order[from]! && dominates(to, from);
        for (const n of loopEntries(router, successors, predecessors, backEdge)) bad.add(n);
      }
      routed.push(...bad);
      continue;
    }
    const children: number[][] = successors.map(() => []);
    for (const n of rpo) if (n !== 0) children[idom[n]!]!.push(n);
    return {
      order,
      isLoop,
      isJoin: forward.map((count) => count > 1),
      children,
      isBack: (from, to) => order[to]! <= order[from]!,
      routed,
    };
  }
}
