// SDM vol. 3, chapter "Advanced Programmable Interrupt Controller (APIC)".
import { describe, expect, test } from 'vitest';
import { APIC, board, runningBoard } from './support.ts';

const SELF = 1 << 18;
const ID = 0x20;
const TPR = 0x80;
const PPR = 0xa0;
const EOI = 0xb0;
const SPURIOUS = 0xf0;
const ESR = 0x280;
const ICR = 0x300;
const ICR_HIGH = 0x310;
const LVT_TIMER = 0x320;
const LVT_LINT0 = 0x350;
const LVT_LINT1 = 0x360;
const LVT_ERROR = 0x370;

test('after power-on it stands in virtual wire mode', () => {
  const { read } = board();
  expect(read(0x30)).toBe(0x0005_0014);
  expect(read(SPURIOUS)).toBe(0xff);
  expect(read(LVT_LINT0)).toBe(0x700);
  expect(read(LVT_LINT1)).toBe(0x400);
  for (const at of [LVT_TIMER, 0x330, 0x340, LVT_ERROR]) expect(read(at)).toBe(0x10000);
  expect(read(0xe0)).toBe(0xffff_ffff);
});

test('an interrupt goes from IRR to ISR to its end', () => {
  const { read, write, controllers } = runningBoard();
  write(ICR, SELF | 0x45);
  expect(read(0x220)).toBe(1 << 5);
  expect(controllers.intr).toBe(true);
  expect(controllers.acknowledge()).toBe(0x45);
  expect(controllers.intr).toBe(false);
  expect(read(0x220)).toBe(0);
  expect(read(0x120)).toBe(1 << 5);
  expect(read(PPR)).toBe(0x40);
  write(EOI, 0);
  expect(read(0x120)).toBe(0);
  expect(read(PPR)).toBe(0);
});

test('priorities: only a higher class interrupts, the highest vector first', () => {
  const { write, controllers } = runningBoard();
  write(ICR, SELF | 0x45);
  expect(controllers.acknowledge()).toBe(0x45);
  write(ICR, SELF | 0x4f);
  write(ICR, SELF | 0x31);
  expect(controllers.intr).toBe(false);
  write(ICR, SELF | 0x51);
  expect(controllers.acknowledge()).toBe(0x51);
  write(EOI, 0);
  expect(controllers.intr).toBe(false);
  write(EOI, 0);
  expect(controllers.acknowledge()).toBe(0x4f);
  write(EOI, 0);
  expect(controllers.acknowledge()).toBe(0x31);
});

test('the task priority holds off its own class and those below', () => {
  const { read, write, controllers } = runningBoard();
  write(TPR, 0x4f);
  expect(read(PPR)).toBe(0x4f);
  write(ICR, SELF | 0x4f);
  expect(controllers.intr).toBe(false);
  write(TPR, 0x3f);
  expect(controllers.intr).toBe(true);
  write(TPR, 0x40);
  expect(controllers.intr).toBe(false);
  // An acknowledge that finds nothing gets the spurious vector, and nothing is in service.
  expect(controllers.acknowledge()).toBe(0xff);
  expect(read(0x120)).toBe(0);
});

test('a vector requested again while in service comes once more, and no more than once', () => {
  const { write, take } = runningBoard();
  write(ICR, SELF | 0x45);
  expect(take()).toEqual([0x45]);
  for (let n = 0; n < 3; n++) write(ICR, SELF | 0x45);
  write(EOI, 0);
  expect(take()).toEqual([0x45]);
  write(EOI, 0);
  expect(take()).toEqual([]);
});

describe('commands', () => {
  test.each([
    ['self', SELF, 0],
    ['all, itself included', 2 << 18, 0],
    ['physical 0', 0, 0],
    ['physical broadcast', 0, 0xff],
  ])('%s', (_name, low, destination) => {
    const { write, take } = runningBoard();
    write(ICR_HIGH, destination << 24);
    write(ICR, low | 0x60);
    expect(take()).toEqual([0x60]);
  });

  test.each([
    ['all but itself', 3 << 18, 0],
    ['another', 0, 1],
    ['logical, to nobody', 1 << 11, 0x01],
  ])('%s: not for us', (_name, low, destination) => {
    const { write, take } = runningBoard();
    write(ICR_HIGH, destination << 24);
    write(ICR, low | 0x60);
    expect(take()).toEqual([]);
  });

  test('logical destinations, flat and by cluster', () => {
    const { write, take } = runningBoard();
    write(0xd0, 0x1400_0000);
    write(ICR_HIGH, 0x0400_0000);
    write(ICR, (1 << 11) | 0x60);
    expect(take()).toEqual([0x60]);
    write(EOI, 0);
    write(0xe0, 0x0fff_ffff);
    write(ICR, (1 << 11) | 0x60);
    expect(take()).toEqual([]);
    write(ICR_HIGH, 0x1600_0000);
    write(ICR, (1 << 11) | 0x60);
    expect(take()).toEqual([0x60]);
  });

  test('NMI and INIT reach the processor; INIT with level 0 and start-up do nothing', () => {
    const { log, write } = runningBoard();
    write(ICR, 0x400);
    write(ICR, 0x4500);
    write(ICR, 0x8500);
    write(ICR, 0x4608);
    expect(log).toEqual(['nmi', 'init']);
  });
});

test('errors are latched by a write, and may interrupt', () => {
  const { read, write, take } = runningBoard();
  write(LVT_ERROR, 0x70);
  write(ICR, SELF | 0x0f);
  expect(take()).toEqual([0x70]);
  write(EOI, 0);
  expect(read(ESR)).toBe(0);
  write(ESR, 0);
  expect(read(ESR)).toBe(1 << 5);
  write(ESR, 0);
  expect(read(ESR)).toBe(0);
  expect(read(0x3f0)).toBe(0);
  write(LVT_TIMER, 0x05);
  write(0x380, 1);
  write(ESR, 0);
  expect(read(ESR)).toBe(1 << 7);
});

test('an interrupt of a local source with a vector of the processor is an error', () => {
  const { clock, read, write } = runningBoard();
  write(LVT_TIMER, 0x05);
  write(0x380, 1);
  clock.advance(1000);
  write(ESR, 0);
  expect(read(ESR)).toBe(1 << 6);
});

test('switched off by the spurious register it masks its own and takes nothing, but ends what it has', () => {
  const { read, write, take, controllers } = runningBoard();
  write(LVT_TIMER, 0x40);
  write(ICR, SELF | 0x61);
  write(SPURIOUS, 0xff);
  expect(read(LVT_TIMER)).toBe(0x10040);
  write(LVT_TIMER, 0x40);
  expect(read(LVT_TIMER)).toBe(0x10040);
  write(ICR, SELF | 0x60);
  expect(take()).toEqual([0x61]);
  write(EOI, 0);
  expect(controllers.intr).toBe(false);
});

describe('pins', () => {
  test('LINT0 as ExtINT lets the 8259s through, and masked does not', () => {
    const { write, take, line, controllers, io } = board();
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x20],
      [0x21, 4],
      [0x21, 1],
      [0x21, 0],
    ] as const)
      io.write(port, 1, value);
    line(1).raise();
    expect(controllers.intr).toBe(true);
    write(0xf0, 0x1ff);
    write(LVT_LINT0, 0x10700);
    expect(controllers.intr).toBe(false);
    write(LVT_LINT0, 0x700);
    expect(take()).toEqual([0x21]);
  });

  test('in PIC mode, by the IMCR, they go past it', () => {
    const { write, line, controllers, io } = board();
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x20],
      [0x21, 4],
      [0x21, 1],
      [0x21, 0],
    ] as const)
      io.write(port, 1, value);
    write(LVT_LINT0, 0x10700);
    line(1).raise();
    expect(controllers.intr).toBe(false);
    io.write(0x22, 1, 0x70);
    expect(io.read(0x23, 1)).toBe(1);
    io.write(0x23, 1, 0);
    expect(controllers.intr).toBe(true);
    io.write(0x23, 1, 1);
    expect(controllers.intr).toBe(false);
  });

  test('LINT0 as a level-triggered interrupt comes again after its end while the pin is high', () => {
    const { read, write, take, line, io } = runningBoard();
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x20],
      [0x21, 4],
      [0x21, 1],
      [0x21, 0],
    ] as const)
      io.write(port, 1, value);
    write(LVT_LINT0, 0x8055);
    line(1).raise();
    expect(take()).toEqual([0x55]);
    expect(read(LVT_LINT0)).toBe(0xc055);
    expect(read(0x1a0)).toBe(1 << 21);
    write(EOI, 0);
    expect(take()).toEqual([0x55]);
    line(1).lower();
    write(EOI, 0);
    expect(read(LVT_LINT0)).toBe(0x8055);
    expect(take()).toEqual([]);
  });

  test('LINT1 is NMI unless it is masked', () => {
    const { log, write, controllers } = runningBoard();
    controllers.nmi();
    write(LVT_LINT1, 0x10400);
    controllers.nmi();
    expect(log).toEqual(['nmi']);
  });
});

describe('IA32_APIC_BASE', () => {
  test('off, the page is gone, its state is lost, and the pins are INTR and NMI', () => {
    const { mmio, read, log, line, controllers, io, write } = runningBoard();
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x20],
      [0x21, 4],
      [0x21, 1],
      [0x21, 0],
    ] as const)
      io.write(port, 1, value);
    write(TPR, 0x20);
    controllers.setApicBase(0xfee0_0100);
    expect(read(0x30)).toBe(0xffff_ffff);
    expect(mmio.claims(APIC >>> 12)).toBe(false);
    line(1).raise();
    expect(controllers.acknowledge()).toBe(0x21);
    controllers.nmi();
    expect(log).toEqual(['apic fee00000 -> undefined', 'deadline over', 'intr', 'no intr', 'nmi']);
    controllers.setApicBase(0xfee0_0900);
    expect(read(0x30)).toBe(0x0005_0014);
    expect(read(TPR)).toBe(0);
    expect(read(SPURIOUS)).toBe(0xff);
    expect(read(LVT_LINT0)).toBe(0x10000);
  });

  test('moves the page', () => {
    const { mmio, read, controllers, log } = runningBoard();
    controllers.setApicBase(0xfed4_0900);
    expect(log).toEqual(['apic fee00000 -> fed40000']);
    expect(mmio.read(0xfed4_0030, 4)).toBe(0x0005_0014);
    expect(read(0x30)).toBe(0xffff_ffff);
    controllers.reset();
    expect(read(0x30)).toBe(0x0005_0014);
    expect(mmio.claims(0xfed40)).toBe(false);
  });

  test('a processor without APIC has no page, and its INTR is the 8259s', () => {
    const { mmio, line, controllers, io } = board(false);
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 0x20],
      [0x21, 4],
      [0x21, 1],
      [0x21, 0],
    ] as const)
      io.write(port, 1, value);
    expect(mmio.claims(APIC >>> 12)).toBe(false);
    line(1).raise();
    expect(controllers.acknowledge()).toBe(0x21);
  });
});

test('reads of any size get their part; other writes than of 32 bits do nothing', () => {
  const { mmio, read, write } = runningBoard();
  write(ID, 0x1200_0000);
  expect(mmio.read(APIC + 0x23, 1)).toBe(0x12);
  expect(mmio.read(APIC + 0x22, 2)).toBe(0x1200);
  expect(mmio.read(APIC + 0x24, 4)).toBe(0);
  mmio.write(APIC + TPR, 1, 0x40);
  mmio.write(APIC + TPR + 4, 4, 0x40);
  expect(read(TPR)).toBe(0);
});
