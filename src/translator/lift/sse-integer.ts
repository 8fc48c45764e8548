/** Lifting of packed integer arithmetic, logic and comparison on MMX and XMM registers. */
import { con, type Expr, op } from '../ir.ts';
import type { Lift, Lifts } from './semantics.ts';
import { elements, type Lanes, packed, shuffle, xmmForm } from './sse-operands.ts';

/** An instruction that WebAssembly has just so. */
const same =
  (name: string): Lanes =>
  (a, b) =>
    op(name, [a, b]);
const both = (name: string): Lift => packed(same(name));
const xmmOnly = (f: Lanes): Lift => xmmForm(f);

/** High halves of the eight 32-bit products. */
function highProducts(sign: 's' | 'u'): Lanes {
  const odd = elements(2, [1, 3, 5, 7, 9, 11, 13, 15]);
  return (a, b) =>
    shuffle(op(`i32x4.extmul_low_i16x8_${sign}`, [a, b]), op(`i32x4.extmul_high_i16x8_${sign}`, [a, b]), odd);
}

/** Products of the even 32-bit elements. */
const evenProducts: Lanes = (a, b) => {
  const even = (e: Expr) => shuffle(e, e, elements(4, [0, 2, 0, 2]));
  return op('i64x2.extmul_low_i32x4_u', [even(a), even(b)]);
};

/** Sum of the absolute differences of eight bytes in each half. */
const absoluteDifferences: Lanes = (a, b) => {
  const difference = op('i8x16.sub', [op('i8x16.max_u', [a, b]), op('i8x16.min_u', [a, b])]);
  const fours = op('i32x4.extadd_pairwise_i16x8_u', [op('i16x8.extadd_pairwise_i8x16_u', [difference])]);
  const swapped = shuffle(fours, fours, elements(4, [1, 0, 3, 2]));
  return op('i64x2.shr_u', [op('i32x4.add', [fours, swapped]), con(32)]);
};

const and = same('v128.and');
const or = same('v128.or');
const xor = same('v128.xor');
/** IA-32 complements the first operand, WebAssembly the second. */
const andNot: Lanes = (a, b) => op('v128.andnot', [b, a]);

export const sseInteger: Lifts = {
  paddb: both('i8x16.add'),
  paddw: both('i16x8.add'),
  paddd: both('i32x4.add'),
  paddq: both('i64x2.add'),
  psubb: both('i8x16.sub'),
  psubw: both('i16x8.sub'),
  psubd: both('i32x4.sub'),
  psubq: both('i64x2.sub'),
  paddsb: both('i8x16.add_saturate_s'),
  paddsw: both('i16x8.add_saturate_s'),
  paddusb: both('i8x16.add_saturate_u'),
  paddusw: both('i16x8.add_saturate_u'),
  psubsb: both('i8x16.sub_saturate_s'),
  psubsw: both('i16x8.sub_saturate_s'),
  psubusb: both('i8x16.sub_saturate_u'),
  psubusw: both('i16x8.sub_saturate_u'),
  pminub: both('i8x16.min_u'),
  pmaxub: both('i8x16.max_u'),
  pminsw: both('i16x8.min_s'),
  pmaxsw: both('i16x8.max_s'),
  pavgb: both('i8x16.avgr_u'),
  pavgw: both('i16x8.avgr_u'),
  pcmpeqb: both('i8x16.eq'),
  pcmpeqw: both('i16x8.eq'),
  pcmpeqd: both('i32x4.eq'),
  pcmpgtb: both('i8x16.gt_s'),
  pcmpgtw: both('i16x8.gt_s'),
  pcmpgtd: both('i32x4.gt_s'),
  pmullw: both('i16x8.mul'),
  pmulhw: packed(highProducts('s')),
  pmulhuw: packed(highProducts('u')),
  pmuludq: packed(evenProducts),
  pmaddwd: both('i32x4.dot_i16x8_s'),
  psadbw: packed(absoluteDifferences),
  pand: packed(and),
  pandn: packed(andNot),
  por: packed(or),
  pxor: packed(xor),
  andps: xmmOnly(and),
  andpd: xmmOnly(and),
  andnps: xmmOnly(andNot),
  andnpd: xmmOnly(andNot),
  orps: xmmOnly(or),
  orpd: xmmOnly(or),
  xorps: xmmOnly(xor),
  xorpd: xmmOnly(xor),
};
