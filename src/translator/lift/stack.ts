/** Lifting of push, pop, leave, pusha. */
import * as L from '../../cpu/layout.ts';
import { EBP, ESP, SS } from '../../cpu/registers.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { add, and, con, reg, state } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import { popSegment } from './segment-load.ts';
import type { Lifts } from './semantics.ts';

function push(c: Lifter, i: Instruction): boolean {
  const size = i.operandSize;
  if (i.k0 === K.Sreg) {
    // Sensitive, emulated inline. A 32-bit push of a selector writes its two bytes only.
    const selector = state(L.SEGMENTS + i.r0 * L.SEGMENT_SIZE + L.SEG_SELECTOR);
    const offset = c.hold(c.stackOffset(-size));
    c.store(c.linear(SS, offset, 2), 2, selector);
    c.writeStackPointer(offset);
    return true;
  }
  const value = i.k0 === K.Imm ? con(i.imm) : c.hold(c.read(i, 0));
  c.push(value, size);
  return true;
}

function pop(c: Lifter, i: Instruction): boolean {
  if (i.k0 === K.Sreg) return popSegment(c, i);
  const size = i.operandSize;
  const value = c.top(size);
  if (i.k0 === K.Reg) {
    c.writeStackPointer(c.stackOffset(size));
    c.writeReg(i.r0, size, value, true);
    return true;
  }
  // POP to memory computes its address with the stack pointer already moved.
  if (i.base === ESP) return false;
  c.store(c.address(i, size, true), size, value);
  c.writeStackPointer(c.stackOffset(size));
  return true;
}

function leave(c: Lifter, i: Instruction): boolean {
  const size = i.operandSize;
  const frame = c.hold(c.mode.stack32 ? reg(EBP) : and(reg(EBP), con(0xffff)));
  const value = c.load(c.linear(SS, frame, size), size);
  c.writeStackPointer(add(frame, con(size)));
  c.writeReg(EBP, size, value, true);
  return true;
}

export const stack: Lifts = { push, pop, leave };
