/** Lifting of x87 arithmetic: FADD and its kin with all their forms, FSQRT, FRNDINT, FABS, FCHS. */
import { type Instruction, K } from '../../decoder/instruction.ts';
import { and, con, shr, xor } from '../ir.ts';
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
  negated,
  point,
  pop,
  put,
  report,
} from './x87-operands.ts';

/** a op b, where a is the destination's value. */
type Operation = (c: Lifter, a: Num, b: Num) => Num;

const sum: Operation = (c, a, b) => call(c, 'add', [a.s, a.w, b.s, b.w]);
const difference: Operation = (c, a, b) => sum(c, a, negated(b));
const differenceReversed: Operation = (c, a, b) => sum(c, b, negated(a));
const product: Operation = (c, a, b) => call(c, 'mul', [a.s, a.w, b.s, b.w]);
const quotient: Operation = (c, a, b) => call(c, 'div', [a.s, a.w, b.s, b.w]);
const quotientReversed: Operation = (c, a, b) => quotient(c, b, a);

/** st(r0) = st(r0) op st(r1), or st(0) = st(0) op memory. */
function binary(operation: Operation, form: { integer?: boolean; popping?: boolean }): Lift {
  return (c: Lifter, i: Instruction): boolean => {
    if (!c.mode.fpu) return false;
    if (i.k0 === K.Mem) {
      check(c, 1);
      const offset = heldOffset(c, i);
      const b = loadNumber(c, i, offset, i.s0, form.integer ?? false);
      // Zero by a denormal is reported as a division by zero alone: not here.
      if (operation === quotientReversed) c.guard(shr(b.w, 16));
      const result = operation(c, get(c, 0), b);
      point(c, i, offset);
      put(c, 0, result);
      report(c, result, form.integer ? undefined : b);
      return true;
    }
    check(c, (1 << i.r0) | (1 << i.r1));
    const result = operation(c, get(c, i.r0), get(c, i.r1));
    point(c, i);
    put(c, i.r0, result);
    report(c, result);
    if (form.popping) pop(c);
    return true;
  };
}

/** st(0) = function of it. */
function unary(fn: 'sqrt' | 'rint'): Lift {
  return (c, i) => {
    if (!c.mode.fpu) return false;
    check(c, 1);
    const a = get(c, 0);
    const result = call(c, fn, [a.s, a.w]);
    point(c, i);
    put(c, 0, result);
    report(c, result);
    return true;
  };
}

/** FABS and FCHS: any value, nothing raised. */
function sign(change: (word: Num['w']) => Num['w']): Lift {
  return (c, i) => {
    if (!c.mode.fpu) return false;
    check(c, 1);
    const a = get(c, 0);
    point(c, i);
    put(c, 0, { s: a.s, w: change(a.w) });
    clearCond1(c);
    return true;
  };
}

export const x87Arithmetic: Lifts = {
  fadd: binary(sum, {}),
  fsub: binary(difference, {}),
  fsubr: binary(differenceReversed, {}),
  fmul: binary(product, {}),
  fdiv: binary(quotient, {}),
  fdivr: binary(quotientReversed, {}),
  faddp: binary(sum, { popping: true }),
  fsubp: binary(difference, { popping: true }),
  fsubrp: binary(differenceReversed, { popping: true }),
  fmulp: binary(product, { popping: true }),
  fdivp: binary(quotient, { popping: true }),
  fdivrp: binary(quotientReversed, { popping: true }),
  fiadd: binary(sum, { integer: true }),
  fisub: binary(difference, { integer: true }),
  fisubr: binary(differenceReversed, { integer: true }),
  fimul: binary(product, { integer: true }),
  fidiv: binary(quotient, { integer: true }),
  fidivr: binary(quotientReversed, { integer: true }),
  fsqrt: unary('sqrt'),
  frndint: unary('rint'),
  fabs: sign((w) => and(w, con(0x7fff))),
  fchs: sign((w) => xor(w, con(0x8000))),
};
