import { describe, expect, test } from 'vitest';
import { CS, DS, ES, FS, GS, LDTR, SS, TR } from '../../../src/cpu/registers.ts';
import { loadDataSegment, moveToSegment } from '../../../src/cpu/system/segment-load.ts';
import { loadLdtr, loadTr } from '../../../src/cpu/system/system-tables.ts';
import {
  descriptor,
  enablePaging,
  faultOf,
  GDT,
  LDT,
  protectedMachine,
  realMachine,
  SEL,
  setPage,
  virtual8086Machine,
} from './test-machine.ts';

// What is loaded at which level into which register, and the fault: vector(error code).
const LOADS: readonly (readonly [string, 0 | 3, number, number, string])[] = [
  ['data at its level', 0, DS, SEL.data0, 'none'],
  ['data of an outer level', 0, ES, SEL.data3, 'none'],
  ['data of an inner level', 3, DS, SEL.data0, '13(10)'],
  ['RPL above DPL', 0, DS, SEL.data0 | 3, '13(10)'],
  ['null', 3, GS, 0, 'none'],
  ['null with an RPL', 3, GS, 3, 'none'],
  ['readable code', 3, FS, SEL.code3, 'none'],
  ['execute-only code', 3, FS, SEL.executeOnly3, '13(58)'],
  ['conforming code from any level', 3, FS, SEL.conforming0 | 3, 'none'],
  ['a system descriptor', 0, DS, SEL.tss, '13(28)'],
  ['not present', 3, DS, SEL.notPresent3, '11(60)'],
  ['beyond the GDT', 0, DS, SEL.outside, '13(c0)'],
  ['the LDT while there is none', 0, DS, 0x0c, '13(c)'],
  ['read-only data', 3, DS, SEL.readOnly3, 'none'],
  ['SS at its level', 3, SS, SEL.data3, 'none'],
  ['SS null', 0, SS, 0, '13(0)'],
  ['SS null at level 3', 3, SS, 3, '13(0)'],
  ['SS with another RPL', 0, SS, SEL.data0 | 3, '13(10)'],
  ['SS with another DPL', 3, SS, SEL.data0 | 3, '13(10)'],
  ['SS read-only', 3, SS, SEL.readOnly3, '13(50)'],
  ['SS code', 3, SS, SEL.code3, '13(18)'],
  ['SS not present', 3, SS, SEL.notPresent3, '12(60)'],
  ['SS beyond the GDT', 0, SS, SEL.outside, '13(c0)'],
];

describe('loading a segment register in protected mode', () => {
  test.each(LOADS)('%s', (_name, cpl, seg, selector, fault) => {
    const m = protectedMachine(cpl);
    expect(faultOf(m, () => loadDataSegment(m.cpu, seg, selector))).toBe(fault);
    if (fault !== 'none') return;
    expect(m.cpu.segSelector(seg)).toBe(selector);
  });

  test('base, limit and attributes come from the descriptor, which becomes accessed', () => {
    const m = protectedMachine();
    descriptor(m, GDT + SEL.free, 0x1234_5678, 0xabcd, 0x92, 4);
    loadDataSegment(m.cpu, DS, SEL.free);
    expect(m.cpu.segBase(DS)).toBe(0x1234_5678);
    expect(m.cpu.segLimit(DS)).toBe(0xabcd);
    expect(m.memory.read8(GDT + SEL.free + 5)).toBe(0x93);
    descriptor(m, GDT + SEL.free, 0, 0xf_ffff, 0x93, 12);
    loadDataSegment(m.cpu, DS, SEL.free);
    expect(m.cpu.segLimit(DS)).toBe(-1);
    expect(m.cpu.segFlat[DS]).toBe(3);
  });

  test('a null segment faults on use', () => {
    const m = protectedMachine();
    loadDataSegment(m.cpu, DS, 0);
    expect(faultOf(m, () => m.cpu.read8(DS, 0))).toBe('13(0)');
  });

  test('through the LDT', () => {
    const m = protectedMachine();
    descriptor(m, LDT + 8, 0x5000, 0xff, 0x93);
    loadLdtr(m.cpu, SEL.ldt);
    loadDataSegment(m.cpu, DS, 0x0c);
    expect(m.cpu.segBase(DS)).toBe(0x5000);
    expect(faultOf(m, () => loadDataSegment(m.cpu, DS, 0x24))).toBe('13(24)');
  });

  test('tables are read with supervisor rights; a page fault there changes nothing', () => {
    const m = protectedMachine(3);
    enablePaging(m);
    setPage(m, GDT, 3);
    loadDataSegment(m.cpu, DS, SEL.data3);
    expect(m.cpu.user).toBe(true);
    setPage(m, GDT, 0);
    expect(faultOf(m, () => loadDataSegment(m.cpu, DS, SEL.code3))).toBe('14(0)');
  });

  test('MOV SS holds off interrupts, MOV CS is undefined', () => {
    const m = protectedMachine();
    moveToSegment(m.cpu, DS, SEL.data0);
    expect(m.cpu.interruptShadow).toBe(false);
    moveToSegment(m.cpu, SS, SEL.data0);
    expect(m.cpu.interruptShadow).toBe(true);
    expect(faultOf(m, () => moveToSegment(m.cpu, CS, SEL.code0))).toBe('6(0)');
  });
});

describe('loading a segment register elsewhere', () => {
  test('real mode keeps limit and attributes (unreal mode)', () => {
    const m = realMachine();
    m.cpu.setSegment(DS, 0, 0, -1, 0x00c0_9300);
    loadDataSegment(m.cpu, DS, 0x1234);
    expect(m.cpu.segBase(DS)).toBe(0x1_2340);
    expect(m.cpu.segLimit(DS)).toBe(-1);
  });

  test('real mode makes a null segment usable again', () => {
    const m = realMachine();
    m.cpu.setSegment(DS, 0, 0, 0, 0);
    loadDataSegment(m.cpu, DS, 0x10);
    expect(faultOf(m, () => m.cpu.write8(DS, 0xffff, 1))).toBe('none');
  });

  test('virtual-8086 mode: 64 KB, any selector', () => {
    const m = virtual8086Machine(0);
    loadDataSegment(m.cpu, SS, 0xffff);
    expect(m.cpu.segBase(SS)).toBe(0xf_fff0);
    expect(m.cpu.segLimit(SS)).toBe(0xffff);
  });
});

describe('LLDT and LTR', () => {
  test.each([
    ['LDT descriptor', loadLdtr, SEL.ldt, 'none'],
    ['null LDT', loadLdtr, 0, 'none'],
    ['LDT from data', loadLdtr, SEL.data0, '13(10)'],
    ['LDT from the LDT', loadLdtr, 4, '13(4)'],
    ['LDT beyond the table', loadLdtr, SEL.outside, '13(c0)'],
    ['TR null', loadTr, 0, '13(0)'],
    ['TR from a busy TSS', loadTr, SEL.tss, '13(28)'],
    ['TR from an LDT descriptor', loadTr, SEL.ldt, '13(30)'],
  ] as const)('%s', (_name, load, selector, fault) => {
    const m = protectedMachine();
    expect(faultOf(m, () => load(m.cpu, selector))).toBe(fault);
  });

  test('not present', () => {
    const m = protectedMachine();
    descriptor(m, GDT + SEL.free, LDT, 0xff, 0x02);
    descriptor(m, GDT + SEL.free2, LDT, 0xff, 0x09);
    expect(faultOf(m, () => loadLdtr(m.cpu, SEL.free))).toBe('11(98)');
    expect(faultOf(m, () => loadTr(m.cpu, SEL.free2))).toBe('11(a0)');
  });

  test('LTR marks the TSS busy', () => {
    const m = protectedMachine();
    expect(m.memory.read8(GDT + SEL.tss + 5)).toBe(0x8b);
    expect(m.cpu.segSelector(TR)).toBe(SEL.tss);
    expect(m.cpu.segBase(TR)).toBe(0x3000);
  });

  test('outside ring 0, real mode and virtual-8086 mode', () => {
    const user = protectedMachine(3);
    expect(faultOf(user, () => loadLdtr(user.cpu, SEL.ldt))).toBe('13(0)');
    const real = realMachine();
    expect(faultOf(real, () => loadTr(real.cpu, SEL.tss))).toBe('6(0)');
    const virtual = virtual8086Machine(3);
    expect(faultOf(virtual, () => loadLdtr(virtual.cpu, SEL.ldt))).toBe('6(0)');
    expect(virtual.cpu.segSelector(LDTR)).toBe(0);
  });
});
