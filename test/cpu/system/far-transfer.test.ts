import { describe, expect, test } from 'vitest';
import { CS, DS, ESP, SS } from '../../../src/cpu/registers.ts';
import { farReturn } from '../../../src/cpu/system/far-return.ts';
import { farCall, farJump } from '../../../src/cpu/system/far-transfer.ts';
import {
  descriptor,
  enablePaging,
  faultOf,
  GDT,
  gate,
  protectedMachine,
  realMachine,
  SEL,
  STACK0,
  STACK3,
  setPage,
  stack,
  type TestMachine,
  TSS,
  virtual8086Machine,
} from './test-machine.ts';

/** A call gate in the free descriptor: 32-bit, present, DPL 3. */
function callGate(m: TestMachine, selector: number, offset = 0x1234, access = 0xec, count = 0): number {
  gate(m, GDT + SEL.free, selector, offset, access, count);
  return SEL.free | 3;
}

// Far JMP and CALL alike: CPL, selector, offset, fault.
const DIRECT: readonly (readonly [string, 0 | 3, number, number, string])[] = [
  ['null', 0, 0, 0, '13(0)'],
  ['beyond the table', 0, SEL.outside, 0, '13(c0)'],
  ['same level', 3, SEL.code3, 0x5000, 'none'],
  ['RPL below CPL is fine', 3, SEL.code3 & ~3, 0x5000, 'none'],
  ['RPL above CPL', 0, SEL.code0 | 3, 0, '13(8)'],
  ['an inner level', 3, SEL.code0, 0, '13(8)'],
  ['an outer level', 0, SEL.code3, 0, '13(18)'],
  ['conforming inner', 3, SEL.conforming0, 0, 'none'],
  ['conforming with any RPL', 0, SEL.conforming0 | 3, 0, 'none'],
  ['data', 0, SEL.data0, 0, '13(10)'],
  ['an LDT', 0, SEL.ldt, 0, '13(30)'],
  ['the busy TSS', 0, SEL.tss, 0, '13(28)'],
  ['not present', 0, SEL.notPresentCode0, 0, '11(90)'],
  ['beyond the limit', 0, SEL.smallCode0, 0x1000, '13(0)'],
];

describe('far transfers to code segments', () => {
  test.each(DIRECT)('%s', (_name, cpl, selector, offset, fault) => {
    for (const transfer of [
      (m: TestMachine) => farJump(m.cpu, selector, offset),
      (m: TestMachine) => farCall(m.cpu, selector, offset, 4),
    ]) {
      const m = protectedMachine(cpl);
      expect(faultOf(m, () => transfer(m))).toBe(fault);
      if (fault !== 'none') continue;
      expect(m.cpu.eip).toBe(offset);
      expect(m.cpu.cpl).toBe(cpl);
      expect(m.cpu.segSelector(CS)).toBe((selector & ~3) | cpl);
    }
  });

  test('CALL pushes CS and EIP of the operand size, RETF takes them back', () => {
    const m = protectedMachine();
    farCall(m.cpu, SEL.code16, 0x8000, 4);
    expect(m.cpu.code32).toBe(false);
    expect(stack(m, 2)).toEqual([0x10_0000, SEL.code0]);
    farReturn(m.cpu, 4, 0);
    expect(m.cpu.eip).toBe(0x10_0000);
    expect(m.cpu.code32).toBe(true);
    m.cpu.eip = 0x1234;
    farCall(m.cpu, SEL.code16, 0x8000, 2);
    expect(stack(m, 1)).toEqual([0x0008_1234]);
    farReturn(m.cpu, 2, 6);
    expect(m.cpu.gpr[ESP]).toBe(STACK3 + 6);
  });

  test('CALL onto a page that is not there changes nothing', () => {
    const m = protectedMachine();
    enablePaging(m);
    setPage(m, STACK3 - 4, 0);
    expect(faultOf(m, () => farCall(m.cpu, SEL.code0, 0, 4))).toBe('14(2)');
  });

  test('the code segment becomes accessed', () => {
    const m = protectedMachine();
    descriptor(m, GDT + SEL.free, 0, 0xffff, 0x9a, 4);
    farJump(m.cpu, SEL.free, 0);
    expect(m.memory.read8(GDT + SEL.free + 5)).toBe(0x9b);
  });
});

describe('call gates', () => {
  test('to an inner level with parameters, and back by RETF', () => {
    const m = protectedMachine(3);
    const selector = callGate(m, SEL.code0, 0x12_3456, 0xec, 2);
    m.cpu.gpr[ESP] = STACK3 - 8;
    m.memory.write32(STACK3 - 8, 0x1111);
    m.memory.write32(STACK3 - 4, 0x2222);
    farCall(m.cpu, selector, 0xdead, 4);
    expect([m.cpu.cpl, m.cpu.eip, m.cpu.segSelector(SS)]).toEqual([0, 0x12_3456, SEL.data0]);
    expect(m.cpu.gpr[ESP]).toBe(STACK0 - 24);
    expect(stack(m, 6)).toEqual([0x10_0000, SEL.code3, 0x1111, 0x2222, STACK3 - 8, SEL.data3]);
    m.cpu.setSegment(DS, SEL.data0, 0, -1, 0x00c0_9300);
    farReturn(m.cpu, 4, 8);
    expect([m.cpu.cpl, m.cpu.eip, m.cpu.segSelector(CS)]).toEqual([3, 0x10_0000, SEL.code3]);
    expect(m.cpu.segSelector(SS)).toBe(SEL.data3);
    expect(m.cpu.gpr[ESP]).toBe(STACK3);
    expect(m.cpu.segAttr(DS)).toBe(0);
  });

  test('16-bit: words', () => {
    const m = protectedMachine(3);
    const selector = callGate(m, SEL.code0, 0xffff_4567 | 0, 0xe4, 1);
    m.cpu.gpr[ESP] = STACK3 - 2;
    m.memory.write16(STACK3 - 2, 0xabcd);
    farCall(m.cpu, selector, 0, 4);
    expect(m.cpu.eip).toBe(0x4567);
    expect(m.cpu.gpr[ESP]).toBe(STACK0 - 10);
    expect(stack(m, 2)).toEqual([0x001b_0000, 0xfffe_abcd]);
  });

  test('to the same level no stack is switched; JMP pushes nothing', () => {
    const m = protectedMachine();
    const selector = callGate(m, SEL.code0, 0x1234, 0xec, 3) & ~3;
    farCall(m.cpu, selector, 0, 2);
    expect(stack(m, 2)).toEqual([0x10_0000, SEL.code0]);
    const sp = m.cpu.gpr[ESP];
    farJump(m.cpu, selector, 0);
    expect(m.cpu.gpr[ESP]).toBe(sp);
    expect(m.cpu.eip).toBe(0x1234);
  });

  test('to inner conforming code the level stays', () => {
    const m = protectedMachine(3);
    farJump(m.cpu, callGate(m, SEL.conforming0), 0);
    expect([m.cpu.cpl, m.cpu.segSelector(CS)]).toEqual([3, SEL.conforming0 | 3]);
  });

  const spoil = (word: number, value: number) => (m: TestMachine) => {
    m.memory.write32(TSS + word, value);
    return callGate(m, SEL.code0);
  };
  test.each<[string, (m: TestMachine) => number, string, boolean?]>([
    ['gate of level 0', (m) => callGate(m, SEL.code0, 0, 0x8c), '13(98)'],
    ['gate not present', (m) => callGate(m, SEL.code0, 0, 0x6c), '11(98)'],
    ['null code', (m) => callGate(m, 0), '13(0)'],
    ['code beyond the table', (m) => callGate(m, SEL.outside), '13(c0)'],
    ['data', (m) => callGate(m, SEL.data0), '13(10)'],
    ['code not present', (m) => callGate(m, SEL.notPresentCode0), '11(90)'],
    ['EIP beyond the limit', (m) => callGate(m, SEL.smallCode0, 0x1000), '13(0)'],
    ['JMP to an inner level', (m) => callGate(m, SEL.code0), '13(8)', true],
    ['null stack', spoil(8, 0), '10(0)'],
    ['stack beyond the table', spoil(8, SEL.outside), '10(c0)'],
    ['stack of another level', spoil(8, SEL.data3), '10(20)'],
    ['stack not present', spoil(8, SEL.notPresentStack0), '12(88)'],
    ['stack too small', (m) => spoil(4, 8)(m) && spoil(8, SEL.smallStack0)(m), '12(70)'],
  ])('refuse: %s', (_name, prepare, fault, jump) => {
    const m = protectedMachine(3);
    const selector = prepare(m);
    expect(faultOf(m, () => (jump ? farJump(m.cpu, selector, 0) : farCall(m.cpu, selector, 0, 4)))).toBe(fault);
  });

  test('parameters that cannot be read change nothing', () => {
    const m = protectedMachine(3);
    enablePaging(m);
    setPage(m, STACK3, 0);
    const selector = callGate(m, SEL.code0, 0, 0xec, 2);
    m.cpu.gpr[ESP] = STACK3 - 4;
    expect(faultOf(m, () => farCall(m.cpu, selector, 0, 4))).toBe('14(4)');
  });
});

describe('RETF', () => {
  test.each<[string, 0 | 3, readonly number[], string]>([
    ['null', 0, [0, 0], '13(0)'],
    ['inner level', 3, [0, SEL.code0], '13(8)'],
    ['data', 0, [0, SEL.data0], '13(10)'],
    ['not present', 0, [0, SEL.notPresentCode0], '11(90)'],
    ['EIP beyond the limit', 0, [0x1000, SEL.smallCode0], '13(0)'],
    ['outer: SS of another level', 0, [0, SEL.code3, 0, SEL.data0], '13(10)'],
    ['outer: SS null', 0, [0, SEL.code3, 0, 0], '13(0)'],
    ['outer: SS not present', 0, [0, SEL.code3, 0, SEL.notPresent3], '12(60)'],
  ])('refuses: %s', (_name, cpl, words, fault) => {
    const m = protectedMachine(cpl);
    m.cpu.gpr[ESP] = STACK3 - 0x20;
    words.forEach((word, k) => void m.memory.write32(STACK3 - 0x20 + 4 * k, word));
    expect(faultOf(m, () => farReturn(m.cpu, 4, 0))).toBe(fault);
  });

  test('outer: parameters are skipped on both stacks', () => {
    const m = protectedMachine();
    m.cpu.gpr[ESP] = STACK3 - 0x20;
    [0x1234, SEL.code3, 1, 2, 0x8_0000, SEL.data3].forEach(
      (word, k) => void m.memory.write32(STACK3 - 0x20 + 4 * k, word),
    );
    farReturn(m.cpu, 4, 8);
    expect([m.cpu.cpl, m.cpu.gpr[ESP]]).toEqual([3, 0x8_0008]);
  });
});

describe('far transfers in real and virtual-8086 mode', () => {
  test.each([
    ['real', realMachine],
    ['virtual-8086', () => virtual8086Machine(0)],
  ] as const)('%s', (_name, create) => {
    const m = create();
    const base = m.cpu.segBase(SS);
    m.cpu.eip = 0x77;
    const from = m.cpu.segSelector(CS);
    farCall(m.cpu, 0x1234, 0x5678, 2);
    expect([m.cpu.segBase(CS), m.cpu.eip, m.cpu.gpr[ESP]]).toEqual([0x1_2340, 0x5678, 0xffec]);
    expect(stack(m, 1, base)).toEqual([((from << 16) | 0x77) >>> 0]);
    farReturn(m.cpu, 2, 2);
    expect([m.cpu.segSelector(CS), m.cpu.eip, m.cpu.gpr[ESP]]).toEqual([from, 0x77, 0xfff2]);
    farJump(m.cpu, 0x1234, 0x5678);
    expect([m.cpu.segBase(CS), m.cpu.eip]).toEqual([0x1_2340, 0x5678]);
    expect(faultOf(m, () => farJump(m.cpu, 0x1234, 0x1_0000))).toBe('13(0)');
    expect(faultOf(m, () => farCall(m.cpu, 0x1234, 0x1_0000, 4))).toBe('13(0)');
  });

  test('after leaving protected mode a far jump keeps the limit; CS is writable', () => {
    const m = realMachine();
    m.cpu.setSegment(CS, 0x38, 0, 0xffff, 0x9b00);
    farJump(m.cpu, 0x100, 0);
    expect(faultOf(m, () => m.cpu.write8(CS, 0, 1))).toBe('none');
  });
});
