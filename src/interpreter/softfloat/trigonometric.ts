/**
 * FSIN, FCOS, FSINCOS, FPTAN. Arguments are reduced with the 66-bit pi that
 * x87 processors use (SDM vol. 1 section 8.3.8), so results for large arguments
 * and near multiples of pi are theirs, not the mathematician's.
 */
import type { BigReal } from './big-real.ts';
import { FRACTION, magnitudeOf, mulFixed, normalizeBig, ONE, packBig, shiftBig } from './big-real.ts';
import type { FloatContext } from './context.ts';
import { PE } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_BIAS, EXP_MAX, isInfinity, isZero } from './float80.ts';
import { invalid, nanOperand } from './nan.ts';
import { denormalStops } from './unpack.ts';

/** pi/2 in units of 2^-65: 66 bits of pi, and two zeros below. */
const HALF_PI = 0xc_90fd_aa22_168c_234cn >> 2n;
const HALF_PI_EXP = -65;

/** An argument brought into [-pi/4, pi/4]: value, sign, and how many quarter turns were taken off. */
interface Reduced {
  /** Magnitude; undefined for zero. */
  readonly value: BigReal | undefined;
  readonly sign: number;
  readonly quadrant: number;
}

function reduce(a: Float80): Reduced {
  const { mantissa, exp } = magnitudeOf(a);
  const sign = a.se >>> 15;
  if ((a.se & EXP_MAX) < EXP_BIAS - 1) return { value: { mantissa, exp }, sign, quadrant: 0 };
  // A common unit for argument and pi/2.
  const unit = Math.min(exp, HALF_PI_EXP);
  const x = mantissa << BigInt(exp - unit);
  const halfPi = HALF_PI << BigInt(HALF_PI_EXP - unit);
  const turns = (2n * x + halfPi) / (2n * halfPi);
  const rest = x - turns * halfPi;
  const quadrant = Number(turns & 3n);
  const value = rest === 0n ? undefined : { mantissa: rest < 0n ? -rest : rest, exp: unit };
  // sin(-x) = -sin(x), and the quadrant counts the other way.
  return { value, sign: (rest < 0n ? 1 : 0) ^ sign, quadrant: sign === 0 ? quadrant : -quadrant & 3 };
}

/** Square of a magnitude below 1 in fixed point. */
function square(r: BigReal): bigint {
  const n = normalizeBig(r);
  return shiftBig(mulFixed(n.mantissa, n.mantissa), 2 * (n.exp + FRACTION));
}

/** sin(r)/r in fixed point from r^2. */
function sineSeries(z: bigint): bigint {
  let sum = ONE;
  let term = ONE;
  for (let k = 2n; ; k += 2n) {
    term = -mulFixed(term, z) / (k * (k + 1n));
    if (term === 0n) return sum;
    sum += term;
  }
}

/** cos(r) in fixed point from r^2. */
function cosineSeries(z: bigint): bigint {
  let sum = ONE;
  let term = ONE;
  for (let k = 1n; ; k += 2n) {
    term = -mulFixed(term, z) / (k * (k + 1n));
    if (term === 0n) return sum;
    sum += term;
  }
}

/** sin of a reduced magnitude, as mantissa and exponent. */
function sineOf(r: BigReal): BigReal {
  const n = normalizeBig(r);
  // One unit less keeps what is below r below it, when the difference is lost.
  return { mantissa: mulFixed(n.mantissa, sineSeries(square(r))) - 1n, exp: n.exp };
}

function cosineOf(r: BigReal): BigReal {
  return { mantissa: cosineSeries(square(r)) - 1n, exp: -FRACTION };
}

/** |a| >= 2^63: the instruction sets C2 and does nothing else. */
export function outOfRange(a: Float80): boolean {
  const exp = a.se & EXP_MAX;
  return exp >= EXP_BIAS + 63 && exp < EXP_MAX && a.hi < 0;
}

/** Handles operands that are not ordinary numbers; `zero` is the result's value at zero: 0 or 1. True when done. */
function special(c: FloatContext, a: Float80, zero: number, out: Float80): boolean {
  if (nanOperand(c, a, out)) return true;
  if (isInfinity(a)) {
    invalid(c, out);
    return true;
  }
  if (isZero(a)) {
    if (zero === 0) out.copy(a);
    else out.set(EXP_BIAS, 0x8000_0000 | 0, 0);
    return true;
  }
  return denormalStops(c, a, a);
}

/** out = sin(x) or cos(x), taking the function of the reduced argument that the quadrant asks for. */
function pack(c: FloatContext, r: Reduced, cosine: boolean, out: Float80): void {
  const quadrant = (r.quadrant + (cosine ? 1 : 0)) & 3;
  const useCosine = (quadrant & 1) !== 0;
  if (r.value === undefined) {
    if (useCosine) out.set(((quadrant & 2) << 14) | EXP_BIAS, 0x8000_0000 | 0, 0);
    else out.setZero(r.sign);
    return;
  }
  const result = useCosine ? cosineOf(r.value) : sineOf(r.value);
  packBig(c, (quadrant >> 1) ^ (useCosine ? 0 : r.sign), result.mantissa, result.exp, out);
}

/** out = sin(a). The argument must be in range (see {@link outOfRange}). */
export function sine(c: FloatContext, a: Float80, out: Float80): void {
  if (!special(c, a, 0, out)) pack(c, reduce(a), false, out);
}

/** out = cos(a). */
export function cosine(c: FloatContext, a: Float80, out: Float80): void {
  if (!special(c, a, 1, out)) pack(c, reduce(a), true, out);
}

/** sin = sin(a), cos = cos(a). */
export function sineCosine(c: FloatContext, a: Float80, sin: Float80, cos: Float80): void {
  if (special(c, a, 0, sin)) {
    if (isZero(a)) cos.set(EXP_BIAS, 0x8000_0000 | 0, 0);
    else cos.copy(sin);
    return;
  }
  const r = reduce(a);
  pack(c, r, true, cos);
  c.roundedUp = 0;
  pack(c, r, false, sin);
}

/** out = tan(a). */
export function tangent(c: FloatContext, a: Float80, out: Float80): void {
  if (special(c, a, 0, out)) return;
  const r = reduce(a);
  const odd = (r.quadrant & 1) !== 0;
  if (r.value === undefined) {
    // Only multiples of the 66-bit pi/2 that are 64-bit numbers: there are none but zero.
    c.flags |= PE;
    out.setZero(r.sign);
    return;
  }
  const s = normalizeBig(r.value);
  const z = square(r.value);
  const sin = mulFixed(s.mantissa, sineSeries(z));
  const cos = cosineSeries(z);
  if (!odd) packBig(c, r.sign, (sin << BigInt(FRACTION)) / cos + 1n, s.exp, out);
  else packBig(c, r.sign ^ 1, (cos << BigInt(FRACTION)) / sin, -s.exp - 2 * FRACTION, out);
}
