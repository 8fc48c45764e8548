/**
 * SSSE3: byte shuffle, horizontal integer arithmetic, signs, absolute values,
 * rounded high products and byte alignment, on MMX and XMM registers.
 */
import type { Semantics } from '../handler.ts';
import type { Lanes } from './simd-forms.ts';
import { bytes, halves, packed, words } from './simd-forms.ts';
import { copy16, LEFT } from './simd-operands.ts';

const shuffleBytes: Lanes = (cpu, d, s, n) => {
  const u8 = cpu.u8;
  copy16(cpu, LEFT, d);
  const last = 4 * n - 1;
  for (let b = 0; b <= last; b++) {
    const by = u8[4 * s + b]!;
    // The selector is read before its place is written, also when both operands are one register.
    u8[4 * d + b] = by >= 0x80 ? 0 : u8[4 * LEFT + (by & last)]!;
  }
};

const clampHalf = (x: number): number => (x > 32767 ? 32767 : x < -32768 ? -32768 : x);

/** Neighbouring 16-bit elements of the first operand, then of the second. */
function horizontalHalves(f: (a: number, b: number) => number): Lanes {
  const one = (w: number): number => f((w << 16) >> 16, w >> 16) & 0xffff;
  return (cpu, d, s, n) => {
    const m = cpu.s32;
    for (let w = 0; w < n; w += 2) m[LEFT + (w >> 1)] = one(m[d + w]!) | (one(m[d + w + 1]!) << 16);
    for (let w = 0; w < n; w += 2) m[LEFT + ((n + w) >> 1)] = one(m[s + w]!) | (one(m[s + w + 1]!) << 16);
    for (let w = 0; w < n; w++) m[d + w] = m[LEFT + w]!;
  };
}
function horizontalWords(f: (a: number, b: number) => number): Lanes {
  return (cpu, d, s, n) => {
    const m = cpu.s32;
    for (let w = 0; w < n; w += 2) m[LEFT + (w >> 1)] = f(m[d + w]!, m[d + w + 1]!);
    for (let w = 0; w < n; w += 2) m[LEFT + ((n + w) >> 1)] = f(m[s + w]!, m[s + w + 1]!);
    for (let w = 0; w < n; w++) m[d + w] = m[LEFT + w]!;
  };
}

const sign = (a: number, b: number): number => (b > 0 ? a : b < 0 ? -a : 0);

/** Unsigned bytes of the first operand times signed bytes of the second. */
const multiplyAddBytes: Lanes = (cpu, d, s, n) => {
  const u8 = cpu.u8;
  for (let b = 0; b < 4 * n; b += 2) {
    const low = u8[4 * d + b]! * ((u8[4 * s + b]! << 24) >> 24);
    const high = u8[4 * d + b + 1]! * ((u8[4 * s + b + 1]! << 24) >> 24);
    const sum = clampHalf(low + high);
    u8[4 * d + b] = sum;
    u8[4 * d + b + 1] = sum >> 8;
  }
};

const absoluteBytes: Lanes = (cpu, d, s, n) => {
  const u8 = cpu.u8;
  for (let b = 0; b < 4 * n; b++) {
    const x = u8[4 * s + b]!;
    u8[4 * d + b] = x >= 0x80 ? -x : x;
  }
};

/** The bytes from `imm` on of the second operand with the first above it. */
const align: Lanes = (cpu, d, s, n, imm) => {
  const u8 = cpu.u8;
  const size = 4 * n;
  copy16(cpu, LEFT, d);
  const by = imm & 0xff;
  // Upwards, so that a byte is read before it is written where both operands are one register.
  for (let b = 0; b < size; b++) {
    const from = b + by;
    u8[4 * d + b] = from < size ? u8[4 * s + from]! : from < 2 * size ? u8[4 * LEFT + from - size]! : 0;
  }
};

export const SSSE3: Semantics = {
  pshufb: packed(shuffleBytes),
  phaddw: packed(horizontalHalves((a, b) => a + b)),
  phaddd: packed(horizontalWords((a, b) => a + b)),
  phaddsw: packed(horizontalHalves((a, b) => clampHalf(a + b))),
  phsubw: packed(horizontalHalves((a, b) => a - b)),
  phsubd: packed(horizontalWords((a, b) => a - b)),
  phsubsw: packed(horizontalHalves((a, b) => clampHalf(a - b))),
  pmaddubsw: packed(multiplyAddBytes),
  psignb: packed(bytes(sign)),
  psignw: packed(halves(sign)),
  psignd: packed(words(sign)),
  pmulhrsw: packed(halves((a, b) => ((Math.imul(a, b) >> 14) + 1) >> 1)),
  pabsb: packed(absoluteBytes),
  pabsw: packed(halves((_a, b) => (b < 0 ? -b : b))),
  pabsd: packed(words((_a, b) => (b < 0 ? -b : b))),
  palignr: packed(align),
};
