/**
 * Random instructions for fast-check, drawn from the opcode table: what they do
 * matters little, but that every row, form and prefix comes up.
 */
import * as fc from 'fast-check';
import { DecodeStatus, decode } from '../../src/decoder/decode.ts';
import { Instruction, K } from '../../src/decoder/instruction.ts';
import type { Encoding, OpcodeRow } from '../../src/decoder/opcode-row.ts';
import { OPCODES } from '../../src/decoder/opcode-table.ts';

/** Where 32-bit code finds its data. 16-bit code has as much of it as lies below, from offset 0 of its segments. */
export const DATA = 0x4_0000;
export const DATA_SIZE = 0x2_0000;
const DATA_SIZE_16 = 0xe000;

/** Left out: they change the mode, end the program, or are made by the pieces themselves. */
const EXCLUDED = new Set([
  ...[
    'hlt',
    'lgdt',
    'lidt',
    'lldt',
    'ltr',
    'lmsw',
    'clts',
    'wrmsr',
    'callf',
    'jmpf',
    'retf',
    'iret',
    'sysenter',
    'sysexit',
  ],
  ...['rsm', 'mwait', 'monitor', 'jcc', 'jmp', 'call', 'ret', 'jcxz', 'loop', 'loope', 'loopne', 'rdtsc', 'rdpmc'],
]);

function excluded(row: OpcodeRow): boolean {
  if (EXCLUDED.has(row.mnemonic)) return true;
  return row.mnemonic === 'mov' && row.operands.some((o) => o === 'Cd' || o === 'Dd');
}

/** How often a row is drawn, compared with the others. */
function weight(row: OpcodeRow): number {
  if (row.feature === 'fpu' || row.feature === 'fcmov' || row.feature === 'fisttp') return 5;
  if (/^(mmx|sse|ssse|fxsr)/.test(row.feature)) return 2;
  if (row.sensitive) return row.handling === 'translated' ? 8 : row.endsBlock ? 1 : 2;
  return 20;
}

const CHOICES: readonly { readonly row: OpcodeRow; readonly encoding: Encoding }[] = OPCODES.filter(
  (row) => !excluded(row),
).flatMap((row) => {
  const times = Math.max(1, Math.round(weight(row) / row.encodings.length));
  return row.encodings.flatMap((encoding) =>
    new Array<{ row: OpcodeRow; encoding: Encoding }>(times).fill({ row, encoding }),
  );
});

const MAP_BYTES: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
export const INTERESTING = [
  0, 1, 2, 7, 8, 15, 16, 31, 32, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];

/** One instruction as drawn: what the bytes are made from. */
interface Draw {
  readonly choice: number;
  readonly prefixes: number;
  readonly mod: number;
  readonly reg: number;
  readonly rm: number;
  readonly place: number;
  readonly imm: number;
}

export function le16(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff];
}

export function le32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}

/** ModR/M and what follows it: mostly a place in the data, by constant or by one of the pointer registers. */
function modrmBytes(encoding: Encoding, draw: Draw, code32: boolean): number[] {
  if (!encoding.hasModrm) return [];
  if (encoding.modrm >= 0) return [encoding.modrm];
  const reg = (encoding.reg < 0 ? draw.reg : encoding.reg) << 3;
  const register = encoding.mod === 'register' || (encoding.mod === 'any' && draw.mod < 4);
  if (register) return [0xc0 | reg | draw.rm];
  if (!code32) {
    if (draw.mod < 7) return [0x06 | reg, ...le16(draw.place % DATA_SIZE_16)];
    return [0x40 | reg | (draw.place & 7), (draw.place >> 4) & 0xff];
  }
  if (draw.mod < 7) return [0x05 | reg, ...le32(DATA + (draw.place % (DATA_SIZE - 64)))];
  if (draw.mod < 9) return [0x40 | reg | [5, 6, 7][draw.place % 3]!, (draw.place >> 4) & 0xff];
  // Base, index and scale with whatever the registers hold.
  return [0x44 | reg, (draw.place >> 3) & 0xff, (draw.place >> 11) & 0x7f];
}

/** Bytes of one instruction; NOP where what was drawn is no instruction of its row. */
function encode(draw: Draw, code32: boolean): number[] {
  const { row, encoding } = CHOICES[draw.choice]!;
  const bytes: number[] = [];
  if ((draw.prefixes & 7) === 0 && (encoding.prefixClasses & 2) !== 0) bytes.push(0x66);
  if ((draw.prefixes & 0x78) === 0) bytes.push(0x67);
  if ((draw.prefixes & 0x780) === 0) bytes.push([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65][draw.imm & 3]!);
  if ((draw.prefixes & 0x1800) === 0 && row.lockable) bytes.push(0xf0);
  const string = row.operands.some((o) => o.startsWith('X') || o.startsWith('Y'));
  if (string && (draw.prefixes & 0x2000) !== 0) bytes.push((draw.prefixes & 0x4000) !== 0 ? 0xf3 : 0xf2);
  const classes = encoding.prefixClasses;
  if ((classes & 1) === 0 && classes !== 15) bytes.push((classes & 2) !== 0 ? 0x66 : (classes & 4) !== 0 ? 0xf3 : 0xf2);
  const opcode = encoding.opcode + (encoding.span > 1 ? draw.rm + (encoding.span === 16 ? (draw.reg & 1) * 8 : 0) : 0);
  bytes.push(...MAP_BYTES[encoding.map]!, opcode, ...modrmBytes(encoding, draw, code32));
  const moffs = row.operands.some((o) => o.startsWith('O'));
  const place = code32 ? DATA + (draw.place % DATA_SIZE) : draw.place % DATA_SIZE_16;
  bytes.push(...le32(moffs ? place : draw.imm), ...le32(0));
  const insn = new Instruction();
  const code = Uint8Array.from(bytes);
  if (decode(code, 0, code.length, code32, insn) !== DecodeStatus.Ok || excluded(insn.row) || insn.k0 === K.Rel)
    return [0x90];
  const out = bytes.slice(0, insn.length);
  // A repeated string instruction with a wild count would eat the budget.
  const count = code32 ? le32(draw.place & 0x3f) : le16(draw.place & 0x3f);
  return string && bytes.some((b) => b === 0xf2 || b === 0xf3) ? [0xb9, ...count, ...out] : out;
}

/** One random instruction as bytes, for 32-bit or 16-bit code. */
export function instruction(code32: boolean): fc.Arbitrary<readonly number[]> {
  return fc
    .record({
      choice: fc.integer({ min: 0, max: CHOICES.length - 1 }),
      prefixes: fc.integer({ min: 0, max: 0x7fff }),
      mod: fc.integer({ min: 0, max: 10 }),
      reg: fc.integer({ min: 0, max: 7 }),
      rm: fc.integer({ min: 0, max: 7 }),
      place: fc.nat(0xf_ffff),
      imm: fc.oneof(fc.constantFrom(...INTERESTING), fc.integer()),
    })
    .map((draw) => encode(draw, code32));
}
