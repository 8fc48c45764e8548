/**
 * Task switches by JMP, CALL, interrupt and IRET (SDM vol. 3 section 7.3).
 *
 * Everything that can fault in the old task's context is done first. From then
 * on the switch is committed: a fault in loading the new task's segments
 * belongs to the new task, so `instructionEip` becomes the new EIP.
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
  TYPE_TSS16_AVAILABLE,
  TYPE_TSS32_AVAILABLE,
} from '../descriptors.ts';
import { VEC_DB, VEC_GP, VEC_NP, VEC_TS } from '../exceptions.ts';
import { CR0, CR3, CR4, DR } from '../layout.ts';
import { CR0_PG, CR0_TS, CR4_PAE, CR4_PGE, CS, ESP, FLAGS_FIXED, LDTR, NT, TR, VM } from '../registers.ts';
import { withinLimit } from './code-transfer.ts';
import { raiseDebugStatus } from './debug-registers.ts';
import { descriptorAddress, descriptorHigh, descriptorLow, nullSegment, selectorInTable } from './descriptor-table.ts';
import { errorOf, missingFlags } from './mode.ts';
import { loadPdptes } from './page-directory-pointers.ts';
import { frame } from './stack-frame.ts';
import { supervisorProbeWrite, supervisorRead16, supervisorWrite16, supervisorWrite32 } from './supervisor-access.ts';
import { probeSave, readTask, saveTask, TSS16_MIN_LIMIT, TSS32_MIN_LIMIT, task } from './task-segment.ts';
import { loadTaskLdt, loadTaskSegments } from './task-segments-load.ts';

/** How a task is entered. */
export const TASK_JUMP = 0;
/** CALL and interrupts: nested, with a link back. */
export const TASK_NEST = 1;
export const TASK_RETURN = 2;

/** EFLAGS bits that exist. */
const FLAGS_DEFINED = 0x003f_7fd5;
const BUSY = 1 << 9;
const DR7 = DR + 7 * 4;
/** DR6.BT: entered a task whose T bit is set. */
const DR6_BT = 1 << 15;
/** Local enable bits of DR7: L0 to L3 and LE. */
const DR7_LOCAL = 0x155;

/** JMP or CALL to a TSS, directly or through a task gate whose own checks are done. @throws #GP, #NP, #TS, #PF */
export function transferToTask(cpu: Cpu, selector: number, how: number): void {
  switchTo(cpu, selector, how, VEC_GP, 0, cpu.eflags);
  trapTask(cpu, task.trap);
}

/**
 * An interrupt through a task gate.
 * @param flags image saved in the old task
 */
export function interruptToTask(
  cpu: Cpu,
  selector: number,
  external: number,
  hasError: boolean,
  errorCode: number,
  flags: number,
): void {
  const wide = switchTo(cpu, selector, TASK_NEST, VEC_GP, external, flags);
  const { trap } = task;
  if (hasError) {
    frame.useCurrent(cpu, wide ? 4 : 2);
    frame.add(errorCode);
    frame.checkRoom(cpu, 1, external);
    frame.probe(cpu);
    cpu.gpr[ESP] = frame.write(cpu);
  }
  trapTask(cpu, trap);
}

/** IRET with NT set: back to the task that the current TSS links to. @throws #TS, #NP, #PF */
export function returnToTask(cpu: Cpu): void {
  const link = supervisorRead16(cpu, cpu.segBase(TR));
  switchTo(cpu, link, TASK_RETURN, VEC_TS, 0, cpu.eflags & ~NT);
  trapTask(cpu, task.trap);
}

/** Checks the TSS descriptor and switches. Returns whether the new TSS is a 32-bit one. */
function switchTo(cpu: Cpu, selector: number, how: number, vector: number, external: number, flags: number): boolean {
  const error = errorOf(selector) | external;
  if ((selector & 0xfffc) === 0 || (selector & 4) !== 0 || !selectorInTable(cpu, selector)) cpu.raise(vector, error);
  const address = descriptorAddress(cpu, selector);
  const high = descriptorHigh(cpu, address);
  const type = attrType(high);
  // Available TSS to enter, busy TSS to return to.
  const busy = how === TASK_RETURN ? 2 : 0;
  const wide = type === (TYPE_TSS32_AVAILABLE | busy);
  if ((high & ATTR_S) !== 0 || !(wide || type === (TYPE_TSS16_AVAILABLE | busy))) cpu.raise(vector, error);
  if ((high & ATTR_P) === 0) cpu.raise(VEC_NP, error);
  const low = descriptorLow(cpu, address);
  const limit = descriptorLimit(low, high) >>> 0;
  if (limit < (wide ? TSS32_MIN_LIMIT : TSS16_MIN_LIMIT)) cpu.raise(VEC_TS, error);
  commit(cpu, selector, address, low, high, how, wide, external, flags);
  return wide;
}

function commit(
  cpu: Cpu,
  selector: number,
  address: number,
  low: number,
  high: number,
  how: number,
  wide: boolean,
  external: number,
  flags: number,
): void {
  const base = descriptorBase(low, high);
  const oldSelector = cpu.segSelector(TR);
  const oldBase = cpu.segBase(TR);
  const oldWide = (attrType(cpu.segAttr(TR)) & 8) !== 0;
  const oldLimit = cpu.segLimit(TR) >>> 0;
  const oldAddress = descriptorAddress(cpu, oldSelector);
  if (oldLimit < (oldWide ? TSS32_MIN_LIMIT : TSS16_MIN_LIMIT)) cpu.raise(VEC_TS, errorOf(oldSelector) | external);

  readTask(cpu, base, wide);
  const paging = wide && (cpu.s32[CR0 >> 2]! & CR0_PG) !== 0;
  probeSave(cpu, oldBase, oldWide);
  if (how === TASK_NEST) supervisorProbeWrite(cpu, base, 2);
  supervisorProbeWrite(cpu, (address + 4) | 0, 4);
  supervisorProbeWrite(cpu, (oldAddress + 4) | 0, 4);
  if (paging && (cpu.s32[CR4 >> 2]! & CR4_PAE) !== 0 && !loadPdptes(cpu, task.cr3)) {
    cpu.raise(VEC_TS, errorOf(selector) | external);
  }

  saveTask(cpu, oldBase, oldWide, flags);
  if (how !== TASK_NEST) supervisorWrite32(cpu, (oldAddress + 4) | 0, descriptorHigh(cpu, oldAddress) & ~BUSY);
  if (how === TASK_NEST) supervisorWrite16(cpu, base, oldSelector);
  if (how !== TASK_RETURN) supervisorWrite32(cpu, (address + 4) | 0, high | BUSY);

  cpu.setSegment(TR, selector, base, descriptorLimit(low, high), (high & ATTR_MASK) | BUSY);
  cpu.s32[CR0 >> 2]! |= CR0_TS;
  if (paging) {
    cpu.s32[CR3 >> 2] = task.cr3;
    cpu.tlb.flush((cpu.s32[CR4 >> 2]! & CR4_PGE) !== 0);
  }
  if ((cpu.s32[DR7 >> 2]! & DR7_LOCAL) !== 0) {
    cpu.s32[DR7 >> 2]! &= ~DR7_LOCAL;
    cpu.breakpoints.changed();
  }
  for (let r = 0; r < 8; r++) cpu.gpr[r] = task.gpr[r]!;
  cpu.eip = task.eip;
  cpu.instructionEip = task.eip;
  cpu.eflags = (task.eflags & FLAGS_DEFINED & ~missingFlags(cpu)) | FLAGS_FIXED | (how === TASK_NEST ? NT : 0);
  cpu.leaveBlock = true;
  for (let seg = 0; seg < 6; seg++) nullSegment(cpu, seg, task.selectors[seg]!);
  nullSegment(cpu, LDTR, task.ldt);
  cpu.setCpl((cpu.eflags & VM) !== 0 ? 3 : task.selectors[CS]! & 3);

  loadTaskLdt(cpu, external);
  loadTaskSegments(cpu, external);
  if (!withinLimit(cpu.eip, cpu.segLimit(CS))) cpu.raise(VEC_GP, external);
}

/** The trap of a task whose T bit is set, when it has been entered. @throws #DB */
function trapTask(cpu: Cpu, trap: boolean): void {
  if (!trap) return;
  raiseDebugStatus(cpu, DR6_BT);
  cpu.raise(VEC_DB);
}

/**
 * Checks of a task gate used by JMP or CALL, then the switch.
 * @param high the gate's high word, `low` its low word
 */
export function transferThroughTaskGate(cpu: Cpu, gate: number, low: number, high: number, how: number): void {
  const dpl = attrDpl(high);
  if (dpl < cpu.cpl || dpl < (gate & 3)) cpu.raise(VEC_GP, errorOf(gate));
  if ((high & ATTR_P) === 0) cpu.raise(VEC_NP, errorOf(gate));
  transferToTask(cpu, low >>> 16, how);
}
