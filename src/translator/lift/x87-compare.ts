/** Lifting of x87 comparisons, FXAM and FTST. */
import { type Instruction, K } from '../../decoder/instruction.ts';
import { FLAGS_WORD } from '../abi.ts';
import { con, type Expr, op, or, shr } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lift, Lifts } from './semantics.ts';
import {
  CONDITIONS,
  callConditions,
  check,
  clearCond1,
  get,
  heldOffset,
  loadNumber,
  type Num,
  point,
  pop,
} from './x87-operands.ts';

function compareWith(c: Lifter, b: Num, quiet: boolean): Expr {
  const a = get(c, 0);
  return callConditions(c, 'compare', [a.s, a.w, b.s, b.w, con(quiet ? 1 : 0)]);
}

function setConditions(c: Lifter, e: Expr): void {
  c.stmts.push({ k: 'fstatus', clear: CONDITIONS, set: e });
}

interface Form {
  readonly quiet?: boolean;
  readonly integer?: boolean;
  readonly pops?: number;
}

/** FCOM and kin: with memory, st(r1), or st(1) where there is no operand. */
function compare({ quiet = false, integer = false, pops = 0 }: Form): Lift {
  return (c: Lifter, i: Instruction): boolean => {
    if (!c.mode.fpu) return false;
    let result: Expr;
    if (i.k0 === K.Mem) {
      check(c, 1);
      const offset = heldOffset(c, i);
      const b = loadNumber(c, i, offset, i.s0, integer);
      result = or(compareWith(c, b, quiet), shr(b.w, 16));
      point(c, i, offset);
    } else {
      const other = pops === 2 ? 1 : i.r1;
      check(c, 1 | (1 << other));
      result = compareWith(c, get(c, other), quiet);
      point(c, i);
    }
    setConditions(c, result);
    for (let n = 0; n < pops; n++) pop(c);
    return true;
  };
}

/** FCOMI and kin: the result in ZF, PF, CF; OF, SF, AF cleared. */
function toFlags(quiet: boolean, popping: boolean): Lift {
  return (c, i) => {
    if (!c.mode.fpu) return false;
    check(c, 1 | (1 << i.r1));
    const result = compareWith(c, get(c, i.r1), quiet);
    point(c, i);
    // C0, C2, C3 lie eight bits above CF, PF, ZF.
    c.stmts.push({ k: 'flags', kind: FLAGS_WORD, size: 4, a: shr(result, 8) });
    clearCond1(c);
    if (popping) pop(c);
    return true;
  };
}

function test(c: Lifter, i: Instruction): boolean {
  if (!c.mode.fpu) return false;
  check(c, 1);
  const result = compareWith(c, { s: op('i64.const', [], 0), w: con(0) }, false);
  point(c, i);
  setConditions(c, result);
  return true;
}

function examine(c: Lifter, i: Instruction): boolean {
  if (!c.mode.fpu) return false;
  // An empty register is left to the interpreter: programs examine numbers.
  check(c, 1);
  const a = get(c, 0);
  const result = callConditions(c, 'examine', [a.s, a.w]);
  point(c, i);
  setConditions(c, result);
  return true;
}

export const x87Compare: Lifts = {
  fcom: compare({}),
  fcomp: compare({ pops: 1 }),
  fcompp: compare({ pops: 2 }),
  fucom: compare({ quiet: true }),
  fucomp: compare({ quiet: true, pops: 1 }),
  fucompp: compare({ quiet: true, pops: 2 }),
  ficom: compare({ integer: true }),
  ficomp: compare({ integer: true, pops: 1 }),
  fcomi: toFlags(false, false),
  fcomip: toFlags(false, true),
  fucomi: toFlags(true, false),
  fucomip: toFlags(true, true),
  ftst: test,
  fxam: examine,
};
