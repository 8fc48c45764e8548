/**
 * Lifting of CLI, STI, PUSHF, POPF, CLAC and STAC: sensitive instructions, emulated inline
 * where the privilege that they depend on is plain (SDM vol. 2; DESIGN of the
 * virtual IF in docs/decisions.md).
 *
 * What holds: IF does not become 1 inline while an interrupt is pending, so a
 * region never runs on over a boundary at which one has to be delivered.
 */
import { CPL, EFLAGS, INTERRUPT_PENDING } from '../../cpu/layout.ts';
import { AC, DF, FLAGS_ARITH, ID, IF, IOPL, NT, RF, TF, VM } from '../../cpu/registers.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { FLAGS_WORD } from '../abi.ts';
import { and, con, or, select, state, xor } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lifts } from './semantics.ts';

/** Leaves where level 0 is not the current one (the mode tells only level 3 from the others). */
function requireLevel0(c: Lifter): void {
  c.guard(state(CPL));
}

function cli(c: Lifter): boolean {
  // Level 3 has rights by IOPL, or works on VIF.
  if (c.mode.user) return false;
  requireLevel0(c);
  c.stmts.push({ k: 'state', offset: EFLAGS, e: and(state(EFLAGS), con(~IF)) });
  return true;
}

/**
 * STI holds off interrupts for one instruction, which is only seen by one that is pending: that one is left to the
 * interpreter. Another can come at the end of a block only, so STI is lifted where an instruction follows in its block; or
 * where one follows that changes the level, and that knows of the shadow should it not be carried out at once.
 */
function sti(c: Lifter): boolean {
  if (c.mode.user || !(c.shadowed || c.shadowsCallout)) return false;
  requireLevel0(c);
  // Where it is set already, it casts no shadow.
  if (c.shadowsCallout) c.guard(and(state(EFLAGS), con(IF)));
  c.guard(state(INTERRUPT_PENDING));
  c.stmts.push({ k: 'state', offset: EFLAGS, e: or(state(EFLAGS), con(IF)) });
  return true;
}

function pushf(c: Lifter, i: Instruction): boolean {
  // In virtual-8086 mode it depends on IOPL.
  if (c.mode.user) c.guard(and(state(EFLAGS), con(VM)));
  const value = c.hold(or(and(state(EFLAGS), con(~(FLAGS_ARITH | VM | RF))), { k: 'flags' }));
  c.push(value, i.operandSize);
  return true;
}

function popf(c: Lifter, i: Instruction): boolean {
  const size = i.operandSize;
  const old = state(EFLAGS);
  let plain = FLAGS_ARITH | DF;
  let rare = TF | NT;
  if (size === 4) rare |= AC | ID;
  if (c.mode.user) {
    // Above IOPL, neither IF nor IOPL change.
    c.guard(and(old, con(VM | IOPL)));
  } else {
    requireLevel0(c);
    plain |= IF;
    rare |= IOPL;
  }
  const value = c.top(size);
  c.guard(and(xor(value, old), con(rare)));
  if (!c.mode.user) c.guard(select(and(value, con(IF)), state(INTERRUPT_PENDING), con(0)));
  c.stmts.push({ k: 'state', offset: EFLAGS, e: or(and(old, con(~plain)), and(value, con(plain))) });
  c.stmts.push({ k: 'flags', kind: FLAGS_WORD, size: 4, a: and(value, con(FLAGS_ARITH)) });
  c.writeStackPointer(c.stackOffset(size));
  return true;
}

/** CLAC and STAC. Pages of the user have no deltas for the supervisor under CR4.SMAP, so nothing else changes. */
function accessFlag(c: Lifter, set: boolean): boolean {
  if (c.mode.user) return false;
  requireLevel0(c);
  const e = set ? or(state(EFLAGS), con(AC)) : and(state(EFLAGS), con(~AC));
  c.stmts.push({ k: 'state', offset: EFLAGS, e });
  return true;
}

export const interruptFlag: Lifts = {
  cli,
  sti,
  pushf,
  popf,
  clac: (c) => accessFlag(c, false),
  stac: (c) => accessFlag(c, true),
};
