/**
 * Makes records for every MMX and SSE row of the opcode table: encodings with
 * register and memory operands, on random states.
 */

import type { Encoding, OpcodeRow } from '../../../src/decoder/opcode-row.ts';
import { OPCODES } from '../../../src/decoder/opcode-table.ts';
import { operandCode, Source } from '../../../src/decoder/operand-codes.ts';
import type { Random } from './random.ts';
import { edges32, edges64, operand } from './random.ts';
import {
  AT_CODE,
  AT_EFLAGS,
  AT_FPU_STATUS,
  AT_FPU_TAGS,
  AT_FX,
  AT_GPR,
  AT_MEMORY,
  AT_MXCSR,
  AT_ST,
  AT_XMM,
  MEMORY,
  RECORD,
} from './record.ts';

/** Rows of these features that other parts of the interpreter own, or that have nothing to compare. */
const NOT_HERE = /^(prefetch|[lms]fence|clflush|crc32|popcnt|movbe|nop|fisttp|monitor|mwait|fxsave|fxrstor)/;
const FEATURES: readonly string[] = ['mmx', 'sse', 'sse2', 'sse3', 'ssse3', 'sse41', 'sse42'];

export const ROWS: readonly OpcodeRow[] = OPCODES.filter(
  (row) => FEATURES.includes(row.feature) && !NOT_HERE.test(row.mnemonic),
);

const PREFIXES: readonly (readonly [number, number])[] = [
  [2, 0x66],
  [4, 0xf3],
  [8, 0xf2],
];

/** The bytes of a row with random operands. */
export function encode(random: Random, row: OpcodeRow): number[] {
  const encoding: Encoding = random.pick(row.encodings);
  const bytes: number[] = [];
  if ((encoding.prefixClasses & 1) === 0) {
    for (const [bit, prefix] of PREFIXES) if ((encoding.prefixClasses & bit) !== 0) bytes.push(prefix);
  }
  if (encoding.map > 0) bytes.push(0x0f);
  if (encoding.map > 1) bytes.push(encoding.map === 2 ? 0x38 : 0x3a);
  bytes.push(encoding.opcode);
  const sources = row.operands.map((text) => operandCode(text).source);
  if (encoding.hasModrm) {
    const general = sources.some((source) => source === Source.GprRm || source === Source.GprReg);
    // ESP keeps the harness's stack.
    const register = (): number => (general ? random.pick([0, 1, 2, 3, 5, 6, 7]) : random.below(8));
    const reg = encoding.reg >= 0 ? encoding.reg : register();
    const memory = encoding.mod === 'memory' || (encoding.mod === 'any' && random.below(2) === 0);
    if (memory) {
      bytes.push((reg << 3) | 5);
      // Sixteen-byte operands are aligned; now and then they are not, and some fault.
      const displacement = random.below(16) === 0 ? random.below(49) : random.below(4) * 16;
      const address = MEMORY + displacement;
      bytes.push(address & 0xff, (address >> 8) & 0xff, address >> 16, 0);
    } else {
      bytes.push(0xc0 | (reg << 3) | register());
    }
  }
  if (sources.includes(Source.Imm8)) {
    bytes.push(random.below(2) === 0 ? random.below(256) : random.below(32));
  }
  return bytes;
}

/** What a generated state may contain. */
export interface StateOptions {
  /** SIMD exceptions may be unmasked. */
  readonly unmasked: boolean;
}

/** Writes a whole random record for `code` at `at`. */
export function makeRecord(
  random: Random,
  code: readonly number[],
  options: StateOptions,
  out: Uint8Array,
  at: number,
): void {
  const view = new DataView(out.buffer, out.byteOffset + at, RECORD);
  for (let b = 0; b < 16; b++) view.setUint8(AT_CODE + b, code[b] ?? 0x90);
  for (let r = 0; r < 8; r++) view.setUint32(AT_GPR + 4 * r, random.next() >>> random.below(32), true);
  // EDI is MASKMOVQ's address, EAX and EDX are PCMPESTRI's lengths.
  view.setUint32(AT_GPR + 28, MEMORY + random.below(32), true);
  if (random.below(2) === 0) {
    view.setInt32(AT_GPR, random.below(40) - 20, true);
    view.setInt32(AT_GPR + 8, random.below(40) - 20, true);
  }
  view.setUint32(AT_EFLAGS, 2 | (random.next() & 0x8d5), true);
  for (let k = 0; k < 64; k += 16) operand(random, view, AT_MEMORY + k);
  view.setUint16(AT_FX, 0x37f, true);
  view.setUint16(AT_FPU_STATUS, (random.below(8) << 11) | (random.next() & 0x4700), true);
  view.setUint8(AT_FPU_TAGS, random.below(2) === 0 ? 0xff : random.next());
  const masks = options.unmasked ? random.next() & 0x1f80 & random.next() : 0x1f80;
  const sticky = random.pick([0, 0, 0x20, 0x3f, random.below(64)]);
  // Where an exception is unmasked, its flag must be clear: some processors fault on the next instruction.
  const flags = sticky & (masks >> 7);
  const control = (random.below(4) << 13) | (random.below(3) === 0 ? 0x8000 : 0) | (random.below(3) === 0 ? 0x40 : 0);
  view.setUint32(AT_MXCSR, flags | masks | control, true);
  for (let r = 0; r < 8; r++) {
    operand(random, view, AT_XMM + 16 * r);
    operand(random, view, AT_ST + 16 * r);
    view.setUint16(AT_ST + 16 * r + 8, random.next(), true);
    for (let b = 10; b < 16; b++) view.setUint8(AT_ST + 16 * r + b, 0);
  }
  const shape = random.below(4);
  if (shape === 0) {
    // All near an edge, so that results come out near one too.
    const double = random.below(2) === 0;
    const fill = double ? edges64 : edges32;
    const pool = random.below(double ? 7 : 6);
    fill(random, view, AT_XMM, 128, pool);
    fill(random, view, AT_MEMORY, 64, pool);
  } else if (shape === 1) {
    // Neighbours alike, for ties, cancellation and comparison.
    for (let r = 1; r < 8; r++) {
      for (let b = 0; b < 16; b++) view.setUint8(AT_XMM + 16 * r + b, view.getUint8(AT_XMM + b));
      const changed = AT_XMM + 16 * r + random.below(16);
      if (random.below(3) !== 0) view.setUint8(changed, view.getUint8(changed) ^ (1 << random.below(8)));
    }
  }
}
