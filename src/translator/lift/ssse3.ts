/** Lifting of SSSE3: shuffles by bytes, sums of neighbours, signs and magnitudes, of MMX and XMM registers. */
import { con, type Expr, op } from '../ir.ts';
import type { Lift, Lifts } from './semantics.ts';
import { elements, type Lanes, packed, shuffle, zero } from './sse-operands.ts';

const splat = (width: 8 | 16, value: number): Expr =>
  op('v128.const', [], width === 8 ? new Array<number>(16).fill(value) : words(value));
const words = (value: number): number[] => new Array<number>(8).fill(0).flatMap(() => [value & 255, value >> 8]);

/** A set top bit gives zero, as an index beyond the vector does in WebAssembly; else the lowest bits count. */
const choose =
  (kept: number): Lanes =>
  (a, b) =>
    op('i8x16.swizzle', [a, op('v128.and', [b, splat(8, kept)])]);

/** Neighbours of the first operand, then of the second: an MMX result has both in its low half. */
function neighbours(width: 2 | 4, name: string): Lift {
  const count = 16 / width;
  const every = (first: number) =>
    elements(
      width,
      Array.from({ length: count }, (_, n) => first + 2 * n),
    );
  const [even, odd] = [every(0), every(1)];
  const joined = elements(8, [0, 2]);
  return packed(
    (a, b) => op(name, [shuffle(a, b, even), shuffle(a, b, odd)]),
    (a, b) => {
      const ab = shuffle(a, b, joined);
      return op(name, [shuffle(ab, ab, even), shuffle(ab, ab, odd)]);
    },
  );
}

/** Unsigned bytes times signed ones, products of neighbours added with saturation; each product fits. */
const mixedProducts: Lanes = (a, b) => {
  const unsigned = [op('v128.and', [a, splat(16, 0xff)]), op('i16x8.shr_u', [a, con(8)])];
  const signed = [op('i16x8.shr_s', [op('i16x8.shl', [b, con(8)]), con(8)]), op('i16x8.shr_s', [b, con(8)])];
  const product = (n: 0 | 1) => op('i16x8.mul', [unsigned[n]!, signed[n]!]);
  return op('i16x8.add_saturate_s', [product(0), product(1)]);
};

/** -1 * -1, the one product that WebAssembly saturates, stays 8000h. */
const roundedProducts: Lanes = (a, b) => {
  const least = splat(16, 0x8000);
  const both = op('v128.and', [op('i16x8.eq', [a, least]), op('i16x8.eq', [b, least])]);
  return op('v128.xor', [op('i16x8.q15mulr_sat_s', [a, b]), both]);
};

/** The first operand with its sign turned where the second is negative, zero where that is zero. */
const signed =
  (shape: string, width: number): Lanes =>
  (a, b) => {
    const negative = op(`${shape}.shr_s`, [b, con(width - 1)]);
    const turned = op(`${shape}.sub`, [op('v128.xor', [a, negative]), negative]);
    return op('v128.andnot', [turned, op(`${shape}.eq`, [b, zero])]);
  };

const magnitude =
  (shape: string): Lanes =>
  (_a, b) =>
    op(`${shape}.abs`, [b]);

/** From byte `imm` on of the first operand above the second, each of `size` bytes. */
function align(size: 8 | 16): Lanes {
  return (a, b, imm) => {
    const by = imm & 0xff;
    const from = (n: number) => (n < size ? n : n < 2 * size ? n - size + 16 : -1);
    const all = Array.from({ length: 16 }, (_, n) => from(n + by));
    const pair = shuffle(
      b,
      a,
      all.map((at) => Math.max(at, 0)),
    );
    if (!all.includes(-1)) return pair;
    return shuffle(
      pair,
      zero,
      all.map((at, n) => (at < 0 ? 16 : n)),
    );
  };
}

export const ssse3: Lifts = {
  pshufb: packed(choose(0x8f), choose(0x87)),
  phaddw: neighbours(2, 'i16x8.add'),
  phaddd: neighbours(4, 'i32x4.add'),
  phaddsw: neighbours(2, 'i16x8.add_saturate_s'),
  phsubw: neighbours(2, 'i16x8.sub'),
  phsubd: neighbours(4, 'i32x4.sub'),
  phsubsw: neighbours(2, 'i16x8.sub_saturate_s'),
  pmaddubsw: packed(mixedProducts),
  pmulhrsw: packed(roundedProducts),
  psignb: packed(signed('i8x16', 8)),
  psignw: packed(signed('i16x8', 16)),
  psignd: packed(signed('i32x4', 32)),
  pabsb: packed(magnitude('i8x16')),
  pabsw: packed(magnitude('i16x8')),
  pabsd: packed(magnitude('i32x4')),
  palignr: packed(align(16), align(8)),
};
