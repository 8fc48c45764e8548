import { beforeEach, describe, expect, test } from 'vitest';
import { GuestException } from '../../../src/cpu/exceptions.ts';
import { CR0, CR3 } from '../../../src/cpu/layout.ts';
import { CR0_TS, CS, DS, EAX, EDI, ESP, LDTR, SS, TR } from '../../../src/cpu/registers.ts';
import { farCall, farJump } from '../../../src/cpu/system/far-transfer.ts';
import { deliverException } from '../../../src/cpu/system/interrupts.ts';
import { interruptReturn } from '../../../src/cpu/system/iret.ts';
import {
  descriptor,
  enablePaging,
  faultOf,
  GDT,
  gate,
  IDT,
  idtGate,
  LDT,
  PAGE_DIRECTORY,
  protectedMachine,
  SEL,
  stack,
  type TestMachine,
  TSS,
} from './test-machine.ts';

const NEW = 0x5000;
let m: TestMachine;

/** A second task in the free descriptor: 32-bit TSS at NEW. */
function newTask(selectors: Partial<Record<'es' | 'cs' | 'ss' | 'ds' | 'fs' | 'gs' | 'ldt', number>> = {}): void {
  descriptor(m, GDT + SEL.free, NEW, 0x67, 0x89);
  const write = (at: number, value: number) => m.memory.write32(NEW + at, value);
  write(0x1c, PAGE_DIRECTORY);
  write(0x20, 0x7777);
  write(0x24, 0x246);
  for (let r = 0; r < 8; r++) write(0x28 + r * 4, 0x1000 * (r + 1));
  const s = { es: SEL.data0, cs: SEL.code0, ss: SEL.data0, ds: SEL.data3, fs: 0, gs: 0, ldt: 0, ...selectors };
  [s.es, s.cs, s.ss, s.ds, s.fs, s.gs, s.ldt].forEach((selector, k) => void write(0x48 + k * 4, selector));
}

const type = (selector: number) => m.memory.read8(GDT + selector + 5) & 15;

beforeEach(() => {
  m = protectedMachine();
  newTask();
});

describe('JMP to a TSS', () => {
  test('saves the old task, loads the new one', () => {
    m.cpu.gpr[EDI] = 0x4242;
    m.cpu.eflags = 0x297;
    farJump(m.cpu, SEL.free, 0);
    expect([0x20, 0x24, 0x44, 0x48, 0x4c].map((at) => m.memory.read32(TSS + at))).toEqual([
      0x10_0000,
      0x297,
      0x4242,
      SEL.data0,
      SEL.code0,
    ]);
    expect([m.cpu.eip, m.cpu.eflags, m.cpu.gpr[EAX], m.cpu.gpr[EDI], m.cpu.gpr[ESP]]).toEqual([
      0x7777, 0x246, 0x1000, 0x8000, 0x5000,
    ]);
    expect([m.cpu.segSelector(DS), m.cpu.segSelector(TR), m.cpu.segBase(TR)]).toEqual([SEL.data3, SEL.free, NEW]);
    expect([type(SEL.tss), type(SEL.free)]).toEqual([9, 11]);
    expect(m.cpu.s32[CR0 >> 2]! & CR0_TS).toBe(CR0_TS);
    expect(m.memory.read32(NEW)).toBe(0);
  });

  test('to an outer level and back to the first', () => {
    newTask({ cs: SEL.code3, ss: SEL.data3, es: SEL.data3 });
    descriptor(m, GDT + SEL.tss, TSS, 0x2067, 0xeb);
    farJump(m.cpu, SEL.free, 0);
    expect([m.cpu.cpl, m.cpu.user]).toEqual([3, true]);
    farJump(m.cpu, SEL.tss, 0);
    expect([m.cpu.cpl, m.cpu.eip, m.cpu.segSelector(CS)]).toEqual([0, 0x10_0000, SEL.code0]);
  });

  test('loads CR3 where paging is on', () => {
    enablePaging(m);
    m.memory.write32(NEW + 0x1c, PAGE_DIRECTORY | 8);
    farJump(m.cpu, SEL.free, 0);
    expect(m.cpu.s32[CR3 >> 2]).toBe(PAGE_DIRECTORY | 8);
  });

  test('into virtual-8086 mode', () => {
    newTask({ cs: 0x2000, ss: 0x3000, ds: 0x1234 });
    m.memory.write32(NEW + 0x24, 0x2_0202);
    farJump(m.cpu, SEL.free, 0);
    expect([m.cpu.cpl, m.cpu.segBase(CS), m.cpu.segBase(DS)]).toEqual([3, 0x2_0000, 0x1_2340]);
  });

  test('with an LDT', () => {
    descriptor(m, LDT + 8, 0x1_0000, 0xff, 0x93);
    newTask({ ldt: SEL.ldt, ds: 0x0c });
    farJump(m.cpu, SEL.free, 0);
    expect([m.cpu.segBase(LDTR), m.cpu.segBase(DS)]).toEqual([LDT, 0x1_0000]);
  });

  test('16-bit TSS', () => {
    descriptor(m, GDT + SEL.free, NEW, 0x2b, 0x81);
    const words = [0x1234, 0x0246, 1, 2, 3, 4, 0x5000, 6, 7, 8, SEL.data0, SEL.code0, SEL.data0, SEL.data0, 0];
    words.forEach((word, k) => void m.memory.write16(NEW + 0x0e + k * 2, word));
    farJump(m.cpu, SEL.free, 0);
    expect([m.cpu.eip, m.cpu.gpr[EAX], m.cpu.gpr[ESP]]).toEqual([0x1234, 0xffff_0001 | 0, 0xffff_5000 | 0]);
    expect(type(SEL.free)).toBe(3);
    descriptor(m, GDT + SEL.free2, NEW + 0x100, 0x67, 0x89);
    farJump(m.cpu, SEL.tss, 0);
    expect(m.memory.read16(NEW + 0x0e)).toBe(0x1234);
    expect(m.cpu.eip).toBe(0x10_0000);
  });
});

describe('nested tasks', () => {
  test('CALL links back, IRET with NT returns', () => {
    farCall(m.cpu, SEL.free, 0, 4);
    expect(m.memory.read16(NEW)).toBe(SEL.tss);
    expect(m.cpu.eflags).toBe(0x4246);
    expect([type(SEL.tss), type(SEL.free)]).toEqual([11, 11]);
    m.cpu.eip = 0x8888;
    interruptReturn(m.cpu, 4);
    expect([m.cpu.eip, m.cpu.eflags, m.cpu.segSelector(TR)]).toEqual([0x10_0000, 0x202, SEL.tss]);
    expect([type(SEL.tss), type(SEL.free)]).toEqual([11, 9]);
    // NT is gone from the image of the task returned from.
    expect([m.memory.read32(NEW + 0x20), m.memory.read32(NEW + 0x24)]).toEqual([0x8888, 0x246]);
  });

  test('an exception through a task gate pushes its error code on the new stack', () => {
    gate(m, IDT + 13 * 8, SEL.free, 0, 0x85);
    deliverException(m.cpu, 13, 0x55);
    expect(m.cpu.eip).toBe(0x7777);
    expect(m.cpu.gpr[ESP]).toBe(0x5000 - 4);
    expect(stack(m, 1)).toEqual([0x55]);
    expect(m.memory.read32(TSS + 0x24)).toBe(0x1_0202);
    interruptReturn(m.cpu, 4);
    expect(m.cpu.eip).toBe(0x10_0000);
  });

  test('JMP through a task gate', () => {
    gate(m, GDT + SEL.free2, SEL.free, 0, 0x85);
    farJump(m.cpu, SEL.free2, 0xdead);
    expect(m.cpu.eip).toBe(0x7777);
  });
});

describe('refused in the old task', () => {
  test.each<[string, () => void, number, string]>([
    ['TSS too short', () => descriptor(m, GDT + SEL.free, NEW, 0x66, 0x89), SEL.free, '10(98)'],
    ['not present', () => descriptor(m, GDT + SEL.free, NEW, 0x67, 0x09), SEL.free, '11(98)'],
    ['busy', () => descriptor(m, GDT + SEL.free, NEW, 0x67, 0x8b), SEL.free, '13(98)'],
    ['RPL above DPL', () => {}, SEL.free | 3, '13(98)'],
    ['gate: not present', () => gate(m, GDT + SEL.free2, SEL.free, 0, 5), SEL.free2, '11(a0)'],
    ['gate: to the LDT', () => gate(m, GDT + SEL.free2, 4, 0, 0x85), SEL.free2, '13(4)'],
    ['gate: beyond the table', () => gate(m, GDT + SEL.free2, SEL.outside, 0, 0x85), SEL.free2, '13(c0)'],
    ['gate: to data', () => gate(m, GDT + SEL.free2, SEL.data0, 0, 0x85), SEL.free2, '13(10)'],
  ])('%s', (_name, prepare, selector, fault) => {
    prepare();
    expect(faultOf(m, () => farJump(m.cpu, selector, 0))).toBe(fault);
    expect(type(SEL.tss)).toBe(11);
  });

  test('IRET to a task that is not busy', () => {
    m.cpu.eflags |= 0x4000;
    m.memory.write16(TSS, SEL.free);
    expect(faultOf(m, () => interruptReturn(m.cpu, 4))).toBe('10(98)');
  });
});

describe('faults that belong to the new task', () => {
  test.each<[string, Parameters<typeof newTask>[0], string]>([
    ['null CS', { cs: 0 }, '10(0)'],
    ['CS is data', { cs: SEL.data0 }, '10(10)'],
    ['CS not present', { cs: SEL.notPresentCode0 }, '11(90)'],
    ['null SS', { ss: 0 }, '10(0)'],
    ['SS of another level', { ss: SEL.data3 }, '10(20)'],
    ['SS not present', { ss: SEL.notPresentStack0 }, '12(88)'],
    ['DS execute-only', { ds: SEL.executeOnly3 }, '10(58)'],
    ['DS not present', { ds: SEL.notPresent3 }, '11(60)'],
    ['LDT is data', { ldt: SEL.data0 }, '10(10)'],
    ['EIP beyond the limit', { cs: SEL.smallCode0 }, '13(0)'],
  ])('%s', (_name, selectors, fault) => {
    newTask(selectors);
    let seen = 'none';
    try {
      farJump(m.cpu, SEL.free, 0);
    } catch (error) {
      if (!(error instanceof GuestException)) throw error;
      seen = `${error.vector}(${error.errorCode.toString(16)})`;
    }
    expect(seen).toBe(fault);
    // The switch stands: the fault's EIP is the new task's.
    expect(m.cpu.segSelector(TR)).toBe(SEL.free);
    expect(m.cpu.instructionEip).toBe(0x7777);
    expect(m.cpu.segSelector(SS)).toBe(selectors?.ss ?? SEL.data0);
  });

  test('the T bit traps on entry', () => {
    m.memory.write32(NEW + 0x64, 1);
    idtGate(m, 1, 0x1000);
    let vector = -1;
    try {
      farJump(m.cpu, SEL.free, 0);
    } catch (error) {
      if (!(error instanceof GuestException)) throw error;
      vector = error.vector;
    }
    expect(vector).toBe(1);
    expect(m.cpu.s32[(0x140 >> 2) + 6]! & 0x8000).toBe(0x8000);
  });
});
