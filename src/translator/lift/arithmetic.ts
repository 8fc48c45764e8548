/** Lifting of additions, subtractions, comparisons, negation, multiplication and division. */
import { EAX, EDX } from '../../cpu/registers.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { FLAGS_ADC, FLAGS_ADD, FLAGS_DEC, FLAGS_INC, FLAGS_SBB, FLAGS_SUB } from '../abi.ts';
import { add, and, bin, con, cond, type Expr, or, reg, shl, sub, un, xor } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lifts } from './semantics.ts';

const CC_B = 2;

function addition(c: Lifter, i: Instruction): boolean {
  const b = c.hold(c.read(i, 1));
  const to = c.update(i);
  const r = c.hold(c.zext(add(to.value, b), i.s0));
  to.write(r);
  c.stmts.push({ k: 'flags', kind: FLAGS_ADD, size: i.s0, a: to.value, r });
  return true;
}

function subtraction(c: Lifter, i: Instruction): boolean {
  const b = c.hold(c.read(i, 1));
  const to = c.update(i);
  const r = c.hold(sub(to.value, b));
  to.write(r);
  c.stmts.push({ k: 'flags', kind: FLAGS_SUB, size: i.s0, a: to.value, b });
  return true;
}

function compare(c: Lifter, i: Instruction): boolean {
  const a = c.hold(c.read(i, 0));
  const b = c.hold(c.read(i, 1));
  c.stmts.push({ k: 'flags', kind: FLAGS_SUB, size: i.s0, a, b });
  return true;
}

function withCarry(c: Lifter, i: Instruction, kind: number): boolean {
  const b = c.hold(c.read(i, 1));
  const to = c.update(i);
  const carry = c.hold(cond(CC_B));
  const sum = kind === FLAGS_ADC ? add(add(to.value, b), carry) : sub(sub(to.value, b), carry);
  const r = c.hold(c.zext(sum, i.s0));
  to.write(r);
  c.stmts.push({ k: 'flags', kind, size: i.s0, a: to.value, b, r });
  return true;
}

function step(c: Lifter, i: Instruction, kind: number): boolean {
  const to = c.update(i);
  const carry = c.hold(cond(CC_B));
  const r = c.hold(c.zext(kind === FLAGS_INC ? add(to.value, con(1)) : sub(to.value, con(1)), i.s0));
  to.write(r);
  c.stmts.push({ k: 'flags', kind, size: i.s0, r, c: carry });
  return true;
}

/** Two- and three-operand IMUL: truncated product; CF = OF = it did not fit. */
function multiplyTruncated(c: Lifter, i: Instruction): boolean {
  const size = i.s0;
  const three = i.count === 3;
  const a = c.hold(c.sext(three ? c.read(i, 1) : c.readReg(i.r0, size), size));
  const b = c.hold(c.sext(three ? c.read(i, 2) : c.read(i, 1), size));
  const product = c.hold(bin('mul', a, b));
  let overflow: Expr;
  if (size === 4) {
    const high: Expr = { k: 'wide', op: 'mulhs', high: a, low: a, b };
    overflow = bin('ne', high, bin('sar', product, con(31)));
  } else {
    overflow = bin('ne', product, un('sext16', product));
  }
  const o = c.hold(overflow);
  c.writeReg(i.r0, size, product);
  c.stmts.push({ k: 'override', cf: o, of: o });
  return true;
}

/** One-operand MUL and IMUL. */
function multiplyWide(c: Lifter, i: Instruction, signed: boolean): boolean {
  const size = i.s0;
  const source = c.read(i, 0);
  const b = c.hold(signed ? c.sext(source, size) : source);
  const a = c.hold(signed ? c.sext(c.readReg(EAX, size), size) : c.readReg(EAX, size));
  const low = c.hold(bin('mul', a, b));
  if (size === 4) {
    const high = c.hold({ k: 'wide', op: signed ? 'mulhs' : 'mulhu', high: a, low: a, b });
    const o = c.hold(signed ? bin('ne', high, bin('sar', low, con(31))) : bin('ne', high, con(0)));
    c.writeReg(EAX, 4, low);
    c.writeReg(EDX, 4, high);
    c.stmts.push({ k: 'override', cf: o, of: o });
    return true;
  }
  const o = c.hold(bin('ne', low, signed ? c.sext(low, size) : c.zext(low, size)));
  if (size === 1) {
    c.writeReg(EAX, 2, low);
  } else {
    c.writeReg(EAX, 2, low);
    c.writeReg(EDX, 2, bin('shr', low, con(16)));
  }
  c.stmts.push({ k: 'override', cf: o, of: o });
  return true;
}

/** DIV and IDIV; what would raise #DE is left to the interpreter. Flags are left as they were. */
function divide(c: Lifter, i: Instruction, signed: boolean): boolean {
  const size = i.s0;
  if (size !== 4) return divideNarrow(c, i, signed);
  const b = c.hold(c.read(i, 0));
  const high = c.hold(reg(EDX));
  const low = c.hold(reg(EAX));
  if (signed) {
    // Only dividends that are a sign-extended EAX stay here; INT_MIN / -1 does not fit.
    c.guard(bin('ne', high, bin('sar', low, con(31))));
    c.guard(bin('eq', b, con(0)));
    c.guard(and(bin('eq', low, con(-0x8000_0000)), bin('eq', b, con(-1))));
  } else {
    // The quotient fits exactly when high < b (which also excludes b = 0).
    c.guard(bin('geu', high, b));
  }
  const quotient = c.hold({ k: 'wide', op: signed ? 'divs64' : 'divu64', high, low, b });
  const remainder = c.hold({ k: 'wide', op: signed ? 'rems64' : 'remu64', high, low, b });
  c.writeReg(EAX, 4, quotient);
  c.writeReg(EDX, 4, remainder);
  return true;
}

function divideNarrow(c: Lifter, i: Instruction, signed: boolean): boolean {
  if (signed) return false;
  const size = i.s0;
  const b = c.hold(c.read(i, 0));
  const dividend = c.hold(size === 1 ? c.readReg(EAX, 2) : or(c.readReg(EAX, 2), shl(c.readReg(EDX, 2), 16)));
  c.guard(bin('geu', bin('shr', dividend, con(size * 8)), b));
  const quotient = c.hold(bin('divu', dividend, b));
  const remainder = c.hold(bin('remu', dividend, b));
  if (size === 1) {
    c.writeReg(EAX, 2, or(quotient, shl(remainder, 8)));
  } else {
    c.writeReg(EAX, 2, quotient);
    c.writeReg(EDX, 2, remainder);
  }
  return true;
}

function negate(c: Lifter, i: Instruction): boolean {
  const to = c.update(i);
  to.write(sub(con(0), to.value));
  c.stmts.push({ k: 'flags', kind: FLAGS_SUB, size: i.s0, a: con(0), b: to.value });
  return true;
}

/** XADD: operand 1 takes the old value, operand 0 the sum. */
function exchangeAdd(c: Lifter, i: Instruction): boolean {
  const to = c.update(i);
  const b = c.hold(c.readReg(i.r1, i.s1));
  const r = c.hold(c.zext(add(to.value, b), i.s0));
  if (i.k0 === K.Mem) {
    to.write(r);
    c.writeReg(i.r1, i.s1, to.value);
  } else {
    c.writeReg(i.r1, i.s1, to.value);
    to.write(r);
  }
  c.stmts.push({ k: 'flags', kind: FLAGS_ADD, size: i.s0, a: to.value, r });
  return true;
}

export const arithmetic: Lifts = {
  add: addition,
  sub: subtraction,
  cmp: compare,
  adc: (c, i) => withCarry(c, i, FLAGS_ADC),
  sbb: (c, i) => withCarry(c, i, FLAGS_SBB),
  inc: (c, i) => step(c, i, FLAGS_INC),
  dec: (c, i) => step(c, i, FLAGS_DEC),
  neg: negate,
  imul: (c, i) => (i.count === 1 ? multiplyWide(c, i, true) : multiplyTruncated(c, i)),
  mul: (c, i) => multiplyWide(c, i, false),
  div: (c, i) => divide(c, i, false),
  idiv: (c, i) => divide(c, i, true),
  xadd: exchangeAdd,
  not: (c, i) => {
    const to = c.update(i);
    to.write(xor(to.value, con(-1)));
    return true;
  },
};
