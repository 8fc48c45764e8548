/**
 * What all lifted x87 instructions are made of: the register stack, numbers,
 * calls of the runtime's functions, the pointers to the last instruction.
 */
import * as L from '../../cpu/layout.ts';
import { CS } from '../../cpu/registers.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { bin, con, type Expr, type NumberFunction, op, or, shr, state, tmp, xor } from '../ir.ts';
import type { Lifter } from './lifter.ts';

/** Significand (i64) and word with sign and exponent. A result's word has status bits above bit 16. */
export interface Num {
  readonly s: Expr;
  readonly w: Expr;
}

export const COND1 = 0x200;
export const CONDITIONS = 0x4700;

const rotate = (set: number, by: number): number => ((set << by) | (set >> (8 - by))) & 0xff;

/** Leaves where a register of `used` (bit n: st(n)) is empty, one of `free` is not, or an exception is pending. */
export function check(c: Lifter, used = 0, free = 0): void {
  const x = c.x87;
  const needUsed = used & ~x.used;
  const needFree = free & ~x.free;
  if (needUsed === 0 && needFree === 0 && x.ready) return;
  c.stmts.push({ k: 'fcheck', used: needUsed, free: needFree, pending: !x.ready });
  x.ready = true;
  x.used |= used;
  x.free |= free;
}

/** Notes the instruction in the pointers; with its memory operand's offset, where it has one. */
export function point(c: Lifter, i: Instruction, offset?: Expr): void {
  const x = c.x87;
  const set = (at: number, e: Expr) => c.stmts.push({ k: 'state', offset: at, e });
  const selector = (seg: number) => state(L.SEGMENTS + seg * L.SEGMENT_SIZE + L.SEG_SELECTOR);
  set(L.FPU_IP, con(c.eip));
  set(L.FPU_OPCODE, con(((i.opcode & 7) << 8) | i.modrm));
  if (x.codeSegment !== CS) set(L.FPU_CS, selector(CS));
  x.codeSegment = CS;
  if (offset === undefined) return;
  set(L.FPU_DP, offset);
  if (x.dataSegment !== i.segment) set(L.FPU_DS, selector(i.segment));
  x.dataSegment = i.segment;
}

function wide(c: Lifter): number {
  return c.vectors.temporary('i64');
}

export function get(c: Lifter, st: number): Num {
  const s = wide(c);
  const w = c.temporary();
  c.stmts.push({ k: 'fget', st, s, w });
  return { s: { k: 'wtmp', id: s, type: 'i64' }, w: tmp(w) };
}

/** Writes a register that is in use. */
export function put(c: Lifter, st: number, n: Num): void {
  c.stmts.push({ k: 'fput', st, s: n.s, w: n.w });
}

export function tag(c: Lifter, st: number, empty: boolean): void {
  const x = c.x87;
  c.vectors.mmxEntered = false;
  if (((empty ? x.free : x.used) & (1 << st)) === 0) c.stmts.push({ k: 'ftag', st, empty });
  x.used = empty ? x.used & ~(1 << st) : x.used | (1 << st);
  x.free = empty ? x.free | (1 << st) : x.free & ~(1 << st);
}

export function move(c: Lifter, by: 1 | -1): void {
  const x = c.x87;
  c.vectors.mmxEntered = false;
  c.stmts.push({ k: 'fmove', by });
  x.used = rotate(x.used, by === 1 ? 7 : 1);
  x.free = rotate(x.free, by === 1 ? 7 : 1);
}

export function pop(c: Lifter): void {
  tag(c, 0, true);
  move(c, 1);
}

/** The register to be must have been checked: `check(c, ..., 0x80)`. */
export function push(c: Lifter, n: Num): void {
  move(c, -1);
  put(c, 0, n);
  tag(c, 0, false);
}

/** Calls a function whose result is a number; leaves where it does not compute this case. */
export function call(c: Lifter, fn: NumberFunction, args: readonly Expr[]): Num {
  const s = wide(c);
  const w = c.temporary();
  c.stmts.push({ k: 'fcall', fn, s, w, args });
  c.guard(bin('lts', tmp(w), con(0)));
  return { s: { k: 'wtmp', id: s, type: 'i64' }, w: tmp(w) };
}

/** Calls a function whose result is condition bits. */
export function callConditions(c: Lifter, fn: 'compare' | 'examine', args: readonly Expr[]): Expr {
  const w = c.temporary();
  c.stmts.push({ k: 'fcall', fn, s: 0, w, args });
  c.guard(bin('lts', tmp(w), con(0)));
  return tmp(w);
}

/** Clears C1. */
export function clearCond1(c: Lifter): void {
  c.stmts.push({ k: 'fstatus', clear: COND1 });
}

/** Adds what an operation reports in its result's word, and a loaded operand in its own; C1 becomes what they say. */
export function report(c: Lifter, n: Num, operand?: Num): void {
  const set = shr(n.w, 16);
  c.stmts.push({ k: 'fstatus', clear: COND1, set: operand ? or(set, shr(operand.w, 16)) : set });
}

export const negated = (n: Num): Num => ({ s: n.s, w: xor(n.w, con(0x8000)) });

export const extended = (e: Expr): Expr => op('i64.extend_s', [e]);

/** The memory operand's offset, held so that the pointers can take it as well. */
export function heldOffset(c: Lifter, i: Instruction): Expr {
  return c.hold(c.offset(i));
}

/** A floating-point or integer memory operand as a number; leaves for what raises a flag. */
export function loadNumber(c: Lifter, i: Instruction, offset: Expr, size: number, integer: boolean): Num {
  const addr = c.linear(i.segment, offset, size);
  if (size === 10 || size === 8) {
    const s = wide(c);
    const w = size === 10 ? c.temporary() : 0;
    c.stmts.push({ k: 'fload', size, s, w, addr });
    const bits: Expr = { k: 'wtmp', id: s, type: 'i64' };
    if (size === 10) return { s: bits, w: tmp(w) };
    return integer ? fromInteger(c, bits) : widen(c, bits, 8);
  }
  const value = c.load(addr, size, size === 2);
  if (integer) return fromInteger(c, extended(value));
  return widen(c, op('i64.extend_u', [value]), 4);
}

/** A number of a memory format as one of the registers. Its word may report DE. Leaves for NaNs. */
function widen(c: Lifter, bits: Expr, size: 4 | 8): Num {
  const s = wide(c);
  const w = c.temporary();
  c.stmts.push({ k: 'fwiden', size, s, w, e: bits });
  c.guard(bin('lts', tmp(w), con(0)));
  return { s: { k: 'wtmp', id: s, type: 'i64' }, w: tmp(w) };
}

function fromInteger(c: Lifter, value: Expr): Num {
  const s = wide(c);
  const w = c.temporary();
  c.stmts.push({ k: 'fcall', fn: 'fromInt', s, w, args: [value] });
  return { s: { k: 'wtmp', id: s, type: 'i64' }, w: tmp(w) };
}
