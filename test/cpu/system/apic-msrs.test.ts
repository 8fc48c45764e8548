// IA32_APIC_BASE and IA32_TSC_DEADLINE (SDM vol. 3, "Local APIC Status and Location", "TSC-Deadline Mode").
import { beforeEach, expect, test } from 'vitest';
import { Cpu } from '../../../src/cpu/cpu.ts';
import { CPU_MODELS } from '../../../src/cpu/cpu-models.ts';
import { PhysicalMemory } from '../../../src/cpu/physical-memory.ts';
import { EAX, EBX, ECX, EDX } from '../../../src/cpu/registers.ts';
import { clearDeadline } from '../../../src/cpu/system/apic-msrs.ts';
import { cpuid } from '../../../src/cpu/system/cpuid.ts';
import { readMsr, writeMsr } from '../../../src/cpu/system/msr.ts';
import { enterFlatProtected, resetCpu } from '../../../src/cpu/system/reset.ts';

const BASE = 0x1b;
const TSC = 0x10;
const TSC_ADJUST = 0x3b;
const DEADLINE = 0x6e0;

let cpu: Cpu;
let calls: string[];
let deadlineMode: boolean;
let now: number;

beforeEach(() => {
  calls = [];
  deadlineMode = true;
  now = 1000;
  cpu = new Cpu(new PhysicalMemory(0x10_0000, { read: () => -1, write: () => {} }), {
    readPort: () => -1,
    writePort: () => {},
    readTsc: () => now,
    signalFpuError: () => {},
    unimplemented: () => {},
    apic: {
      inDeadlineMode: () => deadlineMode,
      setBase: (low) => calls.push(`base ${(low >>> 0).toString(16)}`),
      setDeadline: (clock) => calls.push(`deadline ${clock}`),
    },
  });
  resetCpu(cpu);
  enterFlatProtected(cpu, 0, 8, 16);
});

/** Writes an MSR; returns the vector of the fault, -1 for none. */
function write(address: number, low: number, high = 0): number {
  cpu.gpr[ECX] = address;
  cpu.gpr[EAX] = low;
  cpu.gpr[EDX] = high;
  try {
    writeMsr(cpu);
    return -1;
  } catch (error) {
    if (error !== cpu.exception) throw error;
    return cpu.exception.vector;
  }
}

function read(address: number): [number, number] {
  cpu.gpr[ECX] = address;
  readMsr(cpu);
  return [cpu.gpr[EAX]! >>> 0, cpu.gpr[EDX]! >>> 0];
}

function hasApic(): boolean {
  cpu.gpr[EAX] = 1;
  cpuid(cpu);
  return (cpu.gpr[EDX]! & (1 << 9)) !== 0;
}

test('the base: told to the APIC, and CPUID goes with its enable bit', () => {
  expect(read(BASE)).toEqual([0xfee0_0900, 0]);
  expect(hasApic()).toBe(true);
  expect(write(BASE, 0xfed4_0100)).toBe(-1);
  expect(hasApic()).toBe(false);
  expect(write(BASE, 0xfee0_0900)).toBe(-1);
  expect(hasApic()).toBe(true);
  expect(calls).toEqual(['base fed40100', 'base fee00900']);
});

test.each([
  [0xfee0_0901, 0],
  [0xfee0_0d00, 0],
  [0xfee0_0900, 0x10],
])('a base of %x with high word %s more is refused', (low, high) => {
  expect(write(BASE, low, high)).toBe(13);
  expect(calls).toEqual([]);
});

test('a deadline is told in time of the clock, whatever the counter was set to', () => {
  write(DEADLINE, 5000);
  write(TSC, 0, 0x100);
  expect(read(DEADLINE)).toEqual([5000, 0]);
  write(DEADLINE, 4000, 0x100);
  expect(calls).toEqual(['deadline 5000', 'deadline 1', 'deadline 5000']);
  write(TSC_ADJUST, 0, 0);
  expect(calls.at(-1)).toBe(`deadline ${0x100 * 2 ** 32 + 4000}`);
});

test('0 disarms; one that has passed reads 0', () => {
  write(DEADLINE, 5000);
  clearDeadline(cpu);
  expect(read(DEADLINE)).toEqual([0, 0]);
  write(DEADLINE, 0);
  expect(calls).toEqual(['deadline 5000', 'deadline 0']);
});

test('in another mode of the timer a deadline has no effect', () => {
  deadlineMode = false;
  expect(write(DEADLINE, 5000)).toBe(-1);
  expect(read(DEADLINE)).toEqual([0, 0]);
  expect(calls).toEqual([]);
});

test('CPUID tells the frequencies of timer and counter, and that the timer never stops', () => {
  const ask = (leaf: number) => {
    cpu.gpr[EAX] = leaf;
    cpu.gpr[ECX] = 0;
    cpuid(cpu);
    return [EAX, EBX, ECX].map((register) => cpu.gpr[register]! >>> 0);
  };
  expect(ask(0x15)).toEqual([1, 1, 1e9]);
  expect(ask(0x4000_0000)[0]).toBe(0x4000_0010);
  expect(ask(0x4000_0010)).toEqual([1e6, 1e6, 0]);
  expect(ask(6)).toEqual([4, 0, 0]);
});

test('processors without them', () => {
  const model = (name: string) => CPU_MODELS.find((each) => each.name === name)!;
  cpu.model = model('pentium3');
  expect([write(DEADLINE, 1), write(BASE, 0xfee0_0900)]).toEqual([13, -1]);
  cpu.model = { ...model('pentium3'), features: new Set(['cpuid', 'msr']) };
  expect(write(BASE, 0xfee0_0900)).toBe(13);
});
