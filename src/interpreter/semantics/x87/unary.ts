/**
 * x87 semantics: operations on st(0), or on st(0) and st(1), that have no
 * memory form: FXCH, FABS, FCHS, FSQRT, FRNDINT, FSCALE, FXTRACT, FPREM.
 */
import type { Cpu } from '../../../cpu/cpu.ts';
import type { Binder, Handler, Semantics } from '../../handler.ts';
import { C0, C1, C2, C3 } from '../../softfloat/compare.ts';
import type { FloatContext } from '../../softfloat/context.ts';
import { DE, IE, ZE } from '../../softfloat/context.ts';
import { roundToIntegral } from '../../softfloat/convert-integer.ts';
import type { Float80 } from '../../softfloat/float80.ts';
import { REMAINDER, remainder } from '../../softfloat/remainder.ts';
import { extract, scale } from '../../softfloat/scale.ts';
import { squareRoot } from '../../softfloat/square-root.ts';
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
  ready,
  STATUS,
  setConditions,
  setTop,
  storeRegister,
  underflow,
} from './state.ts';

const DECIDING = IE | DE | ZE;

const fxch: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  point(cpu, i);
  const top = physical(cpu, 0);
  const other = physical(cpu, i.r1);
  loadRegister(cpu, top, A);
  loadRegister(cpu, other, B);
  if (isEmpty(cpu, top) || isEmpty(cpu, other)) {
    if (!underflow(cpu)) return;
    if (isEmpty(cpu, top)) A.setIndefinite();
    if (isEmpty(cpu, other)) B.setIndefinite();
  } else clearCond1(cpu);
  storeRegister(cpu, top, B);
  storeRegister(cpu, other, A);
};

/** st(0) = operation of it; flags, C1 and masked responses as for any arithmetic. */
function unary(operation: (c: FloatContext, a: Float80, out: Float80) => void): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    const top = physical(cpu, 0);
    if (isEmpty(cpu, top)) {
      if (!underflow(cpu)) return;
      OUT.setIndefinite();
    } else {
      loadRegister(cpu, top, A);
      operation(begin(cpu), A, OUT);
      if (finish(cpu, DECIDING)) return;
    }
    storeRegister(cpu, top, OUT);
  };
}

function absolute(_c: FloatContext, a: Float80, out: Float80): void {
  out.set(a.se & 0x7fff, a.hi, a.lo);
}

function changeSign(_c: FloatContext, a: Float80, out: Float80): void {
  out.set(a.se ^ 0x8000, a.hi, a.lo);
}

/** Whether st(0) or st(1) is empty; then the masked response has been given. */
function pairUnderflows(cpu: Cpu): boolean {
  const top = physical(cpu, 0);
  if (!isEmpty(cpu, top) && !isEmpty(cpu, physical(cpu, 1))) return false;
  if (underflow(cpu)) {
    OUT.setIndefinite();
    storeRegister(cpu, top, OUT);
  }
  return true;
}

const fscale: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  point(cpu, i);
  if (pairUnderflows(cpu)) return;
  const top = physical(cpu, 0);
  loadRegister(cpu, top, A);
  loadRegister(cpu, physical(cpu, 1), B);
  scale(begin(cpu), A, B, OUT);
  if (!finish(cpu, DECIDING)) storeRegister(cpu, top, OUT);
};

function partialRemainder(nearest: boolean): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    // Programs loop until C2 is clear, so it is cleared whatever happens.
    cpu.s32[STATUS] = cpu.s32[STATUS]! & ~C2;
    if (pairUnderflows(cpu)) return;
    const top = physical(cpu, 0);
    loadRegister(cpu, top, A);
    loadRegister(cpu, physical(cpu, 1), B);
    remainder(begin(cpu), A, B, nearest, OUT);
    if (finish(cpu, DECIDING)) return;
    storeRegister(cpu, top, OUT);
    if (REMAINDER.none) return;
    const q = REMAINDER.quotient;
    const bits = ((q & 1) !== 0 ? C1 : 0) | ((q & 2) !== 0 ? C3 : 0) | ((q & 4) !== 0 ? C0 : 0);
    setConditions(cpu, REMAINDER.partial ? C2 : bits);
  };
}

const fxtract: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  point(cpu, i);
  const top = physical(cpu, 0);
  const above = physical(cpu, 7);
  if (isEmpty(cpu, top) || !isEmpty(cpu, above)) {
    const masked = isEmpty(cpu, top) ? underflow(cpu) : overflow(cpu);
    if (!masked) return;
    A.setIndefinite();
    B.setIndefinite();
  } else {
    loadRegister(cpu, top, OUT);
    extract(begin(cpu), OUT, A, B);
    if (finish(cpu, DECIDING)) return;
  }
  storeRegister(cpu, top, B);
  setTop(cpu, above);
  storeRegister(cpu, above, A);
};

const always =
  (handler: Handler): Binder =>
  () =>
    handler;

export const X87_UNARY: Semantics = {
  fxch: always(fxch),
  fabs: always(unary(absolute)),
  fchs: always(unary(changeSign)),
  fsqrt: always(unary(squareRoot)),
  frndint: always(unary(roundToIntegral)),
  fscale: always(fscale),
  fxtract: always(fxtract),
  fprem: always(partialRemainder(false)),
  fprem1: always(partialRemainder(true)),
};
