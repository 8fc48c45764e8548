/** FNSTENV and FNSAVE images in all four formats, FXSAVE, and the pointers that are saved in them. */
import { describe, expect, it } from 'vitest';
import type { Cpu } from '../../../src/cpu/cpu.ts';
import { VEC_GP } from '../../../src/cpu/exceptions.ts';
import * as L from '../../../src/cpu/layout.ts';
import { CR0_NE, CR4_OSFXSR, CS, DS, ECX } from '../../../src/cpu/registers.ts';
import { bind, flatCpu } from '../../support/x87-host/interpreted.ts';

const IMAGE = 0x3000;
const OPERAND = 0x4_5678;

function run(cpu: Cpu, hex: string, address = IMAGE): void {
  const { instruction, handler } = bind(Uint8Array.from(Buffer.from(hex, 'hex')));
  cpu.gpr[ECX] = address;
  handler(cpu, instruction);
}

/** A vCPU whose last x87 instruction with an operand was FADD dword [ecx] (D8 01) at CS:12345h. */
function prepared(real: boolean): Cpu {
  const cpu = flatCpu();
  if (real) {
    cpu.s32[L.CR0 >> 2] = CR0_NE;
    cpu.setSegment(CS, 0x1000, 0x1_0000, 0xffff, cpu.segAttr(CS));
    cpu.setSegment(DS, 0x2000, 0, -1, cpu.segAttr(DS));
  }
  run(cpu, 'dbe3');
  run(cpu, 'd9eb');
  run(cpu, 'd9ee');
  cpu.instructionEip = 0x1_2345;
  run(cpu, 'd801', OPERAND);
  return cpu;
}

const words16 = (cpu: Cpu, count: number): number[] =>
  Array.from(cpu.u16.subarray((L.RAM + IMAGE) >> 1, ((L.RAM + IMAGE) >> 1) + count));
const words32 = (cpu: Cpu, count: number): number[] =>
  Array.from(cpu.s32.subarray((L.RAM + IMAGE) >> 2, ((L.RAM + IMAGE) >> 2) + count), (word) => word >>> 0);

/** R6 holds zero, R7 pi, the others are empty. */
const TAGS = 0x1fff;
const STATUS = 0x3000;

describe('FNSTENV', () => {
  it('32-bit protected mode', () => {
    const cpu = prepared(false);
    run(cpu, 'd931');
    expect(words32(cpu, 7)).toEqual(
      [0xffff_037f, 0xffff_0000 | STATUS, 0xffff_0000 | TAGS, 0x1_2345, 0x0001_0008, OPERAND, 0xffff_0010].map(
        (word) => word >>> 0,
      ),
    );
  });

  it('16-bit protected mode', () => {
    const cpu = prepared(false);
    run(cpu, '66d931');
    expect(words16(cpu, 8)).toEqual([0x37f, STATUS, TAGS, 0x2345, 8, 0x5678, 16, 0]);
  });

  it('32-bit real mode: linear addresses and the opcode', () => {
    const cpu = prepared(true);
    run(cpu, 'd931');
    expect(words32(cpu, 7)).toEqual(
      [0xffff_037f, 0xffff_0000 | STATUS, 0xffff_0000 | TAGS, 0xffff_2345, 0x0000_2001, 0xffff_5678, 0x0000_6000].map(
        (word) => word >>> 0,
      ),
    );
  });

  it('16-bit real mode', () => {
    const cpu = prepared(true);
    run(cpu, '66d931');
    expect(words16(cpu, 8)).toEqual([0x37f, STATUS, TAGS, 0x2345, 0x2001, 0x5678, 0x6000, 0]);
  });

  it('masks all exceptions afterwards', () => {
    const cpu = prepared(false);
    cpu.s32[L.FPU_CONTROL >> 2] = 0x340;
    run(cpu, 'd931');
    expect(cpu.s32[L.FPU_CONTROL >> 2]).toBe(0x37f);
  });
});

describe('saving and restoring', () => {
  const x87State = (cpu: Cpu): number[] => [
    ...cpu.s32.subarray(L.FPU_CONTROL >> 2, (L.FPU_TAGS >> 2) + 1),
    ...cpu.s32.subarray(L.FPU_REGISTERS >> 2, (L.FPU_REGISTERS >> 2) + 32),
  ];

  it.each([
    ['dd31', 'dd21'],
    ['66dd31', '66dd21'],
  ])('FNSAVE %s and FRSTOR %s', (save, restore) => {
    for (const real of [false, true]) {
      const cpu = prepared(real);
      const before = x87State(cpu);
      run(cpu, save);
      expect(Array.from(cpu.s32.subarray(L.FPU_CONTROL >> 2, (L.FPU_TAGS >> 2) + 1))).toEqual([0x37f, 0, 0xffff]);
      run(cpu, 'd9e8');
      run(cpu, restore);
      expect(x87State(cpu)).toEqual(before);
    }
  });

  it('FXSAVE and FXRSTOR, with the XMM registers', () => {
    const cpu = prepared(false);
    cpu.s32[L.CR4 >> 2] = CR4_OSFXSR;
    cpu.s32[L.MXCSR >> 2] = 0x1f80;
    for (let k = 0; k < 32; k++) cpu.s32[(L.XMM >> 2) + k] = k * 0x0101_0101;
    const before = Array.from(cpu.s32.subarray(L.FPU_CONTROL >> 2, (L.XMM >> 2) + 32));
    run(cpu, '0fae01');
    expect(words32(cpu, 8)).toEqual([(STATUS << 16) | 0x37f, 0x0001_00c0, 0x1_2345, 8, OPERAND, 16, 0x1f80, 0xffff]);
    run(cpu, 'dbe3');
    for (let k = 0; k < 8; k++) run(cpu, 'd9e8');
    cpu.s32.fill(0, L.XMM >> 2, (L.XMM >> 2) + 32);
    cpu.s32[L.MXCSR >> 2] = 0;
    run(cpu, '0fae09');
    expect(Array.from(cpu.s32.subarray(L.FPU_CONTROL >> 2, (L.XMM >> 2) + 32))).toEqual(before);
  });

  it('FXSAVE leaves XMM out of the image without CR4.OSFXSR', () => {
    const cpu = prepared(false);
    cpu.s32[L.XMM >> 2] = 7;
    run(cpu, '0fae01');
    expect(cpu.s32[(L.RAM + IMAGE + 160) >> 2]).toBe(0);
  });

  it('FXSAVE and FXRSTOR want 16-byte alignment and a valid MXCSR', () => {
    const cpu = prepared(false);
    cpu.s32[L.CR4 >> 2] = CR4_OSFXSR;
    expect(() => run(cpu, '0fae01', IMAGE + 8)).toThrow(expect.objectContaining({ vector: VEC_GP, errorCode: 0 }));
    run(cpu, '0fae01');
    cpu.s32[(L.RAM + IMAGE + 24) >> 2] = 0x1_0000;
    expect(() => run(cpu, '0fae09')).toThrow(expect.objectContaining({ vector: VEC_GP, errorCode: 0 }));
  });
});

describe('the pointers', () => {
  const pointers = (cpu: Cpu): number[] => Array.from(cpu.s32.subarray(L.FPU_OPCODE >> 2, (L.FPU_DS >> 2) + 1));

  it('are left alone by control instructions', () => {
    const cpu = prepared(false);
    const before = pointers(cpu);
    cpu.instructionEip = 0x9999;
    for (const code of ['d931', 'd939', 'd929', 'dd39', 'dfe0', 'dbe2', '9b']) run(cpu, code);
    expect(pointers(cpu)).toEqual(before);
    run(cpu, 'd9c9');
    expect(pointers(cpu)).toEqual([0x1c9, 0x9999, 8, OPERAND, 16]);
    run(cpu, 'dbe3');
    expect(pointers(cpu)).toEqual([0, 0, 0, 0, 0]);
  });
});
