/**
 * Bitwise logic and integer comparison of packed operands, MMX and XMM; the
 * float-typed names (ANDPS, XORPD ...) are the same operations.
 */
import type { Binder, Semantics } from '../handler.ts';
import type { Lanes } from './simd-forms.ts';
import { bytes, halves, packed } from './simd-forms.ts';

const and: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w++) m[d + w]! &= m[s + w]!;
};
const andNot: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w++) m[d + w] = ~m[d + w]! & m[s + w]!;
};
const or: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w++) m[d + w]! |= m[s + w]!;
};
const xor: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w++) m[d + w]! ^= m[s + w]!;
};

/** A byte of x is zero exactly where bit 7 of the same byte of the carry-free sum stays clear. */
const equalBytes: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w++) {
    const x = m[d + w]! ^ m[s + w]!;
    const zero = ~(((x & 0x7f7f7f7f) + 0x7f7f7f7f) | x) & 0x80808080;
    m[d + w] = Math.imul(zero >>> 7, 0xff);
  }
};
const equalHalves: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w++) {
    const x = m[d + w]! ^ m[s + w]!;
    m[d + w] = ((x & 0xffff) === 0 ? 0xffff : 0) | (x >>> 16 === 0 ? -0x10000 : 0);
  }
};
const equalWords: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w++) m[d + w] = m[d + w] === m[s + w] ? -1 : 0;
};
const greaterWords: Lanes = (cpu, d, s, n) => {
  const m = cpu.s32;
  for (let w = 0; w < n; w++) m[d + w] = m[d + w]! > m[s + w]! ? -1 : 0;
};

const AND = packed(and);
const ANDN = packed(andNot);
const OR = packed(or);
const XOR = packed(xor);
const GREATER_BYTES: Binder = packed(bytes((a, b) => (a > b ? 0xff : 0)));
const GREATER_HALVES: Binder = packed(halves((a, b) => (a > b ? 0xffff : 0)));

export const SSE_INTEGER_LOGIC: Semantics = {
  pand: AND,
  andps: AND,
  andpd: AND,
  pandn: ANDN,
  andnps: ANDN,
  andnpd: ANDN,
  por: OR,
  orps: OR,
  orpd: OR,
  pxor: XOR,
  xorps: XOR,
  xorpd: XOR,
  pcmpeqb: packed(equalBytes),
  pcmpeqw: packed(equalHalves),
  pcmpeqd: packed(equalWords),
  pcmpgtb: GREATER_BYTES,
  pcmpgtw: GREATER_HALVES,
  pcmpgtd: packed(greaterWords),
};
