/**
 * RETF (SDM vol. 2 RET): in real and virtual-8086 mode, to the same level and to an outer one.
 * And what IRET shares with it: the checks of a code and a stack segment returned to.
 */
import type { Cpu } from '../cpu.ts';
import { ATTR_P, attrDpl, descriptorLimit } from '../descriptors.ts';
import { VEC_GP, VEC_NP, VEC_SS } from '../exceptions.ts';
import { CS, ESP, SS } from '../registers.ts';
import { enterCode, withinLimit } from './code-transfer.ts';
import { cacheDescriptor, descriptorHigh, descriptorLow, markAccessed, requireDescriptor } from './descriptor-table.ts';
import { errorOf, isProtected, isReal } from './mode.ts';
import {
  dropInnerDataSegments,
  isCode,
  isConforming,
  isWritableData,
  loadRealSegment,
  loadVirtual8086Segment,
} from './segment-load.ts';

/** Value number `index` of `size` bytes on the current stack, `skip` bytes further up. @throws #SS(0), #PF */
export function stackValue(cpu: Cpu, index: number, size: number, skip = 0): number {
  const offset = (cpu.gpr[ESP]! + index * size + skip) & cpu.stackMask;
  return size === 4 ? cpu.read32(SS, offset) : cpu.read16(SS, offset);
}

/** Drops `bytes` from the current stack. */
export function dropStack(cpu: Cpu, bytes: number): void {
  const esp = cpu.gpr[ESP]!;
  const mask = cpu.stackMask;
  cpu.gpr[ESP] = (esp & ~mask) | ((esp + bytes) & mask);
}

/** Puts back an outer stack pointer; a 16-bit stack segment takes only SP. The new SS must be loaded. */
export function setOuterPointer(cpu: Cpu, value: number): void {
  const mask = cpu.stackMask;
  cpu.gpr[ESP] = (cpu.gpr[ESP]! & ~mask) | (value & mask);
}

/** Address of the descriptor of a code segment that may be returned to. @throws #GP, #NP */
export function checkReturnCode(cpu: Cpu, selector: number): number {
  if ((selector & 0xfffc) === 0) cpu.raise(VEC_GP, 0);
  const address = requireDescriptor(cpu, selector, VEC_GP, 0);
  const high = descriptorHigh(cpu, address);
  const rpl = selector & 3;
  const dpl = attrDpl(high);
  if (!isCode(high) || rpl < cpu.cpl || (isConforming(high) ? dpl > rpl : dpl !== rpl)) {
    cpu.raise(VEC_GP, errorOf(selector));
  }
  if ((high & ATTR_P) === 0) cpu.raise(VEC_NP, errorOf(selector));
  return address;
}

/** Address of the descriptor of the stack segment of the level returned to. @throws #GP, #SS */
export function checkReturnStack(cpu: Cpu, selector: number, level: number): number {
  if ((selector & 0xfffc) === 0) cpu.raise(VEC_GP, 0);
  const address = requireDescriptor(cpu, selector, VEC_GP, 0);
  const high = descriptorHigh(cpu, address);
  if ((selector & 3) !== level || !isWritableData(high) || attrDpl(high) !== level)
    cpu.raise(VEC_GP, errorOf(selector));
  if ((high & ATTR_P) === 0) cpu.raise(VEC_SS, errorOf(selector));
  return address;
}

/**
 * Goes to an outer level: loads CS:EIP, SS:ESP and CPL from checked values, and
 * drops the inner level's data segments.
 * @throws #GP(0) when EIP is beyond the limit, #PF; nothing has changed then
 */
export function enterOuter(
  cpu: Cpu,
  codeAddress: number,
  selector: number,
  eip: number,
  stackAddress: number,
  stackSelector: number,
  pointer: number,
): void {
  const codeHigh = descriptorHigh(cpu, codeAddress);
  const codeLow = descriptorLow(cpu, codeAddress);
  const stackHigh = descriptorHigh(cpu, stackAddress);
  const stackLow = descriptorLow(cpu, stackAddress);
  if (!withinLimit(eip, descriptorLimit(codeLow, codeHigh))) cpu.raise(VEC_GP, 0);
  markAccessed(cpu, codeAddress, codeHigh);
  markAccessed(cpu, stackAddress, stackHigh);
  enterCode(cpu, selector, codeLow, codeHigh, selector & 3, eip);
  cacheDescriptor(cpu, SS, stackSelector, stackLow, stackHigh);
  setOuterPointer(cpu, pointer);
  dropInnerDataSegments(cpu);
}

/**
 * RETF.
 * @param size operand size in bytes, 2 or 4
 * @param release bytes of parameters to drop, from this stack and from the outer one
 * @throws #GP, #NP, #SS, #PF with nothing changed
 */
export function farReturn(cpu: Cpu, size: number, release: number): void {
  const eip = stackValue(cpu, 0, size);
  const selector = stackValue(cpu, 1, size) & 0xffff;
  if (!isProtected(cpu)) {
    if (!withinLimit(eip, isReal(cpu) ? cpu.segLimit(CS) : 0xffff)) cpu.raise(VEC_GP, 0);
    if (isReal(cpu)) loadRealSegment(cpu, CS, selector);
    else loadVirtual8086Segment(cpu, CS, selector);
    cpu.eip = eip;
    dropStack(cpu, 2 * size + release);
    cpu.leaveBlock = true;
    return;
  }
  const address = checkReturnCode(cpu, selector);
  if ((selector & 3) > cpu.cpl) {
    const pointer = stackValue(cpu, 2, size, release);
    const stackSelector = stackValue(cpu, 3, size, release) & 0xffff;
    const stackAddress = checkReturnStack(cpu, stackSelector, selector & 3);
    enterOuter(cpu, address, selector, eip, stackAddress, stackSelector, pointer + release);
    return;
  }
  const high = descriptorHigh(cpu, address);
  const low = descriptorLow(cpu, address);
  if (!withinLimit(eip, descriptorLimit(low, high))) cpu.raise(VEC_GP, 0);
  markAccessed(cpu, address, high);
  enterCode(cpu, selector, low, high, cpu.cpl, eip);
  dropStack(cpu, 2 * size + release);
}
