/**
 * Lifting of packed shifts: by an immediate, or by the low 64 bits of a
 * register or memory operand. WebAssembly takes counts modulo the width, IA-32
 * does not: what is too large gives zeros, or copies of the sign.
 */
import { type Instruction, K } from '../../decoder/instruction.ts';
import { bin, con, type Expr, op, or, select, xmm } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lift, Lifts } from './semantics.ts';
import { hold, loadVector, mmx, mmxReady, shuffle, writeMmx, writeXmm, xmmSource, zero } from './sse-operands.ts';

function shifted(
  c: Lifter,
  i: Instruction,
  name: string,
  width: number,
  arithmetic: boolean,
  value: Expr,
  from: Expr,
): Expr {
  if (i.k1 === K.Imm) {
    const count = i.imm & 0xff;
    if (count < width) return op(name, [value, con(count)]);
    return arithmetic ? op(name, [value, con(width - 1)]) : zero;
  }
  const low = c.hold(op('i32x4.extract_lane', [from], 0));
  const high = op('i32x4.extract_lane', [from], 1);
  const tooLarge = c.hold(or(bin('gtu', low, con(width - 1)), bin('ne', high, con(0))));
  if (arithmetic) return op(name, [value, select(tooLarge, con(width - 1), low)]);
  // All ones where the count is in range.
  const keep = op('i32x4.splat', [bin('sub', tooLarge, con(1))]);
  return op('v128.and', [op(name, [value, low]), keep]);
}

function shift(name: string, width: number, arithmetic = false): Lift {
  return (c, i) => {
    if (i.k0 === K.Xmm) {
      if (!c.mode.sse) return false;
      const from = i.k1 === K.Imm ? zero : xmmSource(c, i);
      writeXmm(c, i.r0, shifted(c, i, name, width, arithmetic, xmm(i.r0), from));
      return true;
    }
    if (i.k0 !== K.Mm || !c.mode.fpu) return false;
    mmxReady(c);
    const from = i.k1 === K.Imm ? zero : hold(c, 'v128', i.k1 === K.Mem ? loadVector(c, i, 8) : mmx(i.r1));
    const result = shifted(c, i, name, width, arithmetic, mmx(i.r0), from);
    writeMmx(c, i.r0, result);
    return true;
  };
}

/** PSLLDQ, PSRLDQ: by bytes. */
function byteShift(left: boolean): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    const by = Math.min(i.imm & 0xff, 16);
    const bytes = Array.from({ length: 16 }, (_, n) => {
      const from = left ? n - by : n + by;
      return from < 0 || from > 15 ? 16 : from;
    });
    writeXmm(c, i.r0, by === 16 ? zero : shuffle(xmm(i.r0), zero, bytes));
    return true;
  };
}

export const sseShift: Lifts = {
  psllw: shift('i16x8.shl', 16),
  pslld: shift('i32x4.shl', 32),
  psllq: shift('i64x2.shl', 64),
  psrlw: shift('i16x8.shr_u', 16),
  psrld: shift('i32x4.shr_u', 32),
  psrlq: shift('i64x2.shr_u', 64),
  psraw: shift('i16x8.shr_s', 16, true),
  psrad: shift('i32x4.shr_s', 32, true),
  pslldq: byteShift(true),
  psrldq: byteShift(false),
};
