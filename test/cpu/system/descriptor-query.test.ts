import { describe, expect, test } from 'vitest';
import { EAX, ZF } from '../../../src/cpu/registers.ts';
import {
  loadAccessRights,
  loadSegmentLimit,
  needsRplAdjusted,
  verifySegment,
} from '../../../src/cpu/system/descriptor-query.ts';
import {
  descriptor,
  enablePaging,
  faultOf,
  GDT,
  gate,
  protectedMachine,
  realMachine,
  SEL,
  setPage,
  virtual8086Machine,
} from './test-machine.ts';

// The limit's upper bits, which the SDM leaves undefined in LAR, are as processors show them.
// CPL, selector; what LAR, LSL, VERR and VERW say ('' = ZF clear).
const QUERIES: readonly (readonly [string, 0 | 3, number, string, string, boolean, boolean])[] = [
  ['own data', 3, SEL.data3, 'cff300', 'ffffffff', true, true],
  ['data of level 0', 3, SEL.data0, '', '', false, false],
  ['data of level 0 from there', 0, SEL.data0, 'cf9300', 'ffffffff', true, true],
  ['RPL counts', 0, SEL.data0 | 3, '', '', false, false],
  ['null', 0, 3, '', '', false, false],
  ['beyond the table', 0, SEL.outside, '', '', false, false],
  ['readable code', 3, SEL.code3, 'cffb00', 'ffffffff', true, false],
  ['execute-only code', 3, SEL.executeOnly3, 'cff900', 'ffffffff', false, false],
  ['conforming code of level 0', 3, SEL.conforming0, 'cf9f00', 'ffffffff', true, false],
  ['read-only data', 3, SEL.readOnly3, 'cff100', 'ffffffff', true, false],
  ['not present', 3, SEL.notPresent3, 'cf7300', 'ffffffff', true, true],
  ['busy TSS', 0, SEL.tss, '8b00', '2067', false, false],
  ['LDT', 0, SEL.ldt, '8200', '1f', false, false],
  ['small code', 0, SEL.smallCode0, '409b00', 'fff', true, false],
  ['call gate (in the free descriptor)', 0, SEL.free, '8c00', '', false, false],
  ['interrupt gate', 0, SEL.free2, '', '', false, false],
  ['task gate', 0, SEL.free3, '8500', '', false, false],
];

describe('asking about selectors', () => {
  test.each(QUERIES)('%s', (_name, cpl, selector, rights, limit, readable, writable) => {
    const m = protectedMachine(cpl);
    gate(m, GDT + SEL.free, SEL.code0, 0, 0x8c);
    gate(m, GDT + SEL.free2, SEL.code0, 0, 0x8e);
    gate(m, GDT + SEL.free3, SEL.tss, 0, 0x85);
    const answer = (value: number) => ((m.cpu.eflags & ZF) !== 0 ? (value >>> 0).toString(16) : '');
    m.cpu.eflags |= ZF;
    const lar = loadAccessRights(m.cpu, selector, 0x1234);
    expect(answer(lar)).toBe(rights);
    if (rights === '') expect(lar).toBe(0x1234);
    m.cpu.eflags |= ZF;
    const lsl = loadSegmentLimit(m.cpu, selector, 0x1234);
    expect(answer(lsl)).toBe(limit);
    if (limit === '') expect(lsl).toBe(0x1234);
    m.cpu.eflags |= ZF;
    verifySegment(m.cpu, selector, false);
    expect((m.cpu.eflags & ZF) !== 0).toBe(readable);
    m.cpu.eflags |= ZF;
    verifySegment(m.cpu, selector, true);
    expect((m.cpu.eflags & ZF) !== 0).toBe(writable);
  });

  test('undefined in real and virtual-8086 mode', () => {
    for (const m of [realMachine(), virtual8086Machine(3)]) {
      expect(faultOf(m, () => loadAccessRights(m.cpu, 0, 0))).toBe('6(0)');
      expect(faultOf(m, () => loadSegmentLimit(m.cpu, 0, 0))).toBe('6(0)');
      expect(faultOf(m, () => verifySegment(m.cpu, 0, true))).toBe('6(0)');
      expect(faultOf(m, () => needsRplAdjusted(m.cpu, 0, 3))).toBe('6(0)');
    }
  });

  test('a table that is not there is a page fault', () => {
    const m = protectedMachine(3);
    enablePaging(m);
    setPage(m, GDT, 0);
    m.cpu.gpr[EAX] = 1;
    expect(faultOf(m, () => loadAccessRights(m.cpu, SEL.data3, 0))).toBe('14(0)');
  });

  test('nothing is marked accessed', () => {
    const m = protectedMachine();
    descriptor(m, GDT + SEL.free, 0, 0xffff, 0x92);
    loadAccessRights(m.cpu, SEL.free, 0);
    verifySegment(m.cpu, SEL.free, true);
    expect(m.memory.read8(GDT + SEL.free + 5)).toBe(0x92);
  });

  test('ARPL', () => {
    const m = protectedMachine(3);
    expect(needsRplAdjusted(m.cpu, 0x10, 0x1b)).toBe(true);
    expect(needsRplAdjusted(m.cpu, 0x13, 0x1b)).toBe(false);
    expect(needsRplAdjusted(m.cpu, 0x13, 0x18)).toBe(false);
  });
});
