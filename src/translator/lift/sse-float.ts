/** Lifting of floating-point arithmetic of SSE to SSE3, minima and maxima. */
import { type Instruction, K } from '../../decoder/instruction.ts';
import { type Expr, op, xmm } from '../ir.ts';
import {
  type Checked,
  checkOperands,
  checkResult,
  either,
  F32,
  F32X4,
  F64,
  F64X2,
  isZero,
  requireArithmetic,
  type Shape,
} from './float-checks.ts';
import type { Lifter } from './lifter.ts';
import type { Lift, Lifts } from './semantics.ts';
import { elements, hold, loadVector, shuffle, writeXmm } from './sse-operands.ts';

export interface Operand extends Checked {
  /** The register it came from, or -1. */
  readonly register: number;
}

/** The value of a vector that a shape computes with. */
function elementOf(c: Lifter, s: Shape, v: Expr): Expr {
  return s.scalar ? hold(c, s.single ? 'f32' : 'f64', op(`${s.single ? 'f32x4' : 'f64x2'}.extract_lane`, [v], 0)) : v;
}

export function registerOperand(c: Lifter, s: Shape, r: number): Operand {
  const known = (c.vectors.known(r) & s.ordinary) === s.ordinary;
  return { value: elementOf(c, s, xmm(r)), known, register: r };
}

/** Operand 1: an XMM register, or memory. */
export function sourceOperand(c: Lifter, s: Shape, i: Instruction): Operand {
  if (i.k1 !== K.Mem) return registerOperand(c, s, i.r1);
  return { value: elementOf(c, s, loadVector(c, i, s.size, s.size === 16)), known: false, register: -1 };
}

/** The checks made sure of it. */
export function learn(c: Lifter, s: Shape, o: Operand): void {
  if (o.register >= 0) c.vectors.learn(o.register, s.ordinary);
}

/** Writes the result: of a scalar the upper elements stay. */
export function writeResult(c: Lifter, s: Shape, r: number, value: Expr): void {
  if (s.scalar) writeXmm(c, r, op(`${s.single ? 'f32x4' : 'f64x2'}.replace_lane`, [xmm(r), value], 0), s.ordinary);
  else writeXmm(c, r, value, s.ordinary);
}

const resultType = (s: Shape) => (s.scalar ? s.name : 'v128') as 'f32' | 'f64' | 'v128';

type Operation = 'add' | 'sub' | 'mul' | 'div';

/** When a zero is the true result, beside operands that cancel. */
function zeroIf(operation: Operation, s: Shape, a: Expr, b: Expr): Expr | undefined {
  if (operation === 'mul') return either(s, isZero(s, a), isZero(s, b));
  return operation === 'div' ? isZero(s, a) : undefined;
}

function arithmetic(operation: Operation, s: Shape): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    requireArithmetic(c);
    const b = sourceOperand(c, s, i);
    const a = registerOperand(c, s, i.r0);
    const result = hold(c, resultType(s), op(`${s.name}.${operation}`, [a.value, b.value]));
    checkResult(c, s, result, i.k1 !== K.Mem && i.r0 === i.r1 ? [a] : [a, b], zeroIf(operation, s, a.value, b.value));
    learn(c, s, a);
    learn(c, s, b);
    writeResult(c, s, i.r0, result);
    return true;
  };
}

function squareRoot(s: Shape): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    requireArithmetic(c);
    const b = sourceOperand(c, s, i);
    const result = hold(c, resultType(s), op(`${s.name}.sqrt`, [b.value]));
    checkResult(c, s, result, [b]);
    learn(c, s, b);
    writeResult(c, s, i.r0, result);
    return true;
  };
}

/** IA-32 gives the second operand where neither is smaller (greater); so does WebAssembly's pseudo-minimum, swapped. */
function extreme(name: 'pmin' | 'pmax', s: Shape): Lift {
  const vector = s.single ? 'f32x4' : 'f64x2';
  const width = s.single ? 4 : 8;
  const low = s.single ? elements(4, [4, 1, 2, 3]) : elements(8, [2, 1]);
  return (c, i) => {
    if (!c.mode.sse) return false;
    const source = i.k1 === K.Mem ? loadVector(c, i, s.size, s.size === 16) : xmm(i.r1);
    const known = i.k1 !== K.Mem && (c.vectors.known(i.r1) & s.ordinary) === s.ordinary;
    const b: Operand = { value: elementOf(c, s, source), known, register: i.k1 === K.Mem ? -1 : i.r1 };
    const a = registerOperand(c, s, i.r0);
    checkOperands(c, s, [a, b]);
    learn(c, s, b);
    const result = op(`${vector}.${name}`, [source, xmm(i.r0)]);
    writeXmm(c, i.r0, s.size === width ? shuffle(xmm(i.r0), result, low) : result, s.ordinary);
    return true;
  };
}

/** Neighbours of the first operand, then of the second. */
function horizontal(operation: 'add' | 'sub', s: Shape): Lift {
  const width = s.single ? 4 : 8;
  const even = elements(width, s.single ? [0, 2, 4, 6] : [0, 2]);
  const odd = elements(width, s.single ? [1, 3, 5, 7] : [1, 3]);
  return (c, i) => {
    if (!c.mode.sse) return false;
    requireArithmetic(c);
    const b = sourceOperand(c, s, i);
    const left = hold(c, 'v128', shuffle(xmm(i.r0), b.value, even));
    const right = hold(c, 'v128', shuffle(xmm(i.r0), b.value, odd));
    const result = hold(c, 'v128', op(`${s.name}.${operation}`, [left, right]));
    checkResult(c, s, result, [
      { value: left, known: false },
      { value: right, known: false },
    ]);
    writeResult(c, s, i.r0, result);
    return true;
  };
}

/** Subtracts even elements, adds odd ones: adds with the even signs turned. */
function alternating(s: Shape): Lift {
  const sign = s.single ? [0, 0, 0, 0x80, 0, 0, 0, 0] : [0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0];
  const signs = op('v128.const', [], s.single ? [...sign, ...sign] : sign);
  return (c, i) => {
    if (!c.mode.sse) return false;
    requireArithmetic(c);
    const b = sourceOperand(c, s, i);
    const a = registerOperand(c, s, i.r0);
    const result = hold(c, 'v128', op(`${s.name}.add`, [a.value, op('v128.xor', [b.value, signs])]));
    checkResult(c, s, result, [a, b]);
    learn(c, s, b);
    writeResult(c, s, i.r0, result);
    return true;
  };
}

const SHAPES: readonly (readonly [string, Shape])[] = [
  ['ss', F32],
  ['sd', F64],
  ['ps', F32X4],
  ['pd', F64X2],
];
const inAllShapes = (name: string, lift: (s: Shape) => Lift): Lifts =>
  Object.fromEntries(SHAPES.map(([suffix, s]) => [name + suffix, lift(s)]));

export const sseFloat: Lifts = {
  ...inAllShapes('add', (s) => arithmetic('add', s)),
  ...inAllShapes('sub', (s) => arithmetic('sub', s)),
  ...inAllShapes('mul', (s) => arithmetic('mul', s)),
  ...inAllShapes('div', (s) => arithmetic('div', s)),
  ...inAllShapes('sqrt', squareRoot),
  ...inAllShapes('min', (s) => extreme('pmin', s)),
  ...inAllShapes('max', (s) => extreme('pmax', s)),
  haddps: horizontal('add', F32X4),
  haddpd: horizontal('add', F64X2),
  hsubps: horizontal('sub', F32X4),
  hsubpd: horizontal('sub', F64X2),
  addsubps: alternating(F32X4),
  addsubpd: alternating(F64X2),
};
