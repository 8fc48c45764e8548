/** LGDT, LIDT, SGDT, SIDT, LLDT, LTR, SLDT, STR (SDM vol. 2; vol. 3 section 2.4). */
import type { Cpu } from '../cpu.ts';
import {
  ATTR_MASK,
  ATTR_P,
  ATTR_S,
  attrType,
  descriptorBase,
  descriptorLimit,
  TYPE_LDT,
  TYPE_TSS16_AVAILABLE,
  TYPE_TSS32_AVAILABLE,
} from '../descriptors.ts';
import { VEC_GP, VEC_NP, VEC_UD } from '../exceptions.ts';
import { GDTR_BASE, GDTR_LIMIT, IDTR_BASE, IDTR_LIMIT } from '../layout.ts';
import { LDTR, TR } from '../registers.ts';
import { descriptorAddress, descriptorHigh, descriptorLow, nullSegment, selectorInTable } from './descriptor-table.ts';
import { errorOf, isProtected, requireRing0 } from './mode.ts';
import { supervisorWrite32 } from './supervisor-access.ts';

const BUSY = 1 << 9;

/** LGDT, after {@link requireRing0}. `base` is already cut to 24 bits for a 16-bit operand size. */
export function loadGdtr(cpu: Cpu, base: number, limit: number): void {
  cpu.s32[GDTR_BASE >> 2] = base;
  cpu.s32[GDTR_LIMIT >> 2] = limit & 0xffff;
}

/** LIDT, after {@link requireRing0}. */
export function loadIdtr(cpu: Cpu, base: number, limit: number): void {
  cpu.s32[IDTR_BASE >> 2] = base;
  cpu.s32[IDTR_LIMIT >> 2] = limit & 0xffff;
}

/** SLDT and STR are undefined outside protected mode. @throws #UD */
export function requireProtectedMode(cpu: Cpu): void {
  if (!isProtected(cpu)) cpu.raise(VEC_UD);
}

/** Address of a system descriptor in the GDT of one of two types, present. @throws #GP(selector), #NP(selector) */
function systemDescriptor(cpu: Cpu, selector: number, type: number, otherType: number): number {
  const error = errorOf(selector);
  if ((selector & 4) !== 0 || !selectorInTable(cpu, selector)) cpu.raise(VEC_GP, error);
  const address = descriptorAddress(cpu, selector);
  const high = descriptorHigh(cpu, address);
  const found = attrType(high);
  if ((high & ATTR_S) !== 0 || (found !== type && found !== otherType)) cpu.raise(VEC_GP, error);
  if ((high & ATTR_P) === 0) cpu.raise(VEC_NP, error);
  return address;
}

/** LLDT; a null selector makes the LDT unusable. @throws #UD, #GP, #NP, #PF */
export function loadLdtr(cpu: Cpu, selector: number): void {
  requireProtectedMode(cpu);
  requireRing0(cpu);
  if ((selector & 0xfffc) === 0) {
    nullSegment(cpu, LDTR, selector);
    return;
  }
  const address = systemDescriptor(cpu, selector, TYPE_LDT, TYPE_LDT);
  const high = descriptorHigh(cpu, address);
  const low = descriptorLow(cpu, address);
  cpu.setSegment(LDTR, selector, descriptorBase(low, high), descriptorLimit(low, high), high & ATTR_MASK);
}

/** LTR: also marks the TSS busy. @throws #UD, #GP, #NP, #PF */
export function loadTr(cpu: Cpu, selector: number): void {
  requireProtectedMode(cpu);
  requireRing0(cpu);
  if ((selector & 0xfffc) === 0) cpu.raise(VEC_GP, 0);
  const address = systemDescriptor(cpu, selector, TYPE_TSS16_AVAILABLE, TYPE_TSS32_AVAILABLE);
  const high = descriptorHigh(cpu, address) | BUSY;
  const low = descriptorLow(cpu, address);
  supervisorWrite32(cpu, (address + 4) | 0, high);
  cpu.setSegment(TR, selector, descriptorBase(low, high), descriptorLimit(low, high), high & ATTR_MASK);
}
