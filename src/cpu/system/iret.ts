/**
 * IRET in all its forms (SDM vol. 2 IRET/IRETD): real and virtual-8086 mode, to the same
 * and an outer level, back to virtual-8086 mode, and out of a nested task.
 */
import type { Cpu } from '../cpu.ts';
import { descriptorLimit } from '../descriptors.ts';
import { VEC_GP } from '../exceptions.ts';
import {
  AC,
  CR4_VME,
  CS,
  DF,
  DS,
  ES,
  ESP,
  FLAGS_ARITH,
  FLAGS_FIXED,
  FS,
  GS,
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
import { enterCode, withinLimit } from './code-transfer.ts';
import { descriptorHigh, descriptorLow, markAccessed } from './descriptor-table.ts';
import { checkReturnCode, checkReturnStack, dropStack, enterOuter, stackValue } from './far-return.ts';
import { cr4Has, ioPrivilegeLevel, isReal, missingFlags } from './mode.ts';
import { loadRealSegment, loadVirtual8086Segment } from './segment-load.ts';
import { returnToTask } from './task-switch.ts';

const LOW_FLAGS = FLAGS_ARITH | TF | DF | NT;

/**
 * IRET (2) or IRETD (4).
 * @throws #GP, #NP, #SS, #TS, #PF with nothing changed
 */
export function interruptReturn(cpu: Cpu, size: number): void {
  cpu.leaveBlock = true;
  cpu.nmiBlocked = false;
  if (isReal(cpu)) returnReal(cpu, size);
  else if ((cpu.eflags & VM) !== 0) returnFromVirtual8086(cpu, size);
  else if ((cpu.eflags & NT) !== 0) returnToTask(cpu);
  else returnProtected(cpu, size);
}

function assignFlags(cpu: Cpu, value: number, mask: number): void {
  cpu.eflags = (cpu.eflags & ~mask) | (value & mask & ~missingFlags(cpu)) | FLAGS_FIXED;
}

function returnReal(cpu: Cpu, size: number): void {
  const eip = stackValue(cpu, 0, size);
  const selector = stackValue(cpu, 1, size) & 0xffff;
  const flags = stackValue(cpu, 2, size);
  if (!withinLimit(eip, cpu.segLimit(CS))) cpu.raise(VEC_GP, 0);
  dropStack(cpu, 3 * size);
  loadRealSegment(cpu, CS, selector);
  cpu.eip = eip;
  assignFlags(cpu, flags, LOW_FLAGS | IF | IOPL | (size === 4 ? RF | AC | ID : 0));
}

function returnFromVirtual8086(cpu: Cpu, size: number): void {
  const iopl = ioPrivilegeLevel(cpu);
  const virtual = iopl < 3;
  if (virtual && (size !== 2 || !cr4Has(cpu, CR4_VME))) cpu.raise(VEC_GP, 0);
  const eip = stackValue(cpu, 0, size);
  const selector = stackValue(cpu, 1, size) & 0xffff;
  const flags = stackValue(cpu, 2, size);
  if (virtual && ((flags & TF) !== 0 || ((flags & IF) !== 0 && (cpu.eflags & VIP) !== 0))) cpu.raise(VEC_GP, 0);
  if (!withinLimit(eip, 0xffff)) cpu.raise(VEC_GP, 0);
  dropStack(cpu, 3 * size);
  loadVirtual8086Segment(cpu, CS, selector);
  cpu.eip = eip;
  if (virtual) assignFlags(cpu, flags | ((flags & IF) !== 0 ? VIF : 0), LOW_FLAGS | VIF);
  else assignFlags(cpu, flags, LOW_FLAGS | IF | (size === 4 ? RF | AC | ID : 0));
}

function returnProtected(cpu: Cpu, size: number): void {
  const eip = stackValue(cpu, 0, size);
  const selector = stackValue(cpu, 1, size) & 0xffff;
  const flags = stackValue(cpu, 2, size);
  const cpl = cpu.cpl;
  if (size === 4 && (flags & VM) !== 0 && cpl === 0) {
    returnToVirtual8086(cpu, eip, selector, flags);
    return;
  }
  // Rights to change flags are those before the return.
  let mask = LOW_FLAGS | (size === 4 ? RF | AC | ID : 0);
  if (cpl <= ioPrivilegeLevel(cpu)) mask |= IF;
  if (cpl === 0) mask |= IOPL | (size === 4 ? VIF | VIP : 0);
  const address = checkReturnCode(cpu, selector);
  if ((selector & 3) > cpl) {
    const pointer = stackValue(cpu, 3, size);
    const stackSelector = stackValue(cpu, 4, size) & 0xffff;
    const stackAddress = checkReturnStack(cpu, stackSelector, selector & 3);
    enterOuter(cpu, address, selector, eip, stackAddress, stackSelector, pointer);
  } else {
    const high = descriptorHigh(cpu, address);
    const low = descriptorLow(cpu, address);
    if (!withinLimit(eip, descriptorLimit(low, high))) cpu.raise(VEC_GP, 0);
    markAccessed(cpu, address, high);
    dropStack(cpu, 3 * size);
    enterCode(cpu, selector, low, high, cpl, eip);
  }
  assignFlags(cpu, flags, mask);
}

/** The six values above the flags are ESP, SS, ES, DS, FS, GS. */
function returnToVirtual8086(cpu: Cpu, eip: number, selector: number, flags: number): void {
  const esp = stackValue(cpu, 3, 4);
  const ss = stackValue(cpu, 4, 4) & 0xffff;
  const es = stackValue(cpu, 5, 4) & 0xffff;
  const ds = stackValue(cpu, 6, 4) & 0xffff;
  const fs = stackValue(cpu, 7, 4) & 0xffff;
  const gs = stackValue(cpu, 8, 4) & 0xffff;
  if (!withinLimit(eip, 0xffff)) cpu.raise(VEC_GP, 0);
  assignFlags(cpu, flags, LOW_FLAGS | IF | IOPL | RF | AC | ID | VIF | VIP | VM);
  loadVirtual8086Segment(cpu, CS, selector);
  loadVirtual8086Segment(cpu, SS, ss);
  loadVirtual8086Segment(cpu, ES, es);
  loadVirtual8086Segment(cpu, DS, ds);
  loadVirtual8086Segment(cpu, FS, fs);
  loadVirtual8086Segment(cpu, GS, gs);
  cpu.eip = eip;
  cpu.gpr[ESP] = esp;
  cpu.setCpl(3);
}
