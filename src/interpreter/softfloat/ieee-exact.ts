/**
 * Addition, subtraction, multiplication, division and square root of binary64
 * and binary32 for every operand and every MXCSR. Operands are taken apart,
 * significands between 1 and 2 are computed with in doubles, and the rounding
 * error of that says on which side of the double the exact result lies:
 * enough to round it anew in any mode and to either format.
 */
import type { Words } from './ieee.ts';
import {
  A,
  B,
  DE,
  DEFAULT_NAN_32,
  DEFAULT_NAN_64,
  IE,
  INFINITE,
  power,
  productError,
  QUIET_32,
  QUIET_64,
  QUIET_NAN,
  RC,
  RC_DOWN,
  RC_SHIFT,
  SIGNALLING_NAN,
  sumError,
  ZE,
  ZERO,
} from './ieee.ts';
import { round32, round64, rounded } from './ieee-round.ts';

export const ADD = 0;
export const SUBTRACT = 1;
export const MULTIPLY = 2;
export const DIVIDE = 3;

/** An infinity or zero with a sign, or a default NaN, in `rounded`. */
function setSpecial(single: boolean, bits32: number, high64: number): void {
  rounded[0] = single ? bits32 : 0;
  rounded[1] = high64;
}
function setInfinity(single: boolean, negative: boolean): void {
  setSpecial(single, negative ? -0x800000 : 0x7f800000, negative ? -0x100000 : 0x7ff00000);
}
function setZero(single: boolean, negative: boolean): void {
  setSpecial(single, negative ? -0x80000000 : 0, negative ? -0x80000000 : 0);
}
function invalid(single: boolean): number {
  setSpecial(single, DEFAULT_NAN_32, DEFAULT_NAN_64);
  return IE;
}

function round(single: boolean, negative: boolean, scale: number, value: number, rest: number, mxcsr: number): number {
  return single ? round32(negative, scale, value, rest, mxcsr) : round64(negative, scale, value, rest, mxcsr);
}

/** A + B, neither a NaN. */
function add(single: boolean, mxcsr: number): number {
  if (A.kind === INFINITE || B.kind === INFINITE) {
    if (A.kind === B.kind && A.negative !== B.negative) return invalid(single);
    setInfinity(single, A.kind === INFINITE ? A.negative : B.negative);
    return 0;
  }
  const down = (mxcsr & RC) >> RC_SHIFT === RC_DOWN;
  if (A.kind === ZERO || B.kind === ZERO) {
    if (A.kind !== ZERO) return round(single, A.negative, A.exponent, A.significand, 0, mxcsr);
    if (B.kind !== ZERO) return round(single, B.negative, B.exponent, B.significand, 0, mxcsr);
    setZero(single, A.negative === B.negative ? A.negative : down);
    return 0;
  }
  const swap = A.exponent < B.exponent;
  const large = swap ? B : A;
  const small = swap ? A : B;
  const distance = large.exponent - small.exponent;
  const x = large.significand;
  // Further down than 70 places only the fact that something is there counts.
  const magnitude = small.significand * power(distance > 70 ? -70 : -distance);
  const y = large.negative === small.negative ? magnitude : -magnitude;
  const sum = x + y;
  if (sum === 0) {
    setZero(single, down);
    return 0;
  }
  const rest = sumError(x, y, sum);
  if (sum < 0) return round(single, !large.negative, large.exponent, -sum, -rest, mxcsr);
  return round(single, large.negative, large.exponent, sum, rest, mxcsr);
}

function multiply(single: boolean, mxcsr: number): number {
  const negative = A.negative !== B.negative;
  if (A.kind === INFINITE || B.kind === INFINITE) {
    if (A.kind === ZERO || B.kind === ZERO) return invalid(single);
    setInfinity(single, negative);
    return 0;
  }
  if (A.kind === ZERO || B.kind === ZERO) {
    setZero(single, negative);
    return 0;
  }
  const x = A.significand;
  const y = B.significand;
  const product = x * y;
  return round(single, negative, A.exponent + B.exponent, product, productError(x, y, product), mxcsr);
}

function divide(single: boolean, mxcsr: number): number {
  const negative = A.negative !== B.negative;
  if (A.kind === INFINITE) {
    if (B.kind === INFINITE) return invalid(single);
    setInfinity(single, negative);
    return 0;
  }
  if (B.kind === ZERO) {
    if (A.kind === ZERO) return invalid(single);
    setInfinity(single, negative);
    return ZE;
  }
  if (A.kind === ZERO || B.kind === INFINITE) {
    setZero(single, negative);
    return 0;
  }
  const x = A.significand;
  const y = B.significand;
  const quotient = x / y;
  const product = quotient * y;
  const rest = x - product - productError(quotient, y, product);
  return round(single, negative, A.exponent - B.exponent, quotient, rest, mxcsr);
}

/** A (op) B, NaNs included, into `rounded`; the first operand's payload wins. */
function compute(single: boolean, op: number, mxcsr: number): number {
  const signalling = A.kind === SIGNALLING_NAN || B.kind === SIGNALLING_NAN;
  if (A.kind >= QUIET_NAN || B.kind >= QUIET_NAN) return signalling ? IE : 0;
  if (op === SUBTRACT) B.negative = !B.negative;
  const flags = op === MULTIPLY ? multiply(single, mxcsr) : op === DIVIDE ? divide(single, mxcsr) : add(single, mxcsr);
  // Invalid and divide-by-zero come before the denormal exception, and alone.
  if ((flags & (IE | ZE)) !== 0) return flags;
  return A.denormal || B.denormal ? flags | DE : flags;
}

/** The operation `op` on the binary64 at `a` and `b`, into `d`. @returns exception flags */
export function compute64(m: Words, d: number, a: number, b: number, mxcsr: number, op: number): number {
  const i32 = m.i32;
  A.read64(i32, a, mxcsr);
  B.read64(i32, b, mxcsr);
  const nan = A.kind >= QUIET_NAN ? a : B.kind >= QUIET_NAN ? b : -1;
  const flags = compute(false, op, mxcsr);
  if (nan >= 0) {
    const high = i32[nan + 1]! | QUIET_64;
    i32[d] = i32[nan]!;
    i32[d + 1] = high;
  } else {
    i32[d] = rounded[0]!;
    i32[d + 1] = rounded[1]!;
  }
  return flags;
}

/** The operation `op` on the binary32 at `a` and `b`, into `d`. @returns exception flags */
export function compute32(m: Words, d: number, a: number, b: number, mxcsr: number, op: number): number {
  const i32 = m.i32;
  A.read32(i32[a]!, mxcsr);
  B.read32(i32[b]!, mxcsr);
  const nan = A.kind >= QUIET_NAN ? a : B.kind >= QUIET_NAN ? b : -1;
  const flags = compute(true, op, mxcsr);
  i32[d] = nan >= 0 ? i32[nan]! | QUIET_32 : rounded[0]!;
  return flags;
}

/** Square root of B's value into `rounded`; not for NaNs. */
function squareRoot(single: boolean, mxcsr: number): number {
  if (B.kind === ZERO) {
    setZero(single, B.negative);
    return 0;
  }
  if (B.negative) return invalid(single);
  if (B.kind === INFINITE) {
    setInfinity(single, false);
    return 0;
  }
  const odd = B.exponent & 1;
  const x = odd !== 0 ? 2 * B.significand : B.significand;
  const root = Math.sqrt(x);
  const square = root * root;
  const rest = x - square - productError(root, root, square);
  const flags = round(single, false, (B.exponent - odd) / 2, root, rest, mxcsr);
  return B.denormal ? flags | DE : flags;
}

/** Square root of the binary64 at `b` into `d`. @returns exception flags */
export function computeSquareRoot64(m: Words, d: number, b: number, mxcsr: number): number {
  const i32 = m.i32;
  B.read64(i32, b, mxcsr);
  if (B.kind >= QUIET_NAN) {
    const high = i32[b + 1]! | QUIET_64;
    i32[d] = i32[b]!;
    i32[d + 1] = high;
    return B.kind === SIGNALLING_NAN ? IE : 0;
  }
  const flags = squareRoot(false, mxcsr);
  i32[d] = rounded[0]!;
  i32[d + 1] = rounded[1]!;
  return flags;
}

/** Square root of the binary32 at `b` into `d`. @returns exception flags */
export function computeSquareRoot32(m: Words, d: number, b: number, mxcsr: number): number {
  B.read32(m.i32[b]!, mxcsr);
  if (B.kind >= QUIET_NAN) {
    m.i32[d] = m.i32[b]! | QUIET_32;
    return B.kind === SIGNALLING_NAN ? IE : 0;
  }
  const flags = squareRoot(true, mxcsr);
  m.i32[d] = rounded[0]!;
  return flags;
}
