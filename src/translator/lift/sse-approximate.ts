/**
 * Lifting of RCPPS, RSQRTPS and their scalar forms. They may be inexact by 1.5 * 2^-12; here they give the nearest
 * single, raise nothing and do not look at MXCSR. What they read or give as zero or infinite is left to the interpreter.
 */
import { type Expr, op, un } from '../ir.ts';
import { always, both, constant, F32, F32X4, F64, F64X2, type Shape } from './float-checks.ts';
import type { Lifter } from './lifter.ts';
import type { Lift, Lifts } from './semantics.ts';
import { sourceOperand, writeResult } from './sse-float.ts';
import { elements, hold, shuffle } from './sse-operands.ts';

/** Normal singles whose reciprocals are normal. */
const LEAST = 2 ** -126;
const MOST = 2 ** 125;

function guardWithin(c: Lifter, s: Shape, x: Expr): void {
  const least = op(`${s.name}.ge`, [x, constant(s, LEAST)]);
  c.guard(un('eqz', always(s, both(s, least, op(`${s.name}.le`, [x, constant(s, MOST)])))));
}

function reciprocal(s: Shape): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    const b = sourceOperand(c, s, i).value;
    guardWithin(c, s, op(`${s.name}.abs`, [b]));
    writeResult(c, s, i.r0, op(`${s.name}.div`, [constant(s, 1), b]));
    return true;
  };
}

/** Of doubles, so that it is rounded to single only once. */
const reciprocalRoot = (s: Shape, x: Expr): Expr => op(`${s.name}.div`, [constant(s, 1), op(`${s.name}.sqrt`, [x])]);

export const sseApproximate: Lifts = {
  rcpss: reciprocal(F32),
  rcpps: reciprocal(F32X4),
  rsqrtss: (c, i) => {
    if (!c.mode.sse) return false;
    const b = sourceOperand(c, F32, i).value;
    guardWithin(c, F32, b);
    writeResult(c, F32, i.r0, op('f32.demote', [reciprocalRoot(F64, op('f64.promote', [b]))]));
    return true;
  },
  rsqrtps: (c, i) => {
    if (!c.mode.sse) return false;
    const b = sourceOperand(c, F32X4, i).value;
    guardWithin(c, F32X4, b);
    const half = (from: Expr) =>
      op('f32x4.demote_f64x2_zero', [reciprocalRoot(F64X2, op('f64x2.promote_low_f32x4', [from]))]);
    const low = hold(c, 'v128', half(b));
    const high = half(shuffle(b, b, elements(8, [1, 1])));
    writeResult(c, F32X4, i.r0, shuffle(low, high, elements(8, [0, 2])));
    return true;
  },
};
