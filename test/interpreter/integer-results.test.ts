/**
 * Results and flags of integer instructions, by value: a sample of each topic that stands without
 * the host's processor (integer-host.test.ts has the wide comparison).
 */
import { describe, expect, it } from 'vitest';
import { VEC_BR, VEC_DE, VEC_UD } from '../../src/cpu/exceptions.ts';
import type { Program, State } from '../support/program.ts';
import { runProgram, stateOf } from '../support/program.ts';

const CF = 1;
const PF = 4;
const AF = 0x10;
const ZF = 0x40;
const SF = 0x80;
const OF = 0x800;

interface Row {
  readonly name: string;
  readonly program: Program;
  readonly after: State;
}

// biome-ignore format: a table
const rows: readonly Row[] = [
  {
    name: 'add eax, ecx: unsigned overflow',
    program: { code: '01 c8', before: { eax: 0xffff_ffff, ecx: 1 } },
    after: { eax: 0, eflags: CF | PF | AF | ZF },
  },
  {
    name: 'add al, cl: signed overflow, the rest of eax stays',
    program: { code: '00 c8', before: { eax: 0x1234_567f, ecx: 1 } },
    after: { eax: 0x1234_5680, eflags: AF | SF | OF },
  },
  {
    name: 'add ah, ch',
    program: { code: '00 ec', before: { eax: 0x1200, ecx: 0x3400 } },
    after: { eax: 0x4600, eflags: 0 },
  },
  {
    name: 'adc ax, cx: carry in and out',
    program: { code: '66 11 c8', before: { eax: 0xffff_0000, ecx: 0xffff, eflags: CF } },
    after: { eax: 0xffff_0000, eflags: CF | PF | AF | ZF },
  },
  {
    name: 'sbb eax, eax spreads the carry',
    program: { code: '19 c0', before: { eax: 5, eflags: CF } },
    after: { eax: 0xffff_ffff, eflags: CF | PF | AF | SF },
  },
  {
    name: 'cmp [mem], imm8 leaves memory',
    program: { code: '80 3d 00 20 00 00 80', before: { memory: { 8192: '7f' } } },
    after: { memory: { 8192: '7f' }, eflags: CF | PF | SF | OF },
  },
  { name: 'inc keeps CF', program: { code: '40', before: { eax: 0x7fff_ffff, eflags: CF } }, after: { eax: 0x8000_0000, eflags: CF | PF | AF | SF | OF } },
  { name: 'neg of the smallest', program: { code: 'f7 d8', before: { eax: 0x8000_0000 } }, after: { eax: 0x8000_0000, eflags: CF | PF | SF | OF } },
  { name: 'not changes no flag', program: { code: 'f7 d0', before: { eax: 0, eflags: CF | ZF } }, after: { eax: 0xffff_ffff, eflags: CF | ZF } },
  { name: 'xor clears CF, OF, AF', program: { code: '31 c0', before: { eax: 3, eflags: CF | AF | OF } }, after: { eax: 0, eflags: PF | ZF } },
  { name: 'shl by 1', program: { code: 'd1 e0', before: { eax: 0xc000_0000 } }, after: { eax: 0x8000_0000, eflags: CF | PF | SF } },
  { name: 'shift by cl = 32 is none', program: { code: 'd3 e0', before: { eax: 5, ecx: 32, eflags: ZF } }, after: { eax: 5, eflags: ZF } },
  { name: 'sar of a negative byte by 31', program: { code: 'c0 f8 1f', before: { eax: 0x80 } }, after: { eax: 0xff, eflags: CF | PF | SF } },
  { name: 'rcr through carry', program: { code: 'd1 d8', before: { eax: 1, eflags: CF } }, after: { eax: 0x8000_0000, eflags: CF | OF } },
  { name: 'rcl ax by 17 is all the way round', program: { code: '66 c1 d0 11', before: { eax: 0x8001, eflags: CF } }, after: { eax: 0x8001, eflags: CF } },
  { name: 'rol al by 8 sets CF only from the result', program: { code: 'c0 c0 08', before: { eax: 0x81, eflags: ZF } }, after: { eax: 0x81, eflags: CF | ZF } },
  { name: 'shld', program: { code: '0f a4 c8 08', before: { eax: 0x1200_0000, ecx: 0xab00_0000 } }, after: { eax: 0xab } },
  { name: 'mul of two big numbers', program: { code: 'f7 e1', before: { eax: 0xffff_ffff, ecx: 0xffff_ffff } }, after: { eax: 1, edx: 0xffff_fffe, eflags: CF | OF } },
  { name: 'imul keeps SF', program: { code: '6b c1 fe', before: { ecx: 3, eflags: SF } }, after: { eax: 0xffff_fffa, eflags: SF } },
  { name: 'div of 64 bits', program: { code: 'f7 f1', before: { edx: 0xffff_fffe, eax: 1, ecx: 0xffff_ffff } }, after: { eax: 0xffff_ffff, edx: 0 } },
  { name: 'idiv rounds to zero', program: { code: 'f7 f9', before: { edx: 0xffff_ffff, eax: 0xffff_fff9, ecx: 2 } }, after: { eax: 0xffff_fffd, edx: 0xffff_ffff } },
  { name: 'movsx ax, bl', program: { code: '66 0f be c3', before: { eax: 0x1111_1111, ebx: 0x80 } }, after: { eax: 0x1111_ff80 } },
  { name: 'lea with 16-bit addressing wraps', program: { code: '67 8d 40 7f', before: { ebx: 0xffff_fff0, esi: 0xff } }, after: { eax: 0x16e } },
  { name: 'xlat', program: { code: 'd7', before: { ebx: 0x2000, eax: 0xaa02, memory: { 8192: '00 11 22' } } }, after: { eax: 0xaa22 } },
  { name: 'bswap', program: { code: '0f c8', before: { eax: 0x1234_5678 } }, after: { eax: 0x7856_3412 } },
  { name: 'movbe from memory', program: { code: '0f 38 f0 05 00 20 00 00', before: { memory: { 8192: '12345678' } } }, after: { eax: 0x1234_5678 } },
  { name: 'setg is false when less', program: { code: '0f 9f c0', before: { eax: 0xff, eflags: SF } }, after: { eax: 0 } },
  { name: 'cmovz', program: { code: '0f 44 c1', before: { ecx: 7, eflags: ZF } }, after: { eax: 7 } },
  { name: 'cwd', program: { code: '66 99', before: { eax: 0x8000, edx: 0x5555_5555 } }, after: { edx: 0x5555_ffff } },
  { name: 'cmpxchg that fails loads the accumulator', program: { code: '0f b1 0d 00 20 00 00', before: { eax: 1, ecx: 9, memory: { 8192: '02000000' } } }, after: { eax: 2, memory: { 8192: '02000000' }, eflags: CF | PF | AF | SF } },
  { name: 'cmpxchg8b that succeeds', program: { code: '0f c7 0d 00 20 00 00', before: { eax: 1, edx: 2, ebx: 3, ecx: 4, memory: { 8192: '0100000002000000' } } }, after: { memory: { 8192: '0300000004000000' }, eflags: ZF } },
  { name: 'xadd of a register with itself', program: { code: '0f c1 c0', before: { eax: 21 } }, after: { eax: 42 } },
  { name: 'bts in a bit string, before its base', program: { code: '0f ab 05 10 20 00 00', before: { eax: -33, memory: { 8200: '00000000' } } }, after: { memory: { 8200: '00000080' }, eflags: 0 } },
  { name: 'bt ax-sized in memory', program: { code: '66 0f a3 05 00 20 00 00', before: { eax: 17, memory: { 8194: '02' } } }, after: { eflags: CF } },
  { name: 'bsr of zero keeps the destination', program: { code: '0f bd c1', before: { eax: 99 } }, after: { eax: 99, eflags: PF | ZF } },
  { name: 'popcnt', program: { code: 'f3 0f b8 c1', before: { ecx: 0xf0f0_0001, eflags: CF | OF } }, after: { eax: 9, eflags: 0 } },
  { name: 'crc32 of a dword', program: { code: 'f2 0f 38 f1 c1', before: { eax: 0xffff_ffff, ecx: 0x3433_3231 } }, after: { eax: 0x09c5_0b11 } },
  { name: 'daa', program: { code: '27', before: { eax: 0x9b } }, after: { eax: 1, eflags: CF | AF } },
  { name: 'aam', program: { code: 'd4 0a', before: { eax: 63 } }, after: { eax: 0x0603, eflags: PF } },
  { name: 'salc', program: { code: 'd6', before: { eax: 0x1100, eflags: CF } }, after: { eax: 0x11ff, eflags: CF } },
  { name: 'lahf', program: { code: '9f', before: { eflags: CF | SF } }, after: { eax: 0x8300 } },
  { name: 'sahf', program: { code: '9e', before: { eax: 0xff00, eflags: OF } }, after: { eflags: CF | PF | AF | ZF | SF | OF } },
];

describe('integer instructions', () => {
  it.each(rows)('$name', ({ program, after }) => {
    const { cpu, fault } = runProgram(program);
    expect(fault).toBeUndefined();
    const unsigned = Object.fromEntries(
      Object.entries(after).map(([k, v]) => [k, typeof v === 'number' ? v >>> 0 : v]),
    );
    expect(stateOf(cpu, unsigned)).toEqual(unsigned);
  });

  it.each([
    { name: 'div by zero', code: 'f7 f1', before: { eax: 1 }, vector: VEC_DE },
    { name: 'div overflow', code: 'f7 f1', before: { edx: 5, ecx: 5 }, vector: VEC_DE },
    { name: 'idiv overflow', code: 'f7 f9', before: { eax: 0x8000_0000, edx: -1, ecx: -1 }, vector: VEC_DE },
    { name: 'idiv of bytes', code: 'f6 f9', before: { eax: 0x8000, ecx: 1 }, vector: VEC_DE },
    { name: 'aam 0', code: 'd4 00', before: {}, vector: VEC_DE },
    {
      name: 'bound',
      code: '62 05 00 20 00 00',
      before: { eax: 9, memory: { 8192: '00000000 08000000' } },
      vector: VEC_BR,
    },
    { name: 'ud2', code: '0f 0b', before: {}, vector: VEC_UD },
  ])('$name faults and changes nothing', ({ code, before, vector }) => {
    const { cpu, fault } = runProgram({ code, before: { ...before, eflags: CF | OF } });
    expect(fault?.vector).toBe(vector);
    expect(cpu.eip).toBe(0x1000);
    expect(cpu.remaining).toBe(1);
    expect(cpu.gpr[0]).toBe((before as State).eax === undefined ? 0 : (before as { eax: number }).eax | 0);
    expect(cpu.eflags & (CF | OF)).toBe(CF | OF);
  });
});
