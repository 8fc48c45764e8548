// SDM vol. 3, "APIC Timer". Its input clock is 1 GHz: a nanosecond a tick.
import { expect, test } from 'vitest';
import { runningBoard } from './support.ts';

const EOI = 0xb0;
const LVT = 0x320;
const INITIAL = 0x380;
const CURRENT = 0x390;
const DIVIDE = 0x3e0;
const PERIODIC = 1 << 17;
const DEADLINE = 2 << 17;

test('one shot: counts down once', () => {
  const { clock, read, write, take } = runningBoard();
  write(LVT, 0x40);
  write(DIVIDE, 0xb);
  write(INITIAL, 1000);
  clock.advance(400);
  expect(read(CURRENT)).toBe(600);
  expect(take()).toEqual([]);
  clock.advance(600);
  expect(read(CURRENT)).toBe(0);
  expect(read(INITIAL)).toBe(1000);
  expect(take()).toEqual([0x40]);
  write(EOI, 0);
  clock.advance(1e6);
  expect(take()).toEqual([]);
});

test.each([
  [0x0, 2],
  [0x1, 4],
  [0x2, 8],
  [0x3, 16],
  [0x8, 32],
  [0x9, 64],
  [0xa, 128],
  [0xb, 1],
])('divide configuration %x divides by %i', (code, divider) => {
  const { clock, read, write, take } = runningBoard();
  write(LVT, 0x40);
  write(DIVIDE, code);
  write(INITIAL, 100);
  clock.advance(100 * divider - 1);
  expect(read(CURRENT)).toBe(1);
  expect(take()).toEqual([]);
  clock.advance(1);
  expect(take()).toEqual([0x40]);
});

test('periodic: comes again and again, and lost periods are lost', () => {
  const { clock, read, write, take } = runningBoard();
  write(LVT, PERIODIC | 0x40);
  write(DIVIDE, 0xb);
  write(INITIAL, 10_000);
  for (let n = 0; n < 3; n++) {
    clock.advance(10_000);
    expect(take()).toEqual([0x40]);
    write(EOI, 0);
  }
  clock.skip(34_000);
  clock.advance(0);
  expect(take()).toEqual([0x40]);
  write(EOI, 0);
  expect(read(CURRENT)).toBe(6000);
  clock.advance(5999);
  expect(take()).toEqual([]);
  clock.advance(1);
  expect(take()).toEqual([0x40]);
});

test('a count of 0 stops; a masked timer counts without interrupting', () => {
  const { clock, read, write, take } = runningBoard();
  write(LVT, 0x10040);
  write(INITIAL, 100);
  clock.advance(100);
  expect(read(CURRENT)).toBe(50);
  clock.advance(1000);
  write(LVT, 0x40);
  expect(take()).toEqual([]);
  write(INITIAL, 100);
  write(INITIAL, 0);
  expect(read(CURRENT)).toBe(0);
  clock.advance(1000);
  expect(take()).toEqual([]);
});

test('between one-shot and periodic the count goes on; a count that has ended stays ended', () => {
  const { clock, read, write, take } = runningBoard();
  write(DIVIDE, 0xb);
  write(LVT, 0x40);
  write(INITIAL, 100_000);
  clock.advance(60_000);
  write(LVT, PERIODIC | 0x40);
  expect(read(CURRENT)).toBe(40_000);
  clock.advance(40_000);
  expect(take()).toEqual([0x40]);
  write(EOI, 0);
  expect(read(CURRENT)).toBe(100_000);
  write(LVT, 0x40);
  clock.advance(100_000);
  expect(take()).toEqual([0x40]);
  write(LVT, PERIODIC | 0x40);
  expect(read(CURRENT)).toBe(0);
});

test('changing the divider leaves the count', () => {
  const { clock, read, write } = runningBoard();
  write(DIVIDE, 0xb);
  write(LVT, 0x40);
  write(INITIAL, 1000);
  clock.advance(300);
  write(DIVIDE, 0x0);
  expect(read(CURRENT)).toBe(700);
  clock.advance(200);
  expect(read(CURRENT)).toBe(600);
});

test('deadline: fires once at its time, at once where it has passed, and never for 0', () => {
  const { clock, controllers, log, read, write, take } = runningBoard();
  const timer = controllers.localApic?.timer;
  write(LVT, DEADLINE | 0x41);
  write(INITIAL, 500);
  expect(read(INITIAL)).toBe(0);
  clock.advance(1000);
  timer?.setDeadline(1500);
  clock.advance(499);
  expect(take()).toEqual([]);
  clock.advance(1);
  expect(take()).toEqual([0x41]);
  write(EOI, 0);
  timer?.setDeadline(1400);
  expect(take()).toEqual([0x41]);
  write(EOI, 0);
  timer?.setDeadline(2500);
  timer?.setDeadline(0);
  clock.advance(10_000);
  expect(take()).toEqual([]);
  expect(log.filter((line) => line === 'deadline over')).toHaveLength(2);
});

test('another mode disarms the deadline, and says so', () => {
  const { clock, controllers, log, write, take } = runningBoard();
  write(LVT, DEADLINE | 0x41);
  controllers.localApic?.timer.setDeadline(1500);
  write(LVT, 0x41);
  expect(log).toContain('deadline over');
  clock.advance(10_000);
  expect(take()).toEqual([]);
});

test('the shortest period there is leaves the guest time to run', () => {
  const { clock, write, take } = runningBoard();
  write(LVT, PERIODIC | 0x40);
  write(DIVIDE, 0xb);
  write(INITIAL, 1);
  let count = 0;
  for (let n = 0; n < 100; n++) {
    clock.advance(1000);
    count += take().length;
    write(EOI, 0);
  }
  expect(count).toBeGreaterThan(40);
  expect(count).toBeLessThanOrEqual(51);
});
