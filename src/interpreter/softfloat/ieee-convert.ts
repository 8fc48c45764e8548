/**
 * Conversions among binary64, binary32 and 32-bit integers, and rounding to
 * an integral value, as SSE does them.
 */

import type { Words } from './ieee.ts';
import {
  B,
  bitsOfSingle,
  DAZ,
  DE,
  IE,
  INFINITE,
  PE,
  QUIET_32,
  QUIET_64,
  QUIET_NAN,
  RC_DOWN,
  RC_SHIFT,
  RC_UP,
  SIGNALLING_NAN,
  singleFromBits,
  ZERO,
} from './ieee.ts';
import type { Operation } from './ieee-arithmetic.ts';
import { round32, rounded } from './ieee-round.ts';

/** What a number becomes that no 32-bit integer can hold. */
const INDEFINITE = -0x80000000;
const MIN_64 = 2.2250738585072014e-308;
const MIN_32 = 1.1754943508222875e-38;

/** x as an integral double, by rounding control `rc`; keeps the sign of zero. */
function integral(x: number, rc: number): number {
  if (rc === RC_DOWN) return Math.floor(x);
  if (rc === RC_UP) return Math.ceil(x);
  if (rc !== 0) return Math.trunc(x);
  const below = Math.floor(x);
  const above = Math.ceil(x);
  const half = x - below - 0.5;
  return half < 0 ? below : half > 0 ? above : below % 2 === 0 ? below : above;
}

/** A double to a 32-bit integer; `rc` decides. */
function toInteger(m: Int32Array, d: number, x: number, rc: number): number {
  const whole = integral(x, rc);
  if (!(whole >= -0x8000_0000 && whole <= 0x7fff_ffff)) {
    m[d] = INDEFINITE;
    return IE;
  }
  m[d] = whole;
  return whole === x ? 0 : PE;
}

function rounding(mxcsr: number): number {
  return (mxcsr >> RC_SHIFT) & 3;
}

/** A denormal as zero where MXCSR says so. Conversions to integers know no denormal exception. */
function flushed64(x: number, mxcsr: number): number {
  return (mxcsr & DAZ) !== 0 && Math.abs(x) < MIN_64 ? 0 : x;
}
function flushed32(x: number, mxcsr: number): number {
  return (mxcsr & DAZ) !== 0 && Math.abs(x) < MIN_32 ? 0 : x;
}

/** Operations on one operand, at `b`; `a` is not used. The result has its own width. */
export const integerFrom64: Operation = (m, d, _a, b, mxcsr) =>
  toInteger(m.i32, d, flushed64(m.f64[b >>> 1]!, mxcsr), rounding(mxcsr));
export const integerFrom64Truncated: Operation = (m, d, _a, b, mxcsr) =>
  toInteger(m.i32, d, flushed64(m.f64[b >>> 1]!, mxcsr), 3);
export const integerFrom32: Operation = (m, d, _a, b, mxcsr) =>
  toInteger(m.i32, d, flushed32(singleFromBits(m.i32[b]!), mxcsr), rounding(mxcsr));
export const integerFrom32Truncated: Operation = (m, d, _a, b, mxcsr) =>
  toInteger(m.i32, d, flushed32(singleFromBits(m.i32[b]!), mxcsr), 3);

/** Every 32-bit integer is a binary64. */
export const from64Integer: Operation = (m, d, _a, b) => {
  m.f64[d >>> 1] = m.i32[b]!;
  return 0;
};
export const from32Integer: Operation = (m, d, _a, b, mxcsr) => {
  const x = m.i32[b]!;
  const nearest = Math.fround(x);
  if (nearest === x) {
    m.i32[d] = bitsOfSingle(nearest);
    return 0;
  }
  const flags = round32(x < 0, 0, Math.abs(x), 0, mxcsr);
  m.i32[d] = rounded[0]!;
  return flags;
};

/** binary32 to binary64: exact but for NaNs, and the denormal exception. */
export const widen: Operation = (m, d, _a, b, mxcsr) => {
  const i32 = m.i32;
  const bits = i32[b]!;
  const field = bits & 0x7f800000;
  const fraction = bits & 0x7fffff;
  if (field === 0x7f800000) {
    i32[d] = bits << 29;
    i32[d + 1] = (bits & -0x80000000) | 0x7ff00000 | (fraction >>> 3) | (fraction !== 0 ? QUIET_64 : 0);
    return fraction !== 0 && (bits & QUIET_32) === 0 ? IE : 0;
  }
  if (field === 0 && (mxcsr & DAZ) !== 0) {
    i32[d] = 0;
    i32[d + 1] = bits & -0x80000000;
    return 0;
  }
  m.f64[d >>> 1] = singleFromBits(bits);
  return field === 0 && fraction !== 0 ? DE : 0;
};

/** binary64 to binary32. */
export const narrow: Operation = (m, d, _a, b, mxcsr) => {
  const i32 = m.i32;
  const high = i32[b + 1]!;
  const sign = high & -0x80000000;
  B.read64(i32, b, mxcsr);
  if (B.kind >= QUIET_NAN) {
    i32[d] = sign | 0x7f800000 | QUIET_32 | ((high & 0x7ffff) << 3) | (i32[b]! >>> 29);
    return B.kind === SIGNALLING_NAN ? IE : 0;
  }
  if (B.kind === ZERO || B.kind === INFINITE) {
    i32[d] = B.kind === ZERO ? sign : sign | 0x7f800000;
    return 0;
  }
  const flags = round32(B.negative, B.exponent, B.significand, 0, mxcsr);
  i32[d] = rounded[0]!;
  return B.denormal ? flags | DE : flags;
};

/**
 * Rounds the binary64 at `b` to an integral value by `rc`; `inexact` is PE, or 0 where the instruction suppresses it.
 */
export function integral64(m: Words, d: number, b: number, mxcsr: number, rc: number, inexact: number): number {
  const i32 = m.i32;
  const low = i32[b]!;
  const high = i32[b + 1]!;
  if ((high & 0x7ff00000) === 0x7ff00000) {
    const nan = ((high & 0xfffff) | low) !== 0;
    i32[d] = low;
    i32[d + 1] = nan ? high | QUIET_64 : high;
    return nan && (high & QUIET_64) === 0 ? IE : 0;
  }
  const x = flushed64(m.f64[b >>> 1]!, mxcsr);
  const whole = integral(x, rc);
  m.f64[d >>> 1] = whole;
  i32[d + 1]! |= high & -0x80000000;
  return whole === x ? 0 : inexact;
}

/** Like {@link integral64} for the binary32 at `b`. */
export function integral32(m: Words, d: number, b: number, mxcsr: number, rc: number, inexact: number): number {
  const bits = m.i32[b]!;
  if ((bits & 0x7f800000) === 0x7f800000) {
    const nan = (bits & 0x7fffff) !== 0;
    m.i32[d] = nan ? bits | QUIET_32 : bits;
    return nan && (bits & QUIET_32) === 0 ? IE : 0;
  }
  const x = flushed32(singleFromBits(bits), mxcsr);
  const whole = integral(x, rc);
  m.i32[d] = bitsOfSingle(whole) | (bits & -0x80000000);
  return whole === x ? 0 : inexact;
}
