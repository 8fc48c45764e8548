/**
 * PUSHF, POPF, CLI and STI: what they may see and change at which privilege
 * (SDM vol. 2; vol. 3 section 20.3 for VME and PVI).
 */
import type { Cpu } from '../cpu.ts';
import { VEC_GP, VEC_UD } from '../exceptions.ts';
import { CR0 } from '../layout.ts';
import {
  AC,
  CR0_PE,
  CR4_PVI,
  CR4_VME,
  DF,
  ESP,
  FLAGS_ARITH,
  FLAGS_FIXED,
  ID,
  IF,
  IOPL,
  NT,
  RF,
  SS,
  TF,
  VIF,
  VIP,
  VM,
} from '../registers.ts';
import { cr4Has, ioPrivilegeLevel, missingFlags } from './mode.ts';

/** What POPF may always change in its low half. */
const LOW_FLAGS = FLAGS_ARITH | TF | DF | NT;

/**
 * Sets EFLAGS to the bits of `value` selected by `mask`, the rest unchanged and RF clear, and leaves the running
 * block where that matters to it.
 */
export function changeFlags(cpu: Cpu, value: number, mask: number): void {
  const old = cpu.eflags;
  const now = (old & ~(mask | RF)) | (value & mask & ~(RF | missingFlags(cpu))) | FLAGS_FIXED;
  cpu.eflags = now;
  if (((old ^ now) & (TF | AC)) !== 0 || (cpu.interruptPending && (now & IF) !== 0)) cpu.leaveBlock = true;
}

/** PUSHF (2) or PUSHFD (4). @throws #GP(0) in virtual-8086 mode with IOPL below 3, #SS, #PF */
export function pushFlags(cpu: Cpu, operandSize: number): void {
  const flags = cpu.eflags;
  if ((flags & VM) !== 0 && ioPrivilegeLevel(cpu) < 3) {
    if (operandSize !== 2 || !cr4Has(cpu, CR4_VME)) cpu.raise(VEC_GP, 0);
    cpu.push16((flags & 0xffff & ~IF) | IOPL | ((flags & VIF) !== 0 ? IF : 0));
    return;
  }
  if (operandSize === 2) cpu.push16(flags & 0xffff);
  else cpu.push32(flags & ~(VM | RF));
}

/** POPF (2) or POPFD (4). @throws #GP(0), #SS, #PF */
export function popFlags(cpu: Cpu, operandSize: number): void {
  const iopl = ioPrivilegeLevel(cpu);
  if ((cpu.eflags & VM) !== 0 && iopl < 3) {
    popVirtualFlags(cpu, operandSize);
    return;
  }
  const value = operandSize === 2 ? cpu.pop16() : cpu.pop32();
  let mask = LOW_FLAGS | (operandSize === 4 ? AC | ID : 0);
  const cpl = cpu.cpl;
  if (cpl === 0) mask |= IOPL;
  if (cpl <= iopl) mask |= IF;
  changeFlags(cpu, value, mask);
}

/** POPF in virtual-8086 mode with IOPL below 3: VIF stands in for IF where CR4.VME is set. */
function popVirtualFlags(cpu: Cpu, operandSize: number): void {
  if (operandSize !== 2 || !cr4Has(cpu, CR4_VME)) cpu.raise(VEC_GP, 0);
  const value = cpu.read16(SS, cpu.gpr[ESP]! & cpu.stackMask);
  if ((value & TF) !== 0 || ((value & IF) !== 0 && (cpu.eflags & VIP) !== 0)) cpu.raise(VEC_GP, 0);
  cpu.pop16();
  changeFlags(cpu, value | ((value & IF) !== 0 ? VIF : 0), LOW_FLAGS | VIF);
}

/**
 * Which flag CLI and STI work on: IF, or VIF under VME and PVI.
 * @throws #GP(0)
 */
function interruptFlag(cpu: Cpu): number {
  if ((cpu.s32[CR0 >> 2]! & CR0_PE) === 0) return IF;
  const iopl = ioPrivilegeLevel(cpu);
  if (cpu.cpl <= iopl) return IF;
  const virtual = (cpu.eflags & VM) !== 0 ? cr4Has(cpu, CR4_VME) : cpu.cpl === 3 && cr4Has(cpu, CR4_PVI);
  if (!virtual) cpu.raise(VEC_GP, 0);
  return VIF;
}

/** CLI. @throws #GP(0) */
export function clearInterruptFlag(cpu: Cpu): void {
  cpu.eflags &= ~interruptFlag(cpu);
}

/** STI: interrupts are recognized after the next instruction where IF was clear. @throws #GP(0) */
export function setInterruptFlag(cpu: Cpu): void {
  const flag = interruptFlag(cpu);
  const old = cpu.eflags;
  if (flag === VIF) {
    if ((old & VIP) !== 0) cpu.raise(VEC_GP, 0);
    cpu.eflags = old | VIF;
    return;
  }
  if ((old & IF) !== 0) return;
  cpu.eflags = old | IF;
  cpu.interruptShadow = true;
  cpu.leaveBlock = true;
}

/** CLAC and STAC: EFLAGS.AC, which with CR4.SMAP opens the user's pages to the supervisor. @throws #UD outside ring 0 */
export function setAccessFlag(cpu: Cpu, set: boolean): void {
  if (cpu.cpl !== 0) cpu.raise(VEC_UD);
  cpu.eflags = set ? cpu.eflags | AC : cpu.eflags & ~AC;
}
