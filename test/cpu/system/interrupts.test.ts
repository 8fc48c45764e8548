import { describe, expect, test } from 'vitest';
import { CR2, IDTR_LIMIT } from '../../../src/cpu/layout.ts';
import { CS, DS, ES, ESP, FS, GS, SS } from '../../../src/cpu/registers.ts';
import {
  deliverException,
  deliverInterrupt,
  INT_1,
  INT_N,
  INT_TRAP,
  softwareInterrupt,
} from '../../../src/cpu/system/interrupts.ts';
import {
  descriptor,
  enablePaging,
  faultOf,
  GDT,
  idtGate,
  PAGE_TABLE,
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

const int = (m: TestMachine, vector: number) => () => softwareInterrupt(m.cpu, vector, INT_N);

describe('gates at the same level', () => {
  test('32-bit interrupt gate: pushes flags, CS, EIP; masks interrupts', () => {
    const m = protectedMachine();
    m.cpu.eflags = 0x4b17 | 0x1_0000;
    idtGate(m, 0x40, 0x12_3456);
    deliverInterrupt(m.cpu, 0x40);
    expect(m.cpu.eip).toBe(0x12_3456);
    expect(m.cpu.gpr[ESP]).toBe(STACK3 - 12);
    expect(stack(m, 3)).toEqual([0x10_0000, SEL.code0, 0x1_4b17]);
    // TF, NT, RF and IF are gone.
    expect(m.cpu.eflags).toBe(0x0817 | 2);
    expect(m.cpu.leaveBlock).toBe(true);
  });

  test('a trap gate leaves IF', () => {
    const m = protectedMachine();
    idtGate(m, 0x40, 0x1000, 0x8f);
    deliverInterrupt(m.cpu, 0x40);
    expect(m.cpu.eflags).toBe(0x202);
  });

  test('16-bit gate: words, and the low half of the offset', () => {
    const m = protectedMachine();
    idtGate(m, 0x40, 0xffff_1234 | 0, 0x86);
    deliverInterrupt(m.cpu, 0x40);
    expect(m.cpu.eip).toBe(0x1234);
    expect(m.cpu.gpr[ESP]).toBe(STACK3 - 6);
    expect(stack(m, 2)).toEqual([0x0008_0000, 0x0202]);
  });

  test('a 16-bit stack segment wraps SP and keeps the rest of ESP', () => {
    const m = protectedMachine();
    m.cpu.setSegment(SS, SEL.data16, 0x5_0000, 0xffff, 0x9300);
    m.cpu.gpr[ESP] = 0xabcd_0004 | 0;
    idtGate(m, 0x40, 0x1000);
    deliverInterrupt(m.cpu, 0x40);
    expect(m.cpu.gpr[ESP]).toBe(0xabcd_fff8 | 0);
    expect(m.memory.read32(0x5_0000)).toBe(0x202);
    expect(m.memory.read32(0x5_fffc)).toBe(SEL.code0);
  });

  test('error codes and RF: a fault pushes both, #BP neither', () => {
    const m = protectedMachine();
    idtGate(m, 13, 0x1000);
    idtGate(m, 3, 0x2000);
    deliverException(m.cpu, 13, 0x1234);
    expect(stack(m, 4)).toEqual([0x1234, 0x10_0000, SEL.code0, 0x1_0202]);
    deliverException(m.cpu, 3, 0x1234);
    expect(stack(m, 3)).toEqual([0x1000, SEL.code0, 0x0002]);
  });

  test('a conforming handler runs at the level of the program', () => {
    const m = protectedMachine(3);
    idtGate(m, 0x40, 0x1000, 0xee, SEL.conforming0);
    softwareInterrupt(m.cpu, 0x40, INT_N);
    expect(m.cpu.cpl).toBe(3);
    expect(m.cpu.segSelector(CS)).toBe(SEL.conforming0 | 3);
    expect(m.cpu.gpr[ESP]).toBe(STACK3 - 12);
  });

  test('HLT ends', () => {
    const m = protectedMachine();
    m.cpu.halted = true;
    idtGate(m, 0x20, 0x1000);
    deliverInterrupt(m.cpu, 0x20);
    expect(m.cpu.halted).toBe(false);
  });
});

describe('gates to an inner level', () => {
  test('take the stack of the TSS and save the old one there', () => {
    const m = protectedMachine(3);
    idtGate(m, 0x80, 0x1000, 0xee);
    softwareInterrupt(m.cpu, 0x80, INT_N);
    expect(m.cpu.cpl).toBe(0);
    expect(m.cpu.segSelector(CS)).toBe(SEL.code0);
    expect(m.cpu.segSelector(SS)).toBe(SEL.data0);
    expect(m.cpu.gpr[ESP]).toBe(STACK0 - 20);
    expect(stack(m, 5)).toEqual([0x10_0000, SEL.code3, 0x202, STACK3, SEL.data3]);
    // Data segments stay.
    expect(m.cpu.segSelector(DS)).toBe(SEL.data3);
  });

  test('with an error code; a 16-bit TSS', () => {
    const m = protectedMachine(3);
    descriptor(m, GDT + SEL.tss, TSS, 0x2b, 0x83);
    m.cpu.setSegment(7, SEL.tss, TSS, 0x2b, 0x8300);
    m.memory.write32(TSS + 2, 0x8000 | (SEL.data0 << 16));
    idtGate(m, 13, 0x1000);
    deliverException(m.cpu, 13, 0x18);
    expect(m.cpu.gpr[ESP]).toBe(0x8000 - 24);
    expect(stack(m, 3)).toEqual([0x18, 0x10_0000, SEL.code3]);
  });

  test('the inner stack is written with supervisor rights', () => {
    const m = protectedMachine(3);
    enablePaging(m);
    setPage(m, STACK0 - 4, 3);
    idtGate(m, 0x80, 0x1000, 0xee);
    expect(faultOf(m, int(m, 0x80))).toBe('none');
    expect(m.memory.read32(PAGE_TABLE + (STACK0 >>> 12) * 4 - 4) & 0x60).toBe(0x60);
  });

  test('out of virtual-8086 mode: the segment registers are saved and null', () => {
    const m = virtual8086Machine(0);
    idtGate(m, 13, 0x1000);
    deliverException(m.cpu, 13, 0);
    expect(m.cpu.cpl).toBe(0);
    expect(m.cpu.gpr[ESP]).toBe(STACK0 - 40);
    expect(stack(m, 10)).toEqual([0, 0x100, 0x2000, 0x3_0202, 0xfff0, 0x3000, 0x5000, 0x4000, 0x6000, 0x7000]);
    expect(m.cpu.eflags).toBe(2);
    for (const seg of [DS, ES, FS, GS]) expect(m.cpu.segAttr(seg)).toBe(0);
  });
});

// Software interrupts whose delivery faults: how the gate is spoilt, CPL, and the fault.
const GATE_FAULTS: readonly (readonly [string, (m: TestMachine) => void, 0 | 3, string])[] = [
  [
    'beyond the IDT',
    (m) => {
      m.cpu.s32[IDTR_LIMIT >> 2] = 0x206;
    },
    0,
    '13(202)',
  ],
  ['no gate', (m) => idtGate(m, 0x40, 0, 0x80), 0, '13(202)'],
  ['a call gate', (m) => idtGate(m, 0x40, 0, 0x8c), 0, '13(202)'],
  ['a gate for level 0 only', (m) => idtGate(m, 0x40, 0, 0x8e), 3, '13(202)'],
  ['a gate not present', (m) => idtGate(m, 0x40, 0, 0x6e), 3, '11(202)'],
  ['null code selector', (m) => idtGate(m, 0x40, 0, 0xee, 0), 3, '13(0)'],
  ['code selector beyond the table', (m) => idtGate(m, 0x40, 0, 0xee, SEL.outside), 3, '13(c0)'],
  ['data instead of code', (m) => idtGate(m, 0x40, 0, 0xee, SEL.data0), 3, '13(10)'],
  ['code of an outer level', (m) => idtGate(m, 0x40, 0, 0xee, SEL.code3), 0, '13(18)'],
  ['code not present', (m) => idtGate(m, 0x40, 0, 0xee, SEL.notPresentCode0), 3, '11(90)'],
  ['EIP beyond the limit', (m) => idtGate(m, 0x40, 0x1000, 0xee, SEL.smallCode0), 3, '13(0)'],
  [
    'TSS too short',
    (m) => {
      m.cpu.setSegment(7, SEL.tss, TSS, 8, 0x8b00);
      idtGate(m, 0x40, 0, 0xee);
    },
    3,
    '10(28)',
  ],
  [
    'null stack',
    (m) => {
      m.memory.write32(TSS + 8, 0);
      idtGate(m, 0x40, 0, 0xee);
    },
    3,
    '10(0)',
  ],
  [
    'stack of another level',
    (m) => {
      m.memory.write32(TSS + 8, SEL.data3);
      idtGate(m, 0x40, 0, 0xee);
    },
    3,
    '10(20)',
  ],
  [
    'stack not writable',
    (m) => {
      m.memory.write32(TSS + 8, SEL.code0);
      idtGate(m, 0x40, 0, 0xee);
    },
    3,
    '10(8)',
  ],
  [
    'stack beyond the table',
    (m) => {
      m.memory.write32(TSS + 8, SEL.outside);
      idtGate(m, 0x40, 0, 0xee);
    },
    3,
    '10(c0)',
  ],
  [
    'stack not present',
    (m) => {
      m.memory.write32(TSS + 8, SEL.notPresentStack0);
      idtGate(m, 0x40, 0, 0xee);
    },
    3,
    '12(88)',
  ],
  [
    'stack too small',
    (m) => {
      m.memory.write32(TSS + 8, SEL.smallStack0);
      m.memory.write32(TSS + 4, 16);
      idtGate(m, 0x40, 0, 0xee);
    },
    3,
    '12(70)',
  ],
];

describe('a software interrupt that cannot be delivered', () => {
  test.each(GATE_FAULTS)('%s', (_name, spoil, cpl, fault) => {
    const m = protectedMachine(cpl);
    spoil(m);
    expect(faultOf(m, int(m, 0x40))).toBe(fault);
  });

  test('current stack too small', () => {
    const m = protectedMachine();
    m.cpu.setSegment(SS, SEL.smallStack0, 0x6_0000, 0xf, 0x0040_9300);
    m.cpu.gpr[ESP] = 8;
    idtGate(m, 0x40, 0);
    expect(faultOf(m, int(m, 0x40))).toBe('12(0)');
  });

  test('a page fault in the middle of the frame writes nothing', () => {
    const m = protectedMachine();
    enablePaging(m);
    m.cpu.gpr[ESP] = 0x7_1004;
    setPage(m, 0x7_0000, 5);
    m.memory.write32(0x7_1000, 0x1234);
    idtGate(m, 0x40, 0);
    expect(faultOf(m, int(m, 0x40))).toBe('14(3)');
    expect(m.cpu.s32[CR2 >> 2]).toBe(0x7_0ffc);
    expect(m.memory.read32(0x7_1000)).toBe(0x1234);
  });

  test('virtual-8086 mode: INT n needs IOPL 3, INT3 does not; the handler must be of level 0', () => {
    const m = virtual8086Machine(0);
    idtGate(m, 0x40, 0x1000, 0xee);
    expect(faultOf(m, int(m, 0x40))).toBe('13(0)');
    const iopl3 = virtual8086Machine(3);
    idtGate(iopl3, 0x40, 0, 0xee, SEL.code1);
    idtGate(iopl3, 0x41, 0, 0xee, SEL.conforming0);
    idtGate(iopl3, 0x42, 0, 0xee);
    expect(faultOf(iopl3, int(iopl3, 0x40))).toBe('13(78)');
    expect(faultOf(iopl3, int(iopl3, 0x41))).toBe('13(48)');
    expect(faultOf(iopl3, int(iopl3, 0x42))).toBe('none');
    idtGate(m, 3, 0x2000, 0xee);
    softwareInterrupt(m.cpu, 3, INT_TRAP);
    expect(m.cpu.eip).toBe(0x2000);
  });

  test('INT1 needs no rights to the gate', () => {
    const m = protectedMachine(3);
    idtGate(m, 1, 0x2000);
    expect(faultOf(m, () => softwareInterrupt(m.cpu, 3, INT_TRAP))).toBe('13(1a)');
    softwareInterrupt(m.cpu, 1, INT_1);
    expect(m.cpu.eip).toBe(0x2000);
  });
});

describe('faults while delivering', () => {
  test('an external interrupt without a gate is #GP with EXT', () => {
    const m = protectedMachine();
    idtGate(m, 13, 0x1000);
    deliverInterrupt(m.cpu, 0x40);
    expect(m.cpu.eip).toBe(0x1000);
    expect(stack(m, 2)).toEqual([0x203, 0x10_0000]);
  });

  test('a benign exception is replaced', () => {
    const m = protectedMachine();
    idtGate(m, 11, 0x1100);
    idtGate(m, 6, 0, 0x0e);
    deliverException(m.cpu, 6, 0);
    expect(m.cpu.eip).toBe(0x1100);
    expect(stack(m, 2)).toEqual([6 * 8 + 3, 0x10_0000]);
  });

  test('#PF, then #GP: double fault with error code 0, pushing the first EIP', () => {
    const m = protectedMachine();
    idtGate(m, 8, 0x1800);
    deliverException(m.cpu, 14, 2);
    expect(m.cpu.eip).toBe(0x1800);
    expect(stack(m, 4)).toEqual([0, 0x10_0000, SEL.code0, 0x202]);
    expect(m.cpu.shutdown).toBe(false);
  });

  test('#GP, then #PF is no double fault: the page fault is delivered', () => {
    const m = protectedMachine(3);
    enablePaging(m);
    setPage(m, STACK3 - 4, 0);
    idtGate(m, 13, 0x1000, 0x8e, SEL.conforming0);
    idtGate(m, 14, 0x1400);
    deliverException(m.cpu, 13, 0);
    expect(m.cpu.s32[CR2 >> 2]).toBe(STACK3 - 4);
    expect(m.cpu.eip).toBe(0x1400);
    expect(stack(m, 3)).toEqual([6, 0x10_0000, SEL.code3]);
  });

  test('#PF, #PF, #PF: the third is that of #DF', () => {
    const m = protectedMachine();
    enablePaging(m);
    setPage(m, STACK3 - 4, 0);
    for (const vector of [8, 14]) idtGate(m, vector, 0x1000);
    deliverException(m.cpu, 14, 0);
    expect(m.cpu.shutdown).toBe(true);
  });

  test('#DE, then #TS: contributory both', () => {
    const m = protectedMachine(3);
    idtGate(m, 0, 0x1000);
    idtGate(m, 8, 0x1800, 0x8e, SEL.conforming0);
    m.memory.write32(TSS + 8, 0);
    deliverException(m.cpu, 0, 0);
    expect(m.cpu.eip).toBe(0x1800);
    expect(m.cpu.cpl).toBe(3);
  });

  test('a third fault shuts the processor down', () => {
    const m = protectedMachine();
    m.cpu.s32[IDTR_LIMIT >> 2] = 0;
    deliverException(m.cpu, 6, 0);
    expect(m.cpu.shutdown).toBe(true);
    expect(m.cpu.eip).toBe(0x10_0000);
  });
});

describe('real mode', () => {
  test('goes through the vector table', () => {
    const m = realMachine();
    m.memory.write32(0x21 * 4, 0x5678_1234);
    m.cpu.eip = 0x77;
    m.cpu.eflags |= 0x4_0100;
    softwareInterrupt(m.cpu, 0x21, INT_N);
    expect(m.cpu.segSelector(CS)).toBe(0x5678);
    expect(m.cpu.segBase(CS)).toBe(0x5_6780);
    expect(m.cpu.eip).toBe(0x1234);
    expect(m.cpu.gpr[ESP]).toBe(0xffea);
    expect(stack(m, 2, 0x2_0000)).toEqual([0x1000_0077, 0x0302]);
    expect(m.cpu.eflags).toBe(2);
  });

  test('exceptions push no error code', () => {
    const m = realMachine();
    m.memory.write32(13 * 4, 0x1000_0040);
    deliverException(m.cpu, 13, 0x55);
    expect(m.cpu.gpr[ESP]).toBe(0xffea);
    expect(m.cpu.eip).toBe(0x40);
  });

  test('a table too short for #DF itself shuts down', () => {
    const m = realMachine();
    m.cpu.s32[IDTR_LIMIT >> 2] = 3;
    deliverException(m.cpu, 13, 0);
    expect(m.cpu.shutdown).toBe(true);
  });

  test('SP of 1 leaves no room for a word', () => {
    const m = realMachine();
    m.cpu.gpr[ESP] = 1;
    expect(faultOf(m, int(m, 0x21))).toBe('12(0)');
  });
});

describe('INT n in virtual-8086 mode with CR4.VME', () => {
  function vme(iopl: number, redirected: boolean): TestMachine {
    const m = virtual8086Machine(iopl);
    m.cpu.s32[0x13c >> 2] = 1;
    // The bitmap of 32 bytes lies below the I/O map.
    m.memory.write32(TSS + 0x64, 0x88 << 16);
    m.memory.write8(TSS + 0x68 + (0x21 >> 3), redirected ? 0xfd : 0x02);
    m.memory.write32(0x21 * 4, 0x5678_1234);
    return m;
  }

  test('goes to the 8086 handler, VIF for IF', () => {
    const m = vme(0, true);
    m.cpu.eflags |= 1 << 19;
    softwareInterrupt(m.cpu, 0x21, INT_N);
    expect(m.cpu.segBase(CS)).toBe(0x5_6780);
    expect(m.cpu.eip).toBe(0x1234);
    expect(m.cpu.eflags).toBe(0x2_0202);
    expect(stack(m, 2, 0x3_0000)).toEqual([0x2000_0100, 0x3202]);
  });

  test('with IOPL 3 clears IF itself', () => {
    const m = vme(3, true);
    softwareInterrupt(m.cpu, 0x21, INT_N);
    expect(m.cpu.eflags).toBe(0x2_3002);
  });

  test('not redirected: as without', () => {
    const m = vme(0, false);
    expect(faultOf(m, int(m, 0x21))).toBe('13(0)');
  });
});
