import { describe, expect, test } from 'vitest';
import { CS, DS, ES, ESP, FS, GS, SS } from '../../../src/cpu/registers.ts';
import { deliverException } from '../../../src/cpu/system/interrupts.ts';
import { interruptReturn } from '../../../src/cpu/system/iret.ts';
import { loadDataSegment } from '../../../src/cpu/system/segment-load.ts';
import {
  faultOf,
  idtGate,
  protectedMachine,
  realMachine,
  SEL,
  STACK0,
  STACK3,
  type TestMachine,
  virtual8086Machine,
} from './test-machine.ts';

/** Puts words on the stack, the first where ESP points. */
function push(m: TestMachine, words: readonly number[], size = 4): void {
  m.cpu.gpr[ESP] = m.cpu.gpr[ESP]! - words.length * size;
  words.forEach((word, k) => {
    const at = m.cpu.segBase(SS) + m.cpu.gpr[ESP]! + k * size;
    if (size === 4) m.memory.write32(at, word);
    else m.memory.write16(at, word);
  });
}

const iret =
  (m: TestMachine, size = 4) =>
  () =>
    interruptReturn(m.cpu, size);

describe('IRET in protected mode', () => {
  test('to the same level', () => {
    const m = protectedMachine();
    push(m, [0x1234, SEL.code0, 0x3f_7fd7 & ~0x2_4000]);
    interruptReturn(m.cpu, 4);
    expect(m.cpu.eip).toBe(0x1234);
    expect(m.cpu.gpr[ESP]).toBe(STACK3);
    expect(m.cpu.eflags).toBe(0x3f_7fd7 & ~0x2_4000);
    expect(m.cpu.leaveBlock).toBe(true);
  });

  test('to an outer level: stack too, inner data segments become null', () => {
    const m = protectedMachine();
    loadDataSegment(m.cpu, ES, SEL.data3);
    loadDataSegment(m.cpu, FS, SEL.conforming0);
    loadDataSegment(m.cpu, GS, SEL.code0);
    push(m, [0x1234, SEL.code3, 0x202, 0x8_0000, SEL.data3]);
    interruptReturn(m.cpu, 4);
    expect(m.cpu.cpl).toBe(3);
    expect(m.cpu.user).toBe(true);
    expect(m.cpu.segSelector(CS)).toBe(SEL.code3);
    expect(m.cpu.segSelector(SS)).toBe(SEL.data3);
    expect(m.cpu.gpr[ESP]).toBe(0x8_0000);
    expect([DS, ES, FS, GS].map((seg) => m.cpu.segSelector(seg))).toEqual([0, SEL.data3, SEL.conforming0, 0]);
    expect(m.cpu.segAttr(DS)).toBe(0);
  });

  test('16-bit operands', () => {
    const m = protectedMachine();
    push(m, [0xf234, SEL.code0, 0x0a97], 2);
    m.cpu.eflags = 0x24_0202;
    m.cpu.eflags &= ~0x2_0000;
    interruptReturn(m.cpu, 2);
    expect(m.cpu.eip).toBe(0xf234);
    expect(m.cpu.eflags).toBe(0x24_0a97 & ~0x0);
  });

  test('to a 16-bit stack only SP is loaded', () => {
    const m = protectedMachine();
    m.memory.write32(0x1000 + SEL.data3 - 3 + 4, 0x0000_f300);
    push(m, [0x1234, SEL.code3, 0x202, 0xdead_8000, SEL.data3]);
    interruptReturn(m.cpu, 4);
    expect(m.cpu.gpr[ESP]).toBe(((STACK3 - 20) & ~0xffff) | 0x8000);
  });

  test('level 3 cannot change IOPL, nor IF with IOPL below 3', () => {
    const m = protectedMachine(3);
    push(m, [0x1234, SEL.code3, 0x3000]);
    interruptReturn(m.cpu, 4);
    expect(m.cpu.eflags).toBe(0x202);
    m.cpu.eflags |= 0x3000;
    push(m, [0x1234, SEL.code3, 0]);
    interruptReturn(m.cpu, 4);
    expect(m.cpu.eflags).toBe(0x3002);
  });

  test('level 3 does not enter virtual-8086 mode by VM', () => {
    const m = protectedMachine(3);
    push(m, [0x1234, SEL.code3, 0x2_0202]);
    interruptReturn(m.cpu, 4);
    expect(m.cpu.eflags).toBe(0x202);
  });

  test('level 0 to virtual-8086 mode', () => {
    const m = protectedMachine();
    push(m, [0x100, 0x2000, 0x2_3202, 0xfff0, 0x3000, 0x5000, 0x4000, 0x6000, 0x7000]);
    interruptReturn(m.cpu, 4);
    expect(m.cpu.cpl).toBe(3);
    expect(m.cpu.eflags).toBe(0x2_3202);
    expect(m.cpu.eip).toBe(0x100);
    expect(m.cpu.gpr[ESP]).toBe(0xfff0);
    expect([CS, SS, ES, DS, FS, GS].map((seg) => m.cpu.segBase(seg))).toEqual([
      0x2_0000, 0x3_0000, 0x5_0000, 0x4_0000, 0x6_0000, 0x7_0000,
    ]);
    expect(m.cpu.segLimit(CS)).toBe(0xffff);
    expect(m.cpu.code32).toBe(false);
    expect(m.cpu.stackMask).toBe(0xffff);
  });

  test('there and back again by an exception and IRET', () => {
    const m = virtual8086Machine(0);
    idtGate(m, 6, 0x1000);
    const before = [...m.cpu.s32.subarray(0x100 >> 2, 0x1c0 >> 2)];
    deliverException(m.cpu, 6, 0);
    expect(m.cpu.gpr[ESP]).toBe(STACK0 - 36);
    interruptReturn(m.cpu, 4);
    before[(0x128 - 0x100) >> 2]! |= 0x1_0000;
    expect([...m.cpu.s32.subarray(0x100 >> 2, 0x1c0 >> 2)]).toEqual(before);
  });
});

// Frames that IRET refuses: CPL, the words on the stack, the fault.
const FRAMES: readonly (readonly [string, 0 | 1 | 3, readonly number[], string])[] = [
  ['null CS', 0, [0, 0, 2], '13(0)'],
  ['CS beyond the table', 0, [0, SEL.outside, 2], '13(c0)'],
  ['CS is data', 0, [0, SEL.data0, 2], '13(10)'],
  ['CS of an inner level', 3, [0, SEL.code0, 2], '13(8)'],
  ['DPL is not RPL', 0, [0, SEL.code0 | 3, 2, 0, 0], '13(8)'],
  ['conforming inner code, but no stack', 0, [0, SEL.conforming0 | 1, 2, 0, 0], '13(0)'],
  ['CS not present', 0, [0, SEL.notPresentCode0, 2], '11(90)'],
  ['EIP beyond the limit', 0, [0x1000, SEL.smallCode0, 2], '13(0)'],
  ['outer: null SS', 0, [0, SEL.code3, 2, 0, 0], '13(0)'],
  ['outer: SS with another RPL', 0, [0, SEL.code3, 2, 0, SEL.data3 & ~3], '13(20)'],
  ['outer: SS with another DPL', 0, [0, SEL.code3, 2, 0, SEL.data0 | 3], '13(10)'],
  ['outer: SS not writable', 0, [0, SEL.code3, 2, 0, SEL.readOnly3], '13(50)'],
  ['outer: SS not present', 0, [0, SEL.code3, 2, 0, SEL.notPresent3], '12(60)'],
  ['outer: SS beyond the table', 0, [0, SEL.code3, 2, 0, SEL.outside | 3], '13(c0)'],
  ['virtual-8086 EIP beyond 64 KB', 0, [0x1_0000, 0, 0x2_0002, 0, 0, 0, 0, 0, 0], '13(0)'],
];

describe('IRET refuses', () => {
  test.each(FRAMES)('%s', (_name, cpl, words, fault) => {
    const m = protectedMachine(cpl);
    push(m, words);
    expect(faultOf(m, iret(m))).toBe(fault);
  });

  test('a stack that ends before the frame', () => {
    const m = protectedMachine();
    m.cpu.setSegment(SS, SEL.smallStack0, 0x6_0000, 0xf, 0x0040_9300);
    m.cpu.gpr[ESP] = 8;
    expect(faultOf(m, iret(m))).toBe('12(0)');
  });
});

describe('IRET in real and virtual-8086 mode', () => {
  test('real mode', () => {
    const m = realMachine();
    push(m, [0x1234, 0x5000, 0xffff], 2);
    interruptReturn(m.cpu, 2);
    expect([m.cpu.eip, m.cpu.segBase(CS), m.cpu.gpr[ESP]]).toEqual([0x1234, 0x5_0000, 0xfff0]);
    expect(m.cpu.eflags).toBe(0x7fd7);
    push(m, [0x1_0000, 0x5000, 2]);
    expect(faultOf(m, iret(m))).toBe('13(0)');
  });

  test('real mode, 32 bits: VM, VIF and VIP stay', () => {
    const m = realMachine();
    push(m, [0x1234, 0x5000, -1]);
    interruptReturn(m.cpu, 4);
    expect(m.cpu.eflags).toBe(0x25_7fd7);
  });

  test('virtual-8086 mode with IOPL 3 keeps IOPL', () => {
    const m = virtual8086Machine(3);
    push(m, [0x1234, 0x5000, 0x0002], 2);
    interruptReturn(m.cpu, 2);
    expect(m.cpu.eflags).toBe(0x2_3002);
    expect(m.cpu.segBase(CS)).toBe(0x5_0000);
    expect(m.cpu.segAttr(CS)).toBe(0xf300);
  });

  test('virtual-8086 mode with IOPL below 3', () => {
    const m = virtual8086Machine(2);
    push(m, [0x1234, 0x5000, 0x0202], 2);
    expect(faultOf(m, iret(m, 2))).toBe('13(0)');
    m.cpu.s32[0x13c >> 2] = 1;
    expect(faultOf(m, iret(m, 4))).toBe('13(0)');
    interruptReturn(m.cpu, 2);
    // With VME the image's IF goes to VIF.
    expect(m.cpu.eflags).toBe(0xa_2202);
  });

  test('with VME and VIP set, enabling virtual interrupts faults', () => {
    const m = virtual8086Machine(0);
    m.cpu.s32[0x13c >> 2] = 1;
    m.cpu.eflags |= 1 << 20;
    push(m, [0x1234, 0x5000, 0x0202], 2);
    expect(faultOf(m, iret(m, 2))).toBe('13(0)');
  });
});
