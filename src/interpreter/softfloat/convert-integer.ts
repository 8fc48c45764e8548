/**
 * Conversions between extended precision and integers of 16, 32 and 64 bits,
 * and rounding to an integral value (FILD, FIST, FISTTP, FRNDINT).
 */
import type { FloatContext } from './context.ts';
import { IE, PE } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_BIAS, EXP_MAX, INTEGER_BIT, isInfinity, isZero } from './float80.ts';
import { nanOperand } from './nan.ts';
import { roundsUp } from './round.ts';
import { denormalStops, normalize, Unpacked } from './unpack.ts';

const U = new Unpacked();

/** Words of the last integer made: low, high. */
export const INTEGER = new Int32Array(2);

/** 32-bit (or narrower, sign-extended) integer to extended, exact. */
export function fromInt32(value: number, out: Float80): void {
  if (value === 0) {
    out.set(0, 0, 0);
    return;
  }
  const magnitude = value < 0 ? -value | 0 : value;
  const shift = Math.clz32(magnitude);
  out.set((value < 0 ? 0x8000 : 0) | (EXP_BIAS + 31 - shift), magnitude << shift, 0);
}

/** 64-bit integer to extended, exact. */
export function fromInt64(high: number, low: number, out: Float80): void {
  if ((high | low) === 0) {
    out.set(0, 0, 0);
    return;
  }
  const sign = high < 0 ? 0x8000 : 0;
  let hi = high;
  let lo = low;
  if (sign !== 0) {
    lo = -lo | 0;
    hi = (lo === 0 ? -hi : ~hi) | 0;
  }
  normalize(EXP_BIAS + 63, hi, lo, U);
  out.set(sign | U.exp, U.hi, U.lo);
}

/** Integer part's magnitude (U.hi, U.lo) and what lies below it, for a finite value below 2^64. */
function integerPart(a: Float80): number {
  const exp = (a.se & EXP_MAX) - EXP_BIAS;
  if (exp < -1) {
    U.hi = 0;
    U.lo = 0;
    return 1;
  }
  const shift = 63 - exp;
  if (shift === 0) {
    U.hi = a.hi;
    U.lo = a.lo;
    return 0;
  }
  if (shift === 64) {
    U.hi = 0;
    U.lo = 0;
    return a.hi | (a.lo !== 0 ? 1 : 0);
  }
  if (shift < 32) {
    U.hi = a.hi >>> shift;
    U.lo = (a.lo >>> shift) | (a.hi << (32 - shift));
    return a.lo << (32 - shift);
  }
  const s = shift - 32;
  U.hi = 0;
  U.lo = s === 0 ? a.hi : a.hi >>> s;
  return s === 0 ? a.lo : (a.hi << (32 - s)) | (a.lo >>> s) | (a.lo << (32 - s) !== 0 ? 1 : 0);
}

/**
 * Extended to a signed integer of 16, 32 or 64 bits, into INTEGER.
 * Out of range, NaN, infinity: IE and the integer indefinite.
 * @param rounding one of RC_*: the context's, or RC_CHOP for FISTTP
 */
export function toInteger(c: FloatContext, a: Float80, bits: number, rounding: number): void {
  INTEGER[0] = 0;
  INTEGER[1] = 0;
  if (isZero(a)) return;
  const exp = (a.se & EXP_MAX) - EXP_BIAS;
  if (exp > 63 || (a.hi >= 0 && (a.se & EXP_MAX) !== 0)) {
    indefinite(c, bits);
    return;
  }
  const sign = a.se >>> 15;
  const extra = integerPart(a);
  let hi = U.hi;
  let lo = U.lo;
  let up = 0;
  if (extra !== 0 && roundsUp(rounding, sign, extra, lo & 1)) {
    up = 1;
    lo = (lo + 1) | 0;
    if (lo === 0) {
      hi = (hi + 1) | 0;
      if (hi === 0) {
        indefinite(c, bits);
        return;
      }
    }
  }
  if (!fits(hi, lo, bits, sign)) {
    indefinite(c, bits);
    return;
  }
  if (extra !== 0) c.flags |= PE;
  c.roundedUp = up;
  INTEGER[0] = sign !== 0 ? -lo : lo;
  INTEGER[1] = sign === 0 ? hi : lo === 0 ? -hi : ~hi;
}

/** Whether a magnitude fits a signed integer: below 2^(bits-1), or equal to it when negative. */
function fits(hi: number, lo: number, bits: number, sign: number): boolean {
  if (bits === 64) return hi >= 0 || (sign !== 0 && hi === INTEGER_BIT && lo === 0);
  const limit = bits === 32 ? 0x8000_0000 : 0x8000;
  return hi === 0 && (lo >>> 0 < limit || (sign !== 0 && lo >>> 0 === limit));
}

function indefinite(c: FloatContext, bits: number): void {
  c.flags |= IE;
  INTEGER[0] = bits === 64 ? 0 : bits === 32 ? INTEGER_BIT : -0x8000;
  INTEGER[1] = INTEGER_BIT;
}

/** out = a rounded to an integral value by the rounding control (FRNDINT). */
export function roundToIntegral(c: FloatContext, a: Float80, out: Float80): void {
  if (nanOperand(c, a, out)) return;
  if (isInfinity(a) || isZero(a)) {
    out.copy(a);
    return;
  }
  if (denormalStops(c, a, a)) return;
  const exp = (a.se & EXP_MAX) - EXP_BIAS;
  if (exp >= 63) {
    out.copy(a);
    return;
  }
  const sign = a.se >>> 15;
  const extra = integerPart(a);
  let hi = U.hi;
  let lo = U.lo;
  if (extra !== 0) {
    c.flags |= PE;
    if (roundsUp(c.rounding, sign, extra, lo & 1)) {
      c.roundedUp = 1;
      lo = (lo + 1) | 0;
      if (lo === 0) hi = (hi + 1) | 0;
    }
  }
  if ((hi | lo) === 0) {
    out.setZero(sign);
    return;
  }
  normalize(EXP_BIAS + 63, hi, lo, U);
  out.set((sign << 15) | U.exp, U.hi, U.lo);
}

/** The integral part of a finite number chopped to 32 bits, saturated to -65536..65536 (FSCALE's scale). */
export function scaleCount(a: Float80): number {
  const exp = (a.se & EXP_MAX) - EXP_BIAS;
  if (exp < 0) return 0;
  const magnitude = exp > 15 ? 0x10000 : a.hi >>> (31 - exp);
  return (a.se & 0x8000) !== 0 ? -magnitude : magnitude;
}

/** Magnitude of a finite value rounded to an integer, into INTEGER as unsigned; false when 2^64 or more (FBSTP). */
export function toMagnitude(c: FloatContext, a: Float80): boolean {
  INTEGER[0] = 0;
  INTEGER[1] = 0;
  if (isZero(a)) return true;
  if ((a.se & EXP_MAX) - EXP_BIAS > 63 || (a.hi >= 0 && (a.se & EXP_MAX) !== 0)) return false;
  const extra = integerPart(a);
  INTEGER[0] = U.lo;
  INTEGER[1] = U.hi;
  if (extra === 0) return true;
  c.flags |= PE;
  if (!roundsUp(c.rounding, a.se >>> 15, extra, U.lo & 1)) return true;
  c.roundedUp = 1;
  INTEGER[0] = U.lo + 1;
  if (INTEGER[0] === 0) INTEGER[1] = U.hi + 1;
  return INTEGER[0] !== 0 || INTEGER[1] !== 0;
}
