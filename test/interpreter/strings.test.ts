/**
 * String instructions: bulk and single steps alike, exact counts, and exact state at budgets and faults.
 */
import { describe, expect, it } from 'vitest';
import { VEC_GP, VEC_PF } from '../../src/cpu/exceptions.ts';
import { CR0, CR2, CR3 } from '../../src/cpu/layout.ts';
import { DS, ES } from '../../src/cpu/registers.ts';
import { FLAT_DATA } from '../support/bare-cpu.ts';
import type { Program } from '../support/program.ts';
import { load, runProgram, stateOf } from '../support/program.ts';

const DF = 0x400;
const pattern = (n: number) => Uint8Array.from({ length: n }, (_, k) => (k * 7 + 1) & 0xff);

/** Runs `code` with a budget, once, as the run loop would. */
function runWith(program: Program, budget: number) {
  const { cpu, interpreter } = load(program);
  cpu.remaining = budget;
  interpreter.run();
  return cpu;
}

describe('repeated moves', () => {
  it.each([
    ['bytes', 'f3 a4', 9000, 1],
    ['words', '66 f3 a5', 4500, 2],
    ['dwords', 'f3 a5', 2250, 4],
  ])('copy %s over page boundaries, one retired instruction each', (_name, code, count, size) => {
    const { cpu, interpreter } = load({ code, before: { esi: 0x10ffd, edi: 0x20002, ecx: count } });
    const data = pattern(9000);
    cpu.memory.writeBytes(0x10ffd, data);
    cpu.remaining = count;
    interpreter.run();
    expect(cpu.memory.readBytes(0x20002, 9000)).toEqual(data);
    expect(stateOf(cpu, { esi: 1, edi: 1, ecx: 0, eip: 1 })).toEqual({
      esi: 0x10ffd + count * size,
      edi: 0x20002 + count * size,
      ecx: 0,
      eip: 0x1000 + code.replaceAll(' ', '').length / 2,
    });
    expect(cpu.remaining).toBe(0);
  });

  it.each([1, 3, 4, 7, 64])('propagate when the target is %i bytes after the source', (distance) => {
    const cpu = runWith(
      {
        code: 'f3 a4',
        before: { esi: 0x10000, edi: 0x10000 + distance, ecx: 500 },
        prepare: (c) => c.memory.writeBytes(0x10000, pattern(distance)),
      },
      500,
    );
    const expected = Uint8Array.from({ length: 500 }, (_, k) => pattern(distance)[k % distance] ?? 0);
    expect(cpu.memory.readBytes(0x10000, 500)).toEqual(expected);
  });

  it('propagate dwords with overlap inside an element', () => {
    const cpu = runWith(
      { code: 'f3 a5', before: { esi: 0x10000, edi: 0x10002, ecx: 3, memory: { 65536: '01020304' } } },
      3,
    );
    expect(Buffer.from(cpu.memory.readBytes(0x10000, 14)).toString('hex')).toBe('0102010203040304000000000000');
  });

  it('go down with DF', () => {
    const cpu = runWith(
      { code: 'f3 a4', before: { esi: 0x10004, edi: 0x10005, ecx: 5, eflags: DF, memory: { 65536: '0102030405' } } },
      5,
    );
    expect(stateOf(cpu, { esi: 1, edi: 1, memory: { 65536: '000000000000' } })).toEqual({
      esi: 0xffff,
      edi: 0x10000,
      memory: { 65536: '010102030405' },
    });
  });

  it('wrap SI and DI with 16-bit addresses', () => {
    const cpu = runWith(
      {
        code: '67 f3 a4',
        before: { esi: 0x5_fffe, edi: 0x6_0010, ecx: 0x7_0004, memory: { 65534: 'aabb', 0: 'ccdd' } },
      },
      4,
    );
    expect(stateOf(cpu, { esi: 1, edi: 1, ecx: 1, memory: { 16: '00000000' } })).toEqual({
      esi: 0x5_0002,
      edi: 0x6_0014,
      ecx: 0x7_0000,
      memory: { 16: 'aabbccdd' },
    });
  });

  it('stop at the budget with EIP at the instruction, and go on', () => {
    const { cpu, interpreter } = load({ code: 'f3 a4 40', before: { esi: 0x10000, edi: 0x20000, ecx: 100 } });
    cpu.remaining = 30;
    interpreter.run();
    expect(stateOf(cpu, { ecx: 1, esi: 1, eip: 1 })).toEqual({ ecx: 70, esi: 0x1001e, eip: 0x1000 });
    expect(cpu.remaining).toBe(0);
    cpu.remaining = 71;
    interpreter.run();
    expect(stateOf(cpu, { eax: 1, ecx: 1, eip: 1 })).toEqual({ eax: 1, ecx: 0, eip: 0x1003 });
    expect(interpreter.retired).toBe(101);
  });

  it('count one when there is nothing to do', () => {
    const cpu = runWith({ code: 'f3 a4 40', before: { ecx: 0 } }, 2);
    expect(stateOf(cpu, { eax: 1, eip: 1 })).toEqual({ eax: 1, eip: 0x1003 });
  });

  it('fault in the middle with exact registers and count', () => {
    const { cpu, fault } = runProgram({
      code: 'f3 a4',
      count: 1000,
      before: { esi: 0x10000, edi: 0x2_fff0, ecx: 100 },
      prepare: (c) => c.setSegment(ES, 0x18, 0, 0x2_fffb, FLAT_DATA),
    });
    expect(fault).toEqual({ vector: VEC_GP, errorCode: 0 });
    expect(stateOf(cpu, { ecx: 1, esi: 1, edi: 1, eip: 1 })).toEqual({
      ecx: 88,
      esi: 0x1000c,
      edi: 0x2_fffc,
      eip: 0x1000,
    });
    expect(cpu.remaining).toBe(1000 - 12);
  });

  it('stop at a page that is not there, CR2 at its first byte', () => {
    const { cpu, fault } = runProgram({
      code: 'f3 a5',
      count: 10_000,
      before: { esi: 0x10000, edi: 0x1e000, ecx: 4000 },
      prepare: (c) => {
        // Identity map of 512 KB, page 20h missing.
        c.memory.write32(0x40000, 0x41003);
        for (let p = 0; p < 128; p++) c.memory.write32(0x41000 + p * 4, p === 0x20 ? 0 : (p << 12) | 3);
        c.s32[CR3 >> 2] = 0x40000;
        c.s32[CR0 >> 2] = c.s32[CR0 >> 2]! | (1 << 31);
        c.tlb.flush(false);
      },
    });
    expect(fault).toEqual({ vector: VEC_PF, errorCode: 2 });
    expect(cpu.s32[CR2 >> 2]).toBe(0x20000);
    expect(stateOf(cpu, { ecx: 1, edi: 1 })).toEqual({ ecx: 4000 - 2048, edi: 0x20000 });
    expect(cpu.remaining).toBe(10_000 - 2048);
  });
});

describe('other string instructions', () => {
  it.each([
    ['stosb', 'f3 aa', 1, 5000],
    ['stosw', '66 f3 ab', 2, 5000],
    ['stosd', 'f3 ab', 4, 3000],
  ])('rep %s fills', (_name, code, size, count) => {
    const cpu = runWith({ code, before: { eax: 0x4433_2211, edi: 0x10001, ecx: count } }, count);
    const expected = Uint8Array.from({ length: count * size }, (_, k) => [0x11, 0x22, 0x33, 0x44][k % size] ?? 0);
    expect(cpu.memory.readBytes(0x10001, count * size)).toEqual(expected);
    expect(cpu.memory.readBytes(0x10001 + count * size, 4)).toEqual(new Uint8Array(4));
    expect(stateOf(cpu, { ecx: 1, edi: 1 })).toEqual({ ecx: 0, edi: 0x10001 + count * size });
  });

  it('repne scasb finds a byte', () => {
    const cpu = runWith(
      { code: 'f2 ae', before: { eax: 3, edi: 0x10000, ecx: 10, memory: { 65536: '0102030405' } } },
      3,
    );
    expect(stateOf(cpu, { ecx: 1, edi: 1, eip: 1, eflags: 1 })).toEqual({
      ecx: 7,
      edi: 0x10003,
      eip: 0x1002,
      eflags: 0x44,
    });
  });

  it('repe cmpsb ends where the strings differ', () => {
    const cpu = runWith(
      {
        code: 'f3 a6',
        before: { esi: 0x10000, edi: 0x10100, ecx: 10, memory: { 65536: '01020304', 65792: '01020204' } },
      },
      3,
    );
    expect(cpu.gpr[1]).toBe(7);
    expect(cpu.eflags & 0x41).toBe(0);
  });

  it('lods takes a segment override, stos does not', () => {
    const { cpu } = runProgram({
      code: '64 ad',
      before: { esi: 0x10, memory: { 65552: '78563412' } },
      prepare: (c) => c.setSegment(4, 0x18, 0x10000, -1, FLAT_DATA),
    });
    expect(stateOf(cpu, { eax: 1, esi: 1 })).toEqual({ eax: 0x1234_5678, esi: 0x14 });
    const { cpu: other } = runProgram({
      code: '64 aa',
      before: { eax: 0x55, edi: 0x10 },
      prepare: (c) => c.setSegment(DS, 0x18, 0x10000, -1, FLAT_DATA),
    });
    expect(other.memory.read8(0x10)).toBe(0x55);
  });

  it('a fill that overwrites the instructions after it runs the new ones', () => {
    // rep stosb turns the next two INC EAX into INC ECX... of the byte 41h.
    const cpu = runWith({ code: 'f3 aa 40 40 40', before: { eax: 0x41, edi: 0x1002, ecx: 2 } }, 5);
    expect(stateOf(cpu, { eax: 1, ecx: 1, eip: 1 })).toEqual({ eax: 0x42, ecx: 2, eip: 0x1005 });
  });
});
