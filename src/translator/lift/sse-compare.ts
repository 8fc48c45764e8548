/**
 * Lifting of floating-point comparisons: those that give masks and those that
 * set EFLAGS. NaNs and denormals, which raise exceptions, are left to the interpreter.
 */
import { K } from '../../decoder/instruction.ts';
import { FLAGS_WORD } from '../abi.ts';
import { type Expr, op, or, shl, xmm } from '../ir.ts';
import { checkOperands, F32, F32X4, F64, F64X2, type Shape } from './float-checks.ts';
import type { Lift, Lifts } from './semantics.ts';
import { learn, type Operand, registerOperand, sourceOperand } from './sse-float.ts';
import { elements, hold, loadVector, shuffle, writeXmm, zero } from './sse-operands.ts';

/** Predicates 0 to 7 (EQ LT LE UNORD NEQ NLT NLE ORD), of operands of which none is a NaN. */
const PREDICATES: readonly (string | boolean)[] = ['eq', 'lt', 'le', false, 'ne', 'ge', 'gt', true];
const ONES: Expr = op('v128.const', [], new Array<number>(16).fill(0xff));

function mask(s: Shape): Lift {
  const vector = s.single ? 'f32x4' : 'f64x2';
  const low = s.single ? elements(4, [4, 1, 2, 3]) : elements(8, [2, 1]);
  const elementOf = (v: Expr): Expr => (s.scalar ? op(`${vector}.extract_lane`, [v], 0) : v);
  return (c, i) => {
    if (!c.mode.sse) return false;
    const source = i.k1 === K.Mem ? loadVector(c, i, s.size, s.size === 16) : xmm(i.r1);
    const held = s.scalar ? hold(c, s.single ? 'f32' : 'f64', elementOf(source)) : source;
    const known = i.k1 !== K.Mem && (c.vectors.known(i.r1) & s.ordinary) === s.ordinary;
    const b: Operand = { value: held, known, register: i.k1 === K.Mem ? -1 : i.r1 };
    const a = registerOperand(c, s, i.r0);
    checkOperands(c, s, [a, b]);
    learn(c, s, b);
    const predicate = PREDICATES[i.imm & 7]!;
    const result =
      typeof predicate === 'string' ? op(`${vector}.${predicate}`, [xmm(i.r0), source]) : predicate ? ONES : zero;
    writeXmm(c, i.r0, s.scalar ? shuffle(xmm(i.r0), result, low) : result);
    return true;
  };
}

/** ZF PF CF: 000 greater, 001 less, 100 equal; the other flags are cleared. */
function ordering(s: Shape): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    const b = sourceOperand(c, s, i);
    const a = registerOperand(c, s, i.r0);
    checkOperands(c, s, [a, b]);
    learn(c, s, a);
    learn(c, s, b);
    const compare = (name: string) => op(`${s.name}.${name}`, [a.value, b.value]);
    c.stmts.push({ k: 'flags', kind: FLAGS_WORD, size: 4, a: or(compare('lt'), shl(compare('eq'), 6)) });
    return true;
  };
}

export const sseCompare: Lifts = {
  cmpss: mask(F32),
  cmpsd: mask(F64),
  cmpps: mask(F32X4),
  cmppd: mask(F64X2),
  comiss: ordering(F32),
  comisd: ordering(F64),
  ucomiss: ordering(F32),
  ucomisd: ordering(F64),
};
