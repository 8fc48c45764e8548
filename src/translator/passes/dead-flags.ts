/**
 * Pass "dead-flags": removes flag computations nobody can see, and temporaries
 * that only they used, over the whole region.
 *
 * A flag is seen by an instruction that reads it and by every way of leaving
 * the region, the cold ones before a memory access included.
 */

import { type ControlGraph, targetsOf } from '../control-graph.ts';
import { expressionsOf, readsFlags } from '../flag-flow.ts';
import type { Expr, IrBlock, Stmt } from '../ir.ts';

function usedTemporaries(e: Expr, used: Set<number>): void {
  switch (e.k) {
    case 'tmp':
      used.add(e.id);
      break;
    case 'bin':
      usedTemporaries(e.a, used);
      usedTemporaries(e.b, used);
      break;
    case 'un':
      usedTemporaries(e.a, used);
      break;
    case 'select':
      usedTemporaries(e.c, used);
      usedTemporaries(e.a, used);
      usedTemporaries(e.b, used);
      break;
    case 'wide':
      usedTemporaries(e.high, used);
      usedTemporaries(e.low, used);
      usedTemporaries(e.b, used);
      break;
    case 'op':
      for (const a of e.args) usedTemporaries(a, used);
      break;
  }
}

const LEAVING: ReadonlySet<Stmt['k']> = new Set<Stmt['k']>([
  'load',
  'store',
  'rmwload',
  'rmwstore',
  'vload',
  'vstore',
  'fload',
  'fstore',
  'fcheck',
  'guard',
  'timestamp',
  'callout',
]);

function canLeave(s: Stmt): boolean {
  return LEAVING.has(s.k);
}

/** Walks a block backwards; returns whether the flags are live at its start. Removes dead statements where `remove`. */
function walkBlock(block: IrBlock, liveAtEnd: boolean, remove: boolean): boolean {
  let live = liveAtEnd;
  const used = new Set<number>();
  const kept: Stmt[] = [];
  const e = block.ending;
  if (e.k === 'branch' || e.k === 'indirect' || e.k === 'repeat') {
    if (readsFlags(e.e)) live = true;
    usedTemporaries(e.e, used);
  }
  for (let n = block.stmts.length - 1; n >= 0; n--) {
    const s = block.stmts[n]!;
    if (s.k === 'insn') {
      used.clear();
      kept.push(s);
      continue;
    }
    if ((s.k === 'flags' || s.k === 'override' || s.k === 'flagsif') && !live) continue;
    if (s.k === 'tmp' && !used.has(s.id)) continue;
    if (s.k === 'flags') live = false;
    for (const x of expressionsOf(s)) {
      if (readsFlags(x)) live = true;
      usedTemporaries(x, used);
    }
    if (canLeave(s)) live = true;
    kept.push(s);
  }
  if (remove) block.stmts = kept.reverse();
  return live;
}

export function deadFlagsPass(blocks: readonly IrBlock[], graph: ControlGraph): void {
  // Whether flags are live where a block begins. Headers may leave for want of budget, checked blocks on the way in.
  const liveIn = blocks.map((b, n) => b.checked || graph.headers.has(n));
  const liveOut = (b: IrBlock) => {
    const targets = targetsOf(b);
    if (targets.length === 0 || b.ending.k === 'indirect') return true;
    return targets.some((eip) => {
      const n = graph.target(eip);
      return n === undefined || liveIn[n]!;
    });
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let n = blocks.length - 1; n >= 0; n--) {
      if (!liveIn[n] && walkBlock(blocks[n]!, liveOut(blocks[n]!), false)) {
        liveIn[n] = true;
        changed = true;
      }
    }
  }
  for (const b of blocks) walkBlock(b, liveOut(b), true);
}
