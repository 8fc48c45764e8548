/**
 * x87 semantics: FSIN, FCOS, FSINCOS, FPTAN, FPATAN, F2XM1, FYL2X, FYL2XP1.
 */

import type { Binder, Handler, Semantics } from '../../handler.ts';
import { arctangentOf } from '../../softfloat/arctangent.ts';
import { C2 } from '../../softfloat/compare.ts';
import type { FloatContext } from '../../softfloat/context.ts';
import { DE, IE, ZE } from '../../softfloat/context.ts';
import type { Float80 } from '../../softfloat/float80.ts';
import { EXP_BIAS, INTEGER_BIT } from '../../softfloat/float80.ts';
import { power2Minus1, yLog2X, yLog2XPlus1 } from '../../softfloat/logarithm.ts';
import { cosine, outOfRange, sine, sineCosine, tangent } from '../../softfloat/trigonometric.ts';
import {
  A,
  B,
  begin,
  clearCond1,
  finish,
  isEmpty,
  loadRegister,
  OUT,
  overflow,
  physical,
  point,
  pop,
  ready,
  STATUS,
  setTop,
  storeRegister,
  underflow,
} from './state.ts';

const DECIDING = IE | DE | ZE;

/** st(0) = function of it. */
function unary(operation: (c: FloatContext, a: Float80, out: Float80) => void, ranged: boolean): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    const top = physical(cpu, 0);
    if (ranged) cpu.s32[STATUS] = cpu.s32[STATUS]! & ~C2;
    if (isEmpty(cpu, top)) {
      if (!underflow(cpu)) return;
      OUT.setIndefinite();
    } else {
      loadRegister(cpu, top, A);
      if (ranged && outOfRange(A)) {
        clearCond1(cpu);
        cpu.s32[STATUS] = cpu.s32[STATUS]! | C2;
        return;
      }
      operation(begin(cpu), A, OUT);
      if (finish(cpu, DECIDING)) return;
    }
    storeRegister(cpu, top, OUT);
  };
}

/** st(1) = function of st(1) and st(0); pop. */
function binary(operation: (c: FloatContext, y: Float80, x: Float80, out: Float80) => void): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    const top = physical(cpu, 0);
    const to = physical(cpu, 1);
    if (isEmpty(cpu, top) || isEmpty(cpu, to)) {
      if (!underflow(cpu)) return;
      OUT.setIndefinite();
    } else {
      loadRegister(cpu, top, B);
      loadRegister(cpu, to, A);
      operation(begin(cpu), A, B, OUT);
      if (finish(cpu, DECIDING)) return;
    }
    storeRegister(cpu, to, OUT);
    pop(cpu);
  };
}

/** Replaces st(0) by B and pushes A, as FSINCOS and FPTAN end. `operation` sets both from OUT. */
function pushing(operation: (c: FloatContext, a: Float80, pushed: Float80, replaced: Float80) => void): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    const top = physical(cpu, 0);
    const above = physical(cpu, 7);
    cpu.s32[STATUS] = cpu.s32[STATUS]! & ~C2;
    if (isEmpty(cpu, top) || !isEmpty(cpu, above)) {
      const masked = isEmpty(cpu, top) ? underflow(cpu) : overflow(cpu);
      if (!masked) return;
      A.setIndefinite();
      B.setIndefinite();
    } else {
      loadRegister(cpu, top, OUT);
      if (outOfRange(OUT)) {
        clearCond1(cpu);
        cpu.s32[STATUS] = cpu.s32[STATUS]! | C2;
        return;
      }
      operation(begin(cpu), OUT, A, B);
      if (finish(cpu, DECIDING)) return;
    }
    storeRegister(cpu, top, B);
    setTop(cpu, above);
    storeRegister(cpu, above, A);
  };
}

/** FPTAN pushes 1, or the NaN that is the result. */
function tangentAndOne(c: FloatContext, a: Float80, pushed: Float80, replaced: Float80): void {
  tangent(c, a, replaced);
  if ((replaced.se & 0x7fff) === 0x7fff) pushed.copy(replaced);
  else pushed.set(EXP_BIAS, INTEGER_BIT, 0);
}

const always =
  (handler: Handler): Binder =>
  () =>
    handler;

export const X87_TRANSCENDENTAL: Semantics = {
  fsin: always(unary(sine, true)),
  fcos: always(unary(cosine, true)),
  fsincos: always(pushing((c, a, pushed, replaced) => sineCosine(c, a, replaced, pushed))),
  fptan: always(pushing(tangentAndOne)),
  fpatan: always(binary(arctangentOf)),
  f2xm1: always(unary(power2Minus1, false)),
  fyl2x: always(binary(yLog2X)),
  fyl2xp1: always(binary(yLog2XPlus1)),
};
