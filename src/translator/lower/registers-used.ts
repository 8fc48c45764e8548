/** Which general and XMM registers a region reads or writes, and what of the x87 state. */
import { expressionsOf } from '../flag-flow.ts';
import type { Expr, IrBlock, Stmt } from '../ir.ts';
import { isPointer } from './x87-locals.ts';

/** Register numbers in ascending order; what is written counts as used. */
export interface RegistersUsed {
  readonly used: readonly number[];
  readonly written: readonly number[];
  readonly xmmUsed: readonly number[];
  readonly xmmWritten: readonly number[];
  /** There are x87 statements. */
  readonly x87: boolean;
  /** Offsets of the x87 pointers that are written. */
  readonly x87Pointers: readonly number[];
}

const X87: ReadonlySet<Stmt['k']> = new Set<Stmt['k']>(['fcheck', 'fget', 'fput', 'ftag', 'fmove', 'fstatus']);

function collect(e: Expr, used: Set<number>, xmm: Set<number>): void {
  switch (e.k) {
    case 'reg':
      used.add(e.r);
      break;
    case 'xmm':
      xmm.add(e.r);
      break;
    case 'bin':
      collect(e.a, used, xmm);
      collect(e.b, used, xmm);
      break;
    case 'un':
      collect(e.a, used, xmm);
      break;
    case 'select':
      collect(e.c, used, xmm);
      collect(e.a, used, xmm);
      collect(e.b, used, xmm);
      break;
    case 'wide':
      collect(e.high, used, xmm);
      collect(e.low, used, xmm);
      collect(e.b, used, xmm);
      break;
    case 'op':
      for (const a of e.args) collect(a, used, xmm);
      break;
  }
}

export function registersOf(blocks: readonly IrBlock[]): RegistersUsed {
  const used = new Set<number>();
  const written = new Set<number>();
  const xmmUsed = new Set<number>();
  const xmmWritten = new Set<number>();
  const x87Pointers = new Set<number>();
  let x87 = false;
  for (const b of blocks) {
    for (const s of b.stmts) {
      for (const e of expressionsOf(s)) collect(e, used, xmmUsed);
      if (s.k === 'reg') {
        used.add(s.r);
        written.add(s.r);
      } else if (s.k === 'xmm') {
        xmmUsed.add(s.r);
        xmmWritten.add(s.r);
      } else if (s.k === 'state') {
        if (isPointer(s.offset)) x87Pointers.add(s.offset);
      } else if (X87.has(s.k)) x87 = true;
    }
    if (b.ending.k === 'branch' || b.ending.k === 'indirect') collect(b.ending.e, used, xmmUsed);
    if (b.ending.k === 'repeat') for (const e of [b.ending.zero, b.ending.e]) collect(e, used, xmmUsed);
  }
  const sorted = (set: Set<number>) => [...set].sort((a, b) => a - b);
  return {
    used: sorted(used),
    written: sorted(written),
    xmmUsed: sorted(xmmUsed),
    xmmWritten: sorted(xmmWritten),
    x87,
    x87Pointers: x87 ? sorted(x87Pointers) : [],
  };
}
