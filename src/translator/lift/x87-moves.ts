/** Lifting of x87 loads, stores, constants, exchanges and conditional moves. */
import { FPU_CONTROL } from '../../cpu/layout.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { and, con, cond, type Expr, op, select, state } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lift, Lifts } from './semantics.ts';
import {
  call,
  check,
  clearCond1,
  get,
  heldOffset,
  loadNumber,
  type Num,
  point,
  pop,
  push,
  put,
  report,
  tag,
} from './x87-operands.ts';

const ROUNDING = 0xc00;

function load(integer: boolean): Lift {
  return (c, i) => {
    if (!c.mode.fpu) return false;
    if (i.k0 === K.St) {
      // FLD ST(7) finds its own register empty or in use: one of these leaves.
      check(c, 1 << i.r0);
      check(c, 0, 0x80);
      const value = get(c, i.r0);
      point(c, i);
      push(c, value);
      clearCond1(c);
      return true;
    }
    check(c, 0, 0x80);
    const offset = heldOffset(c, i);
    const value = loadNumber(c, i, offset, i.s0, integer);
    point(c, i, offset);
    push(c, value);
    if (integer || i.s0 === 10) clearCond1(c);
    else report(c, value);
    return true;
  };
}

/** A constant in its rounding to nearest. One that is no 64-bit number differs under other rounding controls. */
function constant(word: number, significand: bigint, exact: boolean): Lift {
  const high = Number(BigInt.asIntN(32, significand >> 32n));
  const low = Number(BigInt.asIntN(32, significand));
  return (c, i) => {
    if (!c.mode.fpu) return false;
    check(c, 0, 0x80);
    if (!exact) c.guard(and(state(FPU_CONTROL), con(ROUNDING)));
    point(c, i);
    const s = op('i64.or', [
      op('i64.shl', [op('i64.extend_u', [con(high)]), op('i64.const', [], 32)]),
      op('i64.extend_u', [con(low)]),
    ]);
    push(c, { s, w: con(word) });
    clearCond1(c);
    return true;
  };
}

/** FST, FSTP. */
function store(popping: boolean): Lift {
  return (c, i) => {
    if (!c.mode.fpu) return false;
    check(c, 1);
    const a = get(c, 0);
    if (i.k0 === K.St) {
      point(c, i);
      if (i.r0 !== 0) {
        put(c, i.r0, a);
        tag(c, i.r0, false);
      }
      clearCond1(c);
      if (popping) pop(c);
      return true;
    }
    const size = i.s0;
    const bits = size === 10 ? a : call(c, size === 4 ? 'toF32' : 'toF64', [a.s, a.w]);
    const offset = storeBits(c, i, size, bits);
    point(c, i, offset);
    if (size === 10) clearCond1(c);
    else report(c, bits);
    if (popping) pop(c);
    return true;
  };
}

/** FIST, FISTP, FISTTP. */
function storeInteger(popping: boolean, chop: boolean): Lift {
  return (c, i) => {
    if (!c.mode.fpu) return false;
    check(c, 1);
    const a = get(c, 0);
    const value = call(c, 'toInt', [a.s, a.w, con(i.s0 * 8), con(chop ? 1 : 0)]);
    const offset = storeBits(c, i, i.s0, value);
    point(c, i, offset);
    report(c, value);
    if (popping) pop(c);
    return true;
  };
}

/** Stores `size` bytes of a converted value; returns the operand's offset. */
function storeBits(c: Lifter, i: Instruction, size: number, n: Num): Expr {
  const offset = heldOffset(c, i);
  const addr = c.linear(i.segment, offset, size, true);
  if (size === 8 || size === 10) c.stmts.push({ k: 'fstore', size, addr, s: n.s, w: n.w });
  else c.store(addr, size, op('i32.wrap', [n.s]));
  return offset;
}

function exchange(c: Lifter, i: Instruction): boolean {
  if (!c.mode.fpu) return false;
  check(c, 1 | (1 << i.r1));
  const a = get(c, 0);
  const b = get(c, i.r1);
  point(c, i);
  put(c, 0, b);
  put(c, i.r1, a);
  clearCond1(c);
  return true;
}

/** FCMOVcc: st(0) = st(r1) on a condition of the flags. */
function conditionalMove(cc: number): Lift {
  return (c, i) => {
    if (!c.mode.fpu) return false;
    check(c, 1 | (1 << i.r1));
    const a = get(c, 0);
    const b = get(c, i.r1);
    const moved = c.hold(cond(cc));
    point(c, i);
    put(c, 0, { s: op('select', [moved, b.s, a.s]), w: select(moved, b.w, a.w) });
    return true;
  };
}

export const x87Moves: Lifts = {
  fld: load(false),
  fild: load(true),
  fst: store(false),
  fstp: store(true),
  fist: storeInteger(false, false),
  fistp: storeInteger(true, false),
  fisttp: storeInteger(true, true),
  fld1: constant(0x3fff, 1n << 63n, true),
  fldz: constant(0, 0n, true),
  // log2(10), log2(e), pi, log10(2), ln(2).
  fldl2t: constant(0x4000, 0xd49a_784b_cd1b_8afen, false),
  fldl2e: constant(0x3fff, 0xb8aa_3b29_5c17_f0bcn, false),
  fldpi: constant(0x4000, 0xc90f_daa2_2168_c235n, false),
  fldlg2: constant(0x3ffd, 0x9a20_9a84_fbcf_f799n, false),
  fldln2: constant(0x3ffe, 0xb172_17f7_d1cf_79acn, false),
  fxch: exchange,
  fcmovb: conditionalMove(2),
  fcmovnb: conditionalMove(3),
  fcmove: conditionalMove(4),
  fcmovne: conditionalMove(5),
  fcmovbe: conditionalMove(6),
  fcmovnbe: conditionalMove(7),
  fcmovu: conditionalMove(10),
  fcmovnu: conditionalMove(11),
};
