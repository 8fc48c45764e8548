/** The opcode table as data: names, places, every encoding decodes to its own row, and its flags agree with iced-x86. */
import { createRequire } from 'node:module';
import type * as Iced from 'iced-x86';
import { describe, expect, test } from 'vitest';
import { AF, CF, DF, FLAGS_ARITH, OF, PF, SF, ZF } from '../../src/cpu/registers.ts';
import { DecodeStatus, decode } from '../../src/decoder/decode.ts';
import { Instruction } from '../../src/decoder/instruction.ts';
import { rows } from '../../src/decoder/opcode-notation.ts';
import type { OpcodeRow } from '../../src/decoder/opcode-row.ts';
import { OPCODES } from '../../src/decoder/opcode-table.ts';
import { sampleEncoding } from './sample-encoding.ts';

const iced = createRequire(import.meta.url)('iced-x86') as typeof Iced;

/** iced-x86's flag bits as EFLAGS bits; those above DF are not compared. */
function eflags(bits: number): number {
  const { RflagsBits } = iced;
  const pairs: readonly (readonly [number, number])[] = [
    [RflagsBits.OF, OF],
    [RflagsBits.SF, SF],
    [RflagsBits.ZF, ZF],
    [RflagsBits.AF, AF],
    [RflagsBits.CF, CF],
    [RflagsBits.PF, PF],
    [RflagsBits.DF, DF],
  ];
  return pairs.reduce((all, [theirs, ours]) => ((bits & theirs) !== 0 ? all | ours : all), 0);
}

function letters(bits: number): string {
  const names: readonly (readonly [number, string])[] = [
    [OF, 'o'],
    [SF, 's'],
    [ZF, 'z'],
    [AF, 'a'],
    [PF, 'p'],
    [CF, 'c'],
    [DF, 'd'],
  ];
  return names
    .filter(([bit]) => (bits & bit) !== 0)
    .map(([, name]) => name)
    .join('');
}

/** Where the row's flags differ from iced's, as "written … undefined … read …". */
function flagDifference(row: OpcodeRow): string | undefined {
  const encoding = row.encodings[0];
  if (!encoding) return 'no encoding';
  const decoder = new iced.Decoder(32, sampleEncoding(encoding), iced.DecoderOptions.ForceReservedNop);
  const theirs = decoder.decode();
  const mask = FLAGS_ARITH | DF;
  const found: string[] = [];
  const compare = (what: string, ours: number, other: number): void => {
    if ((ours & mask) !== other) found.push(`${what} ${letters(ours & mask)}, iced ${letters(other)}`);
  };
  compare('undefined', row.flagsUndefined, eflags(theirs.rflagsUndefined));
  compare('written', row.flagsWritten, eflags(theirs.rflagsWritten | theirs.rflagsCleared | theirs.rflagsSet));
  // What is read may be more: condition codes are one row, and a conditional write counts as a read.
  const unread = eflags(theirs.rflagsRead) & ~row.flagsRead;
  if (unread !== 0) found.push(`does not read ${letters(unread)}`);
  theirs.free();
  decoder.free();
  return found.length === 0 ? undefined : found.join('; ');
}

test('rows are numbered by place and named once', () => {
  expect(OPCODES.map((row) => row.index)).toEqual(OPCODES.map((_, i) => i));
  expect(new Set(OPCODES.map((row) => row.id)).size).toBe(OPCODES.length);
});

test('each encoding decodes to its own row', () => {
  const insn = new Instruction();
  const wrong: string[] = [];
  for (const row of OPCODES) {
    for (const encoding of row.encodings) {
      const bytes = sampleEncoding(encoding);
      const status = decode(bytes, 0, bytes.length, true, insn);
      if (status !== DecodeStatus.Ok || insn.row !== row) wrong.push(`${row.id}: status ${status}, ${insn.row?.id}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('flags agree with iced-x86', () => {
  const differences: Record<string, string> = {};
  for (const row of OPCODES) {
    // As in 64-bit mode, where they save and load all flags.
    if (row.feature === 'syscall') continue;
    const difference = flagDifference(row);
    if (difference !== undefined) differences[row.id] = difference;
  }
  expect(differences).toEqual({});
});

test('no flag is both defined and undefined; control transfers end a block', () => {
  for (const row of OPCODES) expect(row.flagsWritten & row.flagsUndefined, row.id).toBe(0);
  const transfers = ['jcc', 'jmp', 'call', 'ret', 'callf', 'jmpf', 'retf', 'iret', 'int', 'loop', 'jcxz', 'hlt'];
  for (const row of OPCODES) if (transfers.includes(row.mnemonic)) expect(row.endsBlock, row.id).toBe(true);
});

test('the instructions that Popek and Goldberg would miss are marked', () => {
  const silent = [
    'sgdt',
    'sidt',
    'sldt',
    'smsw',
    'str',
    'pushf',
    'popf',
    'iret',
    'lar',
    'lsl',
    'verr',
    'verw',
    'callf',
    'jmpf',
    'retf',
    'int',
  ];
  const marked = new Set(OPCODES.filter((row) => row.sensitive).map((row) => row.mnemonic));
  expect(silent.filter((mnemonic) => !marked.has(mnemonic))).toEqual([]);
  for (const row of OPCODES) {
    const usesSegmentRegister = row.operands.some((code) => /^([CDEFGS]S|Sw)$/.test(code));
    if (usesSegmentRegister) expect(row.sensitive, row.id).toBe(true);
  }
});

describe('a mistake in the table is an error that names the line', () => {
  test.each([
    ['ZZ  add Eb,Gb', /cannot read encoding "ZZ"/],
    ['00  add Eb,Kb', /unknown operand code "Kb"/],
    ['00  add Eb,Gb  w=oq', /unknown flag "q"/],
    ['00', /no mnemonic/],
  ])('%s', (line, message) => {
    expect(() => rows('8086', 'translated', line)).toThrow(message);
  });
});
