/** The code of a case, taken out of its memory: as bytes, and as decoded instructions. */
import { DecodeStatus, decode, MAX_LENGTH } from '../src/decoder/decode.ts';
import { Instruction } from '../src/decoder/instruction.ts';
import type { FuzzCase } from './case.ts';

/** Linear address of a case's first instruction. */
export function entryOf(c: FuzzCase): number {
  return (c.initial.segments[1]!.base + c.initial.eip) >>> 0;
}

/**
 * Bytes of a case's patches at a physical address; zero where no patch is. Backgrounds are left out: no generator puts code
 * there.
 */
export function patchedBytes(c: FuzzCase, at: number, length: number): Uint8Array {
  const out = new Uint8Array(length);
  for (const { at: from, bytes } of c.patches) {
    if (from >= at + length || from + bytes.length <= at) continue;
    const first = Math.max(from, at);
    const last = Math.min(from + bytes.length, at + length);
    out.set(bytes.subarray(first - from, last - from), first - at);
  }
  return out;
}

/** The code as generated; linear is taken for physical, as in all generated cases. */
export function codeBytes(c: FuzzCase): Uint8Array {
  return patchedBytes(c, entryOf(c), c.codeLength);
}

/** Is the case's code 32-bit? */
export function isCode32(c: FuzzCase): boolean {
  return c.mode === 'protected32';
}

/** One instruction of the code; `insn` is undefined where the bytes are none. */
export interface CodeItem {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly insn: Instruction | undefined;
}

/** The code decoded from its beginning on; what comes behind bytes that are no instruction is one item. */
export function codeItems(c: FuzzCase, bytes: Uint8Array = codeBytes(c)): CodeItem[] {
  const items: CodeItem[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const insn = new Instruction();
    const status = decode(bytes, offset, bytes.length, isCode32(c), insn);
    if (status !== DecodeStatus.Ok) {
      items.push({ offset, bytes: bytes.slice(offset), insn: undefined });
      break;
    }
    items.push({ offset, bytes: bytes.slice(offset, offset + insn.length), insn });
    offset += insn.length;
  }
  return items;
}

const first = new Instruction();

/** The first instruction, or undefined where there is none. The object is reused by the next call. */
export function firstInstruction(c: FuzzCase): Instruction | undefined {
  const bytes = patchedBytes(c, entryOf(c), MAX_LENGTH);
  return decode(bytes, 0, bytes.length, isCode32(c), first) === DecodeStatus.Ok ? first : undefined;
}
