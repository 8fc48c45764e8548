// Intel 82093AA, and how it stands beside the 8259s.
import { describe, expect, test } from 'vitest';
import { IOAPIC, runningBoard } from './support.ts';

const EOI = 0xb0;
const LEVEL = 1 << 15;
const MASKED = 1 << 16;
const REMOTE_IRR = 1 << 14;

/** The index of an input's low word. */
const low = (pin: number) => 0x10 + pin * 2;

test('it has 24 entries, masked after power-on', () => {
  const { readIo } = runningBoard();
  expect(readIo(1)).toBe(0x0017_0011);
  for (let pin = 0; pin < 24; pin++) expect([readIo(low(pin)), readIo(low(pin) + 1)]).toEqual([MASKED, 0]);
  expect(readIo(low(24))).toBe(0);
});

test('what can be written reads back', () => {
  const { mmio, readIo, writeIo } = runningBoard();
  writeIo(low(5), 0xffff_ffff);
  writeIo(low(5) + 1, 0xffff_ffff);
  expect([readIo(low(5)), readIo(low(5) + 1)]).toEqual([0x1afff, 0xff00_0000]);
  writeIo(0, 0x0f00_0000);
  expect([readIo(0), readIo(2)]).toEqual([0x0f00_0000, 0x0f00_0000]);
  expect(mmio.read(IOAPIC, 4)).toBe(2);
});

describe('edges', () => {
  test('one interrupt for each', () => {
    const { line, write, writeIo, take } = runningBoard();
    writeIo(low(4), 0x64);
    const wire = line(4);
    wire.raise();
    expect(take()).toEqual([0x64]);
    wire.raise();
    write(EOI, 0);
    expect(take()).toEqual([]);
    wire.lower();
    wire.raise();
    expect(take()).toEqual([0x64]);
  });

  test('one at a masked input is lost', () => {
    const { line, writeIo, take } = runningBoard();
    writeIo(low(4), MASKED | 0x64);
    line(4).raise();
    writeIo(low(4), 0x64);
    expect(take()).toEqual([]);
  });

  test('IRQ 0 is at input 2', () => {
    const { line, writeIo, take } = runningBoard();
    writeIo(low(0), 0x70);
    writeIo(low(2), 0x72);
    line(0).raise();
    expect(take()).toEqual([0x72]);
  });
});

describe('levels', () => {
  test('come again after each end while the line is active', () => {
    const { line, read, readIo, write, writeIo, take } = runningBoard();
    writeIo(low(9), LEVEL | 0x99);
    const wire = line(9);
    wire.raise();
    expect(take()).toEqual([0x99]);
    expect(readIo(low(9))).toBe(LEVEL | REMOTE_IRR | 0x99);
    expect(read(0x1c0)).toBe(1 << 25);
    write(EOI, 0);
    expect(take()).toEqual([0x99]);
    wire.lower();
    write(EOI, 0);
    expect(readIo(low(9))).toBe(LEVEL | 0x99);
    expect(take()).toEqual([]);
  });

  test('one at a masked input waits', () => {
    const { line, writeIo, take } = runningBoard();
    writeIo(low(9), LEVEL | MASKED | 0x99);
    line(9).raise();
    expect(take()).toEqual([]);
    writeIo(low(9), LEVEL | 0x99);
    expect(take()).toEqual([0x99]);
  });

  test('making the entry edge-triggered and back clears its remote IRR', () => {
    const { line, readIo, writeIo, take } = runningBoard();
    writeIo(low(9), LEVEL | 0x99);
    line(9).raise();
    expect(take()).toEqual([0x99]);
    writeIo(low(9), MASKED | 0x99);
    writeIo(low(9), LEVEL | MASKED | 0x99);
    expect(readIo(low(9)) & REMOTE_IRR).toBe(0);
  });

  test('one that nobody takes is sent when the local APIC is switched on', () => {
    const { line, readIo, write, writeIo, take } = runningBoard();
    write(0xf0, 0xff);
    writeIo(low(9), LEVEL | 0x99);
    line(9).raise();
    expect(readIo(low(9)) & REMOTE_IRR).toBe(0);
    write(0xf0, 0x1ff);
    expect(take()).toEqual([0x99]);
  });
});

test('both kinds of destination', () => {
  const { line, write, writeIo, take } = runningBoard();
  const pulse = () => {
    line(4).raise();
    line(4).lower();
  };
  writeIo(low(4) + 1, 0x0100_0000);
  writeIo(low(4), 0x64);
  pulse();
  expect(take()).toEqual([]);
  writeIo(low(4), 0x864);
  pulse();
  expect(take()).toEqual([]);
  write(0xd0, 0x0100_0000);
  pulse();
  expect(take()).toEqual([0x64]);
});

test('an input set to NMI makes one, each time', () => {
  const { line, log, writeIo } = runningBoard();
  writeIo(low(4), 0x400);
  line(4).raise();
  line(4).lower();
  line(4).raise();
  expect(log).toEqual(['nmi', 'nmi']);
});

test('a line is active while any of its drivers is', () => {
  const { controllers, write, writeIo, take } = runningBoard();
  writeIo(low(9), LEVEL | 0x99);
  const [one, two] = [controllers.line(9), controllers.line(9)];
  one.raise();
  two.raise();
  two.lower();
  two.lower();
  expect(take()).toEqual([0x99]);
  write(EOI, 0);
  expect(take()).toEqual([0x99]);
  one.lower();
  write(EOI, 0);
  expect(take()).toEqual([]);
});

test('both controllers see each line', () => {
  const { line, io, write, writeIo, take } = runningBoard();
  for (const [port, value] of [
    [0x20, 0x11],
    [0x21, 0x20],
    [0x21, 4],
    [0x21, 1],
    [0x21, 0],
  ] as const)
    io.write(port, 1, value);
  write(0x350, 0x700);
  writeIo(low(1), 0x61);
  line(1).raise();
  expect(take()).toEqual([0x61, 0x21]);
});
