/** Lifting of shifts, rotates and double shifts. */
import { ECX } from '../../cpu/registers.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { FLAGS_RESULT } from '../abi.ts';
import { and, bin, con, type Expr, or, reg, select, sub, xor } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lifts } from './semantics.ts';

type Kind = 'shl' | 'shr' | 'sar';

/** Count operand n masked to 5 bits: a constant, or an expression of CL. */
function countOf(i: Instruction, n: 1 | 2): Expr {
  const kind = n === 1 ? i.k1 : i.k2;
  if (kind === K.One) return con(1);
  if (kind === K.Imm) return con(i.imm & 31);
  return and(reg(ECX), con(31));
}

/** Result, CF and OF of a shift by `n` (1..31). */
function shifted(c: Lifter, kind: Kind, size: number, v: Expr, n: Expr): { r: Expr; cf: Expr; of: Expr } {
  const bits = size * 8;
  const top = (e: Expr) => and(bin('shr', e, con(bits - 1)), con(1));
  if (kind === 'shl') {
    const r = c.hold(c.zext(bin('shl', v, n), size));
    // Bit bits-n of v; for narrow operands with n > bits it is 0.
    const cf = c.hold(
      size === 4 ? and(bin('shr', v, sub(con(32), n)), con(1)) : and(bin('shr', bin('shl', v, n), con(bits)), con(1)),
    );
    return { r, cf, of: xor(top(r), cf) };
  }
  if (kind === 'shr') {
    const r = c.hold(bin('shr', v, n));
    return {
      r,
      cf: and(bin('shr', v, sub(n, con(1))), con(1)),
      of: xor(top(r), and(bin('shr', r, con(bits - 2)), con(1))),
    };
  }
  const wide = c.hold(c.sext(v, size));
  const r = c.hold(c.zext(bin('sar', wide, n), size));
  return { r, cf: and(bin('sar', wide, sub(n, con(1))), con(1)), of: con(0) };
}

/** A count of 0 changes nothing, but a destination in memory is still checked for writing. */
function unchanged(c: Lifter, i: Instruction): boolean {
  if (i.k0 === K.Mem) {
    const to = c.update(i);
    to.write(to.value);
  }
  return true;
}

function shift(c: Lifter, i: Instruction, kind: Kind): boolean {
  const size = i.s0;
  const count = countOf(i, 1);
  if (count.k === 'const') {
    if (count.value === 0) return unchanged(c, i);
    const to = c.update(i);
    const { r, cf, of } = shifted(c, kind, size, to.value, count);
    to.write(r);
    c.stmts.push({ k: 'flags', kind: FLAGS_RESULT, size, r, c: cf, b: of });
    return true;
  }
  const n = c.hold(count);
  const to = c.update(i);
  const { r, cf, of } = shifted(c, kind, size, to.value, n);
  // With n = 0 the formulas give r = v; only the flags must stay.
  const held = { cf: c.hold(cf), of: c.hold(of) };
  to.write(r);
  c.stmts.push({ k: 'flagsif', e: n, then: { k: 'flags', kind: FLAGS_RESULT, size, r, c: held.cf, b: held.of } });
  return true;
}

/** ROL and ROR of 8, 16 and 32 bits: only CF and OF change, and only where the count is not 0. */
function rotate(c: Lifter, i: Instruction, left: boolean): boolean {
  const size = i.s0;
  const bits = size * 8;
  const count = countOf(i, 1);
  if (count.k !== 'const') {
    if (size !== 4) return false;
    return rotateByCl(c, i, left, count);
  }
  if (count.value === 0) return unchanged(c, i);
  const to = c.update(i);
  const n = count.value & (bits - 1);
  let r: Expr;
  if (size === 4) r = bin(left ? 'rotl' : 'rotr', to.value, con(n));
  else if (n === 0) r = to.value;
  else {
    const up = left ? n : bits - n;
    r = c.zext(or(bin('shl', to.value, con(up)), bin('shr', to.value, con(bits - up))), size);
  }
  r = c.hold(r);
  to.write(r);
  overrideOf(c, r, bits, left);
  return true;
}

function overrideOf(c: Lifter, r: Expr, bits: number, left: boolean): void {
  const top = and(bin('shr', r, con(bits - 1)), con(1));
  if (left) {
    const cf = and(r, con(1));
    c.stmts.push({ k: 'override', cf, of: xor(top, cf) });
  } else {
    c.stmts.push({
      k: 'override',
      cf: top,
      of: and(xor(bin('shr', r, con(bits - 1)), bin('shr', r, con(bits - 2))), con(1)),
    });
  }
}

/** Rotation by CL of 32 bits: where the count is 0 the flags keep their values. */
function rotateByCl(c: Lifter, i: Instruction, left: boolean, count: Expr): boolean {
  const n = c.hold(count);
  const to = c.update(i);
  const oldCf = c.hold({ k: 'cond', cc: 2 });
  const oldOf = c.hold({ k: 'cond', cc: 0 });
  const r = c.hold(bin(left ? 'rotl' : 'rotr', to.value, n));
  const top = bin('shr', r, con(31));
  const cf = left ? and(r, con(1)) : top;
  const of = left ? xor(top, and(r, con(1))) : and(xor(top, bin('shr', r, con(30))), con(1));
  to.write(r);
  c.stmts.push({ k: 'override', cf: c.hold(select(n, cf, oldCf)), of: c.hold(select(n, of, oldOf)) });
  return true;
}

/** SHLD and SHRD of 32 bits. */
function doubleShift(c: Lifter, i: Instruction, left: boolean): boolean {
  if (i.s0 !== 4) return false;
  const count = countOf(i, 2);
  if (count.k === 'const' && count.value === 0) return unchanged(c, i);
  const n = c.hold(count);
  const fill = c.hold(c.readReg(i.r1, 4));
  const to = c.update(i);
  const v = to.value;
  const rest = sub(con(32), n);
  // n = 0 (by CL): a shift by 32 would be a shift by 0 in WebAssembly.
  const merged = left ? or(bin('shl', v, n), bin('shr', fill, rest)) : or(bin('shr', v, n), bin('shl', fill, rest));
  const r = c.hold(n.k === 'const' ? merged : select(n, merged, v));
  const cf = c.hold(and(left ? bin('shr', v, rest) : bin('shr', v, sub(n, con(1))), con(1)));
  const of = c.hold(left ? xor(bin('shr', r, con(31)), cf) : bin('shr', xor(r, bin('shl', r, con(1))), con(31)));
  to.write(r);
  const flags = { k: 'flags', kind: FLAGS_RESULT, size: 4, r, c: cf, b: of } as const;
  if (n.k === 'const') c.stmts.push(flags);
  else c.stmts.push({ k: 'flagsif', e: n, then: flags });
  return true;
}

/** RCL and RCR by 1; other counts are rare. */
function rotateThroughCarry(c: Lifter, i: Instruction, left: boolean): boolean {
  const count = countOf(i, 1);
  if (count.k !== 'const' || count.value !== 1) return false;
  const bits = i.s0 * 8;
  const to = c.update(i);
  const carry = c.hold({ k: 'cond', cc: 2 });
  const v = to.value;
  const top = (e: Expr) => and(bin('shr', e, con(bits - 1)), con(1));
  if (left) {
    const r = c.hold(c.zext(or(bin('shl', v, con(1)), carry), i.s0));
    const cf = c.hold(top(v));
    to.write(r);
    c.stmts.push({ k: 'override', cf, of: xor(top(r), cf) });
  } else {
    const r = c.hold(or(bin('shr', v, con(1)), bin('shl', carry, con(bits - 1))));
    const of = c.hold(xor(top(v), carry));
    to.write(r);
    c.stmts.push({ k: 'override', cf: c.hold(and(v, con(1))), of });
  }
  return true;
}

export const shifts: Lifts = {
  shl: (c, i) => shift(c, i, 'shl'),
  shr: (c, i) => shift(c, i, 'shr'),
  sar: (c, i) => shift(c, i, 'sar'),
  rol: (c, i) => rotate(c, i, true),
  ror: (c, i) => rotate(c, i, false),
  rcl: (c, i) => rotateThroughCarry(c, i, true),
  rcr: (c, i) => rotateThroughCarry(c, i, false),
  shld: (c, i) => doubleShift(c, i, true),
  shrd: (c, i) => doubleShift(c, i, false),
};
