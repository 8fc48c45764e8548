/**
 * One 80-bit extended-precision value, as an x87 register holds it, and what
 * kind of value it is (SDM vol. 1 sections 4.8 and 8.2.2).
 *
 * `se` is the sign (bit 15) and the biased exponent; `hi` and `lo` are the
 * 64-bit significand with its explicit integer bit (bit 31 of `hi`), as int32.
 * Objects are allocated once and reused: no operation allocates.
 */

/** Exponent of infinities and NaNs. */
export const EXP_MAX = 0x7fff;
/** Exponent of the numbers in [1, 2). */
export const EXP_BIAS = 0x3fff;
/** The integer bit of a significand, in `hi`. */
export const INTEGER_BIT = 0x8000_0000 | 0;
/** The bit of `hi` that tells a quiet NaN from a signalling one. */
export const QUIET_BIT = 0x4000_0000;

export class Float80 {
  se = 0;
  hi = 0;
  lo = 0;

  /** Takes the value at a 16-byte register slot; `at` is an index of 32-bit words. */
  load(words: Int32Array, at: number): void {
    this.lo = words[at]!;
    this.hi = words[at + 1]!;
    this.se = words[at + 2]! & 0xffff;
  }

  /** Writes it to a 16-byte register slot, the six bytes of padding zero. */
  store(words: Int32Array, at: number): void {
    words[at] = this.lo;
    words[at + 1] = this.hi;
    words[at + 2] = this.se;
    words[at + 3] = 0;
  }

  set(se: number, hi: number, lo: number): void {
    this.se = se;
    this.hi = hi;
    this.lo = lo;
  }

  copy(from: Float80): void {
    this.se = from.se;
    this.hi = from.hi;
    this.lo = from.lo;
  }

  /** Signed zero; `sign` is 0 or 1. */
  setZero(sign: number): void {
    this.set(sign << 15, 0, 0);
  }

  /** Signed infinity; `sign` is 0 or 1. */
  setInfinity(sign: number): void {
    this.set((sign << 15) | EXP_MAX, INTEGER_BIT, 0);
  }

  /** The real indefinite: the quiet NaN of masked invalid operations. */
  setIndefinite(): void {
    this.set(0xffff, INTEGER_BIT | QUIET_BIT, 0);
  }
}

export function isZero(a: Float80): boolean {
  return (a.se & EXP_MAX) === 0 && (a.hi | a.lo) === 0;
}

/** Denormal or pseudo-denormal: exponent field 0 and not zero. */
export function isDenormal(a: Float80): boolean {
  return (a.se & EXP_MAX) === 0 && (a.hi | a.lo) !== 0;
}

/** Neither zero, denormal, infinite, NaN nor unsupported. */
export function isNormal(a: Float80): boolean {
  return a.hi < 0 && ((a.se & EXP_MAX) - 1) >>> 0 < EXP_MAX - 1;
}

export function isInfinity(a: Float80): boolean {
  return (a.se & EXP_MAX) === EXP_MAX && a.hi === INTEGER_BIT && a.lo === 0;
}

/** A quiet or signalling NaN with its integer bit set. */
export function isNaN80(a: Float80): boolean {
  return (a.se & EXP_MAX) === EXP_MAX && a.hi < 0 && ((a.hi & 0x7fff_ffff) | a.lo) !== 0;
}

export function isSignallingNaN(a: Float80): boolean {
  return isNaN80(a) && (a.hi & QUIET_BIT) === 0;
}

/** Pseudo-NaN, pseudo-infinity or unnormal: formats since the 387 an invalid operand. */
export function isUnsupported(a: Float80): boolean {
  return (a.se & EXP_MAX) !== 0 && a.hi >= 0;
}
