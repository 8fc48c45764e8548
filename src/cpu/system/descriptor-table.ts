/**
 * Finding and reading descriptors in the GDT and the LDT (SDM vol. 3 section 3.5.1).
 */
import type { Cpu } from '../cpu.ts';
import { ATTR_ACCESSED, ATTR_MASK, descriptorBase, descriptorLimit } from '../descriptors.ts';
import { GDTR_BASE, GDTR_LIMIT } from '../layout.ts';
import { LDTR } from '../registers.ts';
import { errorOf } from './mode.ts';
import { supervisorRead32, supervisorWrite8 } from './supervisor-access.ts';

/** Whether the selector's whole descriptor lies within its table. Says nothing of null selectors. */
export function selectorInTable(cpu: Cpu, selector: number): boolean {
  const last = (selector & 0xffff) | 7;
  if ((selector & 4) === 0) return last <= cpu.s32[GDTR_LIMIT >> 2]!;
  return cpu.segAttr(LDTR) !== 0 && last <= cpu.segLimit(LDTR) >>> 0;
}

/** Linear address of the selector's descriptor. */
export function descriptorAddress(cpu: Cpu, selector: number): number {
  const base = (selector & 4) === 0 ? cpu.s32[GDTR_BASE >> 2]! : cpu.segBase(LDTR);
  return (base + (selector & 0xfff8)) | 0;
}

/**
 * Linear address of the selector's descriptor.
 * @param external ERR_EXT or 0, for the error code
 * @throws `vector` with the selector as error code when it is outside its table
 */
export function requireDescriptor(cpu: Cpu, selector: number, vector: number, external: number): number {
  if (!selectorInTable(cpu, selector)) cpu.raise(vector, errorOf(selector) | external);
  return descriptorAddress(cpu, selector);
}

/** Low word of the descriptor at a linear address. */
export function descriptorLow(cpu: Cpu, address: number): number {
  return supervisorRead32(cpu, address);
}
/** High word of the descriptor at a linear address. All 8 bytes are accessed, the first of them first. */
export function descriptorHigh(cpu: Cpu, address: number): number {
  // A processor reads a descriptor whole: CR2 is its address, and a half that is not there comes before what is wrong with the other.
  supervisorRead32(cpu, address);
  return supervisorRead32(cpu, (address + 4) | 0);
}

/** Sets the accessed bit of a code or data descriptor where it is not set. @throws #PF */
export function markAccessed(cpu: Cpu, address: number, high: number): void {
  if ((high & ATTR_ACCESSED) === 0) supervisorWrite8(cpu, (address + 5) | 0, ((high | ATTR_ACCESSED) >>> 8) & 0xff);
}

/** Loads a segment cache from a code or data descriptor already checked; the cache counts as accessed. */
export function cacheDescriptor(cpu: Cpu, seg: number, selector: number, low: number, high: number): void {
  const attr = (high & ATTR_MASK) | ATTR_ACCESSED;
  cpu.setSegment(seg, selector, descriptorBase(low, high), descriptorLimit(low, high), attr);
}

/** Makes a segment register null: every access through it faults. */
export function nullSegment(cpu: Cpu, seg: number, selector = 0): void {
  cpu.setSegment(seg, selector, 0, 0, 0);
}
