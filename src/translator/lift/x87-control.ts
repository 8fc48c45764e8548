/** Lifting of x87 control: control and status words, TOP, FFREE, WAIT. */
import { FPU_CONTROL } from '../../cpu/layout.ts';
import { EAX } from '../../cpu/registers.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { and, con, type Expr, or, state, xor } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lift, Lifts } from './semantics.ts';
import { check, clearCond1, move, point, pop, tag } from './x87-operands.ts';

const EXCEPTIONS = 0x3f;
/** Bits of the control word that can be written; bit 6 always reads one. */
const CONTROL_WRITABLE = 0x1f3f;
const CONTROL_FIXED = 0x40;
/** Error summary and busy; with them stack fault and exceptions. */
const SUMMARY = 0x8080;
const CLEARED = 0x80ff;

const STATUS: Expr = { k: 'fstatus' };

function loadControl(c: Lifter, i: Instruction): boolean {
  if (!c.mode.fpu) return false;
  check(c);
  const value = c.load(c.address(i, 2), 2);
  // What it would unmask becomes pending: not here.
  c.guard(and(and(STATUS, con(EXCEPTIONS)), xor(value, con(-1))));
  c.stmts.push({ k: 'state', offset: FPU_CONTROL, e: or(and(value, con(CONTROL_WRITABLE)), con(CONTROL_FIXED)) });
  c.stmts.push({ k: 'fstatus', clear: SUMMARY });
  return true;
}

/** FNSTCW and FNSTSW, which do not wait. */
function storeWord(word: Expr): Lift {
  return (c, i) => {
    if (!c.mode.fpu) return false;
    if (i.k0 === K.Mem) c.store(c.address(i, 2, true), 2, word);
    else c.writeReg(EAX, 2, word, true);
    return true;
  };
}

function clearExceptions(c: Lifter): boolean {
  if (!c.mode.fpu) return false;
  c.stmts.push({ k: 'fstatus', clear: CLEARED });
  c.x87.ready = true;
  return true;
}

function turn(by: 1 | -1): Lift {
  return (c, i) => {
    if (!c.mode.fpu) return false;
    check(c);
    point(c, i);
    clearCond1(c);
    move(c, by);
    return true;
  };
}

function free(popping: boolean): Lift {
  return (c, i) => {
    if (!c.mode.fpu) return false;
    check(c);
    point(c, i);
    clearCond1(c);
    tag(c, i.r0, true);
    if (popping) pop(c);
    return true;
  };
}

export const x87Control: Lifts = {
  fldcw: loadControl,
  fnstcw: storeWord(state(FPU_CONTROL)),
  fnstsw: storeWord(STATUS),
  fnclex: clearExceptions,
  fincstp: turn(1),
  fdecstp: turn(-1),
  ffree: free(false),
  ffreep: free(true),
  fnop: (c, i) => {
    if (!c.mode.fpu) return false;
    check(c);
    point(c, i);
    return true;
  },
  // Nothing but a check for a pending exception.
  wait: (c) => {
    if (!c.mode.fpu) return false;
    check(c);
    return true;
  },
};
