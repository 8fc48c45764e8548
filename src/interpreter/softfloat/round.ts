/**
 * Rounding a result to the precision in force and packing it: overflow,
 * underflow (tiny after rounding), inexact, and the scaled results that x87
 * delivers to a register when overflow or underflow is unmasked
 * (SDM vol. 1 sections 4.9.1 and 8.5).
 *
 * A result arrives as sign, biased exponent (may lie outside 0..7FFFh) and a
 * significand of 96 bits: `hi` (integer bit set), `lo`, and `extra` below the
 * last place, its lowest bit sticky.
 */
import type { FloatContext } from './context.ts';
import { OE, PE, RC_CHOP, RC_DOWN, RC_NEAREST, RC_UP, UE } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_MAX, INTEGER_BIT } from './float80.ts';

/** Added to or taken from the exponent of a scaled result. */
export const BIAS_ADJUST = 24576;

/** Whether what lies below the last place rounds the magnitude up. `odd` is the last place's bit. */
export function roundsUp(rounding: number, sign: number, extra: number, odd: number): boolean {
  if (extra === 0) return false;
  switch (rounding) {
    case RC_NEAREST:
      return extra < 0 && (extra !== INTEGER_BIT || odd !== 0);
    case RC_DOWN:
      return sign !== 0;
    case RC_UP:
      return sign === 0;
    default:
      return false;
  }
}

/** Rounds and packs a normalized result. */
export function roundPack(
  c: FloatContext,
  sign: number,
  exp: number,
  hi: number,
  lo: number,
  extra: number,
  out: Float80,
): void {
  if (exp <= 0) {
    roundPackTiny(c, sign, exp, hi, lo, extra, out);
    return;
  }
  let lastHi = 0;
  let lastLo = 1;
  if (c.precision !== 64) {
    if (c.precision === 53) {
      extra = (lo << 21) | (extra !== 0 ? 1 : 0);
      lo &= ~0x7ff;
      lastLo = 0x800;
    } else {
      extra = (hi << 24) | ((lo | extra) !== 0 ? 1 : 0);
      hi &= ~0xff;
      lo = 0;
      lastHi = 0x100;
      lastLo = 0;
    }
  }
  if (extra !== 0) {
    c.flags |= PE;
    if (roundsUp(c.rounding, sign, extra, (lo & lastLo) | (hi & lastHi))) {
      c.roundedUp = 1;
      lo = (lo + lastLo) | 0;
      hi = (hi + lastHi + (lo === 0 && lastLo !== 0 ? 1 : 0)) | 0;
      if (hi >= 0) {
        hi = INTEGER_BIT;
        exp++;
      }
    }
  }
  if (exp >= EXP_MAX) {
    overflow(c, sign, exp, hi, lo, lastHi, lastLo, out);
    return;
  }
  out.se = (sign << 15) | exp;
  out.hi = hi;
  out.lo = lo;
}

function overflow(
  c: FloatContext,
  sign: number,
  exp: number,
  hi: number,
  lo: number,
  lastHi: number,
  lastLo: number,
  out: Float80,
): void {
  if (c.raise(OE)) {
    out.set((sign << 15) | (exp - BIAS_ADJUST), hi, lo);
    return;
  }
  c.flags |= PE;
  if (c.rounding === RC_CHOP || c.rounding === (sign !== 0 ? RC_UP : RC_DOWN)) {
    c.roundedUp = 0;
    // The largest number of this precision: ones down to the last place.
    out.set((sign << 15) | (EXP_MAX - 1), lastHi !== 0 ? -lastHi : -1, lastHi !== 0 ? 0 : -lastLo);
  } else {
    c.roundedUp = 1;
    out.setInfinity(sign);
  }
}

/** The result is below the normal range, or would be if rounding did not carry it there. */
function roundPackTiny(
  c: FloatContext,
  sign: number,
  exp: number,
  hi: number,
  lo: number,
  extra: number,
  out: Float80,
): void {
  const tiny = exp < 0 || !carriesOut(c, sign, hi, lo, extra);
  if (tiny && (c.control & UE) === 0) {
    c.flags |= UE;
    roundPack(c, sign, exp + BIAS_ADJUST, hi, lo, extra, out);
    return;
  }
  const count = 1 - exp;
  // Shift right by count, jamming what falls out into the sticky bit.
  if (count > 96) {
    extra = 1;
    hi = 0;
    lo = 0;
  } else {
    let left = count;
    while (left >= 32) {
      extra = lo | (extra !== 0 ? 1 : 0);
      lo = hi;
      hi = 0;
      left -= 32;
    }
    if (left > 0) {
      const lost = extra << (32 - left);
      extra = (extra >>> left) | (lo << (32 - left)) | (lost !== 0 ? 1 : 0);
      lo = (lo >>> left) | (hi << (32 - left));
      hi = hi >>> left;
    }
  }
  let lastHi = 0;
  let lastLo = 1;
  if (c.precision === 53) {
    extra = (lo << 21) | (extra !== 0 ? 1 : 0);
    lo &= ~0x7ff;
    lastLo = 0x800;
  } else if (c.precision === 24) {
    extra = (hi << 24) | ((lo | extra) !== 0 ? 1 : 0);
    hi &= ~0xff;
    lo = 0;
    lastHi = 0x100;
    lastLo = 0;
  }
  if (extra !== 0) {
    c.flags |= tiny ? PE | UE : PE;
    if (roundsUp(c.rounding, sign, extra, (lo & lastLo) | (hi & lastHi))) {
      c.roundedUp = 1;
      lo = (lo + lastLo) | 0;
      hi = (hi + lastHi + (lo === 0 && lastLo !== 0 ? 1 : 0)) | 0;
    }
  }
  // Rounding may have reached the smallest normal number.
  out.set((sign << 15) | (hi < 0 ? 1 : 0), hi, lo);
}

/** Whether rounding at the precision in force carries out of the integer bit. */
function carriesOut(c: FloatContext, sign: number, hi: number, lo: number, extra: number): boolean {
  if (c.precision === 64) return (hi & lo) === -1 && roundsUp(c.rounding, sign, extra, 1);
  if (c.precision === 53) {
    return hi === -1 && (lo | 0x7ff) === -1 && roundsUp(c.rounding, sign, (lo << 21) | (extra !== 0 ? 1 : 0), 1);
  }
  return (hi | 0xff) === -1 && roundsUp(c.rounding, sign, (hi << 24) | ((lo | extra) !== 0 ? 1 : 0), 1);
}
