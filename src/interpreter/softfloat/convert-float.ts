/**
 * Conversions between extended precision and the IEEE single and double
 * formats, which travel as raw words (never as JavaScript numbers, so that
 * NaNs keep their bits).
 */
import type { FloatContext } from './context.ts';
import { IE, OE, PE, RC_CHOP, RC_DOWN, RC_UP, UE } from './context.ts';
import type { Float80 } from './float80.ts';
import { EXP_BIAS, EXP_MAX, INTEGER_BIT, isSignallingNaN, isUnsupported, isZero, QUIET_BIT } from './float80.ts';
import { roundsUp } from './round.ts';
import { normalize, Unpacked, unpack } from './unpack.ts';

const U = new Unpacked();

/** Words of the last conversion: single in [0]; double low in [0], high in [1]. */
export const STORED = new Int32Array(2);

/** Single to extended, exact; a signalling NaN stays one. Returns true for a denormal. */
export function fromFloat32(bits: number, out: Float80): boolean {
  const sign = (bits >>> 16) & 0x8000;
  const exp = (bits >>> 23) & 0xff;
  const hi = (bits & 0x7f_ffff) << 8;
  if (exp === 0) return fromSubnormal(sign, EXP_BIAS - 126, hi, 0, out);
  out.set(sign | (exp === 0xff ? EXP_MAX : exp - 127 + EXP_BIAS), INTEGER_BIT | hi, 0);
  return false;
}

/** Double to extended, exact; a signalling NaN stays one. Returns true for a denormal. */
export function fromFloat64(high: number, low: number, out: Float80): boolean {
  const sign = (high >>> 16) & 0x8000;
  const exp = (high >>> 20) & 0x7ff;
  const hi = ((high & 0xf_ffff) << 11) | (low >>> 21);
  const lo = low << 11;
  if (exp === 0) return fromSubnormal(sign, EXP_BIAS - 1022, hi, lo, out);
  out.set(sign | (exp === 0x7ff ? EXP_MAX : exp - 1023 + EXP_BIAS), INTEGER_BIT | hi, lo);
  return false;
}

function fromSubnormal(sign: number, exp: number, hi: number, lo: number, out: Float80): boolean {
  if ((hi | lo) === 0) {
    out.set(sign, 0, 0);
    return false;
  }
  normalize(exp, hi, lo, U);
  out.set(sign | U.exp, U.hi, U.lo);
  return true;
}

/** Extended to single, into STORED. False when an unmasked IE, OE or UE leaves nothing to store. */
export function toFloat32(c: FloatContext, a: Float80): boolean {
  if (!narrow(c, a, 24, EXP_BIAS - 127, 0xff)) return false;
  STORED[0] = ((a.se & 0x8000) << 16) | (U.exp << 23) | ((U.hi >>> 8) & 0x7f_ffff);
  if (isUnsupported(a)) STORED[0] |= 0x8000_0000;
  return true;
}

/** Extended to double, into STORED. False when an unmasked IE, OE or UE leaves nothing to store. */
export function toFloat64(c: FloatContext, a: Float80): boolean {
  if (!narrow(c, a, 53, EXP_BIAS - 1023, 0x7ff)) return false;
  STORED[0] = (U.lo >>> 11) | (U.hi << 21);
  STORED[1] = ((a.se & 0x8000) << 16) | (U.exp << 20) | ((U.hi >>> 11) & 0xf_ffff);
  if (isUnsupported(a)) STORED[1] |= 0x8000_0000;
  return true;
}

/** Leaves in U the value with the target's exponent field and, left-justified, its significand. */
function narrow(c: FloatContext, a: Float80, precision: number, bias: number, expMax: number): boolean {
  if (isUnsupported(a)) {
    setU(expMax, INTEGER_BIT | QUIET_BIT, 0);
    return !c.raise(IE);
  }
  if ((a.se & EXP_MAX) === EXP_MAX) {
    const nan = ((a.hi & 0x7fff_ffff) | a.lo) !== 0;
    setU(expMax, nan ? a.hi | QUIET_BIT : a.hi, a.lo);
    return !(isSignallingNaN(a) && c.raise(IE));
  }
  if (isZero(a)) {
    setU(0, 0, 0);
    return true;
  }
  unpack(a, U);
  return narrowFinite(c, a.se >>> 15, U.exp - bias, precision, expMax);
}

function narrowFinite(c: FloatContext, sign: number, exp: number, precision: number, expMax: number): boolean {
  let hi = U.hi;
  let lo = U.lo;
  let tiny = false;
  let sticky = 0;
  if (exp <= 0) {
    const cut = precision === 24 ? hi << 24 : lo << 21;
    const rest = precision === 24 && lo !== 0 ? 1 : 0;
    const ones = precision === 24 ? (hi | 0xff) === -1 : hi === -1 && (lo | 0x7ff) === -1;
    tiny = exp < 0 || !(ones && roundsUp(c.rounding, sign, cut | rest, 1));
    if (tiny && (c.control & UE) === 0) {
      c.flags |= UE;
      return false;
    }
    let shift = Math.min(1 - exp, 65);
    while (shift >= 32) {
      sticky |= lo;
      lo = hi;
      hi = 0;
      shift -= 32;
    }
    if (shift > 0) {
      sticky |= lo << (32 - shift);
      lo = (lo >>> shift) | (hi << (32 - shift));
      hi >>>= shift;
    }
    exp = 0;
  }
  let extra = (lo << 21) | (sticky !== 0 ? 1 : 0);
  let odd = lo & 0x800;
  if (precision === 24) {
    extra = (hi << 24) | ((lo | sticky) !== 0 ? 1 : 0);
    odd = hi & 0x100;
    hi &= ~0xff;
    lo = 0;
  } else lo &= ~0x7ff;
  if (extra !== 0) {
    if (roundsUp(c.rounding, sign, extra, odd)) {
      c.roundedUp = 1;
      if (precision === 24) hi = (hi + 0x100) | 0;
      else {
        lo = (lo + 0x800) | 0;
        if (lo === 0) hi = (hi + 1) | 0;
      }
      if (exp > 0 && hi >= 0) {
        hi = INTEGER_BIT;
        exp++;
      }
    }
  }
  if (exp === 0 && hi < 0) exp = 1;
  if (exp >= expMax) {
    if (c.raise(OE)) {
      c.roundedUp = 0;
      return false;
    }
    c.flags |= PE;
    const chop = c.rounding === RC_CHOP || c.rounding === (sign !== 0 ? RC_UP : RC_DOWN);
    c.roundedUp = chop ? 0 : 1;
    if (chop) setU(expMax - 1, -1, -1);
    else setU(expMax, INTEGER_BIT, 0);
    return true;
  }
  if (extra !== 0) c.flags |= tiny ? PE | UE : PE;
  setU(exp, hi, lo);
  return true;
}

function setU(exp: number, hi: number, lo: number): void {
  U.exp = exp;
  U.hi = hi;
  U.lo = lo;
}
