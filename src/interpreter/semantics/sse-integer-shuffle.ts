/**
 * Packing with saturation, interleaving and shuffling of MMX, SSE and SSE2.
 * Operands may be the same register, so both are read before the first write.
 */

import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import type { Lanes } from './simd-forms.ts';
import { packed } from './simd-forms.ts';
import { enterMmx, mm, mmxReady, requireSse, xmm } from './simd-operands.ts';

const signedByte = (x: number): number => (x > 127 ? 127 : x < -128 ? 0x80 : x & 0xff);
const unsignedByte = (x: number): number => (x > 255 ? 255 : x < 0 ? 0 : x);
const signedHalf = (x: number): number => (x > 32767 ? 32767 : x < -32768 ? 0x8000 : x & 0xffff);
const unsignedHalf = (x: number): number => (x > 0xffff ? 0xffff : x < 0 ? 0 : x);

/** Two words of signed 16-bit elements to one word of bytes. */
function packHalves(narrow: (x: number) => number, a: number, b: number): number {
  return narrow((a << 16) >> 16) | (narrow(a >> 16) << 8) | (narrow((b << 16) >> 16) << 16) | (narrow(b >> 16) << 24);
}
function packingHalves(narrow: (x: number) => number): Lanes {
  return (cpu, d, s, n) => {
    const m = cpu.s32;
    const low = packHalves(narrow, m[s]!, m[s + 1]!);
    const first = packHalves(narrow, m[d]!, m[d + 1]!);
    if (n === 2) {
      m[d] = first;
      m[d + 1] = low;
      return;
    }
    const high = packHalves(narrow, m[s + 2]!, m[s + 3]!);
    m[d + 1] = packHalves(narrow, m[d + 2]!, m[d + 3]!);
    m[d] = first;
    m[d + 2] = low;
    m[d + 3] = high;
  };
}
function packingWords(narrow: (x: number) => number): Lanes {
  const two = (a: number, b: number): number => narrow(a) | (narrow(b) << 16);
  return (cpu, d, s, n) => {
    const m = cpu.s32;
    const low = two(m[s]!, m[s + 1]!);
    if (n === 2) {
      m[d] = two(m[d]!, m[d + 1]!);
      m[d + 1] = low;
      return;
    }
    const high = two(m[s + 2]!, m[s + 3]!);
    const a0 = two(m[d]!, m[d + 1]!);
    m[d + 1] = two(m[d + 2]!, m[d + 3]!);
    m[d] = a0;
    m[d + 2] = low;
    m[d + 3] = high;
  };
}

/** Interleaves the two low bytes of a and b: a first. */
const zipBytes = (a: number, b: number): number =>
  (a & 0xff) | ((b & 0xff) << 8) | ((a & 0xff00) << 8) | ((b & 0xff00) << 16);
const zipHalves = (a: number, b: number): number => (a & 0xffff) | (b << 16);

/** Interleaves elements of 1 or 2 bytes; `high` takes them from the operands' high halves. */
function interleave(zip: (a: number, b: number) => number, bits: number, high: boolean): Lanes {
  return (cpu, d, s, n) => {
    const m = cpu.s32;
    const half = n >> 1;
    const from = high ? half : 0;
    const a0 = m[d + from]!;
    const b0 = m[s + from]!;
    if (n === 4) {
      const a1 = m[d + from + 1]!;
      const b1 = m[s + from + 1]!;
      m[d + 2] = zip(a1, b1);
      m[d + 3] = zip(a1 >>> bits, b1 >>> bits);
    }
    m[d] = zip(a0, b0);
    m[d + 1] = zip(a0 >>> bits, b0 >>> bits);
  };
}

const lowWords: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  const b0 = m[s]!;
  if (n === 4) {
    const b1 = m[s + 1]!;
    m[d + 2] = m[d + 1]!;
    m[d + 3] = b1;
  }
  m[d + 1] = b0;
};
const highWords: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  if (n === 2) {
    m[d] = m[d + 1]!;
    m[d + 1] = m[s + 1]!;
    return;
  }
  const b0 = m[s + 2]!;
  const b1 = m[s + 3]!;
  m[d] = m[d + 2]!;
  m[d + 1] = b0;
  m[d + 2] = m[d + 3]!;
  m[d + 3] = b1;
};
const lowQuads: Lanes = (cpu, d, s) => {
  const m = cpu.s32;
  m[d + 2] = m[s]!;
  m[d + 3] = m[s + 1]!;
};
const highQuads: Lanes = (cpu, d, s) => {
  const m = cpu.s32;
  const b0 = m[s + 2]!;
  const b1 = m[s + 3]!;
  m[d] = m[d + 2]!;
  m[d + 1] = m[d + 3]!;
  m[d + 2] = b0;
  m[d + 3] = b1;
};

const shuffleWords: Lanes = (cpu, d, s, _n, imm) => {
  const m = cpu.s32;
  const w0 = m[s + (imm & 3)]!;
  const w1 = m[s + ((imm >> 2) & 3)]!;
  const w2 = m[s + ((imm >> 4) & 3)]!;
  const w3 = m[s + ((imm >> 6) & 3)]!;
  m[d] = w0;
  m[d + 1] = w1;
  m[d + 2] = w2;
  m[d + 3] = w3;
};

/** The 16-bit element `index & 3` of the two words at `s`. */
function halfAt(m: Int32Array, s: number, index: number): number {
  return (m[s + ((index >> 1) & 1)]! >>> ((index & 1) << 4)) & 0xffff;
}
/** Shuffles four 16-bit elements at `s` to `d`. */
function shuffleFour(m: Int32Array, d: number, s: number, imm: number): void {
  const low = halfAt(m, s, imm) | (halfAt(m, s, imm >> 2) << 16);
  const high = halfAt(m, s, imm >> 4) | (halfAt(m, s, imm >> 6) << 16);
  m[d] = low;
  m[d + 1] = high;
}
const shuffleHalves: Lanes = (cpu, d, s, _n, imm) => shuffleFour(cpu.s32, d, s, imm);
const shuffleLowHalves: Lanes = (cpu, d, s, _n, imm) => {
  const m = cpu.s32;
  m[d + 2] = m[s + 2]!;
  m[d + 3] = m[s + 3]!;
  shuffleFour(m, d, s, imm);
};
const shuffleHighHalves: Lanes = (cpu, d, s, _n, imm) => {
  const m = cpu.s32;
  m[d] = m[s]!;
  m[d + 1] = m[s + 1]!;
  shuffleFour(m, d + 2, s + 2, imm);
};

const shuffleSingles: Lanes = (cpu, d, s, _n, imm) => {
  const m = cpu.s32;
  const w0 = m[d + (imm & 3)]!;
  const w1 = m[d + ((imm >> 2) & 3)]!;
  const w2 = m[s + ((imm >> 4) & 3)]!;
  const w3 = m[s + ((imm >> 6) & 3)]!;
  m[d] = w0;
  m[d + 1] = w1;
  m[d + 2] = w2;
  m[d + 3] = w3;
};
const shuffleDoubles: Lanes = (cpu, d, s, _n, imm) => {
  const m = cpu.s32;
  const a = d + ((imm & 1) << 1);
  const b = s + (imm & 2);
  const b0 = m[b]!;
  const b1 = m[b + 1]!;
  const a0 = m[a]!;
  const a1 = m[a + 1]!;
  m[d] = a0;
  m[d + 1] = a1;
  m[d + 2] = b0;
  m[d + 3] = b1;
};

/** PMOVMSKB: the top bits of a register's bytes. */
const byteMask = (w: number): number => ((w >>> 7) & 1) | ((w >>> 14) & 2) | ((w >>> 21) & 4) | ((w >>> 28) & 8);
const moveMask: Binder = (i) => (i.k1 === K.Mm ? maskMmx : maskXmm);
const maskMmx: Handler = (cpu, i) => {
  if (!mmxReady(cpu)) return;
  enterMmx(cpu);
  const s = mm(i.r1);
  cpu.gpr[i.r0] = byteMask(cpu.s32[s]!) | (byteMask(cpu.s32[s + 1]!) << 4);
};
const maskXmm: Handler = (cpu, i) => {
  requireSse(cpu);
  const m = cpu.s32;
  const s = xmm(i.r1);
  cpu.gpr[i.r0] =
    byteMask(m[s]!) | (byteMask(m[s + 1]!) << 4) | (byteMask(m[s + 2]!) << 8) | (byteMask(m[s + 3]!) << 12);
};

/** MOVMSKPS, MOVMSKPD. */
const signsOfSingles: Handler = (cpu, i) => {
  requireSse(cpu);
  const m = cpu.s32;
  const s = xmm(i.r1);
  cpu.gpr[i.r0] = (m[s]! >>> 31) | ((m[s + 1]! >>> 31) << 1) | ((m[s + 2]! >>> 31) << 2) | ((m[s + 3]! >>> 31) << 3);
};
const signsOfDoubles: Handler = (cpu, i) => {
  requireSse(cpu);
  const s = xmm(i.r1);
  cpu.gpr[i.r0] = (cpu.s32[s + 1]! >>> 31) | ((cpu.s32[s + 3]! >>> 31) << 1);
};

export const SSE_INTEGER_SHUFFLE: Semantics = {
  packsswb: packed(packingHalves(signedByte)),
  packuswb: packed(packingHalves(unsignedByte)),
  packssdw: packed(packingWords(signedHalf)),
  packusdw: packed(packingWords(unsignedHalf)),
  punpcklbw: packed(interleave(zipBytes, 16, false), 4),
  punpcklwd: packed(interleave(zipHalves, 16, false), 4),
  punpckldq: packed(lowWords, 4),
  punpcklqdq: packed(lowQuads),
  punpckhbw: packed(interleave(zipBytes, 16, true)),
  punpckhwd: packed(interleave(zipHalves, 16, true)),
  punpckhdq: packed(highWords),
  punpckhqdq: packed(highQuads),
  unpcklps: packed(lowWords),
  unpckhps: packed(highWords),
  unpcklpd: packed(lowQuads),
  unpckhpd: packed(highQuads),
  pshufd: packed(shuffleWords),
  pshuflw: packed(shuffleLowHalves),
  pshufhw: packed(shuffleHighHalves),
  pshufw: packed(shuffleHalves),
  shufps: packed(shuffleSingles),
  shufpd: packed(shuffleDoubles),
  pmovmskb: moveMask,
  movmskps: () => signsOfSingles,
  movmskpd: () => signsOfDoubles,
};
