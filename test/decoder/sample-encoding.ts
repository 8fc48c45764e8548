/**
 * One example of the bytes of each encoding in the opcode table, for tests that go
 * through the whole table.
 */
import type { Encoding } from '../../src/decoder/opcode-row.ts';

const MAP_BYTES: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

/** Bytes of the encoding, with enough bytes behind for whatever follows; the register field is 0 where it is free. */
export function sampleEncoding(encoding: Encoding): Uint8Array {
  const classes = encoding.prefixClasses;
  const prefix = (classes & 1) !== 0 ? [] : (classes & 2) !== 0 ? [0x66] : (classes & 4) !== 0 ? [0xf3] : [0xf2];
  const reg = encoding.reg < 0 ? 0 : encoding.reg << 3;
  const modrm = encoding.modrm >= 0 ? encoding.modrm : encoding.mod === 'register' ? 0xc0 | reg : reg;
  // 90 is NOP; the other seven of XCHG are not.
  const opcode = encoding.opcode === 0x90 && encoding.span === 8 ? 0x91 : encoding.opcode;
  return Uint8Array.of(...prefix, ...(MAP_BYTES[encoding.map] ?? []), opcode, modrm, ...new Array<number>(10).fill(5));
}
