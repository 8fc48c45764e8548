/** Which statements use the x87 state in memory, as those of MMX instructions do. */
import * as L from '../../cpu/layout.ts';
import { expressionsOf } from '../flag-flow.ts';
import type { Expr, Stmt } from '../ir.ts';

function shared(offset: number): boolean {
  return (
    offset === L.FPU_STATUS || offset === L.FPU_TAGS || (offset >= L.FPU_REGISTERS && offset < L.FPU_REGISTERS + 128)
  );
}

function reads(e: Expr): boolean {
  switch (e.k) {
    case 'state':
    case 'state64':
      return shared(e.offset);
    case 'bin':
      return reads(e.a) || reads(e.b);
    case 'un':
      return reads(e.a);
    case 'select':
      return reads(e.c) || reads(e.a) || reads(e.b);
    case 'wide':
      return reads(e.high) || reads(e.low) || reads(e.b);
    case 'op':
      return e.args.some(reads);
    default:
      return false;
  }
}

/** Whether a statement reads or writes what regions with x87 statements have in locals, or registers. */
export function touchesX87State(s: Stmt): boolean {
  return ((s.k === 'state' || s.k === 'state64') && shared(s.offset)) || expressionsOf(s).some(reads);
}
