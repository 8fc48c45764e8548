/** Lifting of near transfers; all of them end the block. */
import { ECX } from '../../cpu/registers.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { and, bin, con, cond, type Expr, sub } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lifts } from './semantics.ts';

/** Whether a direct target lies beyond the code segment: the instruction then faults, which the interpreter does. */
function beyond(c: Lifter, target: number): boolean {
  return target >>> 0 > c.mode.csLimit;
}

function directTarget(c: Lifter, i: Instruction): number {
  return c.target(c.next + i.imm, i.operandSize);
}

function indirectTarget(c: Lifter, i: Instruction): Expr {
  const target = c.hold(c.read(i, 0));
  if (c.mode.csLimit !== 0xffff_ffff) c.guard(bin('gtu', target, con(c.mode.csLimit)));
  return target;
}

function jump(c: Lifter, i: Instruction): boolean {
  if (i.k0 === K.Rel) {
    const target = directTarget(c, i);
    if (beyond(c, target)) return false;
    c.ending = { k: 'jump', target };
    return true;
  }
  c.ending = { k: 'indirect', e: indirectTarget(c, i) };
  return true;
}

function call(c: Lifter, i: Instruction): boolean {
  if (i.k0 === K.Rel) {
    const target = directTarget(c, i);
    if (beyond(c, target)) return false;
    c.push(con(c.next), i.operandSize);
    c.ending = { k: 'jump', target };
    return true;
  }
  const e = indirectTarget(c, i);
  c.push(con(c.next), i.operandSize);
  c.ending = { k: 'indirect', e };
  return true;
}

function ret(c: Lifter, i: Instruction): boolean {
  const size = i.operandSize;
  const target = c.top(size);
  if (c.mode.csLimit !== 0xffff_ffff) c.guard(bin('gtu', target, con(c.mode.csLimit)));
  c.writeStackPointer(c.stackOffset(size + (i.count > 0 ? i.imm & 0xffff : 0)));
  c.ending = { k: 'indirect', e: target };
  return true;
}

function branch(c: Lifter, i: Instruction, e: Expr): boolean {
  const taken = directTarget(c, i);
  if (beyond(c, taken)) return false;
  c.ending = { k: 'branch', e, taken, next: c.next };
  return true;
}

/** LOOP, LOOPE, LOOPNE. */
function loop(c: Lifter, i: Instruction, more: Expr | undefined): boolean {
  if (beyond(c, directTarget(c, i))) return false;
  const size = i.addressSize;
  const left = c.hold(c.zext(sub(c.readReg(ECX, 4), con(1)), size));
  const e = c.hold(more ? and(bin('ne', left, con(0)), more) : bin('ne', left, con(0)));
  c.writeReg(ECX, size, left, true);
  return branch(c, i, e);
}

export const controlFlow: Lifts = {
  jmp: jump,
  call,
  ret,
  jcc: (c, i) => branch(c, i, cond(i.cond)),
  jcxz: (c, i) => branch(c, i, bin('eq', c.readReg(ECX, i.addressSize), con(0))),
  loop: (c, i) => loop(c, i, undefined),
  loope: (c, i) => loop(c, i, cond(4)),
  loopne: (c, i) => loop(c, i, cond(5)),
};
