/**
 * Moves of integers between MMX, XMM and general registers and memory: MOVD,
 * MOVQ, between the two register files, and insertion and extraction of
 * single elements (SSE, SSE2, SSE4.1).
 */
import type { Cpu } from '../../cpu/cpu.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import { ea } from '../operands.ts';
import {
  enterMmx,
  load8,
  mm,
  mmxReady,
  mmxWritten,
  requireSse,
  sseAndMmxReady,
  store4,
  store8,
  xmm,
} from './simd-operands.ts';

function setMmx(cpu: Cpu, r: number, low: number, high: number): void {
  const d = mm(r);
  enterMmx(cpu);
  cpu.s32[d] = low;
  cpu.s32[d + 1] = high;
  mmxWritten(cpu, d);
}
function setXmm(cpu: Cpu, r: number, low: number, high: number): void {
  const m = cpu.s32;
  const d = xmm(r);
  m[d] = low;
  m[d + 1] = high;
  m[d + 2] = 0;
  m[d + 3] = 0;
}

/** The second operand when it is a general register or memory of 1, 2 or 4 bytes, zero-extended. */
function source(cpu: Cpu, i: Instruction, size: number): number {
  if (i.k1 !== K.Mem) return cpu.gpr[i.r1]!;
  const offset = ea(cpu, i);
  if (size === 4) return cpu.read32(i.segment, offset);
  return size === 2 ? cpu.read16(i.segment, offset) : cpu.read8(i.segment, offset);
}

const movdToMmx: Handler = (cpu, i) => {
  if (!mmxReady(cpu)) return;
  setMmx(cpu, i.r0, source(cpu, i, 4), 0);
};
const movdToXmm: Handler = (cpu, i) => {
  requireSse(cpu);
  setXmm(cpu, i.r0, source(cpu, i, 4), 0);
};
const movdFromMmx: Handler = (cpu, i) => {
  if (!mmxReady(cpu)) return;
  const value = cpu.s32[mm(i.r1)]!;
  if (i.k0 === K.Mem) store4(cpu, i, value);
  else cpu.gpr[i.r0] = value;
  enterMmx(cpu);
};
const movdFromXmm: Handler = (cpu, i) => {
  requireSse(cpu);
  const value = cpu.s32[xmm(i.r1)]!;
  if (i.k0 === K.Mem) store4(cpu, i, value);
  else cpu.gpr[i.r0] = value;
};
const movd: Binder = (i) => {
  if (i.k0 === K.Mm) return movdToMmx;
  if (i.k0 === K.Xmm) return movdToXmm;
  return i.k1 === K.Mm ? movdFromMmx : movdFromXmm;
};

const movqToMmx: Handler = (cpu, i) => {
  if (!mmxReady(cpu)) return;
  const s = i.k1 === K.Mem ? load8(cpu, i) : mm(i.r1);
  setMmx(cpu, i.r0, cpu.s32[s]!, cpu.s32[s + 1]!);
};
const movqFromMmx: Handler = (cpu, i) => {
  if (!mmxReady(cpu)) return;
  store8(cpu, i, mm(i.r1));
  enterMmx(cpu);
};
const movqToXmm: Handler = (cpu, i) => {
  requireSse(cpu);
  const s = i.k1 === K.Mem ? load8(cpu, i) : xmm(i.r1);
  setXmm(cpu, i.r0, cpu.s32[s]!, cpu.s32[s + 1]!);
};
const movqFromXmm: Handler = (cpu, i) => {
  requireSse(cpu);
  store8(cpu, i, xmm(i.r1));
};
const movq: Binder = (i) => {
  if (i.k0 === K.Mm) return movqToMmx;
  if (i.k0 === K.Xmm) return movqToXmm;
  return i.k1 === K.Mm ? movqFromMmx : movqFromXmm;
};

const mmxToXmm: Handler = (cpu, i) => {
  if (!sseAndMmxReady(cpu)) return;
  enterMmx(cpu);
  const s = mm(i.r1);
  setXmm(cpu, i.r0, cpu.s32[s]!, cpu.s32[s + 1]!);
};
const xmmToMmx: Handler = (cpu, i) => {
  if (!sseAndMmxReady(cpu)) return;
  const s = xmm(i.r1);
  setMmx(cpu, i.r0, cpu.s32[s]!, cpu.s32[s + 1]!);
};

const insertHalfMmx: Handler = (cpu, i) => {
  if (!mmxReady(cpu)) return;
  const value = source(cpu, i, 2);
  enterMmx(cpu);
  const d = mm(i.r0);
  cpu.u16[2 * d + (i.imm & 3)] = value;
  mmxWritten(cpu, d);
};
const insertHalf: Handler = (cpu, i) => {
  requireSse(cpu);
  cpu.u16[2 * xmm(i.r0) + (i.imm & 7)] = source(cpu, i, 2);
};
const insertByte: Handler = (cpu, i) => {
  requireSse(cpu);
  cpu.u8[4 * xmm(i.r0) + (i.imm & 15)] = source(cpu, i, 1);
};
const insertWord: Handler = (cpu, i) => {
  requireSse(cpu);
  cpu.s32[xmm(i.r0) + (i.imm & 3)] = source(cpu, i, 4);
};

const extractHalfMmx: Handler = (cpu, i) => {
  if (!mmxReady(cpu)) return;
  enterMmx(cpu);
  cpu.gpr[i.r0] = cpu.u16[2 * mm(i.r1) + (i.imm & 3)]!;
};
const extractHalf: Handler = (cpu, i) => {
  requireSse(cpu);
  const value = cpu.u16[2 * xmm(i.r1) + (i.imm & 7)]!;
  if (i.k0 === K.Mem) cpu.write16(i.segment, ea(cpu, i), value);
  else cpu.gpr[i.r0] = value;
};
const extractByte: Handler = (cpu, i) => {
  requireSse(cpu);
  const value = cpu.u8[4 * xmm(i.r1) + (i.imm & 15)]!;
  if (i.k0 === K.Mem) cpu.write8(i.segment, ea(cpu, i), value);
  else cpu.gpr[i.r0] = value;
};
const extractWord: Handler = (cpu, i) => {
  requireSse(cpu);
  const value = cpu.s32[xmm(i.r1) + (i.imm & 3)]!;
  if (i.k0 === K.Mem) store4(cpu, i, value);
  else cpu.gpr[i.r0] = value;
};

export const SSE_INTEGER_MOVES: Semantics = {
  movd,
  movq,
  movq2dq: () => mmxToXmm,
  movdq2q: () => xmmToMmx,
  pinsrw: (i) => (i.k0 === K.Mm ? insertHalfMmx : insertHalf),
  pinsrb: () => insertByte,
  pinsrd: () => insertWord,
  pextrw: (i) => (i.k1 === K.Mm ? extractHalfMmx : extractHalf),
  pextrb: () => extractByte,
  pextrd: () => extractWord,
  extractps: () => extractWord,
};
