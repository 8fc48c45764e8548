import { describe, expect, test } from 'vitest';
import { signature } from '../../../src/cpu/cpu-model.ts';
import { CPU_MODELS } from '../../../src/cpu/cpu-models.ts';
import { CR0, CR3, CR4, DR, EFER, SYSENTER_CS, SYSENTER_EIP, SYSENTER_ESP } from '../../../src/cpu/layout.ts';
import { CS, DS, EAX, EBX, ECX, EDX, ESP, SS } from '../../../src/cpu/registers.ts';
import {
  clearTaskSwitched,
  loadMachineStatus,
  machineStatus,
  readControl,
  writeControl,
} from '../../../src/cpu/system/control-registers.ts';
import { cpuid } from '../../../src/cpu/system/cpuid.ts';
import { allowDebugAccess, readDebug, writeDebug } from '../../../src/cpu/system/debug-registers.ts';
import { systemEnter, systemExit } from '../../../src/cpu/system/fast-system-call.ts';
import { readMsr, readPerformanceCounter, readTimeStamp, writeMsr } from '../../../src/cpu/system/msr.ts';
import { flushCaches, halt, invalidatePage } from '../../../src/cpu/system/processor-control.ts';
import { resetCpu } from '../../../src/cpu/system/reset.ts';
import {
  createMachine,
  enablePaging,
  faultOf,
  PAGE_DIRECTORY,
  PAGE_TABLE,
  protectedMachine,
  realMachine,
  type TestMachine,
} from './test-machine.ts';

describe('control registers', () => {
  test.each<[string, number, number, string]>([
    ['PG without PE', 0, 0x8000_0000 | 0, '13(0)'],
    ['NW without CD', 0, 0x2000_0001, '13(0)'],
    ['CD without NW', 0, 0x4000_0001, 'none'],
    ['undefined bits are ignored', 0, 0x1000_ff01, 'none'],
    ['CR1', 1, 0, '6(0)'],
    ['CR5', 5, 0, '6(0)'],
    ['CR4 bits that do not exist', 4, 0x0001_0000, '13(0)'],
    ['CR4.UMIP', 4, 1 << 11, '13(0)'],
    ['CR4 bits that do', 4, 0x7bf & ~0x40, 'none'],
  ])('%s', (_name, register, value, fault) => {
    const m = protectedMachine();
    expect(faultOf(m, () => writeControl(m.cpu, register, value))).toBe(fault);
  });

  test('ET reads one; undefined bits read zero', () => {
    const m = protectedMachine();
    writeControl(m.cpu, 0, 0x1000_ff01);
    expect(readControl(m.cpu, 0)).toBe(0x11);
  });

  test('outside ring 0; a register that does not exist comes first', () => {
    const m = protectedMachine(3);
    expect(faultOf(m, () => writeControl(m.cpu, 3, 0))).toBe('13(0)');
    expect(faultOf(m, () => readControl(m.cpu, 0))).toBe('13(0)');
    expect(faultOf(m, () => readControl(m.cpu, 1))).toBe('6(0)');
    expect(faultOf(m, () => clearTaskSwitched(m.cpu))).toBe('13(0)');
    expect(faultOf(m, () => halt(m.cpu))).toBe('13(0)');
    expect(faultOf(m, () => flushCaches(m.cpu))).toBe('13(0)');
    expect(faultOf(m, () => invalidatePage(m.cpu, 0))).toBe('13(0)');
    expect(machineStatus(m.cpu) & 0xffff).toBe(0x11);
  });

  test('CR3 forgets translations, global ones only without PGE', () => {
    const m = protectedMachine();
    enablePaging(m);
    m.memory.write32(PAGE_TABLE + 0x20 * 4, 0x2_0107);
    writeControl(m.cpu, 4, 0x80);
    m.memory.write32(0x3_0000, 3);
    m.cpu.read32(DS, 0x2_0000);
    m.memory.write32(PAGE_TABLE + 0x20 * 4, 0x3_0107);
    writeControl(m.cpu, 3, PAGE_DIRECTORY);
    expect(m.cpu.read32(DS, 0x2_0000)).toBe(0);
    invalidatePage(m.cpu, 0x2_0123);
    expect(m.cpu.read32(DS, 0x2_0000)).toBe(3);
    m.memory.write32(PAGE_TABLE + 0x20 * 4, 0x2_0107);
    writeControl(m.cpu, 4, 0);
    expect(m.cpu.read32(DS, 0x2_0000)).toBe(0);
  });

  test('INVLPG forgets every part of a 4 MB page', () => {
    const m = protectedMachine();
    enablePaging(m);
    writeControl(m.cpu, 4, 0x10);
    m.memory.write32(PAGE_DIRECTORY + 4, 0x87);
    m.memory.write32(0x5_0000, 0x1234);
    expect(m.cpu.read32(DS, 0x45_0000)).toBe(0x1234);
    m.memory.write32(PAGE_DIRECTORY + 4, 0);
    expect(m.cpu.read32(DS, 0x45_0000)).toBe(0x1234);
    invalidatePage(m.cpu, 0x40_0000);
    expect(faultOf(m, () => m.cpu.read32(DS, 0x45_0000))).toBe('14(0)');
  });

  test('WP takes effect on translations already there', () => {
    const m = protectedMachine();
    enablePaging(m);
    writeControl(m.cpu, 0, readControl(m.cpu, 0) & ~0x1_0000);
    m.memory.write32(PAGE_TABLE + 0x20 * 4, 0x2_0005);
    m.cpu.write32(DS, 0x2_0000, 1);
    writeControl(m.cpu, 0, readControl(m.cpu, 0) | 0x1_0000);
    expect(faultOf(m, () => m.cpu.write32(DS, 0x2_0000, 2))).toBe('14(3)');
  });

  test('PAE: pointers are loaded with paging and with CR3, and checked', () => {
    const m = protectedMachine();
    const table = 0xa000;
    m.cpu.s32[CR3 >> 2] = table;
    writeControl(m.cpu, 4, 0x20);
    m.memory.write32(table, 0xb000 | 3);
    expect(faultOf(m, () => writeControl(m.cpu, 0, 0x8000_0011 | 0))).toBe('13(0)');
    m.memory.write32(table, 0xb001);
    m.memory.write32(0xb000, 0x87);
    writeControl(m.cpu, 0, 0x8000_0011 | 0);
    m.memory.write32(0x1000, 0x77);
    expect(m.cpu.read32(DS, 0x1000)).toBe(0x77);
    // A changed pointer is seen only when it is loaded.
    m.memory.write32(table, 0);
    expect(m.cpu.read32(DS, 0x3000)).toBe(0);
    m.memory.write32(table + 0x24, 1);
    m.memory.write32(table + 0x20, 1);
    expect(faultOf(m, () => writeControl(m.cpu, 3, table + 0x20))).toBe('13(0)');
    writeControl(m.cpu, 3, table);
    expect(faultOf(m, () => m.cpu.read32(DS, 0x1000))).toBe('14(0)');
  });

  test('LMSW sets PE but does not clear it', () => {
    const m = realMachine();
    loadMachineStatus(m.cpu, 0xffff);
    expect(m.cpu.s32[CR0 >> 2]! & 0xffff).toBe(0x1f);
    loadMachineStatus(m.cpu, 0);
    expect(m.cpu.s32[CR0 >> 2]! & 0xffff).toBe(0x11);
  });

  test('HLT halts', () => {
    const m = protectedMachine();
    halt(m.cpu);
    expect([m.cpu.halted, m.cpu.leaveBlock]).toEqual([true, true]);
  });
});

describe('debug registers', () => {
  test('DR4 and DR5 are DR6 and DR7 unless CR4.DE', () => {
    const m = protectedMachine();
    writeDebug(m.cpu, 5, 0xffff_dfff | 0);
    expect(readDebug(m.cpu, 7)).toBe(0xffff_07ff | 0);
    writeDebug(m.cpu, 4, 0);
    expect(readDebug(m.cpu, 6)).toBe(0xffff_0ff0 | 0);
    m.cpu.s32[CR4 >> 2] = 8;
    expect(faultOf(m, () => readDebug(m.cpu, 4))).toBe('6(0)');
  });

  test('GD: the next access is a debug fault', () => {
    const m = protectedMachine();
    writeDebug(m.cpu, 7, 0x2000);
    let vector = -1;
    try {
      readDebug(m.cpu, 0);
    } catch {
      vector = m.cpu.exception.vector;
    }
    expect(vector).toBe(1);
    expect(m.cpu.s32[(DR >> 2) + 6]! & 0x2000).toBe(0x2000);
    // As the exception is delivered, GD goes off.
    allowDebugAccess(m.cpu);
    expect(readDebug(m.cpu, 7)).toBe(0x400);
  });

  test('outside ring 0', () => {
    const m = protectedMachine(3);
    expect(faultOf(m, () => writeDebug(m.cpu, 0, 0))).toBe('13(0)');
  });
});

function msr(m: TestMachine, address: number): [number, number] {
  m.cpu.gpr[ECX] = address;
  readMsr(m.cpu);
  return [m.cpu.gpr[EAX]! >>> 0, m.cpu.gpr[EDX]! >>> 0];
}
function setMsr(m: TestMachine, address: number, low: number, high = 0): string {
  m.cpu.gpr[ECX] = address;
  m.cpu.gpr[EAX] = low;
  m.cpu.gpr[EDX] = high;
  return faultOf(m, () => writeMsr(m.cpu));
}

describe('model-specific registers', () => {
  test('the time-stamp counter counts on from what is written', () => {
    const m = protectedMachine();
    m.tsc = 0x1_2345_6789;
    expect(msr(m, 0x10)).toEqual([0x2345_6789, 1]);
    setMsr(m, 0x10, 0x10, 0x20);
    m.tsc += 0x1_0000_0005;
    expect(msr(m, 0x10)).toEqual([0x15, 0x21]);
    setMsr(m, 0x10, -1, 0);
    m.tsc += 3;
    readTimeStamp(m.cpu);
    expect([m.cpu.gpr[EAX], m.cpu.gpr[EDX]]).toEqual([2, 1]);
  });

  test('CR4.TSD keeps RDTSC to ring 0', () => {
    const m = protectedMachine(3);
    expect(faultOf(m, () => readTimeStamp(m.cpu))).toBe('none');
    m.cpu.s32[CR4 >> 2] = 4;
    expect(faultOf(m, () => readTimeStamp(m.cpu))).toBe('13(0)');
  });

  test.each<[number, number, number, string]>([
    [0x174, 0x60, 0, 'none'],
    [0x277, 0x0605_0400, 0x0100_0706, 'none'],
    [0x277, 0x0000_0200, 0, '13(0)'],
    [0x200, 0x8000_0006 | 0, 0, 'none'],
    [0x200, 0x0000_0f06, 0, '13(0)'],
    [0x26f, 0x0606_0606, 0x0606_0606, 'none'],
    [0x200, 0x8000_0002 | 0, 0, '13(0)'],
    [0x250, 0x0606_0606, 0x0506_0100, 'none'],
    [0x250, 0x0606_0606, 0x0706_0606, '13(0)'],
    [0x2ff, 0xc06, 0, 'none'],
    [0x2ff, 0xc03, 0, '13(0)'],
    [0xc000_0080, 0x800, 1, '13(0)'],
    [0xc000_0080, 0x801, 0, '13(0)'],
    [0xc000_0080, 0x800, 0, 'none'],
    [0xc000_0080, 0x100, 0, '13(0)'],
  ])('WRMSR %x with %x:%x', (address, low, high, fault) => {
    const m = protectedMachine();
    expect(setMsr(m, address, low, high)).toBe(fault);
    if (fault === 'none') expect(msr(m, address)).toEqual([low >>> 0, high >>> 0]);
  });

  test('one that does not exist: #GP, and it is reported', () => {
    const m = protectedMachine();
    expect(setMsr(m, 0x12345, 0)).toBe('13(0)');
    expect(faultOf(m, () => readMsr(m.cpu))).toBe('13(0)');
    expect(m.unimplemented).toEqual(['wrmsr', 'rdmsr']);
  });

  test('EFER is there only with NX; outside ring 0 none is', () => {
    const m = protectedMachine();
    m.cpu.model = CPU_MODELS.find((model) => model.name === 'pentium3')!;
    expect(setMsr(m, 0xc000_0080, 0)).toBe('13(0)');
    expect(m.cpu.s32[EFER >> 2]).toBe(0);
    const user = protectedMachine(3);
    expect(setMsr(user, 0x10, 0)).toBe('13(0)');
    expect(faultOf(user, () => readPerformanceCounter(user.cpu))).toBe('13(0)');
  });
});

describe('CPUID', () => {
  function ask(m: TestMachine, leaf: number, subleaf = 0): [number, number, number, number] {
    m.cpu.gpr[EAX] = leaf;
    m.cpu.gpr[ECX] = subleaf;
    cpuid(m.cpu);
    return [EAX, EBX, ECX, EDX].map((r) => m.cpu.gpr[r]! >>> 0) as [number, number, number, number];
  }
  const text = (words: readonly number[]) =>
    words.map((w) => String.fromCharCode(w & 255, (w >> 8) & 255, (w >> 16) & 255, w >>> 24)).join('');

  test('identity', () => {
    const m = createMachine();
    const [max, b, c, d] = ask(m, 0);
    expect(text([b, d, c])).toBe('GenuineIntel');
    expect(max).toBeGreaterThanOrEqual(4);
    const [eax, , ecx, edx] = ask(m, 1);
    expect(eax).toBe(0x106ca);
    // A local APIC, no machine checks; a hypervisor.
    expect(edx & ((1 << 9) | (1 << 7))).toBe(1 << 9);
    expect(ecx >>> 31).toBe(1);
    expect(text([...ask(m, 0x8000_0002), ...ask(m, 0x8000_0003), ...ask(m, 0x8000_0004)])).toBe(
      'Transvisor virtual CPU'.padEnd(48, '\0'),
    );
    expect(text(ask(m, 0x4000_0000).slice(1))).toBe('TransvisorVM');
  });

  test('beyond the last leaf: the last basic one', () => {
    const m = createMachine();
    const [last] = ask(m, 0);
    expect(ask(m, 0x1234)).toEqual(ask(m, last));
    expect(ask(m, 0x9000_0000)).toEqual(ask(m, last));
    expect(ask(m, 4, 3)).toEqual([0, 0, 0, 0]);
    expect(ask(m, 0x8000_0008)[0]).toBe(0x2020);
  });

  test('cache sizes: ways * line * sets', () => {
    const m = createMachine();
    const size = ([, b, c]: readonly number[]) => ((b! >>> 22) + 1) * ((b! & 0xfff) + 1) * (c! + 1);
    expect([0, 1, 2].map((n) => size(ask(m, 4, n)))).toEqual([32 << 10, 32 << 10, 512 << 10]);
  });

  test('every model: bits of its features, signature as its family says', () => {
    for (const model of CPU_MODELS) {
      const m = createMachine();
      m.cpu.model = model;
      const [eax, , ecx, edx] = ask(m, 1);
      expect((eax >>> 8) & 15).toBe(model.family);
      expect(((eax >>> 4) & 15) | ((eax >>> 12) & 0xf0)).toBe(model.model);
      expect((edx >>> 26) & 1).toBe(model.features.has('sse2') ? 1 : 0);
      expect(ecx & 1).toBe(model.features.has('sse3') ? 1 : 0);
    }
  });
});

describe('SYSENTER and SYSEXIT', () => {
  test('there and back', () => {
    const m = protectedMachine(3);
    m.cpu.s32[SYSENTER_CS >> 2] = 0x08;
    m.cpu.s32[SYSENTER_ESP >> 2] = 0x5000;
    m.cpu.s32[SYSENTER_EIP >> 2] = 0x6000;
    systemEnter(m.cpu);
    expect([m.cpu.cpl, m.cpu.eip, m.cpu.gpr[ESP], m.cpu.eflags]).toEqual([0, 0x6000, 0x5000, 2]);
    expect([m.cpu.segSelector(CS), m.cpu.segSelector(SS)]).toEqual([0x08, 0x10]);
    m.cpu.gpr[ECX] = 0x7000;
    m.cpu.gpr[EDX] = 0x8000;
    systemExit(m.cpu);
    expect([m.cpu.cpl, m.cpu.eip, m.cpu.gpr[ESP]]).toEqual([3, 0x8000, 0x7000]);
    expect([m.cpu.segSelector(CS), m.cpu.segSelector(SS)]).toEqual([0x1b, 0x23]);
    expect(faultOf(m, () => systemExit(m.cpu))).toBe('13(0)');
  });

  test('refused without a code selector and in real mode', () => {
    const m = protectedMachine(0);
    m.cpu.s32[SYSENTER_CS >> 2] = 3;
    expect(faultOf(m, () => systemEnter(m.cpu))).toBe('13(0)');
    expect(faultOf(m, () => systemExit(m.cpu))).toBe('13(0)');
    const real = realMachine();
    real.cpu.s32[SYSENTER_CS >> 2] = 8;
    expect(faultOf(real, () => systemEnter(real.cpu))).toBe('13(0)');
  });
});

test('reset: F000:FFF0 under 4 GiB, EDX says the model', () => {
  const m = protectedMachine(3);
  enablePaging(m);
  resetCpu(m.cpu);
  expect([m.cpu.segBase(CS), m.cpu.segSelector(CS), m.cpu.eip]).toEqual([0xffff_0000 | 0, 0xf000, 0xfff0]);
  expect([m.cpu.s32[CR0 >> 2], m.cpu.eflags, m.cpu.cpl, m.cpu.user]).toEqual([0x6000_0010, 2, 0, false]);
  expect(m.cpu.gpr[EDX]).toBe(signature(m.cpu.model));
  expect([m.cpu.tlb.size, m.cpu.code32, m.cpu.stackMask]).toEqual([0, false, 0xffff]);
});
