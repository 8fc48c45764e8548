/** Lifting of and, or, xor, test and the bit instructions. */
import { type Instruction, K } from '../../decoder/instruction.ts';
import { FLAGS_LOGIC, FLAGS_WORD } from '../abi.ts';
import { add, and, type BinaryOp, bin, con, type Expr, or, shl, shr, un, xor } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lifts } from './semantics.ts';

function logical(c: Lifter, i: Instruction, op: BinaryOp): boolean {
  // xor r,r and sub r,r do not depend on r.
  if (op === 'xor' && i.k0 === K.Reg && i.k1 === K.Reg && i.r0 === i.r1) {
    c.writeReg(i.r0, i.s0, con(0), true);
    c.stmts.push({ k: 'flags', kind: FLAGS_LOGIC, size: i.s0, r: con(0) });
    return true;
  }
  const b = c.hold(c.read(i, 1));
  const to = c.update(i);
  const r = c.hold(bin(op, to.value, b));
  to.write(r);
  c.stmts.push({ k: 'flags', kind: FLAGS_LOGIC, size: i.s0, r });
  return true;
}

function test(c: Lifter, i: Instruction): boolean {
  const a = c.hold(c.read(i, 0));
  const same = i.k0 === K.Reg && i.k1 === K.Reg && i.r0 === i.r1;
  const r = same ? a : c.hold(and(a, c.read(i, 1)));
  c.stmts.push({ k: 'flags', kind: FLAGS_LOGIC, size: i.s0, r });
  return true;
}

/** BT and its writing relatives; CF is the bit, the other flags stay. */
function bitTest(
  c: Lifter,
  i: Instruction,
  change?: (value: ReturnType<typeof con>, mask: ReturnType<typeof con>) => ReturnType<typeof con>,
): boolean {
  const bits = i.s0 * 8;
  const index = c.hold(i.k1 === K.Reg ? c.readReg(i.r1, i.s1) : con(i.imm));
  const bit = c.hold(and(index, con(bits - 1)));
  if (i.k0 === K.Reg) {
    const value = c.hold(c.readReg(i.r0, i.s0));
    const cf = c.hold(and(bin('shr', value, bit), con(1)));
    if (change) c.writeReg(i.r0, i.s0, change(value, bin('shl', con(1), bit)));
    c.stmts.push({ k: 'override', cf });
    return true;
  }
  // A register index reaches beyond the operand: whole operands away, signed.
  let offset = c.offset(i);
  if (i.k1 === K.Reg) {
    const units = bin('sar', c.sext(index, i.s1), con(i.s0 === 4 ? 5 : 4));
    offset = add(offset, shl(units, i.s0 === 4 ? 2 : 1));
    if (i.addressSize === 2) offset = and(offset, con(0xffff));
  }
  const addr = c.hold(c.linear(i.segment, offset, i.s0, change !== undefined));
  if (!change) {
    const cf = c.hold(and(bin('shr', c.load(addr, i.s0), bit), con(1)));
    c.stmts.push({ k: 'override', cf });
    return true;
  }
  const id = c.temporary();
  const host = c.temporary();
  c.stmts.push({ k: 'rmwload', id, host, size: i.s0, addr });
  const old = { k: 'tmp', id } as const;
  const cf = c.hold(and(bin('shr', old, bit), con(1)));
  c.stmts.push({ k: 'rmwstore', host, size: i.s0, addr, value: change(old, bin('shl', con(1), bit)) });
  c.stmts.push({ k: 'override', cf });
  return true;
}

/** BSF and BSR: with a zero source the destination keeps its value. */
function bitScan(c: Lifter, i: Instruction, forward: boolean): boolean {
  const source = c.hold(c.read(i, 1));
  const found = c.hold(forward ? un('ctz', source) : xor(un('clz', source), con(31)));
  const old = c.readReg(i.r0, i.s0);
  c.writeReg(i.r0, i.s0, { k: 'select', c: source, a: found, b: old });
  // ZF tells whether the source was 0; PF is the index's. Bit 8 keeps an index of 0 from looking like zero.
  const r = { k: 'select', c: source, a: or(found, con(0x100)), b: con(0) } as const;
  c.stmts.push({ k: 'flags', kind: FLAGS_LOGIC, size: 4, r });
  return true;
}

/** A held value's 2 or 4 bytes in the other order; of 2, what is above them is garbage. */
function swapped(v: Expr, size: number): Expr {
  if (size === 2) return or(bin('shl', v, con(8)), shr(v, 8));
  const even = and(bin('rotl', v, con(8)), con(0x00ff_00ff));
  const odd = and(bin('rotr', v, con(8)), con(0xff00_ff00 | 0));
  return or(even, odd);
}

function byteSwap(c: Lifter, i: Instruction): boolean {
  if (i.s0 !== 4) return false;
  c.writeReg(i.r0, 4, swapped(c.hold(c.readReg(i.r0, 4)), 4));
  return true;
}

/** MOVBE. */
function moveSwapped(c: Lifter, i: Instruction): boolean {
  const value = swapped(c.hold(c.read(i, 1)), i.s0);
  if (i.k0 === K.Reg) c.writeReg(i.r0, i.s0, value);
  else c.store(c.address(i, i.s0, true), i.s0, value);
  return true;
}

/** ZF where nothing is set; the other flags are cleared. */
function bitCount(c: Lifter, i: Instruction): boolean {
  const source = c.hold(c.read(i, 1));
  c.writeReg(i.r0, i.s0, un('popcnt', source), true);
  c.stmts.push({ k: 'flags', kind: FLAGS_WORD, size: 4, a: shl(un('eqz', source), 6) });
  return true;
}

export const logic: Lifts = {
  and: (c, i) => logical(c, i, 'and'),
  or: (c, i) => logical(c, i, 'or'),
  xor: (c, i) => logical(c, i, 'xor'),
  test,
  bt: (c, i) => bitTest(c, i),
  bts: (c, i) => bitTest(c, i, (v, m) => or(v, m)),
  btr: (c, i) => bitTest(c, i, (v, m) => and(v, xor(m, con(-1)))),
  btc: (c, i) => bitTest(c, i, (v, m) => xor(v, m)),
  bsf: (c, i) => bitScan(c, i, true),
  bsr: (c, i) => bitScan(c, i, false),
  bswap: byteSwap,
  popcnt: bitCount,
  movbe: moveSwapped,
};
