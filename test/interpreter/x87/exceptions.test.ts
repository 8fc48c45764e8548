/** When x87 instructions fault: #NM, pending exceptions as #MF or FERR#, and who does not wait. */
import { describe, expect, it } from 'vitest';
import type { Cpu } from '../../../src/cpu/cpu.ts';
import { GuestException, VEC_GP, VEC_MF, VEC_NM } from '../../../src/cpu/exceptions.ts';
import * as L from '../../../src/cpu/layout.ts';
import { CR0_EM, CR0_MP, CR0_NE, CR0_PE, CR0_TS, EAX, ECX, IF } from '../../../src/cpu/registers.ts';
import { bind, environment, flatCpu } from '../../support/x87-host/interpreted.ts';

const DATA = 0x3000;

/** Executes code given in hex (memory operand at [ecx]); returns the vector it faulted with, or -1. */
function run(cpu: Cpu, hex: string): number {
  const { instruction, handler } = bind(Uint8Array.from(Buffer.from(hex, 'hex')));
  cpu.instructionEip = 0x100;
  cpu.eip = 0x100 + instruction.length;
  cpu.gpr[ECX] = DATA;
  try {
    handler(cpu, instruction);
    return -1;
  } catch (error) {
    if (!(error instanceof GuestException)) throw error;
    return error.vector;
  }
}

/** Everything in the vCPU's x87 state. */
const stateOf = (cpu: Cpu): number[] => Array.from(cpu.s32.subarray(L.FPU_CONTROL >> 2, L.XMM >> 2));

const SHARED = flatCpu();

/** A vCPU where 1/0 has been computed with ZE unmasked: an exception is pending. */
function pending(cpu = SHARED): Cpu {
  cpu.s32[L.CR0 >> 2] = CR0_PE | CR0_NE;
  expect(run(cpu, 'dbe3')).toBe(-1);
  cpu.s32[L.FPU_CONTROL >> 2] = 0x37b;
  for (const code of ['d9ee', 'd9e8', 'd8f1']) expect(run(cpu, code)).toBe(-1);
  expect(cpu.s32[L.FPU_STATUS >> 2]! & 0x8084).toBe(0x8084);
  return cpu;
}

const WAITING = ['d9e8', 'd8c1', 'd901', 'dd19', 'd929', 'd921', 'dd21', 'd9f7', 'd9d0', 'ddc0', '9b'];
const NOT_WAITING = ['dbe2', 'dbe3', 'd939', 'd931', 'dd31', 'dd39', 'dfe0', '0fae01', '0fae09'];

describe('#NM', () => {
  it.each([CR0_EM, CR0_TS])('comes before anything else with CR0 bit %i', (bit) => {
    for (const code of [...WAITING, ...NOT_WAITING]) {
      if (code === '9b') continue;
      const cpu = pending();
      cpu.s32[L.CR0 >> 2] = CR0_PE | CR0_NE | bit;
      const before = stateOf(cpu);
      expect([code, run(cpu, code)]).toEqual([code, VEC_NM]);
      expect(stateOf(cpu)).toEqual(before);
    }
  });

  it('comes from WAIT only with both MP and TS', () => {
    const cpu = flatCpu();
    for (const [bits, vector] of [
      [CR0_MP, -1],
      [CR0_TS, -1],
      [CR0_EM, -1],
      [CR0_MP | CR0_TS, VEC_NM],
    ] as const) {
      cpu.s32[L.CR0 >> 2] = CR0_PE | CR0_NE | bits;
      expect(run(cpu, '9b')).toBe(vector);
    }
  });
});

describe('a pending exception', () => {
  it('is #MF at the next waiting instruction, which changes nothing', () => {
    for (const code of WAITING) {
      const cpu = pending();
      const before = stateOf(cpu);
      expect([code, run(cpu, code)]).toEqual([code, VEC_MF]);
      expect(stateOf(cpu)).toEqual(before);
    }
  });

  it('is not noticed by the others', () => {
    for (const code of NOT_WAITING) expect([code, run(pending(), code)]).toEqual([code, -1]);
  });

  it('leaves the operands of an unmasked division by zero alone', () => {
    const cpu = pending();
    expect(cpu.s32.subarray(L.FPU_REGISTERS >> 2).slice(6 * 4, 6 * 4 + 3)).toEqual(
      Int32Array.of(0, 0x80000000, 0x3fff),
    );
  });

  it('goes away with FNCLEX, and comes with FLDCW unmasking a flag', () => {
    const cpu = pending();
    expect(run(cpu, 'dbe2')).toBe(-1);
    expect(run(cpu, 'd8c1')).toBe(-1);
    cpu.s32[L.FPU_CONTROL >> 2] = 0x37f;
    expect(run(cpu, 'd8f1')).toBe(-1);
    expect(run(cpu, '9b')).toBe(-1);
    cpu.u16[(L.RAM + DATA) >> 1] = 0x37b;
    expect(run(cpu, 'd929')).toBe(-1);
    expect(run(cpu, '9b')).toBe(VEC_MF);
  });
});

describe('FERR# (CR0.NE clear)', () => {
  function withSignal(): { cpu: Cpu; signals: () => number } {
    let count = 0;
    const cpu = pending(flatCpu({ ...environment, signalFpuError: () => void count++ }));
    cpu.s32[L.CR0 >> 2] = CR0_PE;
    return { cpu, signals: () => count };
  }

  it('is signalled, and the instruction waits for the interrupt', () => {
    const { cpu, signals } = withSignal();
    cpu.interruptPending = true;
    cpu.eflags |= IF;
    cpu.remaining = 10;
    const before = stateOf(cpu);
    expect(run(cpu, 'd9e8')).toBe(-1);
    expect(signals()).toBe(1);
    expect(cpu.eip).toBe(0x100);
    expect(cpu.leaveBlock).toBe(true);
    expect(cpu.remaining).toBe(11);
    expect(stateOf(cpu)).toEqual(before);
  });

  it('does not hold up an instruction when no interrupt can be taken', () => {
    const { cpu, signals } = withSignal();
    expect(run(cpu, 'd9e8')).toBe(-1);
    expect(signals()).toBe(1);
    expect(cpu.eip).toBe(0x102);
  });
});

describe('a memory operand that faults', () => {
  it('leaves the state as it was', () => {
    const cpu = flatCpu();
    run(cpu, 'dbe3');
    run(cpu, 'd9e8');
    // A limit that ends two bytes into the operand.
    cpu.setSegment(3, 16, 0, DATA + 1, cpu.segAttr(3));
    for (const code of [
      'd901',
      'd911',
      'd919',
      'dd19',
      'db39',
      'df21',
      'df31',
      'd931',
      'dd31',
      'dd21',
      'd921',
      'db19',
      'da01',
    ]) {
      const before = stateOf(cpu);
      expect([code, run(cpu, code)]).toEqual([code, VEC_GP]);
      expect(stateOf(cpu)).toEqual(before);
      expect(cpu.u16[(L.RAM + DATA) >> 1]).toBe(0);
    }
  });
});

describe('the status word', () => {
  it('reaches AX and leaves the upper half of EAX', () => {
    const cpu = pending();
    cpu.gpr[EAX] = 0x1234_5678;
    expect(run(cpu, 'dfe0')).toBe(-1);
    expect(cpu.gpr[EAX]! >>> 16).toBe(0x1234);
    expect(cpu.gpr[EAX]! & 0xffff).toBe(cpu.s32[L.FPU_STATUS >> 2]);
  });
});
