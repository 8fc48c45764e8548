import { describe, expect, test } from 'vitest';
import { CR4 } from '../../../src/cpu/layout.ts';
import { ESP } from '../../../src/cpu/registers.ts';
import { clearInterruptFlag, popFlags, pushFlags, setInterruptFlag } from '../../../src/cpu/system/flags-access.ts';
import { faultOf, protectedMachine, realMachine, type TestMachine, virtual8086Machine } from './test-machine.ts';

const IF = 0x200;
const VIF = 1 << 19;
const VIP = 1 << 20;
const V86 = 0x2_0000;

/** Machine kind, IOPL, CR4. */
type Setting = readonly ['real' | 'v86' | 0 | 3, number, number];

function machine([kind, iopl, cr4]: Setting): TestMachine {
  const m = kind === 'real' ? realMachine() : kind === 'v86' ? virtual8086Machine(iopl) : protectedMachine(kind);
  m.cpu.eflags |= iopl << 12;
  m.cpu.s32[CR4 >> 2] = cr4;
  return m;
}

describe('POPF', () => {
  // Where, operand size, flags popped, flags before, flags after or the fault.
  test.each<[Setting, number, number, number, number | string]>([
    [['real', 0, 0], 2, 0xffff, 0x0002, 0x7fd7],
    [['real', 0, 0], 4, -1, 0x0002, 0x24_7fd7],
    [[0, 0, 0], 4, -1, 0x0002, 0x24_7fd7],
    [[0, 0, 0], 4, 0, 0x3c_7fd7, 0x18_0002],
    [[0, 3, 0], 2, 0, 0x25_7fd7, 0x24_0002],
    [[3, 0, 0], 4, -1, 0x0002, 0x24_4dd7],
    [[3, 0, 0], 4, 0, 0x0202, 0x0202],
    [[3, 3, 0], 4, 0, 0x3202, 0x3002],
    [[3, 3, 0], 2, 0xffff, 0x3002, 0x7fd7],
    [['v86', 3, 0], 2, 0, V86 | 0x3202, V86 | 0x3002],
    [['v86', 3, 0], 4, 0, V86 | 0x3202, V86 | 0x3002],
    [['v86', 0, 0], 2, 0, V86 | 0x0202, '13(0)'],
    [['v86', 0, 1], 4, 0, V86 | 0x0202, '13(0)'],
    [['v86', 0, 1], 2, 0x0ad7, V86 | 0x0002, V86 | VIF | 0x08d7],
    [['v86', 0, 1], 2, 0x0000, V86 | VIF | IF, V86 | IF | 2],
    [['v86', 0, 1], 2, 0x0200, V86 | VIP | 2, '13(0)'],
    [['v86', 0, 1], 2, 0x0100, V86 | 2, '13(0)'],
  ])('%j, %i bytes: %x over %x', (setting, size, popped, before, after) => {
    const m = machine(setting);
    m.cpu.eflags = before;
    if (size === 4) m.cpu.push32(popped);
    else m.cpu.push16(popped & 0xffff);
    const esp = m.cpu.gpr[ESP]!;
    const fault = faultOf(m, () => popFlags(m.cpu, size));
    if (typeof after === 'string') expect(fault).toBe(after);
    else {
      expect(m.cpu.eflags).toBe(after);
      expect(m.cpu.gpr[ESP]).toBe(esp + size);
    }
  });

  test('leaves the block when TF comes on or a pending interrupt can be taken', () => {
    const m = machine([0, 0, 0]);
    m.cpu.eflags = 2;
    const pop = (flags: number) => {
      m.cpu.leaveBlock = false;
      m.cpu.push32(flags);
      popFlags(m.cpu, 4);
      return m.cpu.leaveBlock;
    };
    expect(pop(0x202)).toBe(false);
    expect(pop(0x302)).toBe(true);
    expect(pop(0x002)).toBe(true);
    m.cpu.interruptPending = true;
    expect(pop(0x8d7)).toBe(false);
    expect(pop(0x202)).toBe(true);
  });
});

describe('PUSHF', () => {
  test.each<[Setting, number, number, number | string]>([
    [['real', 0, 0], 4, 0x3d_7fd7, 0x3c_7fd7],
    [[3, 0, 0], 4, 0x1_0202, 0x0202],
    [[3, 0, 0], 2, 0x24_0202, 0x0202],
    [['v86', 3, 0], 4, V86 | 0x3202, 0x3202],
    [['v86', 0, 0], 2, V86 | 0x0202, '13(0)'],
    [['v86', 0, 1], 4, V86 | 0x0202, '13(0)'],
    [['v86', 0, 1], 2, V86 | 0x0202, 0x3002],
    [['v86', 0, 1], 2, V86 | VIF | 0x0002, 0x3202],
  ])('%j, %i bytes of %x', (setting, size, flags, pushed) => {
    const m = machine(setting);
    m.cpu.eflags = flags;
    const fault = faultOf(m, () => pushFlags(m.cpu, size));
    if (typeof pushed === 'string') expect(fault).toBe(pushed);
    else expect(size === 4 ? m.cpu.pop32() : m.cpu.pop16()).toBe(pushed);
  });
});

describe('CLI and STI', () => {
  // Where, flags before, after STI, after CLI.
  test.each<[Setting, number, number | string, number | string]>([
    [['real', 0, 0], 2, IF | 2, 2],
    [[0, 0, 0], 2, IF | 2, 2],
    [[3, 3, 0], 0x3002, 0x3202, 0x3002],
    [[3, 0, 0], 2, '13(0)', '13(0)'],
    [[3, 0, 2], 2, VIF | 2, 2],
    [[3, 0, 2], VIP | 2, '13(0)', VIP | 2],
    [['v86', 3, 0], V86 | 0x3002, V86 | 0x3202, V86 | 0x3002],
    [['v86', 0, 0], V86 | 2, '13(0)', '13(0)'],
    [['v86', 0, 1], V86 | IF | 2, V86 | VIF | IF | 2, V86 | IF | 2],
    [['v86', 0, 2], V86 | 2, '13(0)', '13(0)'],
  ])('%j over %x', (setting, before, set, cleared) => {
    for (const [action, after] of [
      [setInterruptFlag, set],
      [clearInterruptFlag, cleared],
    ] as const) {
      const m = machine(setting);
      m.cpu.eflags = before;
      const fault = faultOf(m, () => action(m.cpu));
      if (typeof after === 'string') expect(fault).toBe(after);
      else expect(m.cpu.eflags).toBe(after);
    }
  });

  test('STI holds interrupts off for one instruction, but only where IF was clear', () => {
    const m = machine([0, 0, 0]);
    m.cpu.eflags = 2;
    setInterruptFlag(m.cpu);
    expect([m.cpu.interruptShadow, m.cpu.leaveBlock]).toEqual([true, true]);
    m.cpu.interruptShadow = false;
    setInterruptFlag(m.cpu);
    expect(m.cpu.interruptShadow).toBe(false);
  });
});
