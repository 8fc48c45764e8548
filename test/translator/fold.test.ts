/** Pass "fold": what it makes of an expression has the same value; and what it is there for. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  add,
  and,
  type BinaryOp,
  bin,
  con,
  type Expr,
  reg,
  select,
  shl,
  sub,
  type UnaryOp,
  un,
} from '../../src/translator/ir.ts';
import { fold } from '../../src/translator/passes/fold.ts';
import { expressionText } from '../../src/translator/print-ir.ts';

const BINARY: readonly BinaryOp[] = [
  ...(['add', 'sub', 'mul', 'and', 'or', 'xor', 'shl', 'shr', 'sar', 'rotl', 'rotr'] as const),
  ...(['eq', 'ne', 'ltu', 'lts', 'leu', 'les', 'gtu', 'gts', 'geu', 'ges', 'divu', 'remu'] as const),
];
const UNARY: readonly UnaryOp[] = ['clz', 'ctz', 'popcnt', 'eqz', 'sext8', 'sext16'];

/** What WebAssembly's operators do, on numbers; undefined where they trap. */
function apply(op: BinaryOp, a: number, b: number): number | undefined {
  const [x, y] = [BigInt(a >>> 0), BigInt(b >>> 0)];
  const [p, q] = [BigInt(a), BigInt(b)];
  const n = y & 31n;
  switch (op) {
    case 'add': return Number(BigInt.asIntN(32, p + q));
    case 'sub': return Number(BigInt.asIntN(32, p - q));
    case 'mul': return Number(BigInt.asIntN(32, p * q));
    case 'and': return Number(BigInt.asIntN(32, x & y));
    case 'or': return Number(BigInt.asIntN(32, x | y));
    case 'xor': return Number(BigInt.asIntN(32, x ^ y));
    case 'shl': return Number(BigInt.asIntN(32, x << n));
    case 'shr': return Number(BigInt.asIntN(32, x >> n));
    case 'sar': return Number(BigInt.asIntN(32, p >> n));
    case 'rotl': return Number(BigInt.asIntN(32, (x << n) | (x >> (32n - n))));
    case 'rotr': return Number(BigInt.asIntN(32, (x >> n) | (x << (32n - n))));
    case 'eq': return x === y ? 1 : 0;
    case 'ne': return x !== y ? 1 : 0;
    case 'ltu': return x < y ? 1 : 0;
    case 'lts': return p < q ? 1 : 0;
    case 'leu': return x <= y ? 1 : 0;
    case 'les': return p <= q ? 1 : 0;
    case 'gtu': return x > y ? 1 : 0;
    case 'gts': return p > q ? 1 : 0;
    case 'geu': return x >= y ? 1 : 0;
    case 'ges': return p >= q ? 1 : 0;
    case 'divu': return y === 0n ? undefined : Number(BigInt.asIntN(32, x / y));
    case 'remu': return y === 0n ? undefined : Number(BigInt.asIntN(32, x % y));
  }
} // biome-ignore format: a case a line

function applyUnary(op: UnaryOp, a: number): number {
  const bits = (a >>> 0).toString(2).padStart(32, '0');
  switch (op) {
    case 'clz':
      return `${bits}1`.indexOf('1');
    case 'ctz':
      return [...`1${bits}`].reverse().indexOf('1');
    case 'popcnt':
      return bits.replaceAll('0', '').length;
    case 'eqz':
      return a === 0 ? 1 : 0;
    case 'sext8':
      return Number(BigInt.asIntN(8, BigInt(a)));
    case 'sext16':
      return Number(BigInt.asIntN(16, BigInt(a)));
  }
}

/** Value of an expression for register values; undefined where it traps. */
function evaluate(e: Expr, registers: readonly number[]): number | undefined {
  switch (e.k) {
    case 'const':
      return e.value;
    case 'reg':
      return registers[e.r]!;
    case 'bin': {
      const [a, b] = [evaluate(e.a, registers), evaluate(e.b, registers)];
      return a === undefined || b === undefined ? undefined : apply(e.op, a, b);
    }
    case 'un': {
      const a = evaluate(e.a, registers);
      return a === undefined ? undefined : applyUnary(e.op, a);
    }
    case 'select': {
      // WebAssembly evaluates all three.
      const [c, a, b] = [e.c, e.a, e.b].map((x) => evaluate(x, registers));
      return c === undefined || a === undefined || b === undefined ? undefined : c !== 0 ? a : b;
    }
    default:
      throw new Error(`no value for ${e.k}`);
  }
}

const value = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, 2, 4, 31, 32, 0xff, 0xffff, 0x7fff_ffff, -0x8000_0000));
const { expr } = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    value.map(con),
    fc.integer({ min: 0, max: 7 }).map(reg),
    fc.tuple(fc.constantFrom(...BINARY), tie('expr'), tie('expr')).map(([op, a, b]) => bin(op, a, b)),
    fc.tuple(fc.constantFrom(...UNARY), tie('expr')).map(([op, a]) => un(op, a)),
    fc.tuple(tie('expr'), tie('expr'), tie('expr')).map(([c, a, b]) => select(c, a, b)),
  ),
}));

describe('fold', () => {
  test('keeps the value of any expression that has one', () => {
    fc.assert(
      fc.property(expr, fc.array(value, { minLength: 8, maxLength: 8 }), (e, registers) => {
        const before = evaluate(e, registers);
        fc.pre(before !== undefined);
        const folded = fold(e);
        expect(evaluate(folded, registers), `${expressionText(e)} became ${expressionText(folded)}`).toBe(before);
      }),
      { numRuns: 3000 },
    );
  });

  test('does not take away a division by zero that was there, where the value is used', () => {
    const e = bin('divu', con(1), con(0));
    expect(fold(e)).toEqual(e);
  });

  test.each([
    ['constants', add(con(3), con(-5)), con(-2)],
    ['displacements meet', add(add(reg(3), con(8)), con(-4)), add(reg(3), con(4))],
    ['and go outwards', add(add(reg(3), con(8)), reg(1)), add(add(reg(3), reg(1)), con(8))],
    ['a displacement of 0', add(add(reg(3), con(8)), con(-8)), reg(3)],
    ['subtraction of a constant', sub(reg(0), con(4)), add(reg(0), con(-4))],
    ['masks meet', and(and(reg(0), con(0xffff)), con(0xff)), and(reg(0), con(0xff))],
    ['a mask of nothing', and(reg(0), con(0)), con(0)],
    ['a shift by 0', shl(reg(0), 0), reg(0)],
    ['a constant condition', select(con(1), reg(0), reg(1)), reg(0)],
    ['constants to the right', bin('xor', con(5), reg(2)), bin('xor', reg(2), con(5))],
  ])('%s', (_what, before, after) => {
    expect(fold(before)).toEqual(after);
  });
});
