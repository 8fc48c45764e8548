/**
 * Comparison, minimum and maximum of binary64 and binary32 as SSE does them.
 */

import type { Words } from './ieee.ts';
import { DAZ, DE, IE, QUIET_32, QUIET_64, singleFromBits } from './ieee.ts';
import type { Operation } from './ieee-arithmetic.ts';

/** Outcome of the last comparison: one of these. */
export const LESS = 1;
export const EQUAL = 2;
export const GREATER = 4;
export const UNORDERED = 8;
/** Bits above the outcome: what was met on the way. */
const QUIET = 16;
const SIGNALLING = 32;
const DENORMAL = 64;

function order(x: number, y: number): number {
  return x < y ? LESS : x > y ? GREATER : x === y ? EQUAL : UNORDERED;
}

/** QUIET, SIGNALLING or DENORMAL, or 0. */
function class64(m: Int32Array, at: number): number {
  const high = m[at + 1]!;
  const field = high & 0x7ff00000;
  if (field !== 0 && field !== 0x7ff00000) return 0;
  if (((high & 0xfffff) | m[at]!) === 0) return 0;
  return field === 0 ? DENORMAL : (high & QUIET_64) !== 0 ? QUIET : SIGNALLING;
}
function class32(bits: number): number {
  const field = bits & 0x7f800000;
  if (field !== 0 && field !== 0x7f800000) return 0;
  if ((bits & 0x7fffff) === 0) return 0;
  return field === 0 ? DENORMAL : (bits & QUIET_32) !== 0 ? QUIET : SIGNALLING;
}

/** Compares the operands at `a` and `b`: LESS to UNORDERED, with the flags raised in the bits from 8 up. */
export type Comparison = (m: Words, a: number, b: number, mxcsr: number, quietIsInvalid: boolean) => number;

function result(outcome: number, met: number, quietIsInvalid: boolean): number {
  if ((met & SIGNALLING) !== 0 || ((met & QUIET) !== 0 && quietIsInvalid)) return UNORDERED | (IE << 8);
  if ((met & QUIET) !== 0) return UNORDERED;
  return (met & DENORMAL) !== 0 ? outcome | (DE << 8) : outcome;
}

export const compare64: Comparison = (m, a, b, mxcsr, quietIsInvalid) => {
  const ca = class64(m.i32, a);
  const cb = class64(m.i32, b);
  let x = m.f64[a >>> 1]!;
  let y = m.f64[b >>> 1]!;
  if ((ca | cb) === 0) return order(x, y);
  if ((mxcsr & DAZ) === 0) return result(order(x, y), ca | cb, quietIsInvalid);
  if (ca === DENORMAL) x = 0;
  if (cb === DENORMAL) y = 0;
  return result(order(x, y), (ca | cb) & ~DENORMAL, quietIsInvalid);
};

export const compare32: Comparison = (m, a, b, mxcsr, quietIsInvalid) => {
  const ca = class32(m.i32[a]!);
  const cb = class32(m.i32[b]!);
  let x = singleFromBits(m.i32[a]!);
  let y = singleFromBits(m.i32[b]!);
  if ((ca | cb) === 0) return order(x, y);
  if ((mxcsr & DAZ) === 0) return result(order(x, y), ca | cb, quietIsInvalid);
  if (ca === DENORMAL) x = 0;
  if (cb === DENORMAL) y = 0;
  return result(order(x, y), (ca | cb) & ~DENORMAL, quietIsInvalid);
};

/**
 * The second operand wins unless the first is strictly on the `wanted` side: so also for NaNs (unchanged, even a
 * signalling one) and for two zeros. A denormal read as zero is returned as zero.
 */
function select64(wanted: number): Operation {
  return (m, d, a, b, mxcsr) => {
    const i32 = m.i32;
    const outcome = compare64(m, a, b, mxcsr, true);
    const from = (outcome & wanted) !== 0 ? a : b;
    let low = i32[from]!;
    let high = i32[from + 1]!;
    if ((mxcsr & DAZ) !== 0 && (high & 0x7ff00000) === 0) {
      low = 0;
      high &= -0x80000000;
    }
    i32[d] = low;
    i32[d + 1] = high;
    return outcome >> 8;
  };
}
function select32(wanted: number): Operation {
  return (m, d, a, b, mxcsr) => {
    const outcome = compare32(m, a, b, mxcsr, true);
    const bits = m.i32[(outcome & wanted) !== 0 ? a : b]!;
    m.i32[d] = (mxcsr & DAZ) !== 0 && (bits & 0x7f800000) === 0 ? bits & -0x80000000 : bits;
    return outcome >> 8;
  };
}

export const minimum64 = select64(LESS);
export const maximum64 = select64(GREATER);
export const minimum32 = select32(LESS);
export const maximum32 = select32(GREATER);
