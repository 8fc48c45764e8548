/**
 * Lazy flags on the TypeScript side against the manual's definitions, written
 * down a second time here in whole numbers (SDM vol. 1 section 3.4.3.1).
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EFLAGS } from '../../src/cpu/layout.ts';
import { AF, CF, DF, FLAGS_ARITH, OF, PF, SF, ZF } from '../../src/cpu/registers.ts';
import * as abi from '../../src/translator/abi.ts';
import { flagsOf, materializeFlags } from '../../src/translator/lazy-flags.ts';

const bitsOf = (size: number) => BigInt(size * 8);
const unsigned = (v: number, size: number) => BigInt.asUintN(Number(bitsOf(size)), BigInt(v));
const signed = (v: number, size: number) => BigInt.asIntN(Number(bitsOf(size)), BigInt(v));

/** SF, ZF, PF of a result. */
function resultFlags(result: bigint, size: number): number {
  const r = BigInt.asUintN(Number(bitsOf(size)), result);
  const ones = (r & 0xffn).toString(2).replaceAll('0', '').length;
  return (r === 0n ? ZF : 0) | (r >> (bitsOf(size) - 1n) === 1n ? SF : 0) | (ones % 2 === 0 ? PF : 0);
}

/** Flags of a + b + carry (or a - b - borrow): carries out of the top bit and of bit 3, and overflow of the signed sum. */
function sumFlags(a: number, b: number, carry: number, size: number, minus: boolean): number {
  const sign = minus ? -1n : 1n;
  const c = BigInt(carry) * sign;
  const wide = unsigned(a, size) + unsigned(b, size) * sign + c;
  const low = (unsigned(a, size) & 15n) + (unsigned(b, size) & 15n) * sign + c;
  const exact = signed(a, size) + signed(b, size) * sign + c;
  const cf = wide < 0n || wide >= 1n << bitsOf(size) ? CF : 0;
  const af = low < 0n || low > 15n ? AF : 0;
  const of = BigInt.asIntN(Number(bitsOf(size)), exact) !== exact ? OF : 0;
  return resultFlags(wide, size) | cf | af | of;
}

const cut = (v: bigint, size: number) => Number(BigInt.asIntN(32, BigInt.asUintN(size * 8, v)));
const zext = (v: number, size: number) => cut(BigInt(v), size);

const operand = fc.oneof(
  fc.integer(),
  fc.constantFrom(0, 1, -1, 15, 16, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, -0x8000_0000, -0x7fff_ffff),
);
const size = fc.constantFrom(1, 2, 4);
const bit = fc.constantFrom(0, 1);

describe('flagsOf', () => {
  const sums: readonly (readonly [string, number, boolean, boolean])[] = [
    ['add', abi.FLAGS_ADD, false, false],
    ['sub', abi.FLAGS_SUB, true, false],
    ['adc', abi.FLAGS_ADC, false, true],
    ['sbb', abi.FLAGS_SBB, true, true],
  ];
  test.each(sums)('%s', (_name, kind, minus, withCarry) => {
    fc.assert(
      fc.property(operand, operand, bit, size, (a, b, carryIn, s) => {
        const carry = withCarry ? carryIn : 0;
        const r = minus ? BigInt(a) - BigInt(b) - BigInt(carry) : BigInt(a) + BigInt(b) + BigInt(carry);
        const args = [zext(a, s), zext(b, s), cut(r, s)] as const;
        expect(flagsOf(abi.kindWord(kind, s), ...args, 0, 0)).toBe(sumFlags(a, b, carry, s, minus));
      }),
      { numRuns: 1000 },
    );
  });

  test('what a kind does not need may hold anything', () => {
    fc.assert(
      fc.property(operand, operand, operand, size, (a, b, other, s) => {
        const [x, y] = [zext(a, s), zext(b, s)];
        const add = flagsOf(abi.kindWord(abi.FLAGS_ADD, s), x, other, cut(BigInt(x) + BigInt(y), s), other, other);
        expect(add).toBe(sumFlags(a, b, 0, s, false));
        const sub = flagsOf(abi.kindWord(abi.FLAGS_SUB, s), x, y, other, other, other);
        expect(sub).toBe(sumFlags(a, b, 0, s, true));
      }),
    );
  });

  test.each([
    ['inc', abi.FLAGS_INC, false],
    ['dec', abi.FLAGS_DEC, true],
  ] as const)('%s keeps the carry', (_name, kind, minus) => {
    fc.assert(
      fc.property(operand, bit, size, (a, c, s) => {
        const r = cut(BigInt(a) + (minus ? -1n : 1n), s);
        const flags = (sumFlags(a, 1, 0, s, minus) & ~CF) | (c === 1 ? CF : 0);
        expect(flagsOf(abi.kindWord(kind, s), 99, 99, r, c, 99)).toBe(flags);
      }),
      { numRuns: 500 },
    );
  });

  test('logic, result and word', () => {
    fc.assert(
      fc.property(operand, bit, bit, size, (v, c, o, s) => {
        const r = zext(v, s);
        expect(flagsOf(abi.kindWord(abi.FLAGS_LOGIC, s), 7, 7, r, 7, 7)).toBe(resultFlags(BigInt(v), s));
        const result = resultFlags(BigInt(v), s) | (c === 1 ? CF : 0) | (o === 1 ? OF : 0);
        expect(flagsOf(abi.kindWord(abi.FLAGS_RESULT, s), 7, o, r, c, 7)).toBe(result);
        expect(flagsOf(abi.kindWord(abi.FLAGS_WORD, 4), v, 7, 7, 7, 7)).toBe(v & FLAGS_ARITH);
      }),
    );
  });

  test('overrides replace CF and OF only', () => {
    fc.assert(
      fc.property(operand, operand, bit, bit, size, (a, b, cf, of, s) => {
        const x = (cf === 1 ? CF : 0) | (of === 1 ? OF : 0);
        const plain = sumFlags(a, b, 0, s, true);
        const word = abi.kindWord(abi.FLAGS_SUB, s);
        const args = [zext(a, s), zext(b, s), 0, 0] as const;
        expect(flagsOf(word | abi.OVERRIDE_CF, ...args, x)).toBe((plain & ~CF) | (x & CF));
        expect(flagsOf(word | abi.OVERRIDE_OF, ...args, x)).toBe((plain & ~OF) | (x & OF));
        expect(flagsOf(word | abi.OVERRIDE_CF | abi.OVERRIDE_OF, ...args, x)).toBe((plain & ~(CF | OF)) | x);
      }),
    );
  });
});

describe('materializeFlags', () => {
  const state = () => new Int32Array(0x1000 >> 2);

  test('writes the six flags into EFLAGS and nothing else, once', () => {
    const s = state();
    s[EFLAGS >> 2] = DF | 2 | CF | ZF;
    s[abi.FLAGS_KIND >> 2] = abi.kindWord(abi.FLAGS_SUB, 4);
    s[abi.FLAGS_A >> 2] = 1;
    s[abi.FLAGS_B >> 2] = 2;
    materializeFlags(s);
    expect(s[EFLAGS >> 2]).toBe(DF | 2 | sumFlags(1, 2, 0, 4, true));
    expect(s[abi.FLAGS_KIND >> 2]).toBe(abi.FLAGS_IN_EFLAGS);
    s[abi.FLAGS_A >> 2] = 5;
    materializeFlags(s);
    expect(s[EFLAGS >> 2]).toBe(DF | 2 | sumFlags(1, 2, 0, 4, true));
  });
});
