/**
 * Addition, subtraction, multiplication, division and square root of binary64
 * and binary32 under MXCSR, exact in result and flags.
 *
 * Each operation reads its operands at word indices `a` and `b`, writes its
 * result at `d` and returns the exception flags it raises. The common case
 * (operands zero or normal, result normal and not near the smallest) is
 * computed in JavaScript's doubles, with the rounding error to say whether it
 * was exact; everything else is taken apart. Where PE is already set and
 * masked and rounding is to nearest, nobody can tell, so the error is not
 * asked for.
 */
import type { Words } from './ieee.ts';
import {
  A,
  B,
  bitsOfSingle,
  DE,
  DEFAULT_NAN_32,
  DEFAULT_NAN_64,
  IE,
  INFINITE,
  PE,
  PM,
  power,
  productError,
  QUIET_32,
  QUIET_64,
  QUIET_NAN,
  RC,
  RC_DOWN,
  RC_SHIFT,
  SIGNALLING_NAN,
  singleFromBits,
  sumError,
  ZE,
  ZERO,
} from './ieee.ts';
import { round32, round64, rounded } from './ieee-round.ts';

/** Reads operands a and b, writes the result to d, returns exception flags. `d` may equal `a` or `b`. */
export type Operation = (m: Words, d: number, a: number, b: number, mxcsr: number) => number;

const MIN_64 = 2.2250738585072014e-308;
const MAX_64 = 1.7976931348623157e308;
const MIN_32 = 1.1754943508222875e-38;
const MAX_32 = 3.4028234663852886e38;
/** Within these, two-product and its like are exact. */
const SAFE_LOW = 1e-130;
const SAFE_HIGH = 1e130;

/** Set when nearest rounding is on and a further inexact result changes nothing. */
function inexactUnseen(mxcsr: number): boolean {
  return (mxcsr & (RC | PE | PM)) === (PE | PM);
}

const ADD = 0;
const SUBTRACT = 1;
const MULTIPLY = 2;
const DIVIDE = 3;

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

function compute64(m: Words, d: number, a: number, b: number, mxcsr: number, op: number): number {
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

function compute32(m: Words, d: number, a: number, b: number, mxcsr: number, op: number): number {
  const i32 = m.i32;
  A.read32(i32[a]!, mxcsr);
  B.read32(i32[b]!, mxcsr);
  const nan = A.kind >= QUIET_NAN ? a : B.kind >= QUIET_NAN ? b : -1;
  const flags = compute(true, op, mxcsr);
  i32[d] = nan >= 0 ? i32[nan]! | QUIET_32 : rounded[0]!;
  return flags;
}

/** Zero or normal (false for NaN; infinities make the result fail its own test). */
function plain64(x: number): boolean {
  return Math.abs(x) >= MIN_64 || x === 0;
}
/** Normal, finite, and not in the lowest binade, where rounding and tininess meet. */
function settled64(x: number): boolean {
  const magnitude = Math.abs(x);
  return magnitude >= 2 * MIN_64 && magnitude <= MAX_64;
}
function plain32(x: number): boolean {
  return Math.abs(x) >= MIN_32 || x === 0;
}
function settled32(x: number): boolean {
  const magnitude = Math.abs(x);
  return magnitude >= 2 * MIN_32 && magnitude <= MAX_32;
}
function safe(x: number): boolean {
  const magnitude = Math.abs(x);
  return magnitude > SAFE_LOW && magnitude < SAFE_HIGH;
}
/** The error of a settled result is known: may it be stored, and with which flags? -1 = must be rounded otherwise. */
function verdict(error: number, mxcsr: number): number {
  return error === 0 ? 0 : (mxcsr & RC) === 0 ? PE : -1;
}

export const add64: Operation = (m, d, a, b, mxcsr) => {
  const x = m.f64[a >>> 1]!;
  const y = m.f64[b >>> 1]!;
  const sum = x + y;
  if (settled64(sum) && plain64(x) && plain64(y)) {
    const flags = inexactUnseen(mxcsr) ? 0 : verdict(sumError(x, y, sum), mxcsr);
    if (flags >= 0) {
      m.f64[d >>> 1] = sum;
      return flags;
    }
  }
  return compute64(m, d, a, b, mxcsr, ADD);
};

export const subtract64: Operation = (m, d, a, b, mxcsr) => {
  const x = m.f64[a >>> 1]!;
  const y = m.f64[b >>> 1]!;
  const sum = x - y;
  if (settled64(sum) && plain64(x) && plain64(y)) {
    const flags = inexactUnseen(mxcsr) ? 0 : verdict(sumError(x, -y, sum), mxcsr);
    if (flags >= 0) {
      m.f64[d >>> 1] = sum;
      return flags;
    }
  }
  return compute64(m, d, a, b, mxcsr, SUBTRACT);
};

export const multiply64: Operation = (m, d, a, b, mxcsr) => {
  const x = m.f64[a >>> 1]!;
  const y = m.f64[b >>> 1]!;
  const product = x * y;
  if (settled64(product) && plain64(x) && plain64(y)) {
    const unseen = inexactUnseen(mxcsr);
    if (unseen || (safe(x) && safe(y))) {
      const flags = unseen ? 0 : verdict(productError(x, y, product), mxcsr);
      if (flags >= 0) {
        m.f64[d >>> 1] = product;
        return flags;
      }
    }
  }
  return compute64(m, d, a, b, mxcsr, MULTIPLY);
};

export const divide64: Operation = (m, d, a, b, mxcsr) => {
  const x = m.f64[a >>> 1]!;
  const y = m.f64[b >>> 1]!;
  const quotient = x / y;
  if (settled64(quotient) && plain64(x) && plain64(y)) {
    const unseen = inexactUnseen(mxcsr);
    if (unseen || (safe(x) && safe(y))) {
      const product = quotient * y;
      const flags = unseen ? 0 : verdict(x - product - productError(quotient, y, product), mxcsr);
      if (flags >= 0) {
        m.f64[d >>> 1] = quotient;
        return flags;
      }
    }
  }
  return compute64(m, d, a, b, mxcsr, DIVIDE);
};

export const add32: Operation = (m, d, a, b, mxcsr) => {
  const x = singleFromBits(m.i32[a]!);
  const y = singleFromBits(m.i32[b]!);
  const exact = x + y;
  const sum = Math.fround(exact);
  if (settled32(sum) && plain32(x) && plain32(y)) {
    const flags = inexactUnseen(mxcsr) ? 0 : verdict(exact - sum || sumError(x, y, exact), mxcsr);
    if (flags >= 0) {
      m.i32[d] = bitsOfSingle(sum);
      return flags;
    }
  }
  return compute32(m, d, a, b, mxcsr, ADD);
};

export const subtract32: Operation = (m, d, a, b, mxcsr) => {
  const x = singleFromBits(m.i32[a]!);
  const y = singleFromBits(m.i32[b]!);
  const exact = x - y;
  const sum = Math.fround(exact);
  if (settled32(sum) && plain32(x) && plain32(y)) {
    const flags = inexactUnseen(mxcsr) ? 0 : verdict(exact - sum || sumError(x, -y, exact), mxcsr);
    if (flags >= 0) {
      m.i32[d] = bitsOfSingle(sum);
      return flags;
    }
  }
  return compute32(m, d, a, b, mxcsr, SUBTRACT);
};

export const multiply32: Operation = (m, d, a, b, mxcsr) => {
  const x = singleFromBits(m.i32[a]!);
  const y = singleFromBits(m.i32[b]!);
  // 24 by 24 bits: exact in a double.
  const exact = x * y;
  const product = Math.fround(exact);
  if (settled32(product) && plain32(x) && plain32(y)) {
    const flags = verdict(exact - product, mxcsr);
    if (flags >= 0) {
      m.i32[d] = bitsOfSingle(product);
      return flags;
    }
  }
  return compute32(m, d, a, b, mxcsr, MULTIPLY);
};

export const divide32: Operation = (m, d, a, b, mxcsr) => {
  const x = singleFromBits(m.i32[a]!);
  const y = singleFromBits(m.i32[b]!);
  const quotient = Math.fround(x / y);
  if (settled32(quotient) && plain32(x) && plain32(y)) {
    const flags = verdict(quotient * y - x, mxcsr);
    if (flags >= 0) {
      m.i32[d] = bitsOfSingle(quotient);
      return flags;
    }
  }
  return compute32(m, d, a, b, mxcsr, DIVIDE);
};

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

/** Square root of the operand at `b`; `a` is not used. */
export const squareRoot64: Operation = (m, d, _a, b, mxcsr) => {
  const x = m.f64[b >>> 1]!;
  if (x >= MIN_64 && x <= MAX_64 && inexactUnseen(mxcsr)) {
    m.f64[d >>> 1] = Math.sqrt(x);
    return 0;
  }
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
};

/** Square root of the operand at `b`; `a` is not used. */
export const squareRoot32: Operation = (m, d, _a, b, mxcsr) => {
  const x = singleFromBits(m.i32[b]!);
  if (x >= MIN_32 && x <= MAX_32) {
    const root = Math.fround(Math.sqrt(x));
    const flags = verdict(root * root - x, mxcsr);
    if (flags >= 0) {
      m.i32[d] = bitsOfSingle(root);
      return flags;
    }
  }
  B.read32(m.i32[b]!, mxcsr);
  if (B.kind >= QUIET_NAN) {
    m.i32[d] = m.i32[b]! | QUIET_32;
    return B.kind === SIGNALLING_NAN ? IE : 0;
  }
  const flags = squareRoot(true, mxcsr);
  m.i32[d] = rounded[0]!;
  return flags;
};
