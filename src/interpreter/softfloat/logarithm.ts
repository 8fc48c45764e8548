/**
 * F2XM1, FYL2X and FYL2XP1: powers of two and logarithms to base two.
 */
import type { BigReal } from './big-real.ts';
import { FRACTION, ln2, magnitudeOf, mulFixed, normalizeBig, ONE, oddSeries, packBig, shiftBig } from './big-real.ts';
import type { FloatContext } from './context.ts';
import { PE, UE, ZE } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_BIAS, EXP_MAX, INTEGER_BIT, isInfinity, isZero } from './float80.ts';
import { invalid, nanOperand, nanOperands } from './nan.ts';
import { denormalStops } from './unpack.ts';

const F = BigInt(FRACTION);

/** out = 2^a - 1 for |a| <= 1; beyond that (undefined by the SDM) a itself. */
export function power2Minus1(c: FloatContext, a: Float80, out: Float80): void {
  if (nanOperand(c, a, out)) return;
  const sign = a.se >>> 15;
  if (isInfinity(a)) {
    if (sign === 0) out.copy(a);
    else out.set(0x8000 | EXP_BIAS, INTEGER_BIT, 0);
    return;
  }
  if (isZero(a)) {
    out.copy(a);
    return;
  }
  if (denormalStops(c, a, a)) return;
  if ((a.se & EXP_MAX) >= EXP_BIAS) {
    const one = (a.se & EXP_MAX) === EXP_BIAS && a.hi === INTEGER_BIT && a.lo === 0;
    // 2^1 - 1 = 1, 2^-1 - 1 = -1/2
    if (one && sign !== 0) out.set(0x8000 | (EXP_BIAS - 1), INTEGER_BIT, 0);
    else out.copy(a);
    // Reported even where it is exact.
    c.flags |= PE;
    return;
  }
  // t = a ln 2; expm1(t) = t (1 + t/2! + t^2/3! + ...), the first factor kept relative.
  const n = normalizeBig(magnitudeOf(a));
  const t = mulFixed(n.mantissa, ln2());
  const fixed = shiftBig(t, n.exp + FRACTION);
  let sum = ONE;
  let term = ONE;
  for (let k = 2n; ; k++) {
    term = mulFixed(term, fixed) / k;
    if (term === 0n) break;
    sum += sign !== 0 && (k & 1n) === 0n ? -term : term;
  }
  packBig(c, sign, mulFixed(t, sum), n.exp, out);
}

/** A signed logarithm: value = mantissa * 2^exp, the mantissa zero only for log2(1). */
interface SignedReal extends BigReal {
  readonly sign: number;
  /** The argument is a power of two: the logarithm is an integer. */
  readonly exact: boolean;
}

/** ln((1+z)/(1-z)) / ln 2 = 2 atanh(z) / ln 2 for a small magnitude z, kept relative. */
function logarithmOfRatio(z: BigReal): BigReal {
  const n = normalizeBig(z);
  const square = shiftBig(mulFixed(n.mantissa, n.mantissa), 2 * (n.exp + FRACTION));
  const atanh = mulFixed(n.mantissa, oddSeries(square, false));
  return { mantissa: (atanh << F) / ln2(), exp: n.exp + 1 };
}

/** num / den as a real with FRACTION bits or so. */
function quotient(num: bigint, den: bigint): BigReal {
  return { mantissa: (num << (2n * F)) / den, exp: -2 * FRACTION };
}

/** log2 of a positive magnitude. */
function logarithm2(a: BigReal): SignedReal {
  const n = normalizeBig(a);
  let exponent = n.exp + FRACTION;
  const m = n.mantissa;
  if (m === ONE) {
    return { sign: exponent < 0 ? 1 : 0, mantissa: BigInt(Math.abs(exponent)), exp: 0, exact: true };
  }
  // m in [1, 2): bring it to about [0.7, 1.4], in units of 1/ONE.
  if (m > ONE + (ONE >> 1n) - (ONE >> 4n)) {
    exponent++;
    const log = logarithmOfRatio(quotient(2n * ONE - m, 2n * ONE + m));
    return combine(exponent, 1, log);
  }
  return combine(exponent, 0, logarithmOfRatio(quotient(m - ONE, m + ONE)));
}

/** exponent +- log, where |log| < 1. */
function combine(exponent: number, logSign: number, log: BigReal): SignedReal {
  if (exponent === 0) return { ...log, sign: logSign, exact: false };
  const fraction = shiftBig(log.mantissa, log.exp + FRACTION);
  const sum = (BigInt(exponent) << F) + (logSign !== 0 ? -fraction : fraction);
  return { sign: sum < 0n ? 1 : 0, mantissa: sum < 0n ? -sum : sum, exp: -FRACTION, exact: false };
}

/** out = y * log. */
function times(c: FloatContext, y: Float80, log: SignedReal, out: Float80): void {
  const factor = magnitudeOf(y);
  const sign = (y.se >>> 15) ^ log.sign;
  // Processors report even an exact product as inexact.
  c.flags |= PE;
  packBig(c, sign, factor.mantissa * log.mantissa, factor.exp + log.exp, out, log.exact);
  if ((out.se & EXP_MAX) === 0) c.flags |= UE;
}

/** out = y * log2(x), y being st(1) and x st(0). */
export function yLog2X(c: FloatContext, y: Float80, x: Float80, out: Float80): void {
  if (nanOperands(c, x, y, out)) return;
  const signY = y.se >>> 15;
  const negativeX = (x.se & 0x8000) !== 0;
  if (isZero(x)) {
    if (isZero(y)) invalid(c, out);
    else if (isInfinity(y)) out.setInfinity(signY ^ 1);
    else {
      c.flags |= ZE;
      out.setInfinity(signY ^ 1);
    }
    return;
  }
  if (negativeX) {
    invalid(c, out);
    return;
  }
  const one = (x.se & EXP_MAX) === EXP_BIAS && x.hi === INTEGER_BIT && x.lo === 0;
  if (isInfinity(x)) {
    if (isZero(y)) invalid(c, out);
    else if (!denormalStops(c, x, y)) out.setInfinity(signY);
    return;
  }
  if (isInfinity(y)) {
    if (one) invalid(c, out);
    else if (!denormalStops(c, x, y)) out.setInfinity(signY ^ ((x.se & EXP_MAX) < EXP_BIAS ? 1 : 0));
    return;
  }
  if (denormalStops(c, x, y)) return;
  if (isZero(y) || one) {
    out.setZero(signY ^ ((x.se & EXP_MAX) < EXP_BIAS ? 1 : 0));
    return;
  }
  times(c, y, logarithm2(magnitudeOf(x)), out);
}

/** out = y * log2(x + 1), y being st(1) and x st(0). The SDM defines it for |x| below 1 - sqrt(1/2). */
export function yLog2XPlus1(c: FloatContext, y: Float80, x: Float80, out: Float80): void {
  if (nanOperands(c, x, y, out)) return;
  const signY = y.se >>> 15;
  const signX = x.se >>> 15;
  if (isInfinity(x)) {
    if (signX !== 0 || isZero(y)) invalid(c, out);
    else if (!denormalStops(c, x, y)) out.setInfinity(signY);
    return;
  }
  if (isInfinity(y)) {
    if (isZero(x)) invalid(c, out);
    else if (!denormalStops(c, x, y)) out.setInfinity(signY ^ signX);
    return;
  }
  if (denormalStops(c, x, y)) return;
  if (isZero(x) || isZero(y)) {
    out.setZero(signY ^ signX);
    return;
  }
  const m = normalizeBig(magnitudeOf(x));
  if (m.exp + FRACTION < -2) {
    // log2(1 + x) = 2 atanh(x / (2 + x)) / ln 2
    const fixed = shiftBig(m.mantissa, m.exp + FRACTION);
    const z = (m.mantissa << F) / (2n * ONE + (signX !== 0 ? -fixed : fixed));
    times(c, y, { ...logarithmOfRatio({ mantissa: z, exp: m.exp }), sign: signX, exact: false }, out);
    return;
  }
  // Far from zero there is no cancellation in 1 + x.
  const xm = magnitudeOf(x);
  const unit = Math.min(xm.exp, 0);
  const sum = (1n << BigInt(-unit)) + (signX !== 0 ? -1n : 1n) * (xm.mantissa << BigInt(xm.exp - unit));
  if (sum <= 0n) {
    // Undefined by the SDM: no logarithm exists.
    c.flags |= PE;
    out.copy(x);
    return;
  }
  times(c, y, logarithm2({ mantissa: sum, exp: unit }), out);
}
