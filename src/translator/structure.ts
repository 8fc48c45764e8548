/**
 * From a control-flow graph to structured control flow: which blocks are loop
 * headers, which are joins, and what each immediately dominates. Follows N.
 * Ramsey, "Beyond Relooper" (ICFP 2022): for reducible graphs the result needs no
 * dispatch variable. Edges that enter a loop beside its header make a graph irreducible;
 * they are listed as `cut`, and become exits of the region.
 */

export interface Structure {
  /** Position in reverse postorder; -1 where not reachable from block 0. */
  readonly order: readonly number[];
  /** Target of a back edge. */
  readonly isLoop: readonly boolean[];
  /** Reached by more than one forward edge: code for it stands behind a block that these break out of. */
  readonly isJoin: readonly boolean[];
  /** Blocks that each block immediately dominates, in reverse postorder. */
  readonly children: readonly (readonly number[])[];
  /** Whether the edge is a back edge. */
  isBack(from: number, to: number): boolean;
  /** Whether the edge was cut. */
  isCut(from: number, to: number): boolean;
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

/** Structures a graph whose entry is block 0. */
export function structureOf(allSuccessors: readonly (readonly number[])[]): Structure {
  const cut = new Set<number>();
  const size = allSuccessors.length;
  const key = (from: number, to: number) => from * size + to;
  // Cutting an edge can change dominance; each round cuts at least one, and few are ever needed.
  for (;;) {
    const successors = allSuccessors.map((list, from) => list.filter((to) => !cut.has(key(from, to))));
    const rpo = reversePostorder(successors);
    const order = allSuccessors.map(() => -1);
    rpo.forEach((n, k) => {
      order[n] = k;
    });
    const predecessors: number[][] = allSuccessors.map(() => []);
    for (const n of rpo) for (const to of successors[n]!) predecessors[to]!.push(n);
    const idom = dominators(rpo, order, predecessors);
    const dominates = (a: number, b: number): boolean => {
      let n = b;
      while (order[n]! > order[a]!) n = idom[n]!;
      return n === a;
    };
    const bad: number[] = [];
    const isLoop = allSuccessors.map(() => false);
    const forward = allSuccessors.map(() => 0);
    for (const n of rpo) {
      for (const to of successors[n]!) {
        if (order[to]! > order[n]!) forward[to]!++;
        else if (dominates(to, n)) isLoop[to] = true;
        else bad.push(key(n, to));
      }
    }
    if (bad.length > 0) {
      for (const edge of bad) cut.add(edge);
      continue;
    }
    const children: number[][] = allSuccessors.map(() => []);
    for (const n of rpo) if (n !== 0) children[idom[n]!]!.push(n);
    return {
      order,
      isLoop,
      isJoin: forward.map((count) => count > 1),
      children,
      isBack: (from, to) => order[to]! <= order[from]!,
      isCut: (from, to) => cut.has(key(from, to)),
    };
  }
}
