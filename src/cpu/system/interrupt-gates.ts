/**
 * Interrupts through the gates of the IDT: interrupt and trap gates of both sizes, to the
 * same or an inner level, out of virtual-8086 mode, and task gates (SDM vol. 3
 * sections 6.11, 6.12 and 20.3; vol. 2 INT n).
 */
import type { Cpu } from '../cpu.ts';
import {
  ATTR_P,
  ATTR_S,
  attrDpl,
  attrType,
  descriptorLimit,
  TYPE_INTERRUPT_GATE16,
  TYPE_INTERRUPT_GATE32,
  TYPE_TASK_GATE,
  TYPE_TRAP_GATE16,
  TYPE_TRAP_GATE32,
} from '../descriptors.ts';
import { ERR_IDT, VEC_GP, VEC_NP } from '../exceptions.ts';
import { IDTR_BASE, IDTR_LIMIT } from '../layout.ts';
import { CS, DS, ES, ESP, FS, GS, IF, NT, RF, SS, TF, VM } from '../registers.ts';
import {
  enterCode,
  enterInnerStack,
  innerStack,
  markInnerStack,
  readInnerStack,
  withinLimit,
} from './code-transfer.ts';
import { descriptorHigh, descriptorLow, markAccessed, nullSegment, requireDescriptor } from './descriptor-table.ts';
import { errorOf } from './mode.ts';
import { isCode, isConforming } from './segment-load.ts';
import { frame } from './stack-frame.ts';
import { supervisorRead32 } from './supervisor-access.ts';
import { interruptToTask } from './task-switch.ts';

/** Gate types an IDT entry may have, as a set of bits. */
const IDT_GATES =
  (1 << TYPE_TASK_GATE) |
  (1 << TYPE_INTERRUPT_GATE16) |
  (1 << TYPE_TRAP_GATE16) |
  (1 << TYPE_INTERRUPT_GATE32) |
  (1 << TYPE_TRAP_GATE32);

/**
 * Delivers an interrupt in protected or virtual-8086 mode.
 * @param software checks the gate's DPL against CPL (INT n, INT3, INTO)
 * @param external ERR_EXT, or 0 for software interrupts
 * @param flags the flags image to push
 * @throws #GP, #NP, #SS, #TS, #PF; nothing has changed then (but see task-switch.ts for task gates)
 */
export function deliverProtected(
  cpu: Cpu,
  vector: number,
  software: boolean,
  external: number,
  hasError: boolean,
  errorCode: number,
  flags: number,
): void {
  const gateError = vector * 8 + ERR_IDT + external;
  if (vector * 8 + 7 > cpu.s32[IDTR_LIMIT >> 2]!) cpu.raise(VEC_GP, gateError);
  const at = (cpu.s32[IDTR_BASE >> 2]! + vector * 8) | 0;
  const gateLow = supervisorRead32(cpu, at);
  const gateHigh = supervisorRead32(cpu, (at + 4) | 0);
  const type = attrType(gateHigh);
  if ((gateHigh & ATTR_S) !== 0 || ((IDT_GATES >>> type) & 1) === 0) cpu.raise(VEC_GP, gateError);
  if (software && attrDpl(gateHigh) < cpu.cpl) cpu.raise(VEC_GP, gateError);
  if ((gateHigh & ATTR_P) === 0) cpu.raise(VEC_NP, gateError);
  if (type === TYPE_TASK_GATE) {
    interruptToTask(cpu, gateLow >>> 16, external, hasError, errorCode, flags);
    return;
  }
  const selector = gateLow >>> 16;
  if ((selector & 0xfffc) === 0) cpu.raise(VEC_GP, external);
  const address = requireDescriptor(cpu, selector, VEC_GP, external);
  const high = descriptorHigh(cpu, address);
  const dpl = attrDpl(high);
  const cpl = cpu.cpl;
  const codeError = errorOf(selector) | external;
  if (!isCode(high) || dpl > cpl) cpu.raise(VEC_GP, codeError);
  if ((high & ATTR_P) === 0) cpu.raise(VEC_NP, codeError);
  const low = descriptorLow(cpu, address);
  const wide = (type & 8) !== 0;
  const offset = wide ? (gateLow & 0xffff) | (gateHigh & 0xffff_0000) : gateLow & 0xffff;
  const inner = !isConforming(high) && dpl < cpl;
  const virtual = (flags & VM) !== 0;
  if (virtual && (!inner || dpl !== 0)) cpu.raise(VEC_GP, codeError);

  const size = wide ? 4 : 2;
  const count = (inner ? 5 : 3) + (hasError ? 1 : 0) + (virtual ? 4 : 0);
  if (inner) readInnerStack(cpu, dpl, size, external);
  else frame.useCurrent(cpu, size);
  frame.checkRoom(cpu, count, inner ? errorOf(innerStack.selector) | external : external);
  if (!withinLimit(offset, descriptorLimit(low, high))) cpu.raise(VEC_GP, external);

  if (virtual) {
    frame.add(cpu.segSelector(GS));
    frame.add(cpu.segSelector(FS));
    frame.add(cpu.segSelector(DS));
    frame.add(cpu.segSelector(ES));
  }
  if (inner) {
    frame.add(cpu.segSelector(SS));
    frame.add(cpu.gpr[ESP]!);
  }
  frame.add(flags);
  frame.add(cpu.segSelector(CS));
  frame.add(cpu.eip);
  if (hasError) frame.add(errorCode);
  frame.probe(cpu);
  if (inner) markInnerStack(cpu);
  markAccessed(cpu, address, high);

  const pointer = frame.write(cpu);
  if (inner) enterInnerStack(cpu);
  cpu.gpr[ESP] = pointer;
  // A gate to an interrupt handler (even type) masks interrupts, a trap gate does not.
  cpu.eflags &= ~(TF | NT | RF | VM | ((type & 1) === 0 ? IF : 0));
  if (virtual) for (const seg of [GS, FS, DS, ES]) nullSegment(cpu, seg);
  enterCode(cpu, selector, low, high, inner ? dpl : cpl, offset);
}
