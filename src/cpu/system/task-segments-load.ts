/**
 * Loading LDTR and the segment registers of a task just entered. The selectors are
 * already in place, all caches are null; a bad one raises #TS in the new task (SDM vol. 3 table 7-1).
 */
import type { Cpu } from '../cpu.ts';
import {
  ATTR_MASK,
  ATTR_P,
  ATTR_S,
  attrDpl,
  attrType,
  descriptorBase,
  descriptorLimit,
  TYPE_LDT,
} from '../descriptors.ts';
import { VEC_NP, VEC_SS, VEC_TS } from '../exceptions.ts';
import { CS, DS, ES, FS, GS, LDTR, SS, VM } from '../registers.ts';
import {
  cacheDescriptor,
  descriptorAddress,
  descriptorHigh,
  descriptorLow,
  markAccessed,
  requireDescriptor,
  selectorInTable,
} from './descriptor-table.ts';
import { errorOf } from './mode.ts';
import { isCode, isConforming, isReadable, isWritableData, loadVirtual8086Segment } from './segment-load.ts';

/** @throws #TS with the LDT selector */
export function loadTaskLdt(cpu: Cpu, external: number): void {
  const selector = cpu.segSelector(LDTR);
  if ((selector & 0xfffc) === 0) return;
  const error = errorOf(selector) | external;
  if ((selector & 4) !== 0 || !selectorInTable(cpu, selector)) cpu.raise(VEC_TS, error);
  const address = descriptorAddress(cpu, selector);
  const high = descriptorHigh(cpu, address);
  if ((high & ATTR_S) !== 0 || attrType(high) !== TYPE_LDT || (high & ATTR_P) === 0) cpu.raise(VEC_TS, error);
  const low = descriptorLow(cpu, address);
  cpu.setSegment(LDTR, selector, descriptorBase(low, high), descriptorLimit(low, high), high & ATTR_MASK);
}

/** @throws #TS, #NP, #SS with the selector at fault */
export function loadTaskSegments(cpu: Cpu, external: number): void {
  if ((cpu.eflags & VM) !== 0) {
    for (let seg = 0; seg < 6; seg++) loadVirtual8086Segment(cpu, seg, cpu.segSelector(seg));
    return;
  }
  loadCode(cpu, external);
  loadStack(cpu, external);
  for (const seg of [DS, ES, FS, GS]) loadData(cpu, seg, external);
}

function loadCode(cpu: Cpu, external: number): void {
  const selector = cpu.segSelector(CS);
  const error = errorOf(selector) | external;
  if ((selector & 0xfffc) === 0) cpu.raise(VEC_TS, error);
  const address = requireDescriptor(cpu, selector, VEC_TS, external);
  const high = descriptorHigh(cpu, address);
  const dpl = attrDpl(high);
  const rpl = selector & 3;
  if (!isCode(high) || (isConforming(high) ? dpl > rpl : dpl !== rpl)) cpu.raise(VEC_TS, error);
  if ((high & ATTR_P) === 0) cpu.raise(VEC_NP, error);
  const low = descriptorLow(cpu, address);
  markAccessed(cpu, address, high);
  cacheDescriptor(cpu, CS, selector, low, high);
}

function loadStack(cpu: Cpu, external: number): void {
  const selector = cpu.segSelector(SS);
  const error = errorOf(selector) | external;
  if ((selector & 0xfffc) === 0) cpu.raise(VEC_TS, error);
  const address = requireDescriptor(cpu, selector, VEC_TS, external);
  const high = descriptorHigh(cpu, address);
  if ((selector & 3) !== cpu.cpl || !isWritableData(high) || attrDpl(high) !== cpu.cpl) cpu.raise(VEC_TS, error);
  if ((high & ATTR_P) === 0) cpu.raise(VEC_SS, error);
  const low = descriptorLow(cpu, address);
  markAccessed(cpu, address, high);
  cacheDescriptor(cpu, SS, selector, low, high);
}

function loadData(cpu: Cpu, seg: number, external: number): void {
  const selector = cpu.segSelector(seg);
  if ((selector & 0xfffc) === 0) return;
  const error = errorOf(selector) | external;
  const address = requireDescriptor(cpu, selector, VEC_TS, external);
  const high = descriptorHigh(cpu, address);
  const dpl = attrDpl(high);
  if (!isReadable(high) || (!isConforming(high) && (dpl < cpu.cpl || dpl < (selector & 3)))) cpu.raise(VEC_TS, error);
  if ((high & ATTR_P) === 0) cpu.raise(VEC_NP, error);
  const low = descriptorLow(cpu, address);
  markAccessed(cpu, address, high);
  cacheDescriptor(cpu, seg, selector, low, high);
}
