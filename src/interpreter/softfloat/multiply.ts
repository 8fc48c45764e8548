/**
 * Multiplication (FMUL and its kin).
 */
import type { FloatContext } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_BIAS, isInfinity, isNormal, isZero } from './float80.ts';
import { invalid, nanOperands } from './nan.ts';
import { roundPack } from './round.ts';
import { denormalStops, Unpacked, unpack } from './unpack.ts';
import { multiply64, P } from './wide.ts';

const A = new Unpacked();
const B = new Unpacked();

/** out = a * b. */
export function multiply(c: FloatContext, a: Float80, b: Float80, out: Float80): void {
  const sign = (a.se ^ b.se) >>> 15;
  if (isNormal(a) && isNormal(b)) {
    magnitudes(c, sign, (a.se & 0x7fff) + (b.se & 0x7fff) - EXP_BIAS, a.hi, a.lo, b.hi, b.lo, out);
    return;
  }
  if (nanOperands(c, a, b, out)) return;
  if (isInfinity(a) || isInfinity(b)) {
    if (isZero(a) || isZero(b)) invalid(c, out);
    else if (!denormalStops(c, a, b)) out.setInfinity(sign);
    return;
  }
  if (denormalStops(c, a, b)) return;
  if (isZero(a) || isZero(b)) {
    out.setZero(sign);
    return;
  }
  unpack(a, A);
  unpack(b, B);
  magnitudes(c, sign, A.exp + B.exp - EXP_BIAS, A.hi, A.lo, B.hi, B.lo, out);
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
  multiply64(ah, al, bh, bl);
  const extra = P[1]! | (P[0]! !== 0 ? 1 : 0);
  const lo = P[2]!;
  const hi = P[3]!;
  if (hi < 0) roundPack(c, sign, exp + 1, hi, lo, extra, out);
  // The sticky bit may be doubled away from its place only where P[0] was not zero, and then it stays set.
  else roundPack(c, sign, exp, (hi << 1) | (lo >>> 31), (lo << 1) | (extra >>> 31), (extra << 1) | (extra & 1), out);
}
