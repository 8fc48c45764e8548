/**
 * 80-bit arithmetic by properties that need no other machine: with precision
 * control 53 it is the arithmetic of doubles, and with 64 bits it is what exact
 * integers say.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, subtract } from '../../../src/interpreter/softfloat/add.ts';
import { FloatContext, PE } from '../../../src/interpreter/softfloat/context.ts';
import {
  fromFloat32,
  fromFloat64,
  STORED,
  toFloat32,
  toFloat64,
} from '../../../src/interpreter/softfloat/convert-float.ts';
import { fromInt64, INTEGER, toInteger } from '../../../src/interpreter/softfloat/convert-integer.ts';
import { fromDecimal, toDecimal } from '../../../src/interpreter/softfloat/decimal.ts';
import { divide } from '../../../src/interpreter/softfloat/divide.ts';
import { Float80 } from '../../../src/interpreter/softfloat/float80.ts';
import { multiply } from '../../../src/interpreter/softfloat/multiply.ts';
import { remainder } from '../../../src/interpreter/softfloat/remainder.ts';
import { squareRoot } from '../../../src/interpreter/softfloat/square-root.ts';

const c = new FloatContext();
const DOUBLE_PRECISION = 0x27f;
const EXTENDED_PRECISION = 0x37f;

const words = new Int32Array(2);
const numbers = new Float64Array(words.buffer);
const singles = new Float32Array(words.buffer);

function from(value: number): Float80 {
  numbers[0] = value;
  const out = new Float80();
  fromFloat64(words[1]!, words[0]!, out);
  return out;
}

function toNumber(a: Float80): number {
  c.begin(DOUBLE_PRECISION);
  toFloat64(c, a);
  words.set(STORED);
  return numbers[0]!;
}

/** Doubles whose sums, products and quotients stay clear of the double's own limits, which the wider format does not have. */
const moderate = fc
  .tuple(fc.double({ min: 1, max: 2, noNaN: true }), fc.integer({ min: -200, max: 200 }), fc.boolean())
  .map(([m, e, negative]) => (negative ? -m : m) * 2 ** e);

function operate(operation: typeof add, x: number, y: number): number {
  const out = new Float80();
  c.begin(DOUBLE_PRECISION);
  operation(c, from(x), from(y), out);
  return toNumber(out);
}

describe('with precision control 53', () => {
  it('adds, subtracts, multiplies and divides as doubles do', () => {
    fc.assert(
      fc.property(moderate, moderate, (x, y) => {
        expect(operate(add, x, y)).toBe(x + y);
        expect(operate(subtract, x, y)).toBe(x - y);
        expect(operate(multiply, x, y)).toBe(x * y);
        expect(operate(divide, x, y)).toBe(x / y);
      }),
    );
  });

  it('takes square roots as doubles do', () => {
    fc.assert(
      fc.property(moderate, (x) => {
        const out = new Float80();
        c.begin(DOUBLE_PRECISION);
        squareRoot(c, from(Math.abs(x)), out);
        expect(toNumber(out)).toBe(Math.sqrt(Math.abs(x)));
      }),
    );
  });
});

const int64 = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });

function fromBig(value: bigint): Float80 {
  const out = new Float80();
  fromInt64(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value)), out);
  return out;
}

function toBig(a: Float80): bigint {
  c.begin(EXTENDED_PRECISION);
  toInteger(c, a, 64, 0);
  return (BigInt(INTEGER[1]!) << 32n) | BigInt(INTEGER[0]! >>> 0);
}

describe('with precision control 64', () => {
  it('holds every 64-bit integer', () => {
    fc.assert(fc.property(int64, (x) => toBig(fromBig(x)) === x));
  });

  it('has the remainder of integers', () => {
    fc.assert(
      fc.property(int64, int64, (x, y) => {
        fc.pre(y !== 0n);
        const out = new Float80();
        c.begin(EXTENDED_PRECISION);
        remainder(c, fromBig(x), fromBig(y), false, out);
        expect(toBig(out)).toBe(x % y);
      }),
    );
  });

  it('multiplies and divides back exactly where the product fits', () => {
    const half = fc.bigInt({ min: 1n, max: (1n << 31n) - 1n });
    fc.assert(
      fc.property(half, half, (x, y) => {
        const product = new Float80();
        const quotient = new Float80();
        c.begin(EXTENDED_PRECISION);
        multiply(c, fromBig(x), fromBig(y), product);
        divide(c, product, fromBig(y), quotient);
        expect(c.flags & PE).toBe(0);
        expect(toBig(product)).toBe(x * y);
        expect(toBig(quotient)).toBe(x);
      }),
    );
  });

  it('reads back packed decimals', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }), (x) => {
        const image = new Float80();
        c.begin(EXTENDED_PRECISION);
        toDecimal(c, fromBig(x), image);
        fromDecimal(image);
        expect(toBig(image)).toBe(x);
      }),
    );
  });
});

describe('conversion', () => {
  it('keeps every double but signalling NaNs', () => {
    fc.assert(fc.property(fc.double(), (x) => Object.is(toNumber(from(x)), x)));
  });

  it('rounds to single as Math.fround', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (x) => {
        c.begin(EXTENDED_PRECISION);
        toFloat32(c, from(x));
        words[0] = STORED[0]!;
        expect(singles[0]).toBe(Math.fround(x));
        const back = new Float80();
        fromFloat32(words[0], back);
        expect(toNumber(back)).toBe(Math.fround(x));
      }),
    );
  });
});
