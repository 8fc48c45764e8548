/** Which general registers a region reads or writes. */
import { expressionsOf } from '../flag-flow.ts';
import type { Expr, IrBlock } from '../ir.ts';

function collect(e: Expr, used: Set<number>): void {
  switch (e.k) {
    case 'reg':
      used.add(e.r);
      break;
    case 'bin':
      collect(e.a, used);
      collect(e.b, used);
      break;
    case 'un':
      collect(e.a, used);
      break;
    case 'select':
      collect(e.c, used);
      collect(e.a, used);
      collect(e.b, used);
      break;
    case 'wide':
      collect(e.high, used);
      collect(e.low, used);
      collect(e.b, used);
      break;
  }
}

export function registersOf(blocks: readonly IrBlock[]): { used: number[]; written: number[] } {
  const used = new Set<number>();
  const written = new Set<number>();
  for (const b of blocks) {
    for (const s of b.stmts) {
      for (const e of expressionsOf(s)) collect(e, used);
      if (s.k === 'reg') {
        used.add(s.r);
        written.add(s.r);
      }
    }
    if (b.ending.k === 'branch' || b.ending.k === 'indirect') collect(b.ending.e, used);
  }
  const sorted = (set: Set<number>) => [...set].sort((a, b) => a - b);
  return { used: sorted(used), written: sorted(written) };
}
