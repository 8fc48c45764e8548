/**
 * Packed integer multiplication, multiply-add and the sum of absolute
 * differences of MMX, SSE and SSE2.
 */
import type { Semantics } from '../handler.ts';
import type { Lanes } from './simd-forms.ts';
import { halves, packed, unsignedHalves, words } from './simd-forms.ts';

/** Both factors 8000h twice give 2^31, which wraps to 80000000h as the SDM says. */
const multiplyAdd = (a: number, b: number): number =>
  Math.imul((a << 16) >> 16, (b << 16) >> 16) + Math.imul(a >> 16, b >> 16);

/** High word of the 64-bit product of two unsigned words. */
export function highProduct(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = (Math.imul(a1, b0) >>> 0) + (Math.imul(a0, b0) >>> 16);
  const cross = (Math.imul(a0, b1) >>> 0) + (middle & 0xffff);
  return (Math.imul(a1, b1) + (middle >>> 16) + (cross >>> 16)) | 0;
}

const multiplyUnsignedQuads: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w += 2) {
    const a = m[d + w]!;
    const b = m[s + w]!;
    m[d + w] = Math.imul(a, b);
    m[d + w + 1] = highProduct(a, b);
  }
};

const sumOfDifferences: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  const u8 = cpu.u8;
  for (let w = 0; w < n; w += 2) {
    let sum = 0;
    for (let b = 0; b < 8; b++) sum += Math.abs(u8[4 * (d + w) + b]! - u8[4 * (s + w) + b]!);
    m[d + w] = sum;
    m[d + w + 1] = 0;
  }
};

export const SSE_INTEGER_MULTIPLY: Semantics = {
  pmullw: packed(halves((a, b) => Math.imul(a, b))),
  pmulhw: packed(halves((a, b) => Math.imul(a, b) >> 16)),
  pmulhuw: packed(unsignedHalves((a, b) => Math.imul(a, b) >>> 16)),
  pmaddwd: packed(words(multiplyAdd)),
  pmuludq: packed(multiplyUnsignedQuads),
  psadbw: packed(sumOfDifferences),
};
