/**
 * Arithmetic for the transcendental functions: fixed point in BigInt with
 * FRACTION bits below the point, far more than the 64 that are kept, so that
 * one rounding at the end is right but for ties closer than 2^-100. Such
 * instructions are rare: allocating is allowed here, and only here.
 */
import type { FloatContext } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_BIAS, EXP_MAX } from './float80.ts';
import { roundPack } from './round.ts';

/** Bits below the point. */
export const FRACTION = 192;
const F = BigInt(FRACTION);
export const ONE = 1n << F;

/** A positive number: mantissa * 2^exp, not normalized. */
export interface BigReal {
  readonly mantissa: bigint;
  readonly exp: number;
}

/** Number of bits of a positive integer. */
export function bitLength(value: bigint): number {
  const digits = value.toString(16);
  return digits.length * 4 - (Math.clz32(Number.parseInt(digits[0]!, 16)) - 28);
}

/** value * 2^shift, chopped. */
export function shiftBig(value: bigint, shift: number): bigint {
  return shift >= 0 ? value << BigInt(shift) : value >> BigInt(-shift);
}

/** Product of two fixed-point numbers. */
export function mulFixed(a: bigint, b: bigint): bigint {
  return (a * b) >> F;
}

/** Magnitude of a finite value, exactly. */
export function magnitudeOf(a: Float80): BigReal {
  const mantissa = (BigInt(a.hi >>> 0) << 32n) | BigInt(a.lo >>> 0);
  return { mantissa, exp: (a.se & EXP_MAX || 1) - EXP_BIAS - 63 };
}

/** The number in fixed point, chopped. */
export function toFixed(a: BigReal): bigint {
  return shiftBig(a.mantissa, a.exp + FRACTION);
}

/** Scales the mantissa to exactly FRACTION + 1 bits: a fixed-point number in [1, 2) and its exponent. */
export function normalizeBig(a: BigReal): BigReal {
  const up = FRACTION + 1 - bitLength(a.mantissa);
  return { mantissa: shiftBig(a.mantissa, up), exp: a.exp - up };
}

/** The sum of 1/(2k+1) * z^k (-1)^k or (+1)^k: atan(sqrt z)/sqrt z, or atanh. `z` in fixed point, below 1/2. */
export function oddSeries(z: bigint, alternating: boolean): bigint {
  let sum = ONE;
  let power = ONE;
  for (let k = 3n; ; k += 2n) {
    power = mulFixed(power, z);
    if (power === 0n) return sum;
    const negative = alternating && (k & 2n) !== 0n;
    sum += negative ? -(power / k) : power / k;
  }
}

/** atan(1/n) in fixed point. */
function inverseArctangent(n: bigint): bigint {
  return oddSeries(ONE / (n * n), true) / n;
}

let piFixed = 0n;
let ln2Fixed = 0n;

/** pi in fixed point. */
export function pi(): bigint {
  if (piFixed === 0n) piFixed = 16n * inverseArctangent(5n) - 4n * inverseArctangent(239n);
  return piFixed;
}

/** Natural logarithm of 2 in fixed point: 2 atanh(1/3). */
export function ln2(): bigint {
  if (ln2Fixed === 0n) ln2Fixed = (2n * oddSeries(ONE / 9n, false)) / 3n;
  return ln2Fixed;
}

/**
 * Rounds mantissa * 2^exp, which is taken as inexact unless told otherwise, to
 * 64 bits whatever the precision control.
 */
export function packBig(
  c: FloatContext,
  sign: number,
  mantissa: bigint,
  exp: number,
  out: Float80,
  exact = false,
): void {
  const length = bitLength(mantissa);
  const bits = shiftBig(mantissa, 96 - length);
  const hi = Number(BigInt.asIntN(32, bits >> 64n));
  const lo = Number(BigInt.asIntN(32, bits >> 32n));
  const lost = exact && shiftBig(bits, length - 96) === mantissa ? 0 : 1;
  const extra = Number(BigInt.asIntN(32, bits)) | lost;
  const precision = c.precision;
  c.precision = 64;
  roundPack(c, sign, exp + length - 1 + EXP_BIAS, hi, lo, extra, out);
  c.precision = precision;
}
