/**
 * A range of code as lines of a disassembly: address, bytes, text.
 *
 * What holds here: every byte of the range stands in exactly one line; bytes that
 * are no instruction get a line of their own, `(bad)`, one byte at a time, so that the listing finds its way again.
 */
import { DecodeStatus, decode } from './decode.ts';
import { Instruction } from './instruction.ts';
import { format } from './print.ts';

/** One line of a listing. */
export interface ListingLine {
  /** Address of the first byte. */
  readonly address: number;
  /** The instruction's bytes. */
  readonly bytes: Uint8Array;
  /** Intel syntax, or `(bad)`. */
  readonly text: string;
}

/**
 * Disassembles bytes from the first to the last.
 * @param bytes the code
 * @param address the first byte's offset in its code segment
 * @param code32 are default operand and address size 32 bits?
 */
export function* disassemble(bytes: Uint8Array, address: number, code32: boolean): Generator<ListingLine> {
  const insn = new Instruction();
  let at = 0;
  while (at < bytes.length) {
    const eip = (address + at) >>> 0;
    const ok = decode(bytes, at, bytes.length, code32, insn) === DecodeStatus.Ok;
    const length = ok ? insn.length : 1;
    yield { address: eip, bytes: bytes.subarray(at, at + length), text: ok ? format(insn, eip) : '(bad)' };
    at += length;
  }
}

/** One line as text: `00001000  8b 45 08              mov eax,dword ptr [ebp+8]`. */
export function formatLine(line: ListingLine): string {
  const hex = Array.from(line.bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${line.address.toString(16).padStart(8, '0')}  ${hex.padEnd(30)}  ${line.text}`;
}
