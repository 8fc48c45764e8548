/**
 * Comparison (FCOM, FUCOM, FCOMI, FTST) and classification (FXAM), given as
 * the condition bits of the status word.
 */
import type { FloatContext } from './context.ts';
import { DE, IE } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_MAX, isDenormal, isInfinity, isNaN80, isSignallingNaN, isUnsupported, isZero } from './float80.ts';

/** Condition bits in the status word. */
export const C0 = 0x100;
export const C1 = 0x200;
export const C2 = 0x400;
export const C3 = 0x4000;

export const GREATER = 0;
export const LESS = C0;
export const EQUAL = C3;
export const UNORDERED = C0 | C2 | C3;

/**
 * Compares a with b.
 * @param quiet quiet NaNs do not raise IE (FUCOM)
 * @returns GREATER, LESS, EQUAL or UNORDERED
 */
export function compare(c: FloatContext, a: Float80, b: Float80, quiet: boolean): number {
  if (isUnsupported(a) || isUnsupported(b)) {
    c.flags |= IE;
    return UNORDERED;
  }
  if (isNaN80(a) || isNaN80(b)) {
    if (!quiet || isSignallingNaN(a) || isSignallingNaN(b)) c.flags |= IE;
    return UNORDERED;
  }
  if (isDenormal(a) || isDenormal(b)) c.flags |= DE;
  const zeroA = isZero(a);
  const zeroB = isZero(b);
  if (zeroA && zeroB) return EQUAL;
  const negativeA = a.se >>> 15;
  const negativeB = b.se >>> 15;
  if (negativeA !== negativeB) return negativeA !== 0 ? LESS : GREATER;
  const order = magnitudeOrder(a, b);
  if (order === 0) return EQUAL;
  return order < 0 === (negativeA === 0) ? LESS : GREATER;
}

/** -1, 0 or 1 as |a| is below, equal to or above |b| (no NaNs). */
export function magnitudeOrder(a: Float80, b: Float80): number {
  // A pseudo-denormal has the exponent field 0 but counts as 1.
  const ea = a.se & EXP_MAX || 1;
  const eb = b.se & EXP_MAX || 1;
  if (ea !== eb) return ea < eb ? -1 : 1;
  if (a.hi !== b.hi) return a.hi >>> 0 < b.hi >>> 0 ? -1 : 1;
  if (a.lo !== b.lo) return a.lo >>> 0 < b.lo >>> 0 ? -1 : 1;
  return 0;
}

/** FXAM's C3, C2, C0 for a register that is not empty; C1 the sign. */
export function examine(a: Float80): number {
  const sign = (a.se & 0x8000) !== 0 ? C1 : 0;
  if (isZero(a)) return sign | C3;
  if (isDenormal(a)) return sign | C3 | C2;
  if (isUnsupported(a)) return sign;
  if (isInfinity(a)) return sign | C2 | C0;
  if (isNaN80(a)) return sign | C0;
  return sign | C2;
}
