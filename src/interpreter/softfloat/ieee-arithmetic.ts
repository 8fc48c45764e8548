/**
 * Addition, subtraction, multiplication, division and square root of binary64
 * and binary32 under MXCSR, exact in result and flags.
 *
 * Each operation reads its operands at word indices `a` and `b`, writes its
 * result at `d` and returns the exception flags it raises. The common case
 * (operands zero or normal, result normal and not near the smallest) is
 * computed in JavaScript's doubles, with the rounding error to say whether it
 * was exact; everything else is for ieee-exact.ts. Where PE is already set and
 * masked and rounding is to nearest, nobody can tell, so the error is not
 * asked for.
 */
import type { Words } from './ieee.ts';
import { bitsOfSingle, PE, PM, productError, RC, singleFromBits, sumError } from './ieee.ts';
import {
  ADD,
  compute32,
  compute64,
  computeSquareRoot32,
  computeSquareRoot64,
  DIVIDE,
  MULTIPLY,
  SUBTRACT,
} from './ieee-exact.ts';

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

/** Square root of the operand at `b`; `a` is not used. */
export const squareRoot64: Operation = (m, d, _a, b, mxcsr) => {
  const x = m.f64[b >>> 1]!;
  if (x >= MIN_64 && x <= MAX_64 && inexactUnseen(mxcsr)) {
    m.f64[d >>> 1] = Math.sqrt(x);
    return 0;
  }
  return computeSquareRoot64(m, d, b, mxcsr);
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
  return computeSquareRoot32(m, d, b, mxcsr);
};
