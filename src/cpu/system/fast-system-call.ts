/**
 * SYSENTER and SYSEXIT (SDM vol. 2; vol. 3 section 5.8.7), and SYSCALL and SYSRET as AMD's processors have them outside of
 * 64-bit mode (AMD's manual, vol. 2 section 6.1): flat segments by fiat, no descriptors are read.
 */
import type { Cpu } from '../cpu.ts';
import { ATTR_ACCESSED, ATTR_CODE, ATTR_DB, ATTR_G, ATTR_P, ATTR_RW, ATTR_S } from '../descriptors.ts';
import { VEC_GP, VEC_UD } from '../exceptions.ts';
import { EFER, SYSENTER_CS, SYSENTER_EIP, SYSENTER_ESP } from '../layout.ts';
import { CS, ECX, EDX, ESP, IF, RF, SS, VM } from '../registers.ts';
import { isReal, requireRing0 } from './mode.ts';
import { EFER_SCE, STAR } from './msr-table.ts';

/** A present, accessed, 32-bit segment of 4 GB at level 0. */
const FLAT = ATTR_P | ATTR_S | ATTR_RW | ATTR_ACCESSED | ATTR_DB | ATTR_G;

/** Code segment `selector` and the stack segment after it, both flat, at `level`. */
function loadFlatPair(cpu: Cpu, selector: number, level: number): void {
  const dpl = level << 13;
  cpu.setSegment(CS, (selector & 0xfffc) | level, 0, -1, FLAT | ATTR_CODE | dpl);
  cpu.setSegment(SS, ((selector + 8) & 0xfffc) | level, 0, -1, FLAT | dpl);
  cpu.setCpl(level);
  cpu.leaveBlock = true;
}

/** @throws #GP(0) in real mode, or when IA32_SYSENTER_CS is null */
export function systemEnter(cpu: Cpu): void {
  const selector = cpu.s32[SYSENTER_CS >> 2]!;
  if (isReal(cpu) || (selector & 0xfffc) === 0) cpu.raise(VEC_GP, 0);
  cpu.eflags &= ~(VM | IF | RF);
  loadFlatPair(cpu, selector, 0);
  cpu.gpr[ESP] = cpu.s32[SYSENTER_ESP >> 2]!;
  cpu.eip = cpu.s32[SYSENTER_EIP >> 2]!;
}

/** @throws #GP(0) in real mode, outside ring 0, or when IA32_SYSENTER_CS is null */
export function systemExit(cpu: Cpu): void {
  const selector = cpu.s32[SYSENTER_CS >> 2]!;
  if (isReal(cpu) || (selector & 0xfffc) === 0) cpu.raise(VEC_GP, 0);
  requireRing0(cpu);
  loadFlatPair(cpu, selector + 16, 3);
  cpu.gpr[ESP] = cpu.gpr[ECX]!;
  cpu.eip = cpu.gpr[EDX]!;
}

function requireSystemCall(cpu: Cpu): void {
  if ((cpu.s32[EFER >> 2]! & EFER_SCE) === 0) cpu.raise(VEC_UD);
}

/**
 * SYSCALL: ECX takes the return address; the stack pointer stays.
 * @param next EIP behind the instruction
 * @throws #UD in real mode, or with EFER.SCE clear
 */
export function systemCall(cpu: Cpu, next: number): void {
  requireSystemCall(cpu);
  if (isReal(cpu)) cpu.raise(VEC_UD);
  cpu.gpr[ECX] = next;
  cpu.eflags &= ~(VM | IF | RF);
  loadFlatPair(cpu, cpu.s32[(STAR >> 2) + 1]! & 0xffff, 0);
  cpu.eip = cpu.s32[STAR >> 2]!;
}

/**
 * SYSRET: to ECX, with interrupts on.
 * @throws #UD with EFER.SCE clear, #GP(0) in real mode and outside ring 0
 */
export function systemReturn(cpu: Cpu): void {
  requireSystemCall(cpu);
  if (isReal(cpu)) cpu.raise(VEC_GP, 0);
  requireRing0(cpu);
  const selector = cpu.s32[(STAR >> 2) + 1]! >>> 16;
  loadFlatPair(cpu, selector, 3);
  cpu.eflags |= IF;
  cpu.eip = cpu.gpr[ECX]!;
}
