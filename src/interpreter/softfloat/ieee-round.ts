/**
 * Rounding of an exact result to binary32 or binary64, with the exceptions
 * that follow from it: precision, underflow, overflow (SDM vol. 1 sections
 * 4.9.1.4 to 4.9.1.6). Tininess is detected after rounding.
 *
 * The exact result comes as (value + rest) * 2^exponent, where `value` is the
 * double nearest to the sum. Only the sign of `rest` is looked at: it lies
 * below every bit that a rounding can look at singly.
 */
import { FTZ, OE, OM, PE, RC_DOWN, RC_SHIFT, RC_UP, UE, UM } from './ieee.ts';

/** The rounded result: low word, high word (binary32: the first word alone). */
export const rounded = new Int32Array(2);

const scratch = new Float64Array(1);
const words = new Int32Array(scratch.buffer);

/** 64-bit significand with its top bit set; anything below it is in bit 0. */
let high = 0;
let low = 0;

/** Fills high:low from a positive value and returns the exponent of the top bit. */
function normalise(value: number, rest: number): number {
  scratch[0] = value;
  const w = words[1]!;
  let exponent = (w >>> 20) - 1023;
  high = -0x80000000 | ((w & 0xfffff) << 11) | (words[0]! >>> 21);
  low = words[0]! << 11;
  if (rest > 0) {
    low |= 1;
  } else if (rest < 0) {
    if (low === 0) high = (high - 1) | 0;
    low = (low - 1) | 0;
    if (high >= 0) {
      high = (high << 1) | (low >>> 31);
      low = (low << 1) | 1;
      exponent--;
    }
  }
  return exponent;
}

function shiftRight(by: number): void {
  if (by > 63) {
    high = 0;
    low = 1;
  } else if (by > 31) {
    const lost = low | (by === 32 ? 0 : high << (64 - by));
    low = (by === 32 ? high : high >>> (by - 32)) | (lost !== 0 ? 1 : 0);
    high = 0;
  } else if (by > 0) {
    const lost = low << (32 - by);
    low = (low >>> by) | (high << (32 - by)) | (lost !== 0 ? 1 : 0);
    high >>>= by;
  }
}

/** What to add below the last place kept; `half` is half of that place. */
function increment(mxcsr: number, negative: boolean, half: number): number {
  const rc = (mxcsr >> RC_SHIFT) & 3;
  if (rc === 0) return half;
  return rc === (negative ? RC_DOWN : RC_UP) ? 2 * half - 1 : 0;
}

/** Whether an overflow with this sign becomes infinity, rather than the largest finite number. */
function overflowsToInfinity(mxcsr: number, negative: boolean): boolean {
  const rc = (mxcsr >> RC_SHIFT) & 3;
  return rc === 0 || rc === (negative ? RC_DOWN : RC_UP);
}

/** Rounds to binary64 into {@link rounded}. @returns exception flags */
export function round64(negative: boolean, scale: number, value: number, rest: number, mxcsr: number): number {
  const sign = negative ? -0x80000000 : 0;
  const add = increment(mxcsr, negative, 0x400);
  let exponent = scale + normalise(value, rest);
  let flags = 0;
  let field = exponent + 1022;
  if (exponent < -1022) {
    const tiny = exponent < -1023 || high !== -1 || (low >>> 0) + add <= 0xffff_ffff;
    if (tiny) {
      if ((mxcsr & UM) === 0) return UE | ((low & 0x7ff) !== 0 ? PE : 0);
      if ((mxcsr & FTZ) !== 0) {
        rounded[0] = 0;
        rounded[1] = sign;
        return UE | PE;
      }
      flags = UE;
    }
    shiftRight(-1022 - exponent);
    field = 0;
  }
  const extra = low & 0x7ff;
  if (extra === 0) {
    // An exact denormal raises nothing when underflow is masked.
    flags = 0;
  } else {
    flags |= PE;
    const sum = (low >>> 0) + add;
    low = sum | 0;
    if (sum > 0xffff_ffff) {
      high = (high + 1) | 0;
      if (high === 0) {
        high = -0x80000000;
        exponent++;
        field++;
      }
    }
    if (extra === 0x400 && add === 0x400) low &= ~0x800;
  }
  if (exponent > 1023) {
    // Unmasked, the result would keep its digits: precision says whether they are exact.
    if ((mxcsr & OM) === 0) return flags | OE;
    const infinite = overflowsToInfinity(mxcsr, negative);
    rounded[0] = infinite ? 0 : -1;
    rounded[1] = sign | (infinite ? 0x7ff00000 : 0x7fefffff);
    return flags | OE | PE;
  }
  rounded[0] = (low >>> 11) | (high << 21);
  rounded[1] = sign | ((field << 20) + (high >>> 11));
  return flags;
}

/** Rounds to binary32 into `rounded[0]`. @returns exception flags */
export function round32(negative: boolean, scale: number, value: number, rest: number, mxcsr: number): number {
  const sign = negative ? -0x80000000 : 0;
  const add = increment(mxcsr, negative, 0x80);
  let exponent = scale + normalise(value, rest);
  let significand = (high | (low !== 0 ? 1 : 0)) >>> 0;
  let flags = 0;
  let field = exponent + 126;
  if (exponent < -126) {
    const tiny = exponent < -127 || significand + add <= 0xffff_ffff;
    if (tiny) {
      if ((mxcsr & UM) === 0) return UE | ((significand & 0xff) !== 0 ? PE : 0);
      if ((mxcsr & FTZ) !== 0) {
        rounded[0] = sign;
        return UE | PE;
      }
      flags = UE;
    }
    const by = -126 - exponent;
    if (by > 31) significand = 1;
    else significand = ((significand >>> by) | (significand << (32 - by) !== 0 ? 1 : 0)) >>> 0;
    field = 0;
  }
  const extra = significand & 0xff;
  if (extra === 0) {
    flags = 0;
  } else {
    flags |= PE;
    significand += add;
    if (significand > 0xffff_ffff) {
      significand = 0x8000_0000;
      exponent++;
      field++;
    }
    if (extra === 0x80 && add === 0x80) significand &= ~0x100;
  }
  if (exponent > 127) {
    if ((mxcsr & OM) === 0) return flags | OE;
    rounded[0] = sign | (overflowsToInfinity(mxcsr, negative) ? 0x7f800000 : 0x7f7fffff);
    return flags | OE | PE;
  }
  rounded[0] = sign | ((field << 23) + (significand >>> 8));
  return flags;
}
