/** Lifting of conversions among 32-bit integers, singles and doubles. */
import { MXCSR } from '../../cpu/layout.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { and, bin, con, type Expr, op, state, un, xmm } from '../ir.ts';
import {
  always,
  both,
  checkOperands,
  constant,
  either,
  F32,
  F32X4,
  F64,
  F64X2,
  isZero,
  requireArithmetic,
  type Shape,
} from './float-checks.ts';
import type { Lifter } from './lifter.ts';
import type { Lift, Lifts } from './semantics.ts';
import { learn, sourceOperand, writeResult } from './sse-float.ts';
import {
  elements,
  enterMmx,
  hold,
  loadVector,
  mmx,
  mmxReady,
  shuffle,
  writeMmx,
  writeXmm,
  xmmSource,
  zero,
} from './sse-operands.ts';

/** Low half of the first operand and low (high) half of the second. */
const LOW_HALVES = elements(8, [0, 2]);
const LOW_HIGH = elements(8, [0, 3]);

/** PE, its mask, and rounding control: an inexact conversion only sets what is set already, and rounds to nearest. */
const INEXACT_BITS = 0x7020;
const INEXACT_WANTED = 0x1020;

/** Leaves the instruction to the interpreter where `inexact` (0 or 1) and MXCSR wants more than the result. */
function guardInexact(c: Lifter, inexact: Expr): void {
  const allowed = bin('eq', and(state(MXCSR), con(INEXACT_BITS)), con(INEXACT_WANTED));
  c.stmts.push({ k: 'guard', e: inexact, unless: allowed });
}

/** A 32-bit integer from a general register or memory. */
function integer(c: Lifter, i: Instruction): Expr {
  return i.k1 === K.Mem ? c.load(c.address(i, 4), 4) : c.readReg(i.r1, 4);
}

/** CVT(T)SS2SI, CVT(T)SD2SI. */
function toGeneral(s: Shape, truncate: boolean): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    const b = sourceOperand(c, s, i).value;
    const whole = truncate ? b : hold(c, s.name as 'f32' | 'f64', op(`${s.name}.nearest`, [b]));
    const inRange = op(`${s.name}.lt`, [op(`${s.name}.abs`, [whole]), constant(s, 2 ** 31)]);
    c.guard(un('eqz', inRange));
    const value = c.hold(op(`i32.trunc_s_sat.${s.name}`, [whole]));
    const back = op(s.single ? 'f32.convert_s.i32' : 'f64.convert_s.i32', [value]);
    guardInexact(c, op(`${s.name}.ne`, [back, b]));
    c.writeReg(i.r0, 4, value);
    return true;
  };
}

/** The integers, zeros above, that two doubles or four singles convert to. */
function integersOf(c: Lifter, s: Shape, b: Expr, truncate: boolean): Expr {
  const convert = s.single ? 'i32x4.trunc_sat_f32x4_s' : 'i32x4.trunc_sat_f64x2_s_zero';
  const back = s.single ? 'f32x4.convert_i32x4_s' : 'f64x2.convert_low_i32x4_s';
  const whole = truncate ? b : hold(c, 'v128', op(`${s.name}.nearest`, [b]));
  const inRange = op(`${s.name}.lt`, [op(`${s.name}.abs`, [whole]), constant(s, 2 ** 31)]);
  c.guard(un('eqz', always(s, inRange)));
  const value = hold(c, 'v128', op(convert, [whole]));
  guardInexact(c, op('v128.any_true', [op(`${s.name}.ne`, [op(back, [value]), b])]));
  return value;
}

/** CVT(T)PS2DQ, CVT(T)PD2DQ. */
function toIntegers(s: Shape, truncate: boolean): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    writeXmm(c, i.r0, integersOf(c, s, xmmSource(c, i), truncate));
    return true;
  };
}

/** CVT(T)PS2PI, CVT(T)PD2PI. */
function toMmx(s: Shape, truncate: boolean): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    mmxReady(c);
    const source = xmmSource(c, i, s.single ? 8 : 16);
    const b = s.single ? hold(c, 'v128', shuffle(source, zero, LOW_HALVES)) : source;
    writeMmx(c, i.r0, integersOf(c, s, b, truncate));
    return true;
  };
}

/** CVTPI2PS: even its memory form is an MMX instruction. */
const singlesFromMmx: Lift = (c, i) => {
  if (!c.mode.sse) return false;
  mmxReady(c);
  requireArithmetic(c);
  const b = i.k1 === K.Mem ? loadVector(c, i, 8) : mmx(i.r1);
  const singles = hold(c, 'v128', op('f32x4.convert_i32x4_s', [b]));
  enterMmx(c);
  writeXmm(c, i.r0, shuffle(singles, xmm(i.r0), LOW_HIGH));
  return true;
};

/** CVTPI2PD: its memory form leaves the MMX state alone. */
const doublesFromMmx: Lift = (c, i) => {
  if (!c.mode.sse) return false;
  const isMmx = i.k1 === K.Mm;
  if (isMmx) mmxReady(c);
  const b = isMmx ? mmx(i.r1) : loadVector(c, i, 8);
  writeResult(c, F64X2, i.r0, op('f64x2.convert_low_i32x4_s', [b]));
  if (isMmx) enterMmx(c);
  return true;
};

/** What a double must be, if it is not zero, to become a normal single without underflow or overflow. */
function narrows(s: Shape, x: Expr): Expr {
  const magnitude = op(`${s.name}.abs`, [x]);
  const most = op(`${s.name}.le`, [magnitude, constant(s, (2 - 2 ** -23) * 2 ** 127)]);
  const least = op(`${s.name}.ge`, [magnitude, constant(s, 2 ** -125)]);
  return always(s, either(s, isZero(s, x), both(s, most, least)));
}

export const sseConvert: Lifts = {
  cvtsi2sd: (c, i) => {
    if (!c.mode.sse) return false;
    writeResult(c, F64, i.r0, op('f64.convert_s.i32', [integer(c, i)]));
    return true;
  },
  cvtsi2ss: (c, i) => {
    if (!c.mode.sse) return false;
    requireArithmetic(c);
    writeResult(c, F32, i.r0, op('f32.convert_s.i32', [integer(c, i)]));
    return true;
  },
  cvtdq2pd: (c, i) => {
    if (!c.mode.sse) return false;
    writeResult(c, F64X2, i.r0, op('f64x2.convert_low_i32x4_s', [xmmSource(c, i, 8)]));
    return true;
  },
  cvtdq2ps: (c, i) => {
    if (!c.mode.sse) return false;
    requireArithmetic(c);
    writeResult(c, F32X4, i.r0, op('f32x4.convert_i32x4_s', [xmmSource(c, i)]));
    return true;
  },
  cvtss2si: toGeneral(F32, false),
  cvttss2si: toGeneral(F32, true),
  cvtsd2si: toGeneral(F64, false),
  cvttsd2si: toGeneral(F64, true),
  cvtps2dq: toIntegers(F32X4, false),
  cvttps2dq: toIntegers(F32X4, true),
  cvtpd2dq: toIntegers(F64X2, false),
  cvttpd2dq: toIntegers(F64X2, true),
  cvtps2pi: toMmx(F32X4, false),
  cvttps2pi: toMmx(F32X4, true),
  cvtpd2pi: toMmx(F64X2, false),
  cvttpd2pi: toMmx(F64X2, true),
  cvtpi2ps: singlesFromMmx,
  cvtpi2pd: doublesFromMmx,
  cvtss2sd: (c, i) => {
    if (!c.mode.sse) return false;
    const b = sourceOperand(c, F32, i);
    checkOperands(c, F32, [b]);
    learn(c, F32, b);
    writeResult(c, F64, i.r0, op('f64.promote', [b.value]));
    return true;
  },
  cvtsd2ss: (c, i) => {
    if (!c.mode.sse) return false;
    requireArithmetic(c);
    const b = sourceOperand(c, F64, i);
    c.guard(un('eqz', narrows(F64, b.value)));
    learn(c, F64, b);
    writeResult(c, F32, i.r0, op('f32.demote', [b.value]));
    return true;
  },
  cvtps2pd: (c, i) => {
    if (!c.mode.sse) return false;
    const b = i.k1 === K.Mem ? loadVector(c, i, 8) : xmm(i.r1);
    const wide = hold(c, 'v128', op('f64x2.promote_low_f32x4', [b]));
    // A denormal single is a normal double below the smallest normal single.
    const magnitude = op('f64x2.abs', [wide]);
    const good = either(F64X2, isZero(F64X2, wide), op('f64x2.ge', [magnitude, constant(F64X2, 2 ** -126)]));
    c.guard(un('eqz', always(F64X2, good)));
    writeResult(c, F64X2, i.r0, wide);
    return true;
  },
  cvtpd2ps: (c, i) => {
    if (!c.mode.sse) return false;
    requireArithmetic(c);
    const b = xmmSource(c, i);
    c.guard(un('eqz', narrows(F64X2, b)));
    writeResult(c, F32X4, i.r0, op('f32x4.demote_f64x2_zero', [b]));
    return true;
  },
};
