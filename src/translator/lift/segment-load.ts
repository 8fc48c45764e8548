/**
 * Lifting of loads of DS, ES, FS and GS that change nothing: the selector is the
 * one that the register holds, and the descriptor in memory says what its cache
 * says. Systems load the same flat segment at every entry and exit of their kernel.
 * Everything else is left to the interpreter (SDM vol. 2 MOV, POP).
 */
import { ATTR_MASK } from '../../cpu/descriptors.ts';
import * as L from '../../cpu/layout.ts';
import { CR0_PE, CS, SS } from '../../cpu/registers.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { add, and, bin, con, type Expr, or, select, shl, shr, state, xor } from '../ir.ts';
import { SEG_OTHER } from '../mode.ts';
import type { Lifter } from './lifter.ts';

/**
 * The load of a segment register with a selector (16 bits, zero-extended).
 * Returns false where it is never inline: at level 3 and in 16-bit code, where tables are
 * not read as data are or there may be none, and for CS and SS.
 */
function reload(c: Lifter, seg: number, selector: Expr): boolean {
  const cache = L.SEGMENTS + seg * L.SEGMENT_SIZE;
  const held = c.hold(selector);
  c.guard(xor(held, state(cache + L.SEG_SELECTOR)));
  c.guard(bin('eq', and(state(L.CR0), con(CR0_PE)), con(0)));
  c.guard(state(L.CPL));
  const index = and(held, con(0xfffc));
  if (c.mode.segments[seg] === SEG_OTHER) {
    // A null selector again. The cache of a null segment is all zeros.
    c.guard(or(index, or(state(cache + L.SEG_ATTR), or(state(cache + L.SEG_BASE), state(cache + L.SEG_LIMIT)))));
    return true;
  }
  // A null selector, one for the LDT, one outside the GDT.
  c.guard(bin('eq', index, con(0)));
  c.guard(and(held, con(4)));
  c.guard(bin('gtu', or(held, con(7)), state(L.GDTR_LIMIT)));
  const address = c.hold(add(state(L.GDTR_BASE), and(held, con(0xfff8))));
  const high = c.load(add(address, con(4)), 4);
  c.guard(xor(and(high, con(ATTR_MASK)), state(cache + L.SEG_ATTR)));
  c.guard(bin('gtu', and(held, con(3)), and(shr(high, 13), con(3))));
  const low = c.load(address, 4);
  const base = or(or(shr(low, 16), shl(and(high, con(0xff)), 16)), and(high, con(0xff00_0000)));
  c.guard(xor(base, state(cache + L.SEG_BASE)));
  const limit = c.hold(or(and(low, con(0xffff)), and(high, con(0xf_0000))));
  const scaled = select(and(high, con(1 << 23)), or(shl(limit, 12), con(0xfff)), limit);
  c.guard(xor(scaled, state(cache + L.SEG_LIMIT)));
  return true;
}

function reloadable(c: Lifter, seg: number): boolean {
  return !c.mode.user && c.mode.code32 && seg !== CS && seg !== SS && seg < 6;
}

/** MOV Sreg, r/m16. */
export function moveToSegment(c: Lifter, i: Instruction): boolean {
  if (!reloadable(c, i.r0)) return false;
  const selector = i.k1 === K.Mem ? c.load(c.address(i, 2), 2) : c.readReg(i.r1, 2);
  return reload(c, i.r0, selector);
}

/** POP Sreg. */
export function popSegment(c: Lifter, i: Instruction): boolean {
  if (!reloadable(c, i.r0)) return false;
  const size = i.operandSize;
  if (!reload(c, i.r0, and(c.top(size), con(0xffff)))) return false;
  c.writeStackPointer(c.stackOffset(size));
  return true;
}
