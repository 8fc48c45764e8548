/**
 * Scalar and packed arithmetic of SSE and SSE2 on binary32 and binary64, the
 * horizontal and alternating forms of SSE3, and the reciprocal approximations.
 */
import type { Semantics } from '../handler.ts';
import { bitsOfSingle, DEFAULT_NAN_32, QUIET_32, singleFromBits } from '../softfloat/ieee.ts';
import type { Operation } from '../softfloat/ieee-arithmetic.ts';
import {
  add32,
  add64,
  divide32,
  divide64,
  multiply32,
  multiply64,
  squareRoot32,
  squareRoot64,
  subtract32,
  subtract64,
} from '../softfloat/ieee-arithmetic.ts';
import { maximum32, maximum64, minimum32, minimum64 } from '../softfloat/ieee-compare.ts';
import { packedFloat, scalarFloat } from './sse-float-forms.ts';

const SMALLEST_NORMAL = 1.1754943508222875e-38;

/**
 * RCPPS and RSQRTPS may differ from the true value by 1.5 * 2^-12 relatively; this takes the nearest binary32, the
 * same on every host. They raise no exceptions, read denormals as zero and flush tiny results, whatever MXCSR says.
 */
const reciprocal: Operation = (m, d, _a, b) => {
  const bits = m.i32[b]!;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) {
    m.i32[d] = bits | QUIET_32;
  } else if (magnitude < 0x800000) {
    m.i32[d] = (bits & -0x80000000) | 0x7f800000;
  } else {
    const value = 1 / singleFromBits(bits);
    m.i32[d] = Math.abs(value) < SMALLEST_NORMAL ? bits & -0x80000000 : bitsOfSingle(value);
  }
  return 0;
};
const reciprocalSquareRoot: Operation = (m, d, _a, b) => {
  const bits = m.i32[b]!;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) m.i32[d] = bits | QUIET_32;
  else if (magnitude < 0x800000) m.i32[d] = (bits & -0x80000000) | 0x7f800000;
  else if (bits < 0) m.i32[d] = DEFAULT_NAN_32;
  else m.i32[d] = bitsOfSingle(1 / Math.sqrt(singleFromBits(bits)));
  return 0;
};

export const SSE_FLOAT_ARITHMETIC: Semantics = {
  addps: packedFloat(add32, 1),
  addpd: packedFloat(add64, 2),
  addss: scalarFloat(add32, 1),
  addsd: scalarFloat(add64, 2),
  subps: packedFloat(subtract32, 1),
  subpd: packedFloat(subtract64, 2),
  subss: scalarFloat(subtract32, 1),
  subsd: scalarFloat(subtract64, 2),
  mulps: packedFloat(multiply32, 1),
  mulpd: packedFloat(multiply64, 2),
  mulss: scalarFloat(multiply32, 1),
  mulsd: scalarFloat(multiply64, 2),
  divps: packedFloat(divide32, 1),
  divpd: packedFloat(divide64, 2),
  divss: scalarFloat(divide32, 1),
  divsd: scalarFloat(divide64, 2),
  minps: packedFloat(minimum32, 1),
  minpd: packedFloat(minimum64, 2),
  minss: scalarFloat(minimum32, 1),
  minsd: scalarFloat(minimum64, 2),
  maxps: packedFloat(maximum32, 1),
  maxpd: packedFloat(maximum64, 2),
  maxss: scalarFloat(maximum32, 1),
  maxsd: scalarFloat(maximum64, 2),
  sqrtps: packedFloat(squareRoot32, 1),
  sqrtpd: packedFloat(squareRoot64, 2),
  sqrtss: scalarFloat(squareRoot32, 1),
  sqrtsd: scalarFloat(squareRoot64, 2),
  rcpps: packedFloat(reciprocal, 1),
  rcpss: scalarFloat(reciprocal, 1),
  rsqrtps: packedFloat(reciprocalSquareRoot, 1),
  rsqrtss: scalarFloat(reciprocalSquareRoot, 1),
};
