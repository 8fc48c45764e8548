// ACPI specification 2.0, 4.7.3.1 and 4.7.3.3.
import { beforeEach, expect, test } from 'vitest';
import { Power } from '../../../src/vmm/devices/power.ts';
import { TestClock, TestLine } from './support.ts';

const STATUS = 0;
const ENABLE = 2;
const TIMER = 8;

let clock: TestClock;
let sci: TestLine;
let power: Power;
const read = (at: number, size: 1 | 2 | 4 = 2) => power.ports.read(at, size);
const write = (at: number, value: number, size: 1 | 2 | 4 = 2) => power.ports.write(at, value, size);

beforeEach(() => {
  clock = new TestClock();
  sci = new TestLine();
  power = new Power(clock, () => {}, sci);
});

test('the timer counts 3.579545 MHz in 24 bits', () => {
  clock.advance(1e9);
  expect(read(TIMER, 4)).toBe(3579545);
  expect([read(TIMER, 1), read(TIMER + 1, 1), read(TIMER + 2, 2)]).toEqual([0x99, 0x9e, 0x36]);
  clock.advance(4e9);
  expect(read(TIMER, 4)).toBe((5 * 3579545) % 2 ** 24);
});

test('a change of its highest bit is an event, enabled or not', () => {
  clock.advance(2.3e9);
  expect(read(STATUS)).toBe(0);
  clock.advance(0.1e9);
  expect(read(STATUS)).toBe(1);
  expect(sci.level).toBe(false);
  write(STATUS, 0x100);
  expect(read(STATUS)).toBe(1);
  write(STATUS, 1);
  expect(read(STATUS)).toBe(0);
  clock.advance(2.4e9);
  expect(read(STATUS)).toBe(1);
});

test('enabled, it interrupts until it is cleared, each time', () => {
  write(ENABLE, 1);
  for (let n = 1; n <= 3; n++) {
    clock.advance(2.4e9);
    expect(sci.level).toBe(true);
    expect(sci.edges).toBe(n);
    write(STATUS, 1);
    expect(sci.level).toBe(false);
  }
  write(ENABLE, 0);
  clock.advance(5e9);
  expect(sci.level).toBe(false);
  expect(read(STATUS)).toBe(1);
});

test('the power button', () => {
  power.events.pressPowerButton();
  expect(read(STATUS)).toBe(0x100);
  expect(sci.level).toBe(false);
  write(ENABLE + 1, 0x01, 1);
  expect(sci.level).toBe(true);
  expect(read(STATUS, 4)).toBe(0x0100_0100);
  write(STATUS + 1, 0x01, 1);
  expect(sci.level).toBe(false);
});

test('reset withdraws everything', () => {
  write(ENABLE, 0x100);
  power.events.pressPowerButton();
  power.reset();
  expect([read(STATUS), read(ENABLE), sci.level]).toEqual([0, 0, false]);
});
