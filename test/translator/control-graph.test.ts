/** Control-flow graphs of regions: loops, joins, budget checks, routers. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { controlGraph } from '../../src/translator/control-graph.ts';
import { con, type IrBlock, reg } from '../../src/translator/ir.ts';
import { structureOf } from '../../src/translator/structure.ts';

/** Blocks by lists of successors; block n stands at EIP n * 16. No successor: an indirect exit. */
function blocks(edges: readonly (readonly number[])[], counts: readonly number[] = []): IrBlock[] {
  return edges.map((to, n): IrBlock => {
    const ending: IrBlock['ending'] =
      to.length === 0
        ? { k: 'indirect', e: reg(0) }
        : to.length === 1
          ? { k: 'jump', target: to[0]! * 16 }
          : { k: 'branch', e: con(1), taken: to[0]! * 16, next: to[1]! * 16 };
    return { eip: n * 16, count: counts[n] ?? 1, eips: [n * 16], stmts: [], ending, checked: false };
  });
}

describe('control graph', () => {
  test('a straight chain has one check, for all of it', () => {
    const graph = controlGraph(blocks([[1], [2], []], [3, 4, 5]));
    expect(graph.successors).toEqual([[1], [2], []]);
    expect([...graph.headers]).toEqual([0]);
    expect(graph.longest.get(0)).toBe(12);
  });

  test('the longer side of a diamond counts', () => {
    const graph = controlGraph(blocks([[1, 2], [3], [3], []], [1, 10, 2, 1]));
    expect(graph.longest.get(0)).toBe(12);
    expect(graph.structure.isJoin).toEqual([false, false, false, true]);
  });

  test('a loop header checks anew', () => {
    // 0 -> 1 <-> 2, 1 -> 3
    const graph = controlGraph(blocks([[1], [2, 3], [1], []], [5, 2, 7, 1]));
    expect([...graph.headers].sort()).toEqual([0, 1]);
    expect(graph.longest.get(0)).toBe(5);
    expect(graph.longest.get(1)).toBe(9);
    expect(graph.target(16)).toBe(1);
  });

  test('a block that branches to itself', () => {
    const graph = controlGraph(blocks([[0, 1], []], [4, 1]));
    expect([...graph.headers]).toEqual([0]);
    expect(graph.longest.get(0)).toBe(5);
  });

  test('targets outside are no successors', () => {
    const graph = controlGraph(blocks([[1, 9], []]));
    expect(graph.successors).toEqual([[1], []]);
    expect(graph.target(9 * 16)).toBeUndefined();
  });

  test('a loop with two entries is entered through a router', () => {
    // 0 -> 1 and 0 -> 2, 1 <-> 2.
    const graph = controlGraph(blocks([[1, 2], [2], [1]], [1, 2, 4]));
    const { routed, isLoop } = graph.structure;
    expect([...routed].sort()).toEqual([1, 2]);
    expect(isLoop).toEqual([false, false, false, true]);
    // The budget is checked behind it.
    expect([...graph.headers].sort()).toEqual([0, 1, 2]);
    expect([0, 1, 2].map((n) => graph.longest.get(n))).toEqual([1, 2, 4]);
  });

  test('a function called from two places of a loop', () => {
    // 0: call 2, back to 1; 1: call 2, back to 0 or out by 3. 2: the function.
    const graph = controlGraph(blocks([[2], [2], [0, 1], []]));
    expect(graph.successors).toEqual([[2], [2], [0, 1], []]);
    expect(graph.structure.routed).toEqual([]);
    // Entered at the function itself, or between the calls, it is no different.
    expect(controlGraph(blocks([[1, 2], [0], [0]])).structure.routed).toEqual([]);
    expect(controlGraph(blocks([[1, 3], [2], [1, 3], [2]])).structure.routed.length).toBeGreaterThan(0);
  });
});

/** Block a dominates b: every way from 0 to b goes through a. By taking a away. */
function dominatesByRemoval(edges: readonly (readonly number[])[], a: number, b: number): boolean {
  if (a === b || a === 0) return true;
  const seen = new Set([0]);
  const work = [0];
  while (work.length > 0) {
    for (const to of edges[work.pop()!]!) {
      if (to === a || seen.has(to)) continue;
      seen.add(to);
      work.push(to);
    }
  }
  return !seen.has(b);
}

describe('any graph is structured', () => {
  const graphs = fc.integer({ min: 1, max: 12 }).chain((size) =>
    fc.array(fc.uniqueArray(fc.integer({ min: 0, max: size - 1 }), { maxLength: 2 }), {
      minLength: size,
      maxLength: size,
    }),
  );

  test('back edges go to dominators, children are immediately dominated, longest paths are longest', () => {
    fc.assert(
      fc.property(graphs, fc.array(fc.nat(20), { minLength: 12, maxLength: 12 }), (edges, counts) => {
        const structure = structureOf(edges);
        // Where blocks are routed, the router is the last node.
        const { routed } = structure;
        const kept = edges.map((list) => list.map((to) => (routed.includes(to) ? edges.length : to)));
        if (routed.length > 0) kept.push([...routed]);
        const reached = (n: number) => structure.order[n]! >= 0;
        expect(structure.order[0]).toBe(0);
        kept.forEach((list, from) => {
          if (!reached(from)) return;
          for (const to of list) {
            expect(reached(to)).toBe(true);
            if (structure.isBack(from, to)) {
              expect(dominatesByRemoval(kept, to, from)).toBe(true);
              expect(structure.isLoop[to]).toBe(true);
            }
          }
        });
        structure.children.forEach((children, a) => {
          for (const b of children) {
            expect(dominatesByRemoval(kept, a, b)).toBe(true);
            // No other block stands between them.
            for (let c = 0; c < kept.length; c++) {
              if (c === a || c === b || !reached(c) || !dominatesByRemoval(kept, c, b)) continue;
              expect(dominatesByRemoval(kept, c, a)).toBe(true);
            }
          }
        });
        const graph = controlGraph(blocks(edges, counts));
        for (const header of graph.headers) {
          if (reached(header)) expect(graph.longest.get(header)).toBe(longestByWalk(graph, counts, header));
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Most instructions from a block on before the next check, by trying every way. */
function longestByWalk(graph: ReturnType<typeof controlGraph>, counts: readonly number[], from: number): number {
  let most = 0;
  for (const to of graph.successors[from]!)
    if (!graph.headers.has(to)) most = Math.max(most, longestByWalk(graph, counts, to));
  return counts[from]! + most;
}
