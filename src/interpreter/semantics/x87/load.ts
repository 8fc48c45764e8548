/**
 * x87 semantics: what pushes a value: FLD, FILD, FBLD and the constants.
 */
import type { Cpu } from '../../../cpu/cpu.ts';
import { K } from '../../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../../handler.ts';
import { ea } from '../../operands.ts';
import { DE, IE, RC_NEAREST, RC_UP } from '../../softfloat/context.ts';
import { fromFloat32, fromFloat64 } from '../../softfloat/convert-float.ts';
import { fromInt32, fromInt64 } from '../../softfloat/convert-integer.ts';
import { fromDecimal } from '../../softfloat/decimal.ts';
import { isSignallingNaN, QUIET_BIT } from '../../softfloat/float80.ts';
import { READ, read64, read80 } from './memory.ts';
import {
  A,
  begin,
  clearCond1,
  finish,
  isEmpty,
  loadRegister,
  overflow,
  physical,
  point,
  pointData,
  push,
  ready,
  setTop,
  storeRegister,
  underflow,
} from './state.ts';

/** Pushes the single or double in A: a NaN is quieted, a denormal reported. */
function pushFloat(cpu: Cpu, denormal: boolean): void {
  const register = physical(cpu, 7);
  if (!isEmpty(cpu, register)) {
    if (!overflow(cpu)) return;
    A.setIndefinite();
  } else {
    const c = begin(cpu);
    if (denormal) c.flags |= DE;
    else if (isSignallingNaN(A)) {
      c.flags |= IE;
      A.hi |= QUIET_BIT;
    }
    // A denormal is loaded even when that is unmasked.
    if (finish(cpu, IE)) return;
  }
  setTop(cpu, register);
  storeRegister(cpu, register, A);
}

/** Pushes the value in A, which raises nothing. */
function pushExact(cpu: Cpu): void {
  clearCond1(cpu);
  push(cpu, A);
}

const fld32: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  const offset = ea(cpu, i);
  const denormal = fromFloat32(cpu.read32(i.segment, offset), A);
  pointData(cpu, i, offset);
  pushFloat(cpu, denormal);
};

const fld64: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  const offset = ea(cpu, i);
  read64(cpu, i.segment, offset);
  const denormal = fromFloat64(READ[1]!, READ[0]!, A);
  pointData(cpu, i, offset);
  pushFloat(cpu, denormal);
};

const fld80: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  const offset = ea(cpu, i);
  read80(cpu, i.segment, offset, A);
  pointData(cpu, i, offset);
  pushExact(cpu);
};

const fldRegister: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  point(cpu, i);
  const from = physical(cpu, i.r0);
  clearCond1(cpu);
  if (isEmpty(cpu, from)) {
    // Found before an overflow, and reported alone.
    if (!underflow(cpu)) return;
    const register = physical(cpu, 7);
    A.setIndefinite();
    setTop(cpu, register);
    storeRegister(cpu, register, A);
    return;
  }
  loadRegister(cpu, from, A);
  push(cpu, A);
};

const fild16: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  const offset = ea(cpu, i);
  fromInt32((cpu.read16(i.segment, offset) << 16) >> 16, A);
  pointData(cpu, i, offset);
  pushExact(cpu);
};

const fild32: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  const offset = ea(cpu, i);
  fromInt32(cpu.read32(i.segment, offset), A);
  pointData(cpu, i, offset);
  pushExact(cpu);
};

const fild64: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  const offset = ea(cpu, i);
  read64(cpu, i.segment, offset);
  fromInt64(READ[1]!, READ[0]!, A);
  pointData(cpu, i, offset);
  pushExact(cpu);
};

const fbld: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  const offset = ea(cpu, i);
  read80(cpu, i.segment, offset, A);
  fromDecimal(A);
  pointData(cpu, i, offset);
  pushExact(cpu);
};

/**
 * A constant that is no 64-bit number: the significand chopped, and whether
 * rounding to nearest raises it (the rounding control decides; PE is not raised).
 */
function constant(se: number, hi: number, lo: number, nearestIsUp: boolean, exact = false): Binder {
  const handler: Handler = (cpu, i) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    const { rounding } = begin(cpu);
    const up = !exact && (rounding === RC_UP || (rounding === RC_NEAREST && nearestIsUp));
    A.set(se, hi, up ? (lo + 1) | 0 : lo);
    pushExact(cpu);
  };
  return () => handler;
}

const FLD: Binder = (i) => (i.k0 === K.St ? fldRegister : i.s0 === 4 ? fld32 : i.s0 === 8 ? fld64 : fld80);
const FILD: Binder = (i) => (i.s0 === 2 ? fild16 : i.s0 === 4 ? fild32 : fild64);

export const X87_LOAD: Semantics = {
  fld: FLD,
  fild: FILD,
  fbld: () => fbld,
  fld1: constant(0x3fff, 0x8000_0000 | 0, 0, false, true),
  fldz: constant(0, 0, 0, false, true),
  // log2(10) = 3.32192809488736234787...
  fldl2t: constant(0x4000, 0xd49a_784b | 0, 0xcd1b_8afe | 0, false),
  // log2(e) = 1.44269504088896340735...
  fldl2e: constant(0x3fff, 0xb8aa_3b29 | 0, 0x5c17_f0bb, true),
  // pi = 3.14159265358979323846...
  fldpi: constant(0x4000, 0xc90f_daa2 | 0, 0x2168_c234, true),
  // log10(2) = 0.30102999566398119521...
  fldlg2: constant(0x3ffd, 0x9a20_9a84 | 0, 0xfbcf_f798 | 0, true),
  // ln(2) = 0.69314718055994530941...
  fldln2: constant(0x3ffe, 0xb172_17f7 | 0, 0xd1cf_79ab | 0, true),
};
