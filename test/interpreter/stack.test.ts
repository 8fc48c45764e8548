/**
 * PUSH, POP and their kin: ESP as operand and address, 16-bit stacks, frames, and nothing half done on a fault.
 */
import { describe, expect, it } from 'vitest';
import { VEC_SS } from '../../src/cpu/exceptions.ts';
import { SS } from '../../src/cpu/registers.ts';
import { FLAT_DATA } from '../support/bare-cpu.ts';
import type { Program, State } from '../support/program.ts';
import { runProgram, stateOf } from '../support/program.ts';

// biome-ignore format: a table
const rows: readonly { name: string; program: Program; after: State }[] = [
  { name: 'push esp pushes the old value', program: { code: '54' }, after: { esp: 0x7ffc, memory: { 32764: '00800000' } } },
  { name: 'pop esp leaves what was popped', program: { code: '5c', before: { memory: { 32768: '44332211' } } }, after: { esp: 0x1122_3344 } },
  { name: 'push [esp] reads before it moves', program: { code: 'ff 34 24', before: { memory: { 32768: 'efbeadde' } } }, after: { esp: 0x7ffc, memory: { 32764: 'efbeadde' } } },
  { name: 'pop [esp] addresses after it moved', program: { code: '8f 04 24', before: { memory: { 32768: '0102030400000000' } } }, after: { esp: 0x8004, memory: { 32772: '01020304' } } },
  { name: 'push imm8 is sign-extended', program: { code: '6a ff' }, after: { memory: { 32764: 'ffffffff' } } },
  { name: 'push imm16', program: { code: '66 68 34 12' }, after: { esp: 0x7ffe, memory: { 32766: '3412' } } },
  { name: 'push on a 16-bit stack wraps SP only', program: { mode: 'flat16', code: '66 50', before: { esp: 0x5_0002, eax: 0x0403_0201 } }, after: { esp: 0x5_fffe, memory: { 65534: '0102' } } },
  { name: 'pusha', program: { code: '60', before: { eax: 1, ecx: 2, edx: 3, ebx: 4, ebp: 6, esi: 7, edi: 8 } }, after: { esp: 0x7fe0, memory: { 32736: '08000000 07000000 06000000 00800000 04000000 03000000 02000000 01000000'.replaceAll(' ', '') } } },
  { name: 'popa skips ESP', program: { code: '61', before: { memory: { 32768: '08000000 07000000 06000000 ffffffff 04000000 03000000 02000000 01000000' } } }, after: { eax: 1, ecx: 2, edx: 3, ebx: 4, esp: 0x8020, ebp: 6, esi: 7, edi: 8 } },
  { name: 'enter 16, 0', program: { code: 'c8 10 00 00', before: { ebp: 0x1234 } }, after: { ebp: 0x7ffc, esp: 0x7fec, memory: { 32764: '34120000' } } },
  {
    name: 'enter 8, 3 copies two frame pointers and pushes its own',
    program: { code: 'c8 08 00 03', before: { ebp: 0x9010, memory: { 36872: '22222222 11111111' } } },
    after: { ebp: 0x7ffc, esp: 0x7fe8, memory: { 32752: 'fc7f0000 22222222 11111111 10900000'.replaceAll(' ', '') } },
  },
  { name: 'leave', program: { code: 'c9', before: { ebp: 0x9000, memory: { 36864: '78563412' } } }, after: { esp: 0x9004, ebp: 0x1234_5678 } },
  { name: 'leave on a 16-bit stack uses BP', program: { mode: 'flat16', code: 'c9', before: { ebp: 0xabcd_9000, esp: 0x7_0000, memory: { 36864: '3412' } } }, after: { esp: 0x7_9002, ebp: 0xabcd_1234 } },
];

describe('stack instructions', () => {
  it.each(rows)('$name', ({ program, after }) => {
    const { cpu, fault } = runProgram(program);
    expect(fault).toBeUndefined();
    expect(stateOf(cpu, after)).toEqual(after);
  });

  it.each([
    { name: 'push', code: '50', esp: 0x6000 },
    { name: 'pusha', code: '60', esp: 0x6000 },
    { name: 'enter', code: 'c8 00 10 00', esp: 0x6000 },
    { name: 'call', code: 'e8 00 00 00 00', esp: 0x6000 },
  ])('$name outside the stack segment raises #SS and writes nothing', ({ code, esp }) => {
    const { cpu, fault } = runProgram({
      code,
      before: { esp, ebp: 0x7000, eax: 0x5555_5555 },
      // Expand-down: valid above 5FFFh.
      prepare: (c) => c.setSegment(SS, 0x18, 0, 0x5fff, FLAT_DATA | (1 << 10)),
    });
    expect(fault).toEqual({ vector: VEC_SS, errorCode: 0 });
    expect(cpu.gpr[4]).toBe(esp);
    expect(cpu.eip).toBe(0x1000);
    expect(cpu.memory.readBytes(esp - 4, 4)).toEqual(new Uint8Array(4));
  });

  it.each([
    { name: 'pusha: only its last dword is out of bounds', code: '60', esp: 0x601c, pushed: 0x5555_5555 },
    { name: 'enter: the new frame is out of bounds', code: 'c8 00 10 00', esp: 0x6800, pushed: 0x7000 },
    {
      name: 'enter: a frame pointer to copy is out of bounds',
      code: 'c8 00 00 02',
      esp: 0x6800,
      pushed: 0x6000,
      ebp: 0x6000,
    },
  ])(
    '$name: what was pushed before the fault stays, registers do not change',
    ({ code, esp, pushed, ebp = 0x7000 }) => {
      const { cpu, fault } = runProgram({
        code,
        before: { esp, ebp, eax: 0x5555_5555 },
        prepare: (c) => c.setSegment(SS, 0x18, 0, 0x5fff, FLAT_DATA | (1 << 10)),
      });
      expect(fault).toEqual({ vector: VEC_SS, errorCode: 0 });
      expect(cpu.gpr[4]).toBe(esp);
      expect(cpu.gpr[5]).toBe(ebp);
      expect(cpu.memory.read32(esp - 4)).toBe(pushed);
    },
  );

  it('pop to memory that faults leaves ESP', () => {
    const { cpu, fault } = runProgram({
      code: '8f 05 00 00 10 00',
      prepare: (c) => c.setSegment(3, 0x18, 0, 0xf_ffff, FLAT_DATA),
    });
    expect(fault?.vector).toBe(13);
    expect(cpu.gpr[4]).toBe(0x8000);
  });
});
