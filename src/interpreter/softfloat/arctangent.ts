/**
 * FPATAN: the angle of the point (x, y), in (-pi, pi].
 */
import type { BigReal } from './big-real.ts';
import { FRACTION, magnitudeOf, mulFixed, normalizeBig, ONE, oddSeries, packBig, pi, shiftBig } from './big-real.ts';
import type { FloatContext } from './context.ts';
import type { Float80 } from './float80.ts';
import { isInfinity, isZero } from './float80.ts';
import { nanOperands } from './nan.ts';
import { denormalStops } from './unpack.ts';

const F = BigInt(FRACTION);
/** atan(k/16) in fixed point, made as needed. */
const table: bigint[] = [];

/** atan(q) for 0 < q <= 1 in fixed point by the table and a short series. */
function arctangentFixed(q: bigint): bigint {
  const k = Number((q * 16n + (ONE >> 1n)) >> F);
  if (k === 0) return mulFixed(q, oddSeries(mulFixed(q, q), true));
  const c = (BigInt(k) << F) / 16n;
  const d = ((q - c) << F) / (ONE + mulFixed(q, c));
  return tableEntry(k) + mulFixed(d, oddSeries(mulFixed(d, d), true));
}

function tableEntry(k: number): bigint {
  let entry = table[k];
  if (entry === undefined) {
    // From the entry below: atan(k/16) - atan((k-1)/16) = atan((1/16) / (1 + k(k-1)/256)).
    const d = (16n << F) / BigInt(256 + k * (k - 1));
    entry = (k === 1 ? 0n : tableEntry(k - 1)) + mulFixed(d, oddSeries(mulFixed(d, d), true));
    table[k] = entry;
  }
  return entry;
}

/** Quotient of two magnitudes, with FRACTION bits or one more. */
function ratio(a: BigReal, b: BigReal): BigReal {
  const n = normalizeBig(a);
  const d = normalizeBig(b);
  return { mantissa: (n.mantissa << F) / d.mantissa, exp: n.exp - d.exp - FRACTION };
}

/** atan of a ratio up to 1, relative precision kept however small it is. */
function arctangent(q: BigReal): BigReal {
  const n = normalizeBig(q);
  if (n.exp + FRACTION >= -5)
    return { mantissa: arctangentFixed(shiftBig(n.mantissa, n.exp + FRACTION)), exp: -FRACTION };
  const square = shiftBig(mulFixed(n.mantissa, n.mantissa), 2 * (n.exp + FRACTION));
  return { mantissa: mulFixed(n.mantissa, oddSeries(square, true)) - 1n, exp: n.exp };
}

/** out = quarters * pi/4, of which none but 0 is exact. */
function quarters(c: FloatContext, sign: number, count: number, out: Float80): void {
  packBig(c, sign, pi() * BigInt(count), -FRACTION - 2, out);
}

/** out = atan2(y, x), y being st(1) and x st(0). */
export function arctangentOf(c: FloatContext, y: Float80, x: Float80, out: Float80): void {
  if (nanOperands(c, x, y, out)) return;
  const sign = y.se >>> 15;
  const left = (x.se & 0x8000) !== 0;
  const stops = denormalStops(c, x, y);
  if (stops) return;
  if (isInfinity(y)) {
    quarters(c, sign, isInfinity(x) ? (left ? 3 : 1) : 2, out);
    return;
  }
  if (isInfinity(x) || isZero(y)) {
    // Not isZero(x) alone: the angle of (0, 0) goes by the sign of zero.
    if (left) quarters(c, sign, 4, out);
    else out.setZero(sign);
    return;
  }
  if (isZero(x)) {
    quarters(c, sign, 2, out);
    return;
  }
  const my = magnitudeOf(y);
  const mx = magnitudeOf(x);
  const q = ratio(my, mx);
  const n = normalizeBig(q);
  if (!left && n.exp + FRACTION < 0) {
    // Below 1, in the right half: the angle itself, which may be tiny.
    const angle = arctangent(q);
    packBig(c, sign, angle.mantissa, angle.exp, out);
    return;
  }
  // The angle to the nearest axis, in fixed point: it is added to or taken from a multiple of pi/2.
  const steep = n.exp + FRACTION >= 0;
  const near = arctangent(steep ? ratio(mx, my) : q);
  const fixed = shiftBig(near.mantissa, near.exp + FRACTION);
  let angle = fixed;
  if (steep) angle = left ? (pi() >> 1n) + fixed : (pi() >> 1n) - fixed;
  else if (left) angle = pi() - fixed;
  packBig(c, sign, angle, -FRACTION, out);
}
