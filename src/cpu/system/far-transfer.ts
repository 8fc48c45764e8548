/**
 * Far JMP and CALL: to code segments, through call gates, to tasks (SDM vol. 2
 * JMP, CALL; vol. 3 section 5.8).
 */
import type { Cpu } from '../cpu.ts';
import {
  ATTR_P,
  ATTR_S,
  attrDpl,
  attrType,
  descriptorLimit,
  TYPE_CALL_GATE16,
  TYPE_CALL_GATE32,
  TYPE_TASK_GATE,
  TYPE_TSS16_AVAILABLE,
  TYPE_TSS32_AVAILABLE,
} from '../descriptors.ts';
import { VEC_GP, VEC_NP } from '../exceptions.ts';
import { CS, ESP, SS } from '../registers.ts';
import {
  enterCode,
  enterInnerStack,
  innerStack,
  markInnerStack,
  readInnerStack,
  withinLimit,
} from './code-transfer.ts';
import { descriptorHigh, descriptorLow, markAccessed, requireDescriptor } from './descriptor-table.ts';
import { errorOf, isProtected, isReal } from './mode.ts';
import { isCode, isConforming, loadRealSegment, loadVirtual8086Segment } from './segment-load.ts';
import { frame } from './stack-frame.ts';
import { TASK_JUMP, TASK_NEST, transferThroughTaskGate, transferToTask } from './task-switch.ts';

/** JMP far. `offset` is already cut to the operand size. @throws #GP, #NP, #TS, #PF with nothing changed */
export function farJump(cpu: Cpu, selector: number, offset: number): void {
  if (!isProtected(cpu)) transferUnprotected(cpu, selector, offset);
  else transferProtected(cpu, selector, offset, 0);
  cpu.leaveBlock = true;
}

/**
 * CALL far. EIP must point to the next instruction: that is pushed.
 * @param size operand size in bytes, 2 or 4: of the return address when no gate decides
 * @throws #GP, #NP, #SS, #TS, #PF with nothing changed
 */
export function farCall(cpu: Cpu, selector: number, offset: number, size: number): void {
  if (isProtected(cpu)) {
    transferProtected(cpu, selector, offset, size);
  } else {
    buildReturn(cpu, size);
    if (!withinLimit(offset, unprotectedLimit(cpu))) cpu.raise(VEC_GP, 0);
    frame.probe(cpu);
    cpu.gpr[ESP] = frame.write(cpu);
    transferUnprotected(cpu, selector, offset);
  }
  cpu.leaveBlock = true;
}

/** Limit that CS will have after a far transfer in real or virtual-8086 mode. */
function unprotectedLimit(cpu: Cpu): number {
  return isReal(cpu) ? cpu.segLimit(CS) : 0xffff;
}

function transferUnprotected(cpu: Cpu, selector: number, offset: number): void {
  if (!withinLimit(offset, unprotectedLimit(cpu))) cpu.raise(VEC_GP, 0);
  if (isReal(cpu)) loadRealSegment(cpu, CS, selector);
  else loadVirtual8086Segment(cpu, CS, selector);
  cpu.eip = offset;
}

/** Starts a frame of CS and EIP on the current stack. @throws #SS(0) */
function buildReturn(cpu: Cpu, size: number): void {
  frame.useCurrent(cpu, size);
  frame.add(cpu.segSelector(CS));
  frame.add(cpu.eip);
  frame.checkRoom(cpu, 2, 0);
}

/** @param callSize operand size of a CALL, or 0 for a JMP */
function transferProtected(cpu: Cpu, selector: number, offset: number, callSize: number): void {
  if ((selector & 0xfffc) === 0) cpu.raise(VEC_GP, 0);
  const address = requireDescriptor(cpu, selector, VEC_GP, 0);
  const high = descriptorHigh(cpu, address);
  if ((high & ATTR_S) !== 0) {
    toCodeSegment(cpu, selector, address, high, offset, callSize);
    return;
  }
  const how = callSize === 0 ? TASK_JUMP : TASK_NEST;
  switch (attrType(high)) {
    case TYPE_CALL_GATE16:
    case TYPE_CALL_GATE32:
      throughCallGate(cpu, selector, descriptorLow(cpu, address), high, callSize !== 0);
      return;
    case TYPE_TASK_GATE:
      transferThroughTaskGate(cpu, selector, descriptorLow(cpu, address), high, how);
      return;
    case TYPE_TSS16_AVAILABLE:
    case TYPE_TSS32_AVAILABLE:
      if (attrDpl(high) < cpu.cpl || attrDpl(high) < (selector & 3)) cpu.raise(VEC_GP, errorOf(selector));
      transferToTask(cpu, selector, how);
      return;
    default:
      cpu.raise(VEC_GP, errorOf(selector));
  }
}

function toCodeSegment(
  cpu: Cpu,
  selector: number,
  address: number,
  high: number,
  offset: number,
  callSize: number,
): void {
  const cpl = cpu.cpl;
  const dpl = attrDpl(high);
  if (!isCode(high)) cpu.raise(VEC_GP, errorOf(selector));
  if (isConforming(high) ? dpl > cpl : (selector & 3) > cpl || dpl !== cpl) cpu.raise(VEC_GP, errorOf(selector));
  if ((high & ATTR_P) === 0) cpu.raise(VEC_NP, errorOf(selector));
  const low = descriptorLow(cpu, address);
  if (callSize !== 0) buildReturn(cpu, callSize);
  if (!withinLimit(offset, descriptorLimit(low, high))) cpu.raise(VEC_GP, 0);
  if (callSize !== 0) frame.probe(cpu);
  markAccessed(cpu, address, high);
  if (callSize !== 0) cpu.gpr[ESP] = frame.write(cpu);
  enterCode(cpu, selector, low, high, cpl, offset);
}

function throughCallGate(cpu: Cpu, gate: number, gateLow: number, gateHigh: number, call: boolean): void {
  const cpl = cpu.cpl;
  const gateDpl = attrDpl(gateHigh);
  if (gateDpl < cpl || gateDpl < (gate & 3)) cpu.raise(VEC_GP, errorOf(gate));
  if ((gateHigh & ATTR_P) === 0) cpu.raise(VEC_NP, errorOf(gate));
  const selector = gateLow >>> 16;
  if ((selector & 0xfffc) === 0) cpu.raise(VEC_GP, 0);
  const address = requireDescriptor(cpu, selector, VEC_GP, 0);
  const high = descriptorHigh(cpu, address);
  const dpl = attrDpl(high);
  const conforming = isConforming(high);
  if (!isCode(high) || dpl > cpl || (!call && !conforming && dpl !== cpl)) cpu.raise(VEC_GP, errorOf(selector));
  if ((high & ATTR_P) === 0) cpu.raise(VEC_NP, errorOf(selector));
  const low = descriptorLow(cpu, address);
  const wide = attrType(gateHigh) === TYPE_CALL_GATE32;
  const offset = wide ? (gateLow & 0xffff) | (gateHigh & 0xffff_0000) : gateLow & 0xffff;
  const size = wide ? 4 : 2;
  const inner = call && !conforming && dpl < cpl;
  if (inner) buildInnerCall(cpu, dpl, size, gateHigh & 0x1f);
  else if (call) buildReturn(cpu, size);
  if (!withinLimit(offset, descriptorLimit(low, high))) cpu.raise(VEC_GP, 0);
  if (call) frame.probe(cpu);
  if (inner) markInnerStack(cpu);
  markAccessed(cpu, address, high);
  if (call) {
    const pointer = frame.write(cpu);
    if (inner) enterInnerStack(cpu);
    cpu.gpr[ESP] = pointer;
  }
  enterCode(cpu, selector, low, high, inner ? dpl : cpl, offset);
}

/** The frame of a call to an inner level: old SS:ESP, `parameters` values copied from the old stack, CS:EIP. */
function buildInnerCall(cpu: Cpu, level: number, size: number, parameters: number): void {
  readInnerStack(cpu, level, size, 0);
  frame.checkRoom(cpu, parameters + 4, errorOf(innerStack.selector));
  frame.add(cpu.segSelector(SS));
  frame.add(cpu.gpr[ESP]!);
  for (let k = parameters - 1; k >= 0; k--) {
    const offset = (cpu.gpr[ESP]! + k * size) & cpu.stackMask;
    frame.add(size === 4 ? cpu.read32(SS, offset) : cpu.read16(SS, offset));
  }
  frame.add(cpu.segSelector(CS));
  frame.add(cpu.eip);
}
