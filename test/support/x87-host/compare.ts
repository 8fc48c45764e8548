/**
 * Compares the interpreter's records with the processor's. Left out: the
 * instruction and data pointers (addresses differ between the two), reserved
 * bits, C1 where the SDM leaves it undefined or processors differ (FCOMI, FCMOV,
 * FFREE), and F2XM1 and FYL2XP1 outside the domain that the SDM gives them.
 */

import { decode } from '../../../src/decoder/decode.ts';
import { Instruction } from '../../../src/decoder/instruction.ts';
import { AT_CODE, AT_EAX, AT_EFLAGS, AT_IMAGE, AT_LENGTH, AT_MEMORY, AT_REGISTERS, RECORD } from './record.ts';

const ARITHMETIC_FLAGS = 0x8d5;
const COND1 = 0x200;

function mnemonicOf(record: Uint8Array): string {
  const i = new Instruction();
  const code = record.subarray(AT_CODE, AT_CODE + record[AT_LENGTH]!);
  decode(code, 0, code.length, true, i);
  return i.row.mnemonic;
}

/** A record's bytes with what is not compared made equal. */
function canonical(record: Uint8Array, ignoredStatus: number): Uint8Array {
  const out = new Uint8Array(record);
  const view = new DataView(out.buffer);
  view.setUint32(AT_EFLAGS, view.getUint32(AT_EFLAGS, true) & ARITHMETIC_FLAGS, true);
  view.setUint32(AT_IMAGE + 4, view.getUint32(AT_IMAGE + 4, true) & ~ignoredStatus, true);
  out.fill(0, AT_IMAGE + 12, AT_REGISTERS);
  return out;
}

/** One record as text: what a failing comparison shows. */
export function describeRecord(record: Uint8Array): string {
  const view = new DataView(record.buffer, record.byteOffset, RECORD);
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const registers: string[] = [];
  for (let n = 0; n < 8; n++) {
    const at = AT_REGISTERS + 10 * n;
    registers.push(
      `${hex(view.getUint16(at + 8, true), 4)}:${hex(view.getUint32(at + 4, true), 8)}${hex(view.getUint32(at, true), 8)}`,
    );
  }
  const words = [0, 4, 8].map((at) => hex(view.getUint16(AT_IMAGE + at, true), 4));
  const memory = Buffer.from(record.subarray(AT_MEMORY, AT_MEMORY + 16)).toString('hex');
  const flags = hex(view.getUint32(AT_EFLAGS, true), 3);
  return (
    `cw ${words[0]} sw ${words[1]} tw ${words[2]} eflags ${flags} eax ${hex(view.getUint32(AT_EAX, true), 8)} ` +
    `mem ${memory} st ${registers.join(' ')}`
  );
}

/** Whether the result for this st(0) is undefined. */
function outsideDomain(mnemonic: string, record: Uint8Array): boolean {
  if (mnemonic !== 'f2xm1' && mnemonic !== 'fyl2xp1') return false;
  const exponent = (record[AT_REGISTERS + 8]! | (record[AT_REGISTERS + 9]! << 8)) & 0x7fff;
  // Up to 1 for the one, below 1/4 for the other; infinities and NaNs are defined.
  return exponent >= (mnemonic === 'f2xm1' ? 0x3fff : 0x3ffd) && exponent !== 0x7fff;
}

/** A register as an integer that counts the representable numbers from zero. */
function ordinal(view: DataView, n: number): bigint {
  const at = AT_REGISTERS + 10 * n;
  const se = view.getUint16(at + 8, true);
  const significand = view.getBigUint64(at, true);
  const exponent = BigInt(se & 0x7fff);
  const magnitude = exponent === 0n ? significand : ((exponent - 1n) << 63n) + significand;
  return (se & 0x8000) !== 0 ? -magnitude : magnitude;
}

/** Makes st(0) and st(1) of `got` equal to those of `want` where they are within `ulps` of each other. */
function allowUlps(got: Uint8Array, want: Uint8Array, ulps: bigint): void {
  for (let n = 0; n < 2; n++) {
    const at = AT_REGISTERS + 10 * n;
    const distance = ordinal(new DataView(got.buffer), n) - ordinal(new DataView(want.buffer), n);
    if (distance <= ulps && -distance <= ulps) got.set(want.subarray(at, at + 10), at);
  }
}

/**
 * Descriptions of the records that differ, at most `limit`.
 * @param ulps how far st(0) and st(1) may be apart; with more than 0, C1 is not compared either
 */
export function differences(before: Uint8Array, got: Uint8Array, want: Uint8Array, ulps = 0n, limit = 3): string[] {
  const found: string[] = [];
  for (let at = 0; at < want.length && found.length < limit; at += RECORD) {
    const input = before.subarray(at, at + RECORD);
    const mnemonic = mnemonicOf(input);
    if (outsideDomain(mnemonic, input)) continue;
    const ignored = ulps > 0n || /^(fu?comip?|fcmov\w+|ffreep?)$/.test(mnemonic) ? COND1 : 0;
    const g = canonical(got.subarray(at, at + RECORD), ignored);
    const w = canonical(want.subarray(at, at + RECORD), ignored);
    if (ulps > 0n) allowUlps(g, w, ulps);
    if (Buffer.compare(g, w) === 0) continue;
    found.push(
      [
        mnemonic,
        `  before    ${describeRecord(input)}`,
        `  expected  ${describeRecord(want.subarray(at, at + RECORD))}`,
        `  got       ${describeRecord(got.subarray(at, at + RECORD))}`,
      ].join('\n'),
    );
  }
  return found;
}
