/**
 * Operands of MMX and SSE instructions, and what is checked before one runs.
 *
 * An operand is a word index into `cpu.s32`: a register's place in the state,
 * the place in guest RAM that a memory operand maps to, or scratch words into
 * which a memory operand was gathered. So one routine serves register and
 * memory sources. A source of 8 or 16 bytes always has an even index, so that
 * `cpu.memory.f64[index >> 1]` reads it. Loads raise every fault; stores
 * check the whole operand before the first byte changes.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { VEC_GP, VEC_NM, VEC_UD } from '../../cpu/exceptions.ts';
import * as L from '../../cpu/layout.ts';
import { CR0_EM, CR0_TS, CR4_OSFXSR } from '../../cpu/registers.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { ea } from '../operands.ts';
import { ready } from './x87/state.ts';

/** Scratch for a gathered memory source: four words. */
export const SOURCE = L.SIMD_SCRATCH >> 2;
/** Scratch for a result that must not reach its register before all checks: four words. */
export const RESULT = SOURCE + 4;
/** Two more operands of four words, for instructions that rearrange before they compute. */
export const LEFT = SOURCE + 8;
export const RIGHT = SOURCE + 12;
/** Word index of MXCSR. */
export const MXCSR = L.MXCSR >> 2;

const XMM = L.XMM >> 2;
const MM = L.FPU_REGISTERS >> 2;

/** Word index of an XMM register. */
export function xmm(r: number): number {
  return XMM + (r << 2);
}

/** Word index of an MMX register: the significand of physical x87 register r. */
export function mm(r: number): number {
  return MM + (r << 2);
}

/** @throws #UD, #NM as SDM vol. 3 section 2.5 says for SSE instructions */
export function requireSse(cpu: Cpu): void {
  const cr0 = cpu.s32[L.CR0 >> 2]!;
  if ((cr0 & CR0_EM) !== 0 || (cpu.s32[L.CR4 >> 2]! & CR4_OSFXSR) === 0) cpu.raise(VEC_UD);
  if ((cr0 & CR0_TS) !== 0) cpu.raise(VEC_NM);
}

/**
 * @returns false when the instruction must not go on: it will be executed again after an x87 error's interrupt
 * @throws #UD, #NM, and #MF when an unmasked x87 exception is pending
 */
export function mmxReady(cpu: Cpu): boolean {
  if ((cpu.s32[L.CR0 >> 2]! & CR0_EM) !== 0) cpu.raise(VEC_UD);
  return ready(cpu);
}

/** For instructions with operands in both register files. */
export function sseAndMmxReady(cpu: Cpu): boolean {
  requireSse(cpu);
  return ready(cpu);
}

/** Every MMX instruction leaves TOP = 0 and all registers valid (SDM vol. 1 section 9.5.1). */
export function enterMmx(cpu: Cpu): void {
  cpu.s32[L.FPU_STATUS >> 2]! &= ~0x3800;
  cpu.s32[L.FPU_TAGS >> 2] = 0;
}

/** A written MMX register has sign and exponent all ones. `d` is its word index. */
export function mmxWritten(cpu: Cpu, d: number): void {
  cpu.u16[(d << 1) + 4] = 0xffff;
}

function gather(cpu: Cpu, linear: number, words: number): number {
  for (let w = 0; w < words; w++) cpu.s32[SOURCE + w] = cpu.readLinear32((linear + 4 * w) | 0);
  return SOURCE;
}

/** Offset of 16 bytes that must be aligned; that comes before the segment's limits. @throws #GP(0) when they are not */
function aligned16(cpu: Cpu, i: Instruction): number {
  const offset = ea(cpu, i);
  if (((cpu.segBase(i.segment) + offset) & 15) !== 0) cpu.raise(VEC_GP, 0);
  return offset;
}

/** 16 bytes that must be aligned. @throws #GP(0) when they are not; #SS, #PF */
export function load16Aligned(cpu: Cpu, i: Instruction): number {
  const linear = cpu.linearForRead(i.segment, aligned16(cpu, i), 16);
  const delta = cpu.read[linear >>> 12]!;
  return (delta & 1) === 0 ? (linear + delta) >>> 2 : gather(cpu, linear, 4);
}

/** 16 bytes of any alignment. */
export function load16(cpu: Cpu, i: Instruction): number {
  const linear = cpu.linearForRead(i.segment, ea(cpu, i), 16);
  const delta = cpu.read[linear >>> 12]!;
  return ((delta | linear) & 15) === 0 ? (linear + delta) >>> 2 : gather(cpu, linear, 4);
}

/** 8 bytes of any alignment. */
export function load8(cpu: Cpu, i: Instruction): number {
  const linear = cpu.linearForRead(i.segment, ea(cpu, i), 8);
  const delta = cpu.read[linear >>> 12]!;
  if (((delta | linear) & 7) === 0) return (linear + delta) >>> 2;
  cpu.checkAlignment(linear, 8);
  return gather(cpu, linear, 2);
}

/** 4 bytes of any alignment. */
export function load4(cpu: Cpu, i: Instruction): number {
  const linear = cpu.linearForRead(i.segment, ea(cpu, i), 4);
  const delta = cpu.read[linear >>> 12]!;
  return ((delta | linear) & 3) === 0 ? (linear + delta) >>> 2 : gather(cpu, linear, 1);
}

function storeWords(cpu: Cpu, linear: number, s: number, words: number): void {
  const delta = cpu.write[linear >>> 12]!;
  if (((delta | linear) & (4 * words - 1)) === 0) {
    const m = cpu.s32;
    const d = (linear + delta) >>> 2;
    for (let w = 0; w < words; w++) m[d + w] = m[s + w]!;
    return;
  }
  // Alignment comes first: it must not be found after a probe has set a dirty bit.
  cpu.checkAlignment(linear, words === 2 ? 8 : 4);
  cpu.probeWrite(linear, 4 * words);
  for (let w = 0; w < words; w++) cpu.writeLinear32((linear + 4 * w) | 0, cpu.s32[s + w]!);
}

/** Stores four words from index `s`, aligned. @throws #GP(0) when the address is not */
export function store16Aligned(cpu: Cpu, i: Instruction, s: number): void {
  storeWords(cpu, cpu.linearForWrite(i.segment, aligned16(cpu, i), 16), s, 4);
}

/** Stores four words from index `s` at any alignment. */
export function store16(cpu: Cpu, i: Instruction, s: number): void {
  storeWords(cpu, cpu.linearForWrite(i.segment, ea(cpu, i), 16), s, 4);
}

/** Stores two words from index `s` at any alignment. */
export function store8(cpu: Cpu, i: Instruction, s: number): void {
  storeWords(cpu, cpu.linearForWrite(i.segment, ea(cpu, i), 8), s, 2);
}

/** Stores one word at any alignment. */
export function store4(cpu: Cpu, i: Instruction, value: number): void {
  cpu.write32(i.segment, ea(cpu, i), value);
}

/** Copies four words. */
export function copy16(cpu: Cpu, d: number, s: number): void {
  const m = cpu.s32;
  m[d] = m[s]!;
  m[d + 1] = m[s + 1]!;
  m[d + 2] = m[s + 2]!;
  m[d + 3] = m[s + 3]!;
}
