/**
 * LAR, LSL, VERR, VERW and ARPL: asking about selectors without loading them (SDM vol. 2; vol. 3 section 5.10).
 * In protected mode only; elsewhere they are undefined opcodes.
 */
import type { Cpu } from '../cpu.ts';
import {
  ATTR_S,
  attrDpl,
  attrType,
  descriptorLimit,
  TYPE_CALL_GATE16,
  TYPE_CALL_GATE32,
  TYPE_LDT,
  TYPE_TASK_GATE,
  TYPE_TSS16_AVAILABLE,
  TYPE_TSS16_BUSY,
  TYPE_TSS32_AVAILABLE,
  TYPE_TSS32_BUSY,
} from '../descriptors.ts';
import { VEC_UD } from '../exceptions.ts';
import { ZF } from '../registers.ts';
import { descriptorAddress, descriptorHigh, descriptorLow, selectorInTable } from './descriptor-table.ts';
import { isProtected } from './mode.ts';
import { isConforming, isReadable, isWritableData } from './segment-load.ts';

/** System types with a limit, as a set of bits. */
const WITH_LIMIT =
  (1 << TYPE_TSS16_AVAILABLE) |
  (1 << TYPE_LDT) |
  (1 << TYPE_TSS16_BUSY) |
  (1 << TYPE_TSS32_AVAILABLE) |
  (1 << TYPE_TSS32_BUSY);
/** System types whose rights LAR tells. */
const WITH_RIGHTS = WITH_LIMIT | (1 << TYPE_CALL_GATE16) | (1 << TYPE_TASK_GATE) | (1 << TYPE_CALL_GATE32);

function requireProtected(cpu: Cpu): void {
  if (!isProtected(cpu)) cpu.raise(VEC_UD);
}

function setZero(cpu: Cpu, on: boolean): void {
  cpu.eflags = on ? cpu.eflags | ZF : cpu.eflags & ~ZF;
}

/** Whether a selector with this descriptor is visible at max(CPL, RPL). */
function visible(cpu: Cpu, selector: number, high: number): boolean {
  const dpl = attrDpl(high);
  return isConforming(high) || (dpl >= cpu.cpl && dpl >= (selector & 3));
}

/** Address of the descriptor, or NaN where the selector names none. @throws #PF */
function find(cpu: Cpu, selector: number): number {
  const named = (selector & 0xfffc) !== 0 && selectorInTable(cpu, selector);
  return named ? descriptorAddress(cpu, selector) : Number.NaN;
}

/** Whether LAR (`systemTypes` WITH_RIGHTS) or LSL (WITH_LIMIT) may tell of it. */
function queryable(cpu: Cpu, selector: number, high: number, systemTypes: number): boolean {
  if ((high & ATTR_S) === 0 && ((systemTypes >>> attrType(high)) & 1) === 0) return false;
  return visible(cpu, selector, high);
}

/**
 * LAR: sets ZF and returns the access rights, or clears ZF and returns `old`.
 * @throws #UD outside protected mode, #PF
 */
export function loadAccessRights(cpu: Cpu, selector: number, old: number): number {
  requireProtected(cpu);
  const address = find(cpu, selector);
  const high = Number.isNaN(address) ? 0 : descriptorHigh(cpu, address);
  const ok = !Number.isNaN(address) && queryable(cpu, selector, high, WITH_RIGHTS);
  setZero(cpu, ok);
  return ok ? high & 0x00ff_ff00 : old;
}

/**
 * LSL: sets ZF and returns the limit in bytes, or clears ZF and returns `old`.
 * @throws #UD outside protected mode, #PF
 */
export function loadSegmentLimit(cpu: Cpu, selector: number, old: number): number {
  requireProtected(cpu);
  const address = find(cpu, selector);
  const high = Number.isNaN(address) ? 0 : descriptorHigh(cpu, address);
  if (Number.isNaN(address) || !queryable(cpu, selector, high, WITH_LIMIT)) {
    setZero(cpu, false);
    return old;
  }
  const limit = descriptorLimit(descriptorLow(cpu, address), high);
  setZero(cpu, true);
  return limit;
}

/** VERR, VERW: ZF says whether the segment can be read or written at this level. @throws #UD, #PF */
export function verifySegment(cpu: Cpu, selector: number, write: boolean): void {
  requireProtected(cpu);
  const address = find(cpu, selector);
  if (Number.isNaN(address)) {
    setZero(cpu, false);
    return;
  }
  const high = descriptorHigh(cpu, address);
  setZero(cpu, (write ? isWritableData(high) : isReadable(high)) && visible(cpu, selector, high));
}

/** Whether ARPL changes `destination`: its RPL is below that of `source`. @throws #UD outside protected mode */
export function needsRplAdjusted(cpu: Cpu, destination: number, source: number): boolean {
  requireProtected(cpu);
  return (destination & 3) < (source & 3);
}
