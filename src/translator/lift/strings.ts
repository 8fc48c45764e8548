/** Lifting of string instructions without a repeat prefix; repeated ones go to the monitor in bulk. */
import { EAX, EDI, ES, ESI } from '../../cpu/registers.ts';
import { type Instruction, Prefix } from '../../decoder/instruction.ts';
import { FLAGS_SUB } from '../abi.ts';
import { add } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lifts } from './semantics.ts';

const REPEAT = Prefix.Rep | Prefix.Repne;

function advance(c: Lifter, i: Instruction, r: number): void {
  c.writeReg(r, i.addressSize, add(c.readReg(r, i.addressSize), c.stringStep(i.s0)));
}

function source(c: Lifter, i: Instruction) {
  return c.load(c.linear(i.segment, c.stringOffset(ESI, i.addressSize), i.s0), i.s0);
}

function destination(c: Lifter, i: Instruction) {
  return c.linear(ES, c.stringOffset(EDI, i.addressSize), i.s0);
}

export const strings: Lifts = {
  movs: (c, i) => {
    if ((i.prefixes & REPEAT) !== 0) return false;
    c.store(destination(c, i), i.s0, source(c, i));
    advance(c, i, ESI);
    advance(c, i, EDI);
    return true;
  },
  stos: (c, i) => {
    if ((i.prefixes & REPEAT) !== 0) return false;
    c.store(destination(c, i), i.s0, c.readReg(EAX, i.s0));
    advance(c, i, EDI);
    return true;
  },
  lods: (c, i) => {
    if ((i.prefixes & REPEAT) !== 0) return false;
    const value = source(c, i);
    c.writeReg(EAX, i.s0, value, true);
    advance(c, i, ESI);
    return true;
  },
  scas: (c, i) => {
    if ((i.prefixes & REPEAT) !== 0) return false;
    const b = c.load(destination(c, i), i.s0);
    const a = c.hold(c.readReg(EAX, i.s0));
    advance(c, i, EDI);
    c.stmts.push({ k: 'flags', kind: FLAGS_SUB, size: i.s0, a, b });
    return true;
  },
  cmps: (c, i) => {
    if ((i.prefixes & REPEAT) !== 0) return false;
    const a = source(c, i);
    const b = c.load(destination(c, i), i.s0);
    advance(c, i, ESI);
    advance(c, i, EDI);
    c.stmts.push({ k: 'flags', kind: FLAGS_SUB, size: i.s0, a, b });
    return true;
  },
};
