/**
 * Recorded results, so that the interpreter is held against a real processor
 * on machines that have none to run 32-bit code on.
 *
 * The inputs are generated anew (a seed a row of the opcode table), the file
 * holds a sum of them and what the processor changed: one line a row,
 *
 *     row id <tab> sum of the inputs <tab> changes of every case, base64
 *
 * where a change is an offset (2 bytes), a length (1 byte) and bytes, and
 * offset FFFFh ends a case. Registers of the x87 image stand in physical
 * order there, so that a change of TOP moves nothing.
 */
import type { OpcodeRow } from '../../../src/decoder/opcode-row.ts';
import { encode, makeRecord } from './cases.ts';
import { Random } from './random.ts';
import { AT_FPU_STATUS, AT_ST, RECORD } from './record.ts';

const CASES = 6;
const END = 0xffff;

/** A 32-bit sum of bytes (FNV-1a). */
function sum(bytes: Uint8Array): number {
  let h = -2128831035;
  for (const byte of bytes) h = Math.imul(h ^ byte, 16777619);
  return h >>> 0;
}

/** The records of a row, always the same. The last two may have unmasked exceptions. */
export function inputs(row: OpcodeRow): Uint8Array {
  const encodings = row.encodings.map((e) => `${e.prefixClasses}.${e.map}.${e.opcode}`).join(' ');
  const random = new Random(sum(new TextEncoder().encode(`${row.id} ${encodings}`)));
  const records = new Uint8Array(CASES * RECORD);
  for (let k = 0; k < CASES; k++) {
    makeRecord(random, encode(random, row), { unmasked: k >= CASES - 2 }, records, k * RECORD);
  }
  return records;
}

/** Exchanges stack order (as in the image) and physical order of the x87 registers, in place. */
function reorder(record: Uint8Array, toPhysical: boolean): void {
  const top = (record[AT_FPU_STATUS + 1]! >> 3) & 7;
  const from = record.slice(AT_ST, AT_ST + 128);
  for (let n = 0; n < 8; n++) {
    const to = (toPhysical ? n + top : n - top) & 7;
    record.set(from.subarray(16 * n, 16 * n + 16), AT_ST + 16 * to);
  }
}

function changesOf(input: Uint8Array, output: Uint8Array): number[] {
  const before = input.slice();
  const after = output.slice();
  reorder(before, true);
  reorder(after, true);
  const out: number[] = [];
  for (let at = 0; at < RECORD; ) {
    if (before[at] === after[at]) {
      at++;
      continue;
    }
    let end = at + 1;
    while (end < RECORD && end - at < 255 && before[end] !== after[end]) end++;
    out.push(at & 0xff, at >> 8, end - at, ...after.subarray(at, end));
    at = end;
  }
  return [...out, END & 0xff, END >> 8];
}

/** One line of the file from what a processor made of {@link inputs}. */
export function toLine(row: OpcodeRow, records: Uint8Array, results: Uint8Array): string {
  const bytes: number[] = [];
  for (let at = 0; at < records.length; at += RECORD) {
    bytes.push(...changesOf(records.subarray(at, at + RECORD), results.subarray(at, at + RECORD)));
  }
  return `${row.id}\t${sum(records).toString(16)}\t${Buffer.from(bytes).toString('base64')}`;
}

/**
 * What the processor made of {@link inputs}, from a line.
 * @throws Error when the line was recorded for other inputs
 */
export function fromLine(line: string, records: Uint8Array): Uint8Array {
  const [id, recorded, text = ''] = line.split('\t');
  if (recorded !== sum(records).toString(16)) {
    throw new Error(`${id}: the inputs changed since the results were recorded; run record-vectors.ts again`);
  }
  const bytes = Buffer.from(text, 'base64');
  const results = records.slice();
  let p = 0;
  for (let at = 0; at < records.length; at += RECORD) {
    const result = results.subarray(at, at + RECORD);
    reorder(result, true);
    while (bytes.readUInt16LE(p) !== END) {
      const length = bytes[p + 2]!;
      result.set(bytes.subarray(p + 3, p + 3 + length), bytes.readUInt16LE(p));
      p += 3 + length;
    }
    p += 2;
    reorder(result, false);
  }
  return results;
}
