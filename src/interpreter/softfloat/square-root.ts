/**
 * Square root (FSQRT): the upper 32 bits from a double, the lower from a
 * division by twice the root, put right by squaring.
 */
import type { FloatContext } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_BIAS, INTEGER_BIT, isInfinity, isZero } from './float80.ts';
import { invalid, nanOperand } from './nan.ts';
import { roundPack } from './round.ts';
import { denormalStops, Unpacked, unpack } from './unpack.ts';
import { multiply64, P } from './wide.ts';

const A = new Unpacked();

/** out = sqrt(a). */
export function squareRoot(c: FloatContext, a: Float80, out: Float80): void {
  if (nanOperand(c, a, out)) return;
  if (isZero(a)) {
    out.copy(a);
    return;
  }
  if ((a.se & 0x8000) !== 0) {
    invalid(c, out);
    return;
  }
  if (isInfinity(a)) {
    out.copy(a);
    return;
  }
  if (denormalStops(c, a, a)) return;
  unpack(a, A);
  // N = significand * 2^64 or 2^63, so that its exponent is even; words n3..n1 (n0 is 0).
  const odd = (A.exp - EXP_BIAS) & 1;
  const exp = EXP_BIAS + ((A.exp - EXP_BIAS - odd) >> 1);
  let n3 = A.hi;
  let n2 = A.lo;
  let n1 = 0;
  if (odd === 0) {
    n1 = n2 << 31;
    n2 = (n2 >>> 1) | (n3 << 31);
    n3 >>>= 1;
  }
  const top = (n3 >>> 0) * 4294967296 + (n2 >>> 0);
  let high = Math.floor(Math.sqrt(top));
  // Let high be floor(sqrt(top 64 bits)), exactly.
  let rest = remainderOf(n3, n2, high);
  if (rest < 0) {
    high--;
    rest = remainderOf(n3, n2, high);
  } else if (rest > 2 * high) {
    high++;
    rest = remainderOf(n3, n2, high);
  }
  let low = Math.floor((rest * 4294967296 + (n1 >>> 0)) / (2 * high));
  if (low > 0xffff_ffff) low = 0xffff_ffff;
  let rh = high | 0;
  if (high > 0x7fff_ffff) rh = (high - 4294967296) | 0;
  let rl = low | 0;
  if (low > 0x7fff_ffff) rl = (low - 4294967296) | 0;
  // D = N - root^2 in three words (the third its sign); lower the root until D is not negative.
  for (;;) {
    multiply64(rh, rl, rh, rl);
    const d0 = -(P[0]! >>> 0);
    const d1 = (n1 >>> 0) - (P[1]! >>> 0) - (d0 < 0 ? 1 : 0);
    const d2 = (n2 >>> 0) - (P[2]! >>> 0) - (d1 < 0 ? 1 : 0);
    const d3 = (n3 >>> 0) - (P[3]! >>> 0) - (d2 < 0 ? 1 : 0);
    if (d3 >= 0) {
      const w0 = d0 | 0;
      const w1 = d1 | 0;
      const w2 = d2 | 0;
      let extra = 0;
      if ((w0 | w1 | w2) !== 0) {
        const above = w2 !== 0 || w1 >>> 0 > rh >>> 0 || (w1 === rh && w0 >>> 0 > rl >>> 0);
        extra = above ? INTEGER_BIT | 1 : 1;
      }
      roundPack(c, 0, exp, rh, rl, extra, out);
      return;
    }
    if (rl === 0) rh = (rh - 1) | 0;
    rl = (rl - 1) | 0;
  }
}

/** (n3:n2) - root^2 for a root near sqrt(n3:n2): small, so exact as a double. */
function remainderOf(n3: number, n2: number, root: number): number {
  const r1 = Math.floor(root / 65536);
  const r0 = root - r1 * 65536;
  // root^2 = r1^2 * 2^32 + 2 r1 r0 * 2^16 + r0^2, every term exact.
  const cross = 2 * r1 * r0;
  const crossHigh = Math.floor(cross / 65536);
  const high = (n3 >>> 0) - r1 * r1 - crossHigh;
  return high * 4294967296 + ((n2 >>> 0) - (cross - crossHigh * 65536) * 65536 - r0 * r0);
}
