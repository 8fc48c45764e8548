/** The decoder by hand-picked cases: statuses, prefixes, operand fields; and by properties over any bytes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecodeStatus, decode } from '../../src/decoder/decode.ts';
import { Instruction, K, NO_REG, Prefix } from '../../src/decoder/instruction.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

function decoded(hex: string, code32 = true): Instruction {
  const insn = new Instruction();
  const bytes = bytesOf(hex);
  expect(decode(bytes, 0, bytes.length, code32, insn)).toBe(DecodeStatus.Ok);
  expect(insn.length).toBe(bytes.length);
  return insn;
}

function status(hex: string, code32 = true): DecodeStatus {
  const bytes = bytesOf(hex);
  return decode(bytes, 0, bytes.length, code32, new Instruction());
}

describe('operands', () => {
  test('register and memory with displacement', () => {
    const insn = decoded('8b 45 08');
    expect(insn.row.id).toBe('mov Gv,Ev');
    expect(insn).toMatchObject({
      count: 2,
      k0: K.Reg,
      r0: 0,
      s0: 4,
      k1: K.Mem,
      s1: 4,
      base: 5,
      index: NO_REG,
      disp: 8,
    });
    expect(insn.segment).toBe(2);
  });

  test('SIB with scale, and a segment override', () => {
    expect(decoded('65 8b 44 8b 80')).toMatchObject({ base: 3, index: 1, scale: 2, disp: -128, segment: 5 });
  });

  test('16-bit addressing', () => {
    expect(decoded('8a 42 fe', false)).toMatchObject({
      base: 5,
      index: 6,
      scale: 0,
      disp: -2,
      segment: 2,
      addressSize: 2,
    });
    expect(decoded('8a 06 34 12', false)).toMatchObject({ base: NO_REG, index: NO_REG, disp: 0x1234, segment: 3 });
  });

  test('esp and ebp as a base mean the stack segment, no base means DS', () => {
    expect(decoded('8b 04 24')).toMatchObject({ base: 4, index: NO_REG, segment: 2 });
    expect(decoded('8b 04 2d 04 03 02 01')).toMatchObject({ base: NO_REG, index: 5, disp: 0x01020304, segment: 3 });
  });

  test('immediates: zero-extended bytes, sign-extended sIb', () => {
    expect(decoded('b0 ff').imm).toBe(255);
    expect(decoded('83 c0 ff')).toMatchObject({ imm: -1, s1: 4 });
    expect(decoded('66 b8 ff ff')).toMatchObject({ imm: 0xffff, s0: 2 });
    expect(decoded('b8 ff ff ff ff').imm).toBe(-1);
    expect(decoded('c8 10 00 01')).toMatchObject({ count: 2, imm: 16, imm2: 1 });
  });

  test('branches and far pointers', () => {
    expect(decoded('75 fe')).toMatchObject({ k0: K.Rel, imm: -2, cond: 5 });
    expect(decoded('66 e8 fe ff')).toMatchObject({ k0: K.Rel, imm: -2, operandSize: 2 });
    expect(decoded('9a 44 33 22 11 08 00')).toMatchObject({ k0: K.Far, imm: 0x11223344, imm2: 8, s0: 6 });
    expect(decoded('ff 1b')).toMatchObject({ k0: K.Mem, s0: 6 });
  });

  test('an absolute address without ModR/M', () => {
    expect(decoded('a2 44 33 22 11')).toMatchObject({ k0: K.Mem, s0: 1, base: NO_REG, disp: 0x11223344, k1: K.Reg });
  });

  test('string instructions have no operand but a size', () => {
    const insn = decoded('f3 64 66 a5');
    expect(insn.row.mnemonic).toBe('movs');
    expect(insn).toMatchObject({ count: 0, k0: K.None, s0: 2, segment: 4 });
    expect(insn.prefixes & Prefix.Rep).toBe(Prefix.Rep);
  });

  test('x87 registers are explicit', () => {
    expect(decoded('dc c3')).toMatchObject({ count: 2, k0: K.St, r0: 3, k1: K.St, r1: 0 });
    expect(decoded('66 d9 30')).toMatchObject({ k0: K.Mem, s0: 14 });
    expect(decoded('dd 20')).toMatchObject({ k0: K.Mem, s0: 108 });
  });

  test('the decode before leaves nothing behind', () => {
    const insn = new Instruction();
    const long = bytesOf('65 67 66 c7 84 24 11 22 33 44 55 66');
    decode(long, 0, long.length, true, insn);
    decode(bytesOf('90'), 0, 1, true, insn);
    const fresh = new Instruction();
    decode(bytesOf('90'), 0, 1, true, fresh);
    expect(insn).toEqual(fresh);
  });
});

describe('prefixes', () => {
  test('F3 and F2 choose the instruction before 66', () => {
    expect(decoded('66 f3 0f 58 c1').row.mnemonic).toBe('addss');
    expect(decoded('f2 66 0f 58 c1').row.mnemonic).toBe('addsd');
    expect(decoded('f3 f2 0f 58 c1').row.mnemonic).toBe('addsd');
    expect(decoded('66 0f 58 c1').row.mnemonic).toBe('addpd');
    expect(decoded('66 f3 0f b8 c1')).toMatchObject({ operandSize: 2, s0: 2 });
  });

  test('the last segment override counts', () => {
    expect(decoded('2e 64 8b 00').segment).toBe(4);
  });

  test('F3 90 is PAUSE, 90 is NOP, 91 is XCHG', () => {
    expect(['f3 90', '90', '66 90', '91'].map((hex) => decoded(hex).row.mnemonic)).toEqual([
      'pause',
      'nop',
      'nop',
      'xchg',
    ]);
  });

  test('LOCK only before a read-modify-write of memory', () => {
    expect(status('f0 01 03')).toBe(DecodeStatus.Ok);
    expect(status('f0 01 c3')).toBe(DecodeStatus.Invalid);
    expect(status('f0 03 03')).toBe(DecodeStatus.Invalid);
    expect(status('f0 39 03')).toBe(DecodeStatus.Invalid);
    expect(status('f0 90')).toBe(DecodeStatus.Invalid);
  });
});

describe('statuses', () => {
  test.each([
    ['8f c8', 'POP with reg other than 0'],
    ['ff ff', 'FF /7'],
    ['8e c8', 'MOV to CS'],
    ['8e f0', 'no segment register 6'],
    ['0f 22 c8', 'no CR1'],
    ['c4 c0', 'LES from a register'],
    ['62 c0', 'BOUND with a register'],
    ['8d c0', 'LEA of a register'],
    ['0f 04', 'nothing there'],
    ['f3 0f 60 c1', 'no F3 form'],
    ['0f 38 ff c0', 'nothing there'],
    ['d9 d1', 'x87 hole'],
  ])('%s is undefined: %s', (hex) => {
    expect(status(hex)).toBe(DecodeStatus.Invalid);
  });

  test('15 bytes are allowed, 16 are too many', () => {
    expect(status(`${'2e'.repeat(14)}90`)).toBe(DecodeStatus.Ok);
    expect(status(`${'2e'.repeat(15)}90`)).toBe(DecodeStatus.TooLong);
    expect(status(`${'2e'.repeat(11)}b8 01 02 03 04`)).toBe(DecodeStatus.TooLong);
    expect(status('2e'.repeat(14))).toBe(DecodeStatus.NeedMore);
    expect(status('2e'.repeat(15))).toBe(DecodeStatus.TooLong);
  });

  test('the limit is an offset, not a length', () => {
    const bytes = bytesOf('00 00 00 b8 01 02 03 04');
    const insn = new Instruction();
    expect(decode(bytes, 3, 8, true, insn)).toBe(DecodeStatus.Ok);
    expect(decode(bytes, 3, 7, true, insn)).toBe(DecodeStatus.NeedMore);
    expect(decode(bytes, 8, 8, true, insn)).toBe(DecodeStatus.NeedMore);
  });
});

describe('any bytes', () => {
  const anyBytes = fc.uint8Array({ minLength: 1, maxLength: 20 });

  test('an instruction needs its bytes: all are enough, fewer are not, more change nothing', () => {
    fc.assert(
      fc.property(anyBytes, fc.boolean(), fc.nat(), (bytes, code32, cut) => {
        const insn = new Instruction();
        if (decode(bytes, 0, bytes.length, code32, insn) !== DecodeStatus.Ok) return;
        expect(insn.length).toBeGreaterThan(0);
        expect(insn.length).toBeLessThanOrEqual(15);
        const again = new Instruction();
        expect(decode(bytes, 0, insn.length, code32, again)).toBe(DecodeStatus.Ok);
        expect(again).toEqual(insn);
        expect(decode(bytes, 0, cut % insn.length, code32, again)).toBe(DecodeStatus.NeedMore);
      }),
      { numRuns: 2000 },
    );
  });

  test('every register number exists', () => {
    fc.assert(
      fc.property(anyBytes, fc.boolean(), (bytes, code32) => {
        const insn = new Instruction();
        if (decode(bytes, 0, bytes.length, code32, insn) !== DecodeStatus.Ok) return;
        for (const n of [insn.r0, insn.r1, insn.r2]) expect(n).toBeLessThan(8);
        expect(insn.base).toBeLessThanOrEqual(NO_REG);
        expect(insn.index).toBeLessThanOrEqual(NO_REG);
        expect(insn.segment).toBeLessThan(6);
        expect(insn.imm | 0).toBe(insn.imm);
        expect(insn.disp | 0).toBe(insn.disp);
      }),
      { numRuns: 2000 },
    );
  });
});
