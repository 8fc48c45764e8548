/**
 * Division (FDIV and its kin): a 128-bit numerator by a 64-bit significand,
 * two quotient digits of 32 bits, each guessed in doubles and put right.
 */
import type { FloatContext } from './context.ts';
import { ZE } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_BIAS, INTEGER_BIT, isInfinity, isNormal, isZero } from './float80.ts';
import { invalid, nanOperands } from './nan.ts';
import { roundPack } from './round.ts';
import { denormalStops, Unpacked, unpack } from './unpack.ts';
import { mulHigh } from './wide.ts';

const A = new Unpacked();
const B = new Unpacked();
/** Remainder of the last digit. */
const R = new Int32Array(2);

/** out = a / b. */
export function divide(c: FloatContext, a: Float80, b: Float80, out: Float80): void {
  const sign = (a.se ^ b.se) >>> 15;
  if (isNormal(a) && isNormal(b)) {
    magnitudes(c, sign, (a.se & 0x7fff) - (b.se & 0x7fff) + EXP_BIAS, a.hi, a.lo, b.hi, b.lo, out);
    return;
  }
  if (nanOperands(c, a, b, out)) return;
  if (isInfinity(a)) {
    if (isInfinity(b)) invalid(c, out);
    else if (!denormalStops(c, a, b)) out.setInfinity(sign);
    return;
  }
  if (isInfinity(b)) {
    if (!denormalStops(c, a, b)) out.setZero(sign);
    return;
  }
  if (isZero(b)) {
    if (isZero(a)) {
      invalid(c, out);
      return;
    }
    // A denormal divided by zero: the denormal operand is not reported.
    c.flags |= ZE;
    out.setInfinity(sign);
    return;
  }
  if (denormalStops(c, a, b)) return;
  if (isZero(a)) {
    out.setZero(sign);
    return;
  }
  unpack(a, A);
  unpack(b, B);
  magnitudes(c, sign, A.exp - B.exp + EXP_BIAS, A.hi, A.lo, B.hi, B.lo, out);
}

/** out = b / a. */
export function divideReversed(c: FloatContext, a: Float80, b: Float80, out: Float80): void {
  divide(c, b, a, out);
}

function magnitudes(
  c: FloatContext,
  sign: number,
  exp: number,
  ah: number,
  al: number,
  bh: number,
  bl: number,
  out: Float80,
): void {
  // The quotient shall have its top bit at bit 63: halve a numerator that is not below the divisor.
  let next = 0;
  if (ah >>> 0 > bh >>> 0 || (ah === bh && al >>> 0 >= bl >>> 0)) {
    next = al << 31;
    al = (al >>> 1) | (ah << 31);
    ah >>>= 1;
  } else exp--;
  const qh = digit(ah, al, next, bh, bl);
  const ql = digit(R[1]!, R[0]!, 0, bh, bl);
  const rh = R[1]!;
  const rl = R[0]!;
  let extra = 0;
  if ((rh | rl) !== 0) {
    // Twice the remainder against the divisor.
    const dh = (rh << 1) | (rl >>> 31);
    const dl = rl << 1;
    if (rh < 0 || dh >>> 0 > bh >>> 0 || (dh === bh && dl >>> 0 > bl >>> 0)) extra = INTEGER_BIT | 1;
    else extra = dh === bh && dl === bl ? INTEGER_BIT : 1;
  }
  roundPack(c, sign, exp, qh, ql, extra, out);
}

/** floor((rh:rl:next) / (bh:bl)), where (rh:rl) < (bh:bl) and the divisor's top bit is set. Leaves the remainder in R. */
function digit(rh: number, rl: number, next: number, bh: number, bl: number): number {
  const numerator = ((rh >>> 0) * 4294967296 + (rl >>> 0)) * 4294967296 + (next >>> 0);
  let q = Math.floor(numerator / ((bh >>> 0) * 4294967296 + (bl >>> 0)));
  if (q > 0xffff_ffff) q = 0xffff_ffff;
  let digits = q | 0;
  if (q > 0x7fff_ffff) digits = (q - 4294967296) | 0;
  // numerator - q * divisor, in three words; the guess is off by one at most.
  const p0 = Math.imul(digits, bl);
  const middle = (mulHigh(digits, bl) >>> 0) + (Math.imul(digits, bh) >>> 0);
  const p1 = middle | 0;
  const p2 = (mulHigh(digits, bh) + (middle >= 4294967296 ? 1 : 0)) | 0;
  let w0 = (next - p0) | 0;
  const borrow0 = next >>> 0 < p0 >>> 0 ? 1 : 0;
  const d1 = (rl >>> 0) - (p1 >>> 0) - borrow0;
  let w1 = d1 | 0;
  let w2 = (rh - p2 - (d1 < 0 ? 1 : 0)) | 0;
  if (w2 < 0) {
    digits = (digits - 1) | 0;
    w0 = (w0 + bl) | 0;
    const s1 = (w1 >>> 0) + (bh >>> 0) + (w0 >>> 0 < bl >>> 0 ? 1 : 0);
    w1 = s1 | 0;
    w2 = 0;
  } else if (w2 > 0 || w1 >>> 0 > bh >>> 0 || (w1 === bh && w0 >>> 0 >= bl >>> 0)) {
    digits = (digits + 1) | 0;
    w1 = (w1 - bh - (w0 >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
    w0 = (w0 - bl) | 0;
  }
  R[0] = w0;
  R[1] = w1;
  return digits;
}
