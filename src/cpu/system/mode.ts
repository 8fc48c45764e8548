/**
 * Which mode the processor is in, and the error code of a selector.
 * Real mode: CR0.PE clear. Virtual-8086: PE and EFLAGS.VM set. Protected: the rest.
 */
import type { Cpu } from '../cpu.ts';
import { CR0, CR4 } from '../layout.ts';
import { CR0_PE, CR4_UMIP, ID, IOPL, VIF, VIP, VM } from '../registers.ts';

/** Protected mode proper: segment registers hold selectors of descriptors. */
export function isProtected(cpu: Cpu): boolean {
  return (cpu.s32[CR0 >> 2]! & CR0_PE) !== 0 && (cpu.eflags & VM) === 0;
}

export function isReal(cpu: Cpu): boolean {
  return (cpu.s32[CR0 >> 2]! & CR0_PE) === 0;
}

export function isVirtual8086(cpu: Cpu): boolean {
  return (cpu.eflags & VM) !== 0 && (cpu.s32[CR0 >> 2]! & CR0_PE) !== 0;
}

/** EFLAGS.IOPL as a number, 0 to 3. */
export function ioPrivilegeLevel(cpu: Cpu): number {
  return (cpu.eflags & IOPL) >>> 12;
}

/** Those bits of EFLAGS that the CPU model has no use for, and that stay clear. */
export function missingFlags({ model }: Cpu): number {
  return (model.features.has('cpuid') ? 0 : ID) | (model.features.has('vme') ? 0 : VIF | VIP);
}

/** Whether all of `bits` are set in CR4. */
export function cr4Has(cpu: Cpu, bits: number): boolean {
  return (cpu.s32[CR4 >> 2]! & bits) === bits;
}

/** Selector part of an error code: index and TI, without RPL. */
export function errorOf(selector: number): number {
  return selector & 0xfffc;
}

/** Raises #GP(0) unless CPL is 0. In real mode CPL is always 0. */
export function requireRing0(cpu: Cpu): void {
  if (cpu.cpl !== 0) cpu.raise(13, 0);
}

/** What SGDT, SIDT, SLDT, STR and SMSW ask first: with CR4.UMIP they are for ring 0. @throws #GP(0) */
export function requireUnguarded(cpu: Cpu): void {
  if (cpu.cpl !== 0 && cr4Has(cpu, CR4_UMIP)) cpu.raise(13, 0);
}
