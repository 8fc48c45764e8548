/**
 * What interrupts, far transfers and returns share: reading the stack for an inner
 * level out of the TSS, checking it, and entering new code.
 */
import type { Cpu } from '../cpu.ts';
import {
  ATTR_MASK,
  ATTR_P,
  attrDpl,
  attrType,
  descriptorBase,
  descriptorLimit,
  TYPE_TSS32_BUSY,
} from '../descriptors.ts';
import { VEC_SS, VEC_TS } from '../exceptions.ts';
import { CS, SS, TR } from '../registers.ts';
import { cacheDescriptor, descriptorHigh, descriptorLow, markAccessed, requireDescriptor } from './descriptor-table.ts';
import { errorOf } from './mode.ts';
import { isWritableData } from './segment-load.ts';
import { frame } from './stack-frame.ts';
import { supervisorRead16, supervisorRead32 } from './supervisor-access.ts';

/** The stack segment of an inner level, as {@link readInnerStack} found it. */
export interface InnerStack {
  selector: number;
  pointer: number;
  address: number;
  low: number;
  high: number;
}

/** The one result object of {@link readInnerStack}. */
export const innerStack: InnerStack = { selector: 0, pointer: 0, address: 0, low: 0, high: 0 };

/**
 * Reads SS:ESP for privilege level `level` from the current TSS into {@link innerStack}, checks it, and directs
 * {@link frame} to it (SDM vol. 3 section 5.8.5).
 * @param size bytes a pushed value: 2 or 4
 * @param external ERR_EXT or 0
 * @throws #TS, #SS with the stack selector, #PF
 */
export function readInnerStack(cpu: Cpu, level: number, size: number, external: number): void {
  const tss32 = attrType(cpu.segAttr(TR)) === TYPE_TSS32_BUSY;
  const offset = tss32 ? level * 8 + 4 : level * 4 + 2;
  if (offset + (tss32 ? 5 : 3) > cpu.segLimit(TR) >>> 0) cpu.raise(VEC_TS, errorOf(cpu.segSelector(TR)) | external);
  const at = (cpu.segBase(TR) + offset) | 0;
  const pointer = tss32 ? supervisorRead32(cpu, at) : supervisorRead16(cpu, at);
  const selector = supervisorRead16(cpu, (at + (tss32 ? 4 : 2)) | 0);
  const error = errorOf(selector) | external;
  if ((selector & 0xfffc) === 0) cpu.raise(VEC_TS, error);
  const address = requireDescriptor(cpu, selector, VEC_TS, external);
  const high = descriptorHigh(cpu, address);
  if ((selector & 3) !== level || !isWritableData(high) || attrDpl(high) !== level) cpu.raise(VEC_TS, error);
  if ((high & ATTR_P) === 0) cpu.raise(VEC_SS, error);
  const low = descriptorLow(cpu, address);
  innerStack.selector = selector;
  innerStack.pointer = pointer;
  innerStack.address = address;
  innerStack.low = low;
  innerStack.high = high;
  frame.useInner(descriptorBase(low, high), descriptorLimit(low, high), high & ATTR_MASK, pointer, size);
}

/** Makes {@link innerStack} the current stack segment. Cannot fault; mark it accessed first. */
export function enterInnerStack(cpu: Cpu): void {
  cacheDescriptor(cpu, SS, innerStack.selector, innerStack.low, innerStack.high);
}

/** Sets the accessed bit of {@link innerStack}'s descriptor. @throws #PF */
export function markInnerStack(cpu: Cpu): void {
  markAccessed(cpu, innerStack.address, innerStack.high);
}

/** Whether `offset` lies within a code segment of this limit. */
export function withinLimit(offset: number, limit: number): boolean {
  return offset >>> 0 <= limit >>> 0;
}

/** Enters code of a checked descriptor at a level. Cannot fault. */
export function enterCode(cpu: Cpu, selector: number, low: number, high: number, cpl: number, eip: number): void {
  cacheDescriptor(cpu, CS, (selector & 0xfffc) | cpl, low, high);
  if (cpl !== cpu.cpl) cpu.setCpl(cpl);
  cpu.eip = eip;
  cpu.leaveBlock = true;
}
