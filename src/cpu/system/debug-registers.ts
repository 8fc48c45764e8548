/** Debug registers: MOV to and from DR0 to DR7 (SDM vol. 3 section 17.2). What they enable is in ../breakpoints.ts. */
import type { Cpu } from '../cpu.ts';
import { VEC_DB, VEC_UD } from '../exceptions.ts';
import { DR } from '../layout.ts';
import { CR4_DE, RF } from '../registers.ts';
import { cr4Has, requireRing0 } from './mode.ts';
import { DEBUGCTL, DEBUGCTL_BTF } from './msr-table.ts';

/** DR6 bits that always read one, and those that can be set. */
export const DR6_FIXED = 0xffff_0ff0 | 0;
const DR6_DEFINED = 0xe00f;
/** DR6.BD: a debug register was accessed while DR7.GD. DR6.BS: single step. */
export const DR6_BD = 1 << 13;
export const DR6_BS = 1 << 14;
/** DR7 bits that always read one, and those that always read zero. */
export const DR7_FIXED = 0x400;
const DR6_BREAKPOINTS = 0xf;
const DR7_ZERO = 0xd800;
const DR7_GD = 1 << 13;

/** The register meant: DR4 and DR5 are DR6 and DR7 unless CR4.DE. Level first, as processors do it. @throws #GP(0), #UD, #DB */
function resolve(cpu: Cpu, register: number): number {
  requireRing0(cpu);
  const alias = register === 4 || register === 5;
  if (register > 7 || (alias && cr4Has(cpu, CR4_DE))) cpu.raise(VEC_UD);
  const dr7 = (DR >> 2) + 7;
  if ((cpu.s32[dr7]! & DR7_GD) !== 0) {
    raiseDebugStatus(cpu, DR6_BD);
    // A fault, of which the pushed flags tell.
    cpu.eflags |= RF;
    cpu.raise(VEC_DB);
  }
  return alias ? register + 2 : register;
}

/** MOV r32, DRn. @throws #GP(0), #UD, #DB */
export function readDebug(cpu: Cpu, register: number): number {
  return cpu.s32[(DR >> 2) + resolve(cpu, register)]!;
}

/** MOV DRn, r32. @throws #GP(0), #UD, #DB */
export function writeDebug(cpu: Cpu, register: number, value: number): void {
  const to = resolve(cpu, register);
  let now = value;
  if (to === 6) now = (value & DR6_DEFINED) | DR6_FIXED;
  else if (to === 7) now = (value & ~DR7_ZERO) | DR7_FIXED;
  cpu.s32[(DR >> 2) + to] = now;
  if (to !== 6) cpu.breakpoints.changed();
  cpu.leaveBlock = true;
}

/**
 * Makes DR6 tell of a debug exception. BD, BS and BT stay set until software clears them; of breakpoints it tells only
 * those of this exception ("may clear bits 0-3", SDM vol. 3 section 17.2.3; processors do).
 */
export function raiseDebugStatus(cpu: Cpu, bits: number): void {
  cpu.s32[(DR >> 2) + 6] = (cpu.s32[(DR >> 2) + 6]! & ~DR6_BREAKPOINTS) | bits;
}

/** DR7.GD goes off whenever a debug exception is delivered: its handler may use the registers. So does single-stepping by branches. */
export function allowDebugAccess(cpu: Cpu): void {
  cpu.s32[(DR >> 2) + 7]! &= ~DR7_GD;
  cpu.s32[DEBUGCTL >> 2]! &= ~DEBUGCTL_BTF;
}

/** Whether single steps are by branches (IA32_DEBUGCTL.BTF). */
export function stepsByBranches(cpu: Cpu): boolean {
  return (cpu.s32[DEBUGCTL >> 2]! & DEBUGCTL_BTF) !== 0;
}
