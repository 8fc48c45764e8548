/**
 * Lifting of loads of DS and ES that change nothing: the selector is the
 * one that the register holds, and the descriptor in memory says what its cache
 * says; and of FS and GS, on which no translation depends, with any data segment of the GDT. Systems load
 * these at every entry and exit of their kernel.
 * Everything else is left to the interpreter (SDM vol. 2 MOV, POP).
 */
import { FLAT_READ, FLAT_WRITE } from '../../cpu/cpu.ts';
import {
  ATTR_ACCESSED,
  ATTR_CODE,
  ATTR_EC,
  ATTR_G,
  ATTR_MASK,
  ATTR_P,
  ATTR_RW,
  ATTR_S,
} from '../../cpu/descriptors.ts';
import * as L from '../../cpu/layout.ts';
import { CR0_PE, CS, FS, SS } from '../../cpu/registers.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { add, and, bin, con, type Expr, or, select, shl, shr, state, xor } from '../ir.ts';
import { SEG_OTHER } from '../mode.ts';
import type { Lifter } from './lifter.ts';

/** A segment as its descriptor says. */
interface Descriptor {
  readonly attr: Expr;
  readonly base: Expr;
  readonly limit: Expr;
}

/** Protected mode, level 0. */
function requireSystem(c: Lifter): void {
  c.guard(bin('eq', and(state(L.CR0), con(CR0_PE)), con(0)));
  c.guard(state(L.CPL));
}

/** Linear address of a selector's descriptor, which is in the GDT and within it. */
function inTable(c: Lifter, selector: Expr): Expr {
  c.guard(and(selector, con(4)));
  c.guard(bin('gtu', or(selector, con(7)), state(L.GDTR_LIMIT)));
  return c.hold(add(state(L.GDTR_BASE), and(selector, con(0xfff8))));
}

/** Whether RPL is above the DPL. */
function tooPrivileged(selector: Expr, high: Expr): Expr {
  return bin('gtu', and(selector, con(3)), and(shr(high, 13), con(3)));
}

function descriptor(c: Lifter, low: Expr, high: Expr): Descriptor {
  const base = or(or(shr(low, 16), shl(and(high, con(0xff)), 16)), and(high, con(0xff00_0000)));
  const limit = c.hold(or(and(low, con(0xffff)), and(high, con(0xf_0000))));
  return {
    attr: and(high, con(ATTR_MASK)),
    base,
    limit: select(and(high, con(ATTR_G)), or(shl(limit, 12), con(0xfff)), limit),
  };
}

/** The load of DS or ES with a selector (16 bits, zero-extended). */
function reload(c: Lifter, seg: number, selector: Expr): void {
  const cache = L.SEGMENTS + seg * L.SEGMENT_SIZE;
  const held = c.hold(selector);
  c.guard(xor(held, state(cache + L.SEG_SELECTOR)));
  requireSystem(c);
  const index = and(held, con(0xfffc));
  if (c.mode.segments[seg] === SEG_OTHER) {
    // A null selector again. The cache of a null segment is all zeros.
    c.guard(or(index, or(state(cache + L.SEG_ATTR), or(state(cache + L.SEG_BASE), state(cache + L.SEG_LIMIT)))));
    return;
  }
  c.guard(bin('eq', index, con(0)));
  const address = inTable(c, held);
  const high = c.load(add(address, con(4)), 4);
  c.guard(tooPrivileged(held, high));
  const { attr, base, limit } = descriptor(c, c.load(address, 4), high);
  c.guard(xor(attr, state(cache + L.SEG_ATTR)));
  c.guard(xor(base, state(cache + L.SEG_BASE)));
  c.guard(xor(limit, state(cache + L.SEG_LIMIT)));
}

/** Writable data that grows upwards, present and accessed. */
const PLAIN_MASK = ATTR_P | ATTR_S | ATTR_CODE | ATTR_EC | ATTR_RW | ATTR_ACCESSED;
const PLAIN = ATTR_P | ATTR_S | ATTR_RW | ATTR_ACCESSED;

/**
 * The load of FS or GS.
 * @param readable linear address of four bytes that have been read: what is read in the place of a null selector's
 *   descriptor. Absent: null selectors are left to the interpreter.
 */
function loadAny(c: Lifter, seg: number, selector: Expr, readable?: Expr): void {
  const held = c.hold(selector);
  requireSystem(c);
  const isNull = c.hold(bin('eq', and(held, con(0xfffc)), con(0)));
  if (readable === undefined) c.guard(isNull);
  const unlessNull = (e: Expr) => (readable === undefined ? e : select(isNull, con(0), e));
  const at = (address: Expr) => (readable === undefined ? address : select(isNull, readable, address));
  const address = inTable(c, held);
  const high = c.load(at(add(address, con(4))), 4);
  c.guard(unlessNull(tooPrivileged(held, high)));
  c.guard(unlessNull(xor(and(high, con(PLAIN_MASK)), con(PLAIN))));
  const found = descriptor(c, c.load(at(address), 4), high);
  const base = c.hold(unlessNull(found.base));
  const limit = c.hold(unlessNull(found.limit));
  const shift = 8 * (seg & 3);
  const derived = (word: number, value: Expr) => {
    const offset = word + (seg & 4);
    const e = or(and(state(offset), con(~(0xff << shift))), shl(value, shift));
    c.stmts.push({ k: 'state', offset, e });
  };
  derived(L.SEG_PLAIN, bin('eq', isNull, con(0)));
  // A null segment's limit is 0.
  derived(L.SEG_FLAT, select(or(base, xor(limit, con(-1))), con(0), con(FLAT_READ | FLAT_WRITE)));
  const cache = L.SEGMENTS + seg * L.SEGMENT_SIZE;
  const attr = unlessNull(found.attr);
  for (const [offset, e] of [
    [L.SEG_SELECTOR, held],
    [L.SEG_BASE, base],
    [L.SEG_LIMIT, limit],
    [L.SEG_ATTR, attr],
  ] as const) {
    c.stmts.push({ k: 'state', offset: cache + offset, e });
  }
}

function reloadable(c: Lifter, seg: number): boolean {
  return !c.mode.user && c.mode.code32 && seg !== CS && seg !== SS && seg < 6;
}

/** MOV Sreg, r/m16. */
export function moveToSegment(c: Lifter, i: Instruction): boolean {
  if (!reloadable(c, i.r0)) return false;
  const selector = i.k1 === K.Mem ? c.load(c.address(i, 2), 2) : c.readReg(i.r1, 2);
  if (i.r0 >= FS) loadAny(c, i.r0, selector);
  else reload(c, i.r0, selector);
  return true;
}

/** POP Sreg. */
export function popSegment(c: Lifter, i: Instruction): boolean {
  if (!reloadable(c, i.r0)) return false;
  const size = i.operandSize;
  const top = c.hold(c.linear(SS, c.stackOffset(0), size));
  const selector = and(c.load(top, size), con(0xffff));
  if (i.r0 < FS) reload(c, i.r0, selector);
  else loadAny(c, i.r0, selector, size === 4 ? top : undefined);
  c.writeStackPointer(c.stackOffset(size));
  return true;
}
