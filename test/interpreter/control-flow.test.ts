/**
 * Near transfers of control: operand size, limit checks before anything changes, loops.
 */
import { describe, expect, it } from 'vitest';
import { ATTR_CODE } from '../../src/cpu/descriptors.ts';
import { VEC_GP } from '../../src/cpu/exceptions.ts';
import { CS } from '../../src/cpu/registers.ts';
import { FLAT_DATA } from '../support/bare-cpu.ts';
import type { Program, State } from '../support/program.ts';
import { runProgram, stateOf } from '../support/program.ts';

// biome-ignore format: a table
const rows: readonly { name: string; program: Program; after: State }[] = [
  { name: 'jz taken, backwards', program: { code: '74 f0', before: { eflags: 0x40 } }, after: { eip: 0xff2 } },
  { name: 'jz not taken', program: { code: '74 f0' }, after: { eip: 0x1002 } },
  { name: 'jl by SF <> OF', program: { code: '7c 10', before: { eflags: 0x800 } }, after: { eip: 0x1012 } },
  { name: 'jp near', program: { code: '0f 8a 00 01 00 00', before: { eflags: 4 } }, after: { eip: 0x1106 } },
  { name: 'a 16-bit operand size cuts EIP', program: { code: '66 e9 00 f0', before: { eip: 0x1_1000 } }, after: { eip: 4 } },
  { name: 'call pushes the next EIP', program: { code: 'e8 10 00 00 00' }, after: { eip: 0x1015, esp: 0x7ffc, memory: { 32764: '05100000' } } },
  { name: 'call of 16 bits', program: { code: '66 e8 10 00' }, after: { eip: 0x1014, esp: 0x7ffe, memory: { 32766: '0410' } } },
  { name: 'call [esp-4] reads its target first', program: { code: 'ff 54 24 fc', before: { memory: { 32764: '00200000' } } }, after: { eip: 0x2000, memory: { 32764: '04100000' } } },
  { name: 'ret imm16', program: { code: 'c2 08 00', before: { memory: { 32768: '00200000' } } }, after: { eip: 0x2000, esp: 0x800c } },
  { name: 'jmp through memory', program: { code: 'ff 25 00 20 00 00', before: { memory: { 8192: '00300000' } } }, after: { eip: 0x3000 } },
  { name: 'loop counts ECX', program: { code: 'e2 10', before: { ecx: 0x1_0000 } }, after: { ecx: 0xffff, eip: 0x1012 } },
  { name: 'loop with 16-bit addresses counts CX', program: { code: '67 e2 10', before: { ecx: 0x1_0001 } }, after: { ecx: 0x1_0000, eip: 0x1003 } },
  { name: 'loopne ends on ZF', program: { code: 'e0 10', before: { ecx: 5, eflags: 0x40 } }, after: { ecx: 4, eip: 0x1002 } },
  { name: 'jcxz with 16-bit addresses', program: { code: '67 e3 10', before: { ecx: 0x1_0000 } }, after: { eip: 0x1013 } },
];

describe('near transfers', () => {
  it.each(rows)('$name', ({ program, after }) => {
    const { cpu, fault } = runProgram(program);
    expect(fault).toBeUndefined();
    expect(stateOf(cpu, after)).toEqual(after);
  });

  const limited = (limit: number) => (cpu: { setSegment(...a: number[]): void }) =>
    cpu.setSegment(CS, 8, 0, limit, FLAT_DATA | ATTR_CODE);

  it.each([
    { name: 'jmp', code: 'e9 00 10 00 00' },
    { name: 'jnz', code: '0f 85 00 10 00 00' },
    { name: 'call', code: 'e8 00 10 00 00' },
    { name: 'ret', code: 'c3' },
    { name: 'loop', code: 'e2 7f' },
  ])('$name to a target outside the segment: #GP(0), nothing changed', ({ code }) => {
    const { cpu, fault } = runProgram({
      code,
      before: { ecx: 9, memory: { 32768: '00900000' } },
      prepare: limited(0x1050),
    });
    expect(fault).toEqual({ vector: VEC_GP, errorCode: 0 });
    expect([cpu.eip, cpu.gpr[4], cpu.gpr[1]]).toEqual([0x1000, 0x8000, 9]);
  });

  it('does not check the target of a jump not taken', () => {
    const { fault } = runProgram({ code: '0f 84 00 10 00 00', prepare: limited(0x1050) });
    expect(fault).toBeUndefined();
  });
});
