/**
 * The opcode table: every instruction that the monitor knows, as data. The
 * rows stand by topic in opcodes/*.ts; here they are put in one order and
 * numbered. Decoder, printer, fuzz generator and docs/support-matrix.md come from it.
 *
 * Mnemonics are size-neutral, so that semantics are looked up once: the string
 * instructions are movs, cmps, stos, lods, scas, ins, outs (movsd and cmpsd are
 * SSE2's); cbw, cwd, pusha, popa, pushf, popf and iret mean the 32-bit form where the
 * operand size says so, jcxz where the address size does; jcc, setcc and
 * cmovcc keep their condition in the instruction; far transfers are callf, jmpf and
 * retf; fwait is wait. The printer gives the usual names back.
 */
import type { RowDraft } from './opcode-notation.ts';
import type { OpcodeRow } from './opcode-row.ts';
import { ARITHMETIC } from './opcodes/arithmetic.ts';
import { MMX } from './opcodes/mmx.ts';
import { ONE_BYTE } from './opcodes/one-byte.ts';
import { SSE_FLOAT } from './opcodes/sse-float.ts';
import { SSE2_INTEGER } from './opcodes/sse2-integer.ts';
import { THREE_BYTE } from './opcodes/three-byte.ts';
import { TWO_BYTE } from './opcodes/two-byte.ts';
import { X87 } from './opcodes/x87.ts';

const DRAFTS: readonly RowDraft[] = [
  ...ARITHMETIC,
  ...ONE_BYTE,
  ...TWO_BYTE,
  ...X87,
  ...MMX,
  ...SSE2_INTEGER,
  ...SSE_FLOAT,
  ...THREE_BYTE,
];

/** All rows; `OPCODES[i].index === i`. */
export const OPCODES: readonly OpcodeRow[] = DRAFTS.map((draft, index) => ({ index, ...draft }));
