/**
 * A vCPU with descriptor tables at fixed places, for tests of system semantics.
 *
 * Segments are flat unless a test says otherwise. Selectors are in {@link SEL}; the
 * page tables, where wanted, map 4 MiB one to one.
 */
import { expect } from 'vitest';
import { Cpu } from '../../../src/cpu/cpu.ts';
import { GuestException } from '../../../src/cpu/exceptions.ts';
import * as L from '../../../src/cpu/layout.ts';
import { PhysicalMemory } from '../../../src/cpu/physical-memory.ts';
import { CR0_PE, CR0_PG, CS, DS, ES, ESP, FLAGS_FIXED, FS, GS, SS } from '../../../src/cpu/registers.ts';
import { enterFlatProtected, resetCpu } from '../../../src/cpu/system/reset.ts';
import { loadDataSegment } from '../../../src/cpu/system/segment-load.ts';
import { loadTr } from '../../../src/cpu/system/system-tables.ts';

export const GDT = 0x1000;
export const IDT = 0x2000;
export const TSS = 0x3000;
export const LDT = 0x4000;
export const PAGE_DIRECTORY = 0x8000;
export const PAGE_TABLE = 0x9000;
/** Where the stack of level 0 of the TSS begins, and that of the program. */
export const STACK0 = 0x6_0000;
export const STACK3 = 0x7_0000;

/** Selectors, with the RPL they are usually used with. */
export const SEL = {
  code0: 0x08,
  data0: 0x10,
  code3: 0x1b,
  data3: 0x23,
  tss: 0x28,
  ldt: 0x30,
  code16: 0x38,
  data16: 0x40,
  /** Conforming, DPL 0. */
  conforming0: 0x48,
  readOnly3: 0x53,
  executeOnly3: 0x5b,
  notPresent3: 0x63,
  /** Code of level 0 with a limit of 0FFFh. */
  smallCode0: 0x68,
  /** Stack of level 0 with a limit of 0Fh. */
  smallStack0: 0x70,
  /** Code and data of level 1. */
  code1: 0x79,
  data1: 0x81,
  notPresentStack0: 0x88,
  notPresentCode0: 0x90,
  /** Free for the test. */
  free: 0x98,
  free2: 0xa0,
  free3: 0xa8,
  /** Last selector of the table is B8h; this one is beyond its limit. */
  outside: 0xc0,
} as const;

export interface TestMachine {
  readonly cpu: Cpu;
  readonly memory: PhysicalMemory;
  /** Ports written, and values to be read. */
  readonly written: [number, number, number][];
  readonly ports: Map<number, number>;
  readonly unimplemented: string[];
  tsc: number;
}

export function createMachine(): TestMachine {
  const memory = new PhysicalMemory(0x20_0000, { read: () => -1, write: () => {} });
  const machine = { written: [], ports: new Map(), unimplemented: [], tsc: 0 } as unknown as TestMachine;
  const cpu = new Cpu(memory, {
    readPort: (port, _size) => machine.ports.get(port) ?? -1,
    writePort: (port, size, value) => void machine.written.push([port, size, value]),
    readTsc: () => machine.tsc,
    signalFpuError: () => {},
    unimplemented: (what) => void machine.unimplemented.push(what),
  });
  resetCpu(cpu);
  return Object.assign(machine, { cpu, memory });
}

/** Writes a descriptor. `access` is its byte 5; `flags` 4 = 32-bit, 8 = limit in pages. */
export function descriptor(
  m: TestMachine,
  address: number,
  base: number,
  limit: number,
  access: number,
  flags = 0,
): void {
  m.memory.write32(address, (limit & 0xffff) | (base << 16));
  const high = ((base >>> 16) & 0xff) | (access << 8) | (limit & 0xf_0000) | (flags << 20) | (base & 0xff00_0000);
  m.memory.write32(address + 4, high);
}

/** Writes a gate: `access` is its byte 5, `count` the parameter count of a call gate. */
export function gate(
  m: TestMachine,
  address: number,
  selector: number,
  offset: number,
  access: number,
  count = 0,
): void {
  m.memory.write32(address, (selector << 16) | (offset & 0xffff));
  m.memory.write32(address + 4, (offset & 0xffff_0000) | (access << 8) | count);
}

/** An IDT entry: present 32-bit interrupt gate of level 0 unless `access` says otherwise. */
export function idtGate(
  m: TestMachine,
  vector: number,
  offset: number,
  access = 0x8e,
  selector: number = SEL.code0,
): void {
  gate(m, IDT + vector * 8, selector, offset, access);
}

/** A 32-bit TSS of 104 bytes at `at` with a stack for level 0. */
export function tss32(m: TestMachine, at: number): void {
  m.memory.write32(at + 4, STACK0);
  m.memory.write32(at + 8, SEL.data0);
  m.memory.write32(at + 0x66, 0x68);
}

/** Protected mode at level 0, 3 or 1, with all tables, no paging, interrupts on, nothing in the IDT. */
export function protectedMachine(cpl: 0 | 1 | 3 = 0): TestMachine {
  const m = createMachine();
  const { cpu } = m;
  const at = (selector: number) => GDT + (selector & ~7);
  descriptor(m, at(SEL.code0), 0, 0xf_ffff, 0x9b, 12);
  descriptor(m, at(SEL.data0), 0, 0xf_ffff, 0x93, 12);
  descriptor(m, at(SEL.code3), 0, 0xf_ffff, 0xfb, 12);
  descriptor(m, at(SEL.data3), 0, 0xf_ffff, 0xf3, 12);
  descriptor(m, at(SEL.tss), TSS, 0x2067, 0x89);
  descriptor(m, at(SEL.ldt), LDT, 0x1f, 0x82);
  descriptor(m, at(SEL.code16), 0, 0xffff, 0x9b);
  descriptor(m, at(SEL.data16), 0, 0xffff, 0x93);
  descriptor(m, at(SEL.conforming0), 0, 0xf_ffff, 0x9f, 12);
  descriptor(m, at(SEL.readOnly3), 0, 0xf_ffff, 0xf1, 12);
  descriptor(m, at(SEL.executeOnly3), 0, 0xf_ffff, 0xf9, 12);
  descriptor(m, at(SEL.notPresent3), 0, 0xf_ffff, 0x73, 12);
  descriptor(m, at(SEL.smallCode0), 0, 0xfff, 0x9b, 4);
  descriptor(m, at(SEL.smallStack0), 0x6_0000, 0xf, 0x93, 4);
  descriptor(m, at(SEL.code1), 0, 0xf_ffff, 0xbb, 12);
  descriptor(m, at(SEL.data1), 0, 0xf_ffff, 0xb3, 12);
  descriptor(m, at(SEL.notPresentStack0), 0, 0xf_ffff, 0x13, 12);
  descriptor(m, at(SEL.notPresentCode0), 0, 0xf_ffff, 0x1b, 12);
  tss32(m, TSS);
  enterFlatProtected(cpu, 0x10_0000, SEL.code0, SEL.data0);
  cpu.s32[L.GDTR_BASE >> 2] = GDT;
  cpu.s32[L.GDTR_LIMIT >> 2] = 0xbf;
  cpu.s32[L.IDTR_BASE >> 2] = IDT;
  cpu.s32[L.IDTR_LIMIT >> 2] = 0x7ff;
  loadTr(cpu, SEL.tss);
  cpu.gpr[ESP] = STACK3;
  if (cpl !== 0) enterLevel(cpu, cpl);
  cpu.eflags = 0x202;
  cpu.leaveBlock = false;
  return m;
}

/** Puts the processor at level 1 or 3 with flat segments. */
export function enterLevel(cpu: Cpu, cpl: 1 | 3): void {
  const attr = 0x00c0_9300 | (cpl << 13);
  const [code, data] = cpl === 3 ? [SEL.code3, SEL.data3] : [SEL.code1, SEL.data1];
  cpu.setSegment(CS, code, 0, -1, attr | 0x800);
  cpu.setCpl(cpl);
  for (const seg of [ES, SS, DS, FS, GS]) loadDataSegment(cpu, seg, data);
}

/** Turns paging on: page `n` of the first 2 MiB maps to itself, user and writable. */
export function enablePaging(m: TestMachine): void {
  m.memory.write32(PAGE_DIRECTORY, PAGE_TABLE | 7);
  for (let page = 0; page < 512; page++) m.memory.write32(PAGE_TABLE + page * 4, (page << 12) | 7);
  m.cpu.s32[L.CR3 >> 2] = PAGE_DIRECTORY;
  m.cpu.s32[L.CR0 >> 2]! |= CR0_PG | (1 << 16);
  m.cpu.tlb.flush(false);
}

/** Changes the page-table entry of the page that holds `linear`. */
export function setPage(m: TestMachine, linear: number, bits: number): void {
  m.memory.write32(PAGE_TABLE + (linear >>> 12) * 4, (linear & ~0xfff) | bits);
  m.cpu.tlb.flush(false);
}

/** Virtual-8086 mode at 2000:0100 with the stack at 3000:FFF0. */
export function virtual8086Machine(iopl: number): TestMachine {
  const m = protectedMachine();
  const { cpu } = m;
  const attr = 0xf300;
  for (const [seg, selector] of [
    [CS, 0x2000],
    [SS, 0x3000],
    [DS, 0x4000],
    [ES, 0x5000],
    [FS, 0x6000],
    [GS, 0x7000],
  ]) {
    cpu.setSegment(seg!, selector!, selector! << 4, 0xffff, attr);
  }
  cpu.eip = 0x100;
  cpu.instructionEip = 0x100;
  cpu.gpr[ESP] = 0xfff0;
  cpu.eflags = 0x2_0202 | (iopl << 12);
  cpu.setCpl(3);
  return m;
}

/** Real mode at 1000:0000 with the stack at 2000:FFF0 and the vector table at 0. */
export function realMachine(): TestMachine {
  const m = createMachine();
  const { cpu } = m;
  cpu.s32[L.CR0 >> 2]! &= ~CR0_PE;
  cpu.setSegment(CS, 0x1000, 0x1_0000, 0xffff, 0x9300);
  cpu.setSegment(SS, 0x2000, 0x2_0000, 0xffff, 0x9300);
  cpu.eip = 0;
  cpu.gpr[ESP] = 0xfff0;
  cpu.eflags = FLAGS_FIXED | 0x200;
  cpu.s32[L.IDTR_LIMIT >> 2] = 0x3ff;
  return m;
}

/** All registers of the architecture but CR2, as words. */
export function registers(m: TestMachine): number[] {
  const words = [...m.cpu.s32.subarray(L.GPR >> 2, L.TSC_OFFSET >> 2)];
  words.splice((L.CR2 - L.GPR) >> 2, 1);
  return words;
}

/** Words on the stack from ESP up. */
export function stack(m: TestMachine, count: number, base = 0): number[] {
  return Array.from({ length: count }, (_, k) => m.memory.read32(base + m.cpu.gpr[ESP]! + 4 * k) >>> 0);
}

/** "vector(error code)" in hex of the fault that `action` raises, or "none"; a fault must leave all registers alone. */
export function faultOf(m: TestMachine, action: () => void): string {
  const before = registers(m);
  try {
    action();
  } catch (error) {
    if (!(error instanceof GuestException)) throw error;
    expect(registers(m)).toEqual(before);
    return `${error.vector}(${error.errorCode.toString(16)})`;
  }
  return 'none';
}
