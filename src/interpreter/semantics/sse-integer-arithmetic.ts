/**
 * Packed integer addition, subtraction, average, minimum and maximum of MMX,
 * SSE and SSE2 (SDM vol. 1 sections 9.4 and 11.4.2).
 */
import type { Semantics } from '../handler.ts';
import type { Lanes } from './simd-forms.ts';
import { bytes, halves, packed, unsignedBytes, unsignedHalves, words } from './simd-forms.ts';

// Sums and differences of parts of a word: the top bit of each part is kept out of the carry and put back by XOR.
const addBytes = (a: number, b: number): number => ((a & 0x7f7f7f7f) + (b & 0x7f7f7f7f)) ^ ((a ^ b) & 0x80808080);
const addHalves = (a: number, b: number): number => ((a & 0x7fff7fff) + (b & 0x7fff7fff)) ^ ((a ^ b) & 0x80008000);
const subtractBytes = (a: number, b: number): number => ((a | 0x80808080) - (b & 0x7f7f7f7f)) ^ (~(a ^ b) & 0x80808080);
const subtractHalves = (a: number, b: number): number =>
  ((a | 0x80008000) - (b & 0x7fff7fff)) ^ (~(a ^ b) & 0x80008000);

const addWords: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w++) m[d + w] = m[d + w]! + m[s + w]!;
};
const subtractWords: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w++) m[d + w] = m[d + w]! - m[s + w]!;
};
const addQuads: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w += 2) {
    const low = (m[d + w]! >>> 0) + (m[s + w]! >>> 0);
    m[d + w + 1] = m[d + w + 1]! + m[s + w + 1]! + (low > 0xffff_ffff ? 1 : 0);
    m[d + w] = low;
  }
};
const subtractQuads: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w += 2) {
    const low = (m[d + w]! >>> 0) - (m[s + w]! >>> 0);
    m[d + w + 1] = m[d + w + 1]! - m[s + w + 1]! - (low < 0 ? 1 : 0);
    m[d + w] = low;
  }
};

const clampByte = (x: number): number => (x > 127 ? 127 : x < -128 ? -128 : x);
const clampHalf = (x: number): number => (x > 32767 ? 32767 : x < -32768 ? -32768 : x);

export const SSE_INTEGER_ARITHMETIC: Semantics = {
  paddb: packed(words(addBytes)),
  paddw: packed(words(addHalves)),
  paddd: packed(addWords),
  paddq: packed(addQuads),
  psubb: packed(words(subtractBytes)),
  psubw: packed(words(subtractHalves)),
  psubd: packed(subtractWords),
  psubq: packed(subtractQuads),
  paddsb: packed(bytes((a, b) => clampByte(a + b))),
  paddsw: packed(halves((a, b) => clampHalf(a + b))),
  paddusb: packed(unsignedBytes((a, b) => (a + b > 0xff ? 0xff : a + b))),
  paddusw: packed(unsignedHalves((a, b) => (a + b > 0xffff ? 0xffff : a + b))),
  psubsb: packed(bytes((a, b) => clampByte(a - b))),
  psubsw: packed(halves((a, b) => clampHalf(a - b))),
  psubusb: packed(unsignedBytes((a, b) => (a > b ? a - b : 0))),
  psubusw: packed(unsignedHalves((a, b) => (a > b ? a - b : 0))),
  pavgb: packed(unsignedBytes((a, b) => (a + b + 1) >> 1)),
  pavgw: packed(unsignedHalves((a, b) => (a + b + 1) >> 1)),
  pmaxub: packed(unsignedBytes((a, b) => (a > b ? a : b))),
  pminub: packed(unsignedBytes((a, b) => (a < b ? a : b))),
  pmaxsw: packed(halves((a, b) => (a > b ? a : b))),
  pminsw: packed(halves((a, b) => (a < b ? a : b))),
};
