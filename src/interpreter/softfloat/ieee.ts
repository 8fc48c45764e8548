/**
 * binary32 and binary64 as SSE computes with them: taking operands apart.
 *
 * A finite operand is a sign, an exponent and a significand held as a double
 * in [1, 2), so that error-free transformations of doubles give exact results
 * whatever the operand's range. Bits travel as integers, because reading a
 * signalling NaN into a JavaScript number may quieten it. SDM vol. 1
 * sections 4.8 and 11.5.
 */

/** Exception flags of MXCSR; the mask of each is seven bits higher. */
export const IE = 1;
export const DE = 2;
export const ZE = 4;
export const OE = 8;
export const UE = 16;
export const PE = 32;
/** Denormals are zeros. */
export const DAZ = 1 << 6;
/** All six masks. */
export const ALL_MASKED = 0x1f80;
export const OM = 1 << 10;
export const UM = 1 << 11;
export const PM = 1 << 12;
/** Rounding control: two bits, 0 nearest, 1 down, 2 up, 3 toward zero. */
export const RC_SHIFT = 13;
export const RC = 3 << RC_SHIFT;
export const RC_DOWN = 1;
export const RC_UP = 2;
/** Flush to zero. */
export const FTZ = 1 << 15;

/** Memory as words and as doubles: the same bytes. */
export interface Words {
  readonly i32: Int32Array;
  readonly f64: Float64Array;
}

export const ZERO = 0;
export const FINITE = 1;
export const INFINITE = 2;
export const QUIET_NAN = 3;
export const SIGNALLING_NAN = 4;

/** High word of the default NaN of binary64; for binary32 the whole. The low word is 0. */
export const DEFAULT_NAN_64 = -0x80000;
export const DEFAULT_NAN_32 = -0x400000;
/** The bit that makes a NaN quiet. */
export const QUIET_64 = 0x80000;
export const QUIET_32 = 0x400000;

const scratch = new Float64Array(1);
const words = new Int32Array(scratch.buffer);
const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);

export class Operand {
  kind = ZERO;
  negative = false;
  /** Whether it was denormal (and not read as zero). */
  denormal = false;
  /** Value = significand * 2^exponent. */
  exponent = 0;
  significand = 1;

  /** Takes apart the binary64 at word index `at`. */
  read64(m: Int32Array, at: number, mxcsr: number): void {
    const low = m[at]!;
    const high = m[at + 1]!;
    const field = (high >>> 20) & 0x7ff;
    const fraction = high & 0xfffff;
    this.negative = high < 0;
    this.denormal = false;
    if (field === 0x7ff) {
      this.kind = (fraction | low) === 0 ? INFINITE : (high & QUIET_64) !== 0 ? QUIET_NAN : SIGNALLING_NAN;
    } else if (field !== 0) {
      this.kind = FINITE;
      this.exponent = field - 1023;
      words[0] = low;
      words[1] = fraction | 0x3ff00000;
      this.significand = scratch[0]!;
    } else if ((fraction | low) === 0 || (mxcsr & DAZ) !== 0) {
      this.kind = ZERO;
    } else {
      this.normalise(fraction * 0x1_0000_0000 + (low >>> 0), -1074);
    }
  }

  /** Takes apart the binary32 with these bits. */
  read32(bits: number, mxcsr: number): void {
    const field = (bits >>> 23) & 0xff;
    const fraction = bits & 0x7fffff;
    this.negative = bits < 0;
    this.denormal = false;
    if (field === 0xff) {
      this.kind = fraction === 0 ? INFINITE : (bits & QUIET_32) !== 0 ? QUIET_NAN : SIGNALLING_NAN;
    } else if (field !== 0) {
      this.kind = FINITE;
      this.exponent = field - 127;
      this.significand = 1 + fraction / 0x800000;
    } else if (fraction === 0 || (mxcsr & DAZ) !== 0) {
      this.kind = ZERO;
    } else {
      this.normalise(fraction, -149);
    }
  }

  private normalise(integer: number, exponent: number): void {
    this.kind = FINITE;
    this.denormal = true;
    scratch[0] = integer;
    this.exponent = exponent + (words[1]! >>> 20) - 1023;
    words[1] = (words[1]! & 0xfffff) | 0x3ff00000;
    this.significand = scratch[0]!;
  }
}

/** The operands of the operation under way: an operation runs to its end before another begins. */
export const A = new Operand();
export const B = new Operand();

/** 2^n for -1022 <= n <= 1023. */
export function power(n: number): number {
  words[0] = 0;
  words[1] = (n + 1023) << 20;
  return scratch[0]!;
}

/** The binary32 with these bits; not for NaNs. */
export function singleFromBits(bits: number): number {
  singleBits[0] = bits;
  return single[0]!;
}

/** The bits of a number that is a binary32 and no NaN. */
export function bitsOfSingle(value: number): number {
  single[0] = value;
  return singleBits[0]!;
}

/**
 * What is left of x * y beside its rounded product p: exact for magnitudes between about 2^-450 and 2^450.
 * (Dekker's product with Veltkamp's splitting.)
 */
export function productError(x: number, y: number, p: number): number {
  const cx = 134217729 * x;
  const xh = cx - (cx - x);
  const xl = x - xh;
  const cy = 134217729 * y;
  const yh = cy - (cy - y);
  const yl = y - yh;
  return xl * yl - (p - xh * yh - xl * yh - xh * yl);
}

/** What is left of x + y beside its rounded sum s; exact unless s overflows (Knuth's two-sum). */
export function sumError(x: number, y: number, s: number): number {
  const yy = s - x;
  return x - (s - yy) + (y - yy);
}
