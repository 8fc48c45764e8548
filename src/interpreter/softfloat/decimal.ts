/**
 * Packed decimal integers of 18 digits (FBLD, FBSTP): nine bytes of two digits
 * each, the least significant first, then a byte with the sign in bit 7. They
 * travel in a {@link Float80} that is used as ten bytes. Rare, so BigInt serves.
 */
import type { FloatContext } from './context.ts';
import { IE, PE } from './context.ts';
import { fromInt64, INTEGER, toMagnitude } from './convert-integer.ts';
import type { Float80 } from './float80.ts';

/** Converts ten bytes of packed decimal, in place, to the number. Digits above 9 count as their value. */
export function fromDecimal(a: Float80): void {
  let magnitude = 0n;
  for (let digit = 17; digit >= 0; digit--) {
    const word = digit >= 16 ? a.se : digit >= 8 ? a.hi : a.lo;
    magnitude = magnitude * 10n + BigInt((word >>> ((digit & 7) * 4)) & 15);
  }
  const sign = a.se & 0x8000;
  fromInt64(Number(BigInt.asIntN(32, magnitude >> 32n)), Number(BigInt.asIntN(32, magnitude)), a);
  a.se |= sign;
}

const LARGEST = 999_999_999_999_999_999n;

/** out = ten bytes of packed decimal; the packed indefinite, with IE, when it does not fit. */
export function toDecimal(c: FloatContext, a: Float80, out: Float80): void {
  const sign = a.se & 0x8000;
  let magnitude = LARGEST + 1n;
  if (toMagnitude(c, a)) magnitude = (BigInt(INTEGER[1]! >>> 0) << 32n) | BigInt(INTEGER[0]! >>> 0);
  if (magnitude > LARGEST) {
    c.flags = (c.flags & ~PE) | IE;
    c.roundedUp = 0;
    out.set(0xffff, 0xc000_0000 | 0, 0);
    return;
  }
  let digits = 0n;
  for (let at = 0n; magnitude !== 0n; at += 4n) {
    digits |= (magnitude % 10n) << at;
    magnitude /= 10n;
  }
  out.set(sign | Number(digits >> 64n), Number(BigInt.asIntN(32, digits >> 32n)), Number(BigInt.asIntN(32, digits)));
}
