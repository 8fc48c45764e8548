/**
 * Finite operands brought to one form: a significand with its integer bit
 * set and an exponent that goes below 1 for what was denormal.
 */
import type { FloatContext } from './context.ts';
import { DE } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_MAX } from './float80.ts';

export class Unpacked {
  exp = 0;
  hi = 0;
  lo = 0;
}

/** Takes a finite, not zero, value apart. */
export function unpack(a: Float80, to: Unpacked): void {
  normalize(a.se & EXP_MAX || 1, a.hi, a.lo, to);
}

/** Shifts the significand (not zero) left until its integer bit is set. */
export function normalize(exp: number, hi: number, lo: number, to: Unpacked): void {
  if (hi === 0) {
    hi = lo;
    lo = 0;
    exp -= 32;
  }
  const shift = Math.clz32(hi);
  if (shift !== 0) {
    hi = (hi << shift) | (lo >>> (32 - shift));
    lo <<= shift;
    exp -= shift;
  }
  to.exp = exp;
  to.hi = hi;
  to.lo = lo;
}

/** Raises DE if either operand is denormal; true when that is unmasked, and the operation ends there. */
export function denormalStops(c: FloatContext, a: Float80, b: Float80): boolean {
  const denormal = ((a.se & EXP_MAX) === 0 && (a.hi | a.lo) !== 0) || ((b.se & EXP_MAX) === 0 && (b.hi | b.lo) !== 0);
  return denormal && c.raise(DE);
}
