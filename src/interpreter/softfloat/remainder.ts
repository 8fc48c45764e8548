/**
 * Partial remainder (FPREM, FPREM1): exact, one bit of quotient at a time.
 */
import type { FloatContext } from './context.ts';
import type { Float80 } from './float80.ts';
import { isInfinity, isZero } from './float80.ts';
import { invalid, nanOperands } from './nan.ts';
import { roundPack } from './round.ts';
import { denormalStops, normalize, Unpacked, unpack } from './unpack.ts';

const A = new Unpacked();
const B = new Unpacked();

/** What FPREM tells in the condition bits. */
export class RemainderResult {
  /** Low 3 bits of the quotient. */
  quotient = 0;
  /** The reduction is not finished (C2). */
  partial = false;
  /** There is no quotient: a NaN or an invalid operation. */
  none = false;
}

/** Result of the last {@link remainder}. */
export const REMAINDER = new RemainderResult();

/**
 * out = a rem b.
 * @param nearest quotient rounded to nearest even (FPREM1) instead of chopped (FPREM)
 */
export function remainder(c: FloatContext, a: Float80, b: Float80, nearest: boolean, out: Float80): void {
  REMAINDER.quotient = 0;
  REMAINDER.partial = false;
  REMAINDER.none = true;
  if (nanOperands(c, a, b, out)) return;
  if (isInfinity(a) || isZero(b)) {
    invalid(c, out);
    return;
  }
  if (denormalStops(c, a, b)) return;
  REMAINDER.none = false;
  if (isZero(a)) {
    out.copy(a);
    return;
  }
  let sign = a.se >>> 15;
  unpack(a, A);
  if (isInfinity(b)) {
    exactPack(c, sign, A.exp, A.hi, A.lo, out);
    return;
  }
  unpack(b, B);
  const difference = A.exp - B.exp;
  if (difference < -1 || (difference < 0 && !nearest)) {
    exactPack(c, sign, A.exp, A.hi, A.lo, out);
    return;
  }
  let steps = difference;
  if (difference >= 64) {
    // Reduce by 32 to 63 bits and leave the rest to the next FPREM.
    steps = (difference & 31) | 32;
    REMAINDER.partial = true;
  }
  // Long division; `over` is a 65th bit of the running remainder.
  let hi = A.hi;
  let lo = A.lo;
  let over = 0;
  let quotient = 0;
  const bh = B.hi;
  const bl = B.lo;
  let exp = A.exp;
  if (difference >= 0) {
    for (let k = steps; ; k--) {
      quotient = (quotient << 1) & 7;
      if (over !== 0 || hi >>> 0 > bh >>> 0 || (hi === bh && lo >>> 0 >= bl >>> 0)) {
        const borrow = lo >>> 0 < bl >>> 0 ? 1 : 0;
        lo = (lo - bl) | 0;
        hi = (hi - bh - borrow) | 0;
        quotient |= 1;
      }
      if (k === 0) break;
      over = hi >>> 31;
      hi = (hi << 1) | (lo >>> 31);
      lo <<= 1;
    }
    exp = A.exp - steps;
  }
  if (nearest && !REMAINDER.partial) {
    // Here 0 <= r < b with r at exponent `exp`: one more subtraction when r > b/2 (or = b/2 with an odd quotient).
    if (difference < 0) {
      // a is below b but not below b/2: r is a itself, at one exponent less than b.
      if (A.hi >>> 0 > bh >>> 0 || (A.hi === bh && A.lo >>> 0 > bl >>> 0)) {
        // r = 2b' - a in units of a's exponent.
        const borrow = (bl << 1) >>> 0 < A.lo >>> 0 ? 1 : 0;
        lo = ((bl << 1) - A.lo) | 0;
        hi = (((bh << 1) | (bl >>> 31)) - A.hi - borrow) | 0;
        sign ^= 1;
        quotient = 1;
      }
    } else {
      const th = (hi << 1) | (lo >>> 31);
      const tl = lo << 1;
      const above = hi < 0 || th >>> 0 > bh >>> 0 || (th === bh && tl >>> 0 > bl >>> 0);
      if (above || (th === bh && tl === bl && (quotient & 1) !== 0)) {
        const borrow = bl >>> 0 < lo >>> 0 ? 1 : 0;
        lo = (bl - lo) | 0;
        hi = (bh - hi - borrow) | 0;
        sign ^= 1;
        quotient = (quotient + 1) & 7;
      }
    }
  }
  REMAINDER.quotient = REMAINDER.partial ? 0 : quotient;
  if ((hi | lo) === 0) {
    out.setZero(a.se >>> 15);
    return;
  }
  normalize(exp, hi, lo, A);
  exactPack(c, sign, A.exp, A.hi, A.lo, out);
}

/** Packs an exact result: precision control has no say. */
function exactPack(c: FloatContext, sign: number, exp: number, hi: number, lo: number, out: Float80): void {
  const precision = c.precision;
  c.precision = 64;
  roundPack(c, sign, exp, hi, lo, 0, out);
  c.precision = precision;
}
