/**
 * Scaling by a power of two (FSCALE) and taking apart (FXTRACT).
 */

import type { FloatContext } from './context.ts';
import { OE, PE, UE, ZE } from './context.ts';
import { fromInt32, scaleCount } from './convert-integer.ts';
import type { Float80 } from './float80.ts';
import { EXP_BIAS, EXP_MAX, isInfinity, isZero } from './float80.ts';
import { invalid, nanOperand, nanOperands } from './nan.ts';
import { BIAS_ADJUST, roundPack } from './round.ts';
import { denormalStops, Unpacked, unpack } from './unpack.ts';

const A = new Unpacked();

/** out = a * 2^trunc(b). */
export function scale(c: FloatContext, a: Float80, b: Float80, out: Float80): void {
  if (nanOperands(c, a, b, out)) return;
  const sign = a.se >>> 15;
  if (isInfinity(b)) {
    const down = (b.se & 0x8000) !== 0;
    if (down ? isInfinity(a) : isZero(a)) invalid(c, out);
    else if (!denormalStops(c, a, b)) {
      if (down) out.setZero(sign);
      else if (isInfinity(a)) out.copy(a);
      else out.setInfinity(sign);
    }
    return;
  }
  if (denormalStops(c, a, b)) return;
  if (isInfinity(a) || isZero(a)) {
    out.copy(a);
    return;
  }
  unpack(a, A);
  const exp = A.exp + scaleCount(b);
  // So far out of range that even the scaled result of an unmasked overflow or underflow is.
  if (exp >= EXP_MAX + BIAS_ADJUST && (c.control & OE) === 0) {
    c.flags |= OE | PE;
    c.roundedUp = 1;
    out.setInfinity(sign);
    return;
  }
  if (exp <= -BIAS_ADJUST && (c.control & UE) === 0) {
    c.flags |= UE | PE;
    out.setZero(sign);
    return;
  }
  const precision = c.precision;
  c.precision = 64;
  roundPack(c, sign, exp, A.hi, A.lo, 0, out);
  c.precision = precision;
}

/** significand = a's, with exponent 0; exponent = a's, as a number. With an unmasked exception neither is set. */
export function extract(c: FloatContext, a: Float80, significand: Float80, exponent: Float80): void {
  if (nanOperand(c, a, significand)) {
    exponent.copy(significand);
    return;
  }
  const sign = a.se & 0x8000;
  if (isInfinity(a)) {
    significand.copy(a);
    exponent.setInfinity(0);
    return;
  }
  if (isZero(a)) {
    c.flags |= ZE;
    exponent.setInfinity(1);
    significand.set(sign, 0, 0);
    return;
  }
  if (denormalStops(c, a, a)) return;
  unpack(a, A);
  significand.set(sign | EXP_BIAS, A.hi, A.lo);
  fromInt32(A.exp - EXP_BIAS, exponent);
}
