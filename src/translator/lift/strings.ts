/**
 * Lifting of string instructions. With a repeat prefix one is a block of its
 * own that goes back to itself, an iteration each time round.
 */
import { EAX, ECX, EDI, ES, ESI } from '../../cpu/registers.ts';
import { type Instruction, Prefix } from '../../decoder/instruction.ts';
import { FLAGS_SUB } from '../abi.ts';
import { add, and, bin, con, cond, type Expr, sub } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lift, Lifts } from './semantics.ts';

const REPEAT = Prefix.Rep | Prefix.Repne;
const CC_Z = 4;
const CC_NZ = 5;

/** String instructions that may carry a repeat prefix; INS and OUTS are the monitor's. */
const STRINGS = new Set(['movs', 'stos', 'lods', 'scas', 'cmps', 'ins', 'outs']);

/** Whether an instruction is a string instruction that repeats itself. */
export function isRepeated(i: Instruction): boolean {
  return (i.prefixes & REPEAT) !== 0 && STRINGS.has(i.row.mnemonic);
}

function advance(c: Lifter, i: Instruction, r: number): void {
  c.writeReg(r, i.addressSize, add(c.readReg(r, i.addressSize), c.stringStep(i.s0)));
}

function source(c: Lifter, i: Instruction): Expr {
  return c.load(c.linear(i.segment, c.stringOffset(ESI, i.addressSize), i.s0), i.s0);
}

function destination(c: Lifter, i: Instruction, write: boolean): Expr {
  return c.linear(ES, c.stringOffset(EDI, i.addressSize), i.s0, write);
}

/** One iteration, and what the prefix adds. `compares`: REPE and REPNE look at ZF. */
function repeatable(once: (c: Lifter, i: Instruction) => void, compares: boolean): Lift {
  return (c, i) => {
    once(c, i);
    if ((i.prefixes & REPEAT) === 0) return true;
    const size = i.addressSize;
    const left = c.hold(c.zext(sub(c.readReg(ECX, size), con(1)), size));
    c.writeReg(ECX, size, left, true);
    const more = bin('ne', left, con(0));
    const e = compares ? and(more, cond((i.prefixes & Prefix.Repne) !== 0 ? CC_NZ : CC_Z)) : more;
    c.ending = { k: 'repeat', zero: bin('eq', c.readReg(ECX, size), con(0)), e, self: c.eip, next: c.next };
    return true;
  };
}

export const strings: Lifts = {
  movs: repeatable((c, i) => {
    const to = destination(c, i, true);
    c.store(to, i.s0, source(c, i));
    advance(c, i, ESI);
    advance(c, i, EDI);
  }, false),
  stos: repeatable((c, i) => {
    c.store(destination(c, i, true), i.s0, c.readReg(EAX, i.s0));
    advance(c, i, EDI);
  }, false),
  lods: repeatable((c, i) => {
    const value = source(c, i);
    c.writeReg(EAX, i.s0, value, true);
    advance(c, i, ESI);
  }, false),
  scas: repeatable((c, i) => {
    const b = c.load(destination(c, i, false), i.s0);
    const a = c.hold(c.readReg(EAX, i.s0));
    advance(c, i, EDI);
    c.stmts.push({ k: 'flags', kind: FLAGS_SUB, size: i.s0, a, b });
  }, true),
  cmps: repeatable((c, i) => {
    const a = source(c, i);
    const b = c.load(destination(c, i, false), i.s0);
    advance(c, i, ESI);
    advance(c, i, EDI);
    c.stmts.push({ k: 'flags', kind: FLAGS_SUB, size: i.s0, a, b });
  }, true),
};
