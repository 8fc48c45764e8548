/**
 * All of MMX and SSE to SSE4.2 in one record.
 */
import type { Semantics } from '../handler.ts';
import { MMX } from './mmx.ts';
import { SSE_CONTROL } from './sse-control.ts';
import { SSE_CONVERT } from './sse-convert.ts';
import { SSE_FLOAT_ARITHMETIC } from './sse-float-arithmetic.ts';
import { SSE_FLOAT_COMPARE } from './sse-float-compare.ts';
import { SSE_INTEGER_ARITHMETIC } from './sse-integer-arithmetic.ts';
import { SSE_INTEGER_LOGIC } from './sse-integer-logic.ts';
import { SSE_INTEGER_MOVES } from './sse-integer-moves.ts';
import { SSE_INTEGER_MULTIPLY } from './sse-integer-multiply.ts';
import { SSE_INTEGER_SHIFT } from './sse-integer-shift.ts';
import { SSE_INTEGER_SHUFFLE } from './sse-integer-shuffle.ts';
import { SSE_MOVES } from './sse-moves.ts';
import { SSE_NONTEMPORAL } from './sse-nontemporal.ts';
import { SSE3 } from './sse3.ts';
import { SSE41_FLOAT } from './sse41-float.ts';
import { SSE41_INTEGER } from './sse41-integer.ts';
import { SSE42 } from './sse42.ts';
import { SSSE3 } from './ssse3.ts';

export const SIMD: Semantics = {
  ...MMX,
  ...SSE_MOVES,
  ...SSE_INTEGER_MOVES,
  ...SSE_NONTEMPORAL,
  ...SSE_CONTROL,
  ...SSE_FLOAT_ARITHMETIC,
  ...SSE_FLOAT_COMPARE,
  ...SSE_CONVERT,
  ...SSE3,
  ...SSSE3,
  ...SSE41_INTEGER,
  ...SSE41_FLOAT,
  ...SSE42,
  ...SSE_INTEGER_ARITHMETIC,
  ...SSE_INTEGER_LOGIC,
  ...SSE_INTEGER_MULTIPLY,
  ...SSE_INTEGER_SHIFT,
  ...SSE_INTEGER_SHUFFLE,
};
