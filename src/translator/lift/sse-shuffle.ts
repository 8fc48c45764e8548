/** Lifting of packing, unpacking and shuffling of MMX and XMM registers. */
import { op } from '../ir.ts';
import type { Lift, Lifts } from './semantics.ts';
import { elements, type Lanes, packed, shuffle, xmmForm } from './sse-operands.ts';

/** Elements of `width` bytes of both operands, by turns, beginning with number `first`. */
function interleave(width: number, first: number): Lanes {
  const count = 16 / width;
  const numbers = Array.from({ length: count }, (_, n) => first + (n >> 1) + (n & 1) * count);
  const bytes = elements(width, numbers);
  return (a, b) => shuffle(a, b, bytes);
}
/** MMX forms read 4 bytes of memory. */
const low = (width: number): Lift => packed(interleave(width, 0), interleave(width, 0), 4);
const high = (width: number): Lift => packed(interleave(width, 8 / width), interleave(width, 4 / width));

/** Both operands' elements, narrowed with saturation. An MMX result has both in its low half. */
function narrow(name: string): Lift {
  const joined = elements(8, [0, 2]);
  return packed(
    (a, b) => op(name, [a, b]),
    (a, b) => {
      const ab = shuffle(a, b, joined);
      return op(name, [ab, ab]);
    },
  );
}

/** Four two-bit fields of the immediate, as numbers of elements from `base` on. */
const fields = (imm: number, base = 0): number[] => [0, 2, 4, 6].map((at) => base + ((imm >> at) & 3));

const words =
  (numbers: (imm: number) => number[]): Lanes =>
  (_a, b, imm) =>
    shuffle(b, b, elements(2, numbers(imm)));

const LOW_FOUR = [0, 1, 2, 3];
const HIGH_FOUR = [4, 5, 6, 7];

export const sseShuffle: Lifts = {
  punpcklbw: low(1),
  punpcklwd: low(2),
  punpckldq: low(4),
  punpcklqdq: xmmForm(interleave(8, 0)),
  punpckhbw: high(1),
  punpckhwd: high(2),
  punpckhdq: high(4),
  punpckhqdq: xmmForm(interleave(8, 1)),
  unpcklps: xmmForm(interleave(4, 0)),
  unpcklpd: xmmForm(interleave(8, 0)),
  unpckhps: xmmForm(interleave(4, 2)),
  unpckhpd: xmmForm(interleave(8, 1)),
  packsswb: narrow('i8x16.narrow_i16x8_s'),
  packuswb: narrow('i8x16.narrow_i16x8_u'),
  packssdw: narrow('i16x8.narrow_i32x4_s'),
  pshufd: xmmForm((_a, b, imm) => shuffle(b, b, elements(4, fields(imm)))),
  pshuflw: xmmForm(words((imm) => [...fields(imm), ...HIGH_FOUR])),
  pshufhw: xmmForm(words((imm) => [...LOW_FOUR, ...fields(imm, 4)])),
  pshufw: packed(words((imm) => [...fields(imm), ...HIGH_FOUR])),
  shufps: xmmForm((a, b, imm) => {
    const [w, x, y, z] = fields(imm) as [number, number, number, number];
    return shuffle(a, b, elements(4, [w, x, y + 4, z + 4]));
  }),
  shufpd: xmmForm((a, b, imm) => shuffle(a, b, elements(8, [imm & 1, 2 + ((imm >> 1) & 1)]))),
};
