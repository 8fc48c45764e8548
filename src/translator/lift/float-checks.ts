/**
 * Floating-point arithmetic of SSE on the host's own: it is exact as long as
 * nothing but the (sticky, masked) precision exception happens. These are the
 * checks that leave everything else to the interpreter.
 *
 * Arithmetic runs only with all exceptions masked, rounding to nearest, neither
 * denormals-are-zero nor flush-to-zero, and PE already set. What remains are NaNs,
 * infinities, denormals, overflow and underflow, and each shows in an operand or in the result:
 * a result that is finite and at least twice the smallest normal number came from operands that
 * were no NaNs, did not overflow, and was not tiny before or after rounding.
 */
import { MXCSR } from '../../cpu/layout.ts';
import { and, bin, con, type Expr, op, or, shl, state, sub, un } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import { ORDINARY_F32, ORDINARY_F32X4, ORDINARY_F64, ORDINARY_F64X2 } from './vector-state.ts';

/** A shape of operands: one element or all of a vector. */
export interface Shape {
  /** Prefix of the WebAssembly instructions. */
  readonly name: 'f32' | 'f64' | 'f32x4' | 'f64x2';
  /** What the checks make sure of. */
  readonly ordinary: number;
  readonly single: boolean;
  readonly scalar: boolean;
  /** Bytes of a memory operand. */
  readonly size: 4 | 8 | 16;
}
export const F32: Shape = { name: 'f32', ordinary: ORDINARY_F32, single: true, scalar: true, size: 4 };
export const F64: Shape = { name: 'f64', ordinary: ORDINARY_F64, single: false, scalar: true, size: 8 };
export const F32X4: Shape = { name: 'f32x4', ordinary: ORDINARY_F32X4, single: true, scalar: false, size: 16 };
export const F64X2: Shape = { name: 'f64x2', ordinary: ORDINARY_F64X2, single: false, scalar: false, size: 16 };

/** PE, DAZ, the six masks, rounding control and FTZ; and what they must be. */
const ARITHMETIC_BITS = 0xffe0;
const ARITHMETIC_WANTED = 0x1fa0;

/** Leaves the instruction to the interpreter unless MXCSR is as arithmetic wants it. Once a block is enough. */
export function requireArithmetic(c: Lifter): void {
  if (c.vectors.arithmeticChecked) return;
  c.guard(bin('ne', and(state(MXCSR), con(ARITHMETIC_BITS)), con(ARITHMETIC_WANTED)));
  c.vectors.arithmeticChecked = true;
}

/** A constant in every element. */
export function constant(s: Shape, value: number): Expr {
  const one = op(s.single ? 'f32.const' : 'f64.const', [], value);
  return s.scalar ? one : op(`${s.name}.splat`, [one]);
}

/** Conjunction and disjunction of comparisons' results: 0 and 1, or masks. */
const both = (s: Shape, a: Expr, b: Expr): Expr => (s.scalar ? and(a, b) : op('v128.and', [a, b]));
const either = (s: Shape, a: Expr, b: Expr): Expr => (s.scalar ? or(a, b) : op('v128.or', [a, b]));
/** Whether a comparison holds for every element. */
const always = (s: Shape, e: Expr): Expr => (s.scalar ? e : op(s.single ? 'i32x4.all_true' : 'i64x2.all_true', [e]));

const abs = (s: Shape, x: Expr): Expr => op(`${s.name}.abs`, [x]);
const isZero = (s: Shape, x: Expr): Expr => op(`${s.name}.eq`, [x, constant(s, 0)]);
const atLeast = (s: Shape, x: Expr, bound: number): Expr => op(`${s.name}.ge`, [abs(s, x), constant(s, bound)]);
const smallestNormal = (s: Shape): number => (s.single ? 2 ** -126 : 2 ** -1022);
const largest = (s: Shape): number => (s.single ? (2 - 2 ** -23) * 2 ** 127 : Number.MAX_VALUE);

/** Zero, normal or infinite. */
export const ordinary = (s: Shape, x: Expr): Expr => either(s, isZero(s, x), atLeast(s, x, smallestNormal(s)));
const withinRange = (s: Shape, x: Expr): Expr =>
  both(s, atLeast(s, x, 2 * smallestNormal(s)), op(`${s.name}.le`, [abs(s, x), constant(s, largest(s))]));

/** Sign shifted out, exponent on top: of a single, or of the upper half of a double. */
function exponentWord(s: Shape, x: Expr): Expr {
  if (s.single) return shl(op('i32.reinterpret', [x]), 1);
  return shl(op('i32.wrap', [op('i64.shr_u', [op('i64.reinterpret', [x]), op('i64.const', [], 32)])]), 1);
}
const exponentUnit = (s: Shape): number => (s.single ? 1 << 24 : 1 << 21);
const exponentMost = (s: Shape): number => (s.single ? 0xff : 0x7ff);

/** Not zero where the exponent is not within `from` and one less than the largest. */
const outside = (s: Shape, x: Expr, from: number): Expr =>
  bin('geu', sub(exponentWord(s, x), con(from * exponentUnit(s))), con((exponentMost(s) - from) * exponentUnit(s)));

export interface Checked {
  readonly value: Expr;
  /** Nothing need be checked of it. */
  readonly known: boolean;
}

/**
 * Leaves the instruction to the interpreter unless all operands are ordinary and the result is within range, or
 * is zero where `zeroIf` holds (undefined: always).
 */
export function checkResult(c: Lifter, s: Shape, result: Expr, operands: readonly Checked[], zeroIf?: Expr): void {
  const unknown = operands.filter((o) => !o.known).map((o) => o.value);
  const zero = zeroIf ? both(s, isZero(s, result), zeroIf) : isZero(s, result);
  const exact = unknown
    .map((x) => ordinary(s, x))
    .reduce((a, b) => both(s, a, b), either(s, withinRange(s, result), zero));
  // The quick test is also true of zeros.
  const quick = s.scalar
    ? unknown
        .map((x): Expr => bin('ltu', exponentWord(s, x), con(exponentUnit(s))))
        .reduce((a, b) => or(a, b), outside(s, result, 2))
    : un(
        'eqz',
        always(
          s,
          unknown.map((x) => atLeast(s, x, smallestNormal(s))).reduce((a, b) => both(s, a, b), withinRange(s, result)),
        ),
      );
  c.stmts.push({ k: 'guard', e: quick, unless: always(s, exact) });
}

/** Leaves the instruction to the interpreter where an operand is a NaN or denormal. */
export function checkOperands(c: Lifter, s: Shape, operands: readonly Checked[]): void {
  const unknown = operands.filter((o) => !o.known).map((o) => o.value);
  if (unknown.length === 0) return;
  const exact = always(
    s,
    unknown.map((x) => ordinary(s, x)).reduce((a, b) => both(s, a, b)),
  );
  if (s.scalar) {
    const quick = unknown.map((x) => outside(s, x, 1)).reduce((a, b) => or(a, b));
    c.stmts.push({ k: 'guard', e: quick, unless: exact });
  } else {
    c.guard(un('eqz', exact));
  }
}

export { always, both, either, isZero };
