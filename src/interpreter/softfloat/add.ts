/**
 * Addition and subtraction (FADD, FSUB and their kin).
 */
import type { FloatContext } from './context.ts';
import { RC_DOWN } from './context.ts';
import type { Float80 } from './float80.ts';
import { isInfinity, isNormal, isZero } from './float80.ts';
import { invalid, nanOperands } from './nan.ts';
import { roundPack } from './round.ts';
import { denormalStops, Unpacked, unpack } from './unpack.ts';

const A = new Unpacked();
const B = new Unpacked();

/** out = a + b. */
export function add(c: FloatContext, a: Float80, b: Float80, out: Float80): void {
  sum(c, a, b, 0, out);
}

/** out = a - b. */
export function subtract(c: FloatContext, a: Float80, b: Float80, out: Float80): void {
  sum(c, a, b, 1, out);
}

/** out = b - a. */
export function subtractReversed(c: FloatContext, a: Float80, b: Float80, out: Float80): void {
  sum(c, b, a, 1, out);
}

function sum(c: FloatContext, a: Float80, b: Float80, negate: number, out: Float80): void {
  const signA = a.se >>> 15;
  const signB = (b.se >>> 15) ^ negate;
  if (isNormal(a) && isNormal(b)) {
    magnitudes(c, signA, a.se & 0x7fff, a.hi, a.lo, signB, b.se & 0x7fff, b.hi, b.lo, out);
    return;
  }
  if (nanOperands(c, a, b, out)) return;
  if (isInfinity(a)) {
    if (isInfinity(b) && signA !== signB) invalid(c, out);
    else if (!denormalStops(c, a, b)) out.setInfinity(signA);
    return;
  }
  if (denormalStops(c, a, b)) return;
  if (isInfinity(b)) {
    out.setInfinity(signB);
    return;
  }
  if (isZero(a)) {
    if (isZero(b)) {
      out.setZero(signA === signB ? signA : c.rounding === RC_DOWN ? 1 : 0);
      return;
    }
    unpack(b, B);
    roundPack(c, signB, B.exp, B.hi, B.lo, 0, out);
    return;
  }
  unpack(a, A);
  if (isZero(b)) {
    roundPack(c, signA, A.exp, A.hi, A.lo, 0, out);
    return;
  }
  unpack(b, B);
  magnitudes(c, signA, A.exp, A.hi, A.lo, signB, B.exp, B.hi, B.lo, out);
}

/** Adds two normalized numbers of any signs. */
function magnitudes(
  c: FloatContext,
  signA: number,
  ea: number,
  ah: number,
  al: number,
  signB: number,
  eb: number,
  bh: number,
  bl: number,
  out: Float80,
): void {
  // Let A be the one of larger magnitude, so that differences come out positive.
  if (ea < eb || (ea === eb && (ah >>> 0 < bh >>> 0 || (ah === bh && al >>> 0 < bl >>> 0)))) {
    let t = ea;
    ea = eb;
    eb = t;
    t = ah;
    ah = bh;
    bh = t;
    t = al;
    al = bl;
    bl = t;
    t = signA;
    signA = signB;
    signB = t;
  }
  let shift = ea - eb;
  let extra = 0;
  if (shift !== 0) {
    if (shift > 66) {
      extra = 1;
      bh = 0;
      bl = 0;
    } else {
      while (shift >= 32) {
        extra = bl | (extra !== 0 ? 1 : 0);
        bl = bh;
        bh = 0;
        shift -= 32;
      }
      if (shift !== 0) {
        const lost = extra << (32 - shift);
        extra = (extra >>> shift) | (bl << (32 - shift)) | (lost !== 0 ? 1 : 0);
        bl = (bl >>> shift) | (bh << (32 - shift));
        bh >>>= shift;
      }
    }
  }
  if (signA === signB) {
    const lo = (al + bl) | 0;
    const low = (ah >>> 0) + (bh >>> 0) + (lo >>> 0 < al >>> 0 ? 1 : 0);
    const hi = low | 0;
    if (low >= 0x1_0000_0000) {
      roundPack(
        c,
        signA,
        ea + 1,
        (hi >>> 1) | 0x8000_0000,
        (lo >>> 1) | (hi << 31),
        (extra >>> 1) | (lo << 31) | (extra & 1),
        out,
      );
    } else roundPack(c, signA, ea, hi, lo, extra, out);
    return;
  }
  const borrowExtra = extra !== 0 ? 1 : 0;
  extra = -extra | 0;
  let lo = (al - bl - borrowExtra) | 0;
  const borrow = (al >>> 0) - (bl >>> 0) - borrowExtra < 0 ? 1 : 0;
  let hi = (ah - bh - borrow) | 0;
  if (hi >= 0) {
    if ((hi | lo | extra) === 0) {
      out.setZero(c.rounding === RC_DOWN ? 1 : 0);
      return;
    }
    // A shift by more than one place happens only when nothing was lost to the sticky bit.
    while (hi === 0) {
      hi = lo;
      lo = extra;
      extra = 0;
      ea -= 32;
    }
    const left = Math.clz32(hi);
    if (left !== 0) {
      hi = (hi << left) | (lo >>> (32 - left));
      lo = (lo << left) | (extra >>> (32 - left));
      extra <<= left;
      ea -= left;
    }
  }
  roundPack(c, signA, ea, hi, lo, extra, out);
}
