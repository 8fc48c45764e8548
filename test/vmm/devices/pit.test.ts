import { beforeEach, describe, expect, test } from 'vitest';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { Pit, pitTicks, pitTickTime } from '../../../src/vmm/devices/pit.ts';
import { PitChannel } from '../../../src/vmm/devices/pit-channel.ts';
import { Port61 } from '../../../src/vmm/devices/port61.ts';
import { TestClock, TestLine } from './support.ts';

/** A channel with its gate open, after control word `mode` (two-byte access) and a count at tick 0. */
function channel(mode: number, count: number, bcd = false): PitChannel {
  const it = new PitChannel(true);
  it.control(0x30 | (mode << 1) | (bcd ? 1 : 0));
  it.write(count & 0xff, 0);
  it.write(count >> 8, 0);
  return it;
}

/** The output at ticks 0..n-1 as a string of levels. */
function wave(it: PitChannel, n: number, from = 0): string {
  return Array.from({ length: n }, (_, i) => (it.output(from + i) ? '#' : '_')).join('');
}

function readCount(it: PitChannel, tick: number): number {
  return it.read(tick) | (it.read(tick) << 8);
}

test('ticks and times convert exactly, both ways, for a century', () => {
  for (const tick of [0, 1, 2, 1193181, 1193182, 1193183, 987654321, 1193182 * 3_000_000 + 77]) {
    expect(pitTicks(pitTickTime(tick))).toBe(tick);
    if (tick > 0) {
      expect(pitTicks(pitTickTime(tick) - 1)).toBe(tick - 1);
    }
  }
});

describe('output of each mode (count in force one tick after its write)', () => {
  test('0: low until the count is over, then high', () => {
    const it = channel(0, 4);
    expect(wave(it, 8)).toBe('_____###');
    expect(it.nextRise(0)).toBe(5);
    expect(it.nextRise(5)).toBe(Number.POSITIVE_INFINITY);
  });

  test('1: a gate edge starts one low pulse, and another restarts it', () => {
    const it = channel(1, 3);
    expect(wave(it, 3)).toBe('###');
    it.setGate(false, 3);
    it.setGate(true, 4);
    expect(wave(it, 6, 4)).toBe('#___##');
    it.setGate(false, 20);
    it.setGate(true, 21);
    it.setGate(false, 22);
    it.setGate(true, 23);
    expect(wave(it, 5, 24)).toBe('___##');
  });

  test('2: low for the last tick of each period', () => {
    const it = channel(2, 4);
    expect(wave(it, 12)).toBe('####_###_###');
    expect([it.nextRise(0), it.nextRise(5), it.nextRise(4)]).toEqual([5, 9, 5]);
  });

  test('3: a square wave, high for the longer half', () => {
    expect(wave(channel(3, 4), 11)).toBe('###__##__##');
    expect(wave(channel(3, 5), 13)).toBe('####__###__##');
    expect(channel(3, 5).nextRise(0)).toBe(6);
  });

  test('4: one low tick at the end of the count', () => {
    const it = channel(4, 3);
    expect(wave(it, 8)).toBe('####_###');
    expect(it.nextRise(0)).toBe(5);
    expect(it.nextRise(5)).toBe(Number.POSITIVE_INFINITY);
  });

  test('5: the same after a gate edge', () => {
    const it = channel(5, 3);
    expect(it.nextRise(0)).toBe(Number.POSITIVE_INFINITY);
    it.setGate(false, 9);
    it.setGate(true, 10);
    expect(wave(it, 8, 10)).toBe('####_###');
  });

  test('6 and 7 are 2 and 3', () => {
    expect(channel(6, 4).mode).toBe(2);
    expect(channel(7, 4).mode).toBe(3);
  });

  test('count 1, illegal in the periodic modes, never raises anything', () => {
    expect(channel(2, 1).nextRise(100)).toBe(Number.POSITIVE_INFINITY);
    expect(channel(3, 1).nextRise(100)).toBe(Number.POSITIVE_INFINITY);
  });

  test('count 0 is 65536, in BCD 10000', () => {
    expect(channel(2, 0).nextRise(0)).toBe(65537);
    expect(channel(2, 0, true).nextRise(0)).toBe(10001);
  });
});

describe('counting', () => {
  test('mode 0 counts on through zero', () => {
    const it = channel(0, 10);
    expect(readCount(it, 5)).toBe(6);
    expect(readCount(it, 11)).toBe(0);
    expect(readCount(it, 12)).toBe(0xffff);
  });

  test('mode 2 goes from count to 1, mode 3 by twos', () => {
    const rate = channel(2, 3);
    expect([1, 2, 3, 4].map((tick) => readCount(rate, tick))).toEqual([3, 2, 1, 3]);
    const square = channel(3, 6);
    expect([1, 2, 3, 4, 5, 6, 7].map((tick) => readCount(square, tick))).toEqual([6, 4, 2, 6, 4, 2, 6]);
  });

  test('BCD', () => {
    const it = channel(0, 0x1000, true);
    expect(readCount(it, 2)).toBe(0x0999);
    expect(readCount(it, 1001)).toBe(0);
    expect(readCount(it, 1002)).toBe(0x9999);
  });

  test('the gate holds modes 0 and 4, and reloads 2 and 3', () => {
    const it = channel(0, 10);
    it.setGate(false, 3);
    expect(readCount(it, 100)).toBe(8);
    it.setGate(true, 101);
    expect(it.nextRise(101)).toBe(109);
    const rate = channel(2, 10);
    rate.setGate(false, 5);
    expect(rate.output(10)).toBe(true);
    rate.setGate(true, 20);
    expect(rate.nextRise(20)).toBe(31);
  });

  test('half a two-byte count stops mode 0', () => {
    const it = channel(0, 2);
    expect(it.output(10)).toBe(true);
    it.write(5, 11);
    expect(it.output(1000)).toBe(false);
    it.write(0, 1000);
    expect(it.nextRise(1000)).toBe(1006);
  });

  test('a count written into a running mode 2 waits for the period to end', () => {
    const it = channel(2, 10);
    it.write(4, 3);
    it.write(0, 3);
    expect(it.nextRise(3)).toBe(11);
    expect(it.nextRise(11)).toBe(15);
  });

  test('in mode 3 it waits for the half period', () => {
    const it = channel(3, 10);
    it.write(4, 2);
    it.write(0, 2);
    expect(it.nextRise(2)).toBe(8);
    expect(wave(it, 13, 1)).toBe('#####__##__##');
  });

  test('single-byte access', () => {
    const it = new PitChannel(true);
    it.control(0x10);
    it.write(0x34, 0);
    expect(it.read(1)).toBe(0x34);
    expect(it.read(2)).toBe(0x33);
    it.control(0x20);
    it.write(0x12, 0);
    expect(it.read(1)).toBe(0x12);
    expect(it.nextRise(1)).toBe(0x1201);
  });
});

describe('at its ports', () => {
  let clock: TestClock;
  let irq: TestLine;
  let io: IoBus;
  let pit: Pit;

  beforeEach(() => {
    clock = new TestClock();
    irq = new TestLine();
    io = new IoBus();
    pit = new Pit(clock, irq);
    pit.attach(io);
    new Port61(clock, pit).attach(io);
  });

  const start = (control: number, count: number) => {
    io.write(0x43, 1, control);
    io.write(0x40, 1, count & 0xff);
    io.write(0x40, 1, count >> 8);
  };

  test('powers on at 18.2 Hz', () => {
    clock.advance(1e9);
    expect(irq.edges).toBe(18);
  });

  test('a rate of 100 Hz makes 100 interrupts a second', () => {
    start(0x34, 11932);
    irq.edges = 0;
    clock.advance(1.001e9);
    expect(irq.edges).toBe(100);
  });

  test('a late host loses ticks, not the timer', () => {
    start(0x34, 11932);
    irq.edges = 0;
    clock.skip(1e9);
    clock.advance(0);
    expect(irq.edges).toBe(1);
    clock.advance(20e6);
    expect(irq.edges).toBe(3);
  });

  test('mode 0 lowers the line at once and raises it once', () => {
    start(0x30, 1000);
    expect(irq.level).toBe(false);
    irq.edges = 0;
    clock.advance(838_096);
    expect(irq.edges).toBe(0);
    clock.advance(2000);
    expect(irq.edges).toBe(1);
    clock.advance(1e9);
    expect(irq.edges).toBe(1);
  });

  test('one-shots by mode 4 make an edge each', () => {
    for (let i = 1; i <= 3; i++) {
      start(0x38, 2000);
      const before = irq.edges;
      clock.advance(10e6);
      expect(irq.edges).toBe(before + 1);
    }
  });

  test('counter latch holds still until read, then counting is seen again', () => {
    start(0x34, 0);
    clock.advance(1e6);
    io.write(0x43, 1, 0x00);
    clock.advance(1e6);
    const latched = io.read(0x40, 1) | (io.read(0x40, 1) << 8);
    const live = io.read(0x40, 1) | (io.read(0x40, 1) << 8);
    expect(65536 - latched).toBe(pitTicks(1e6) - 1);
    expect(65536 - live).toBe(pitTicks(2e6) - 1);
  });

  test('read-back latches status and count of several channels', () => {
    start(0x34, 0x1234);
    io.write(0x43, 1, 0xb6);
    io.write(0x43, 1, 0xc0 | 0x0a); // count and status of channels 0 and 2
    expect(io.read(0x40, 1)).toBe(0x80 | 0x40 | 0x34); // not yet in force: null count
    expect(io.read(0x40, 1) | (io.read(0x40, 1) << 8)).toBe(0x1234);
    expect(io.read(0x42, 1)).toBe(0x80 | 0x40 | 0x36);
    clock.advance(1e5);
    io.write(0x43, 1, 0xe2); // status of channel 0
    expect(io.read(0x40, 1)).toBe(0x80 | 0x34);
  });

  test('channel 2 in mode 0 times 50 ms through port 61h, as TSC calibration does', () => {
    io.write(0x61, 1, (io.read(0x61, 1) & ~2) | 1);
    io.write(0x43, 1, 0xb0);
    const count = Math.floor(1193182 / 20);
    io.write(0x42, 1, count & 0xff);
    io.write(0x42, 1, count >> 8);
    let polls = 0;
    while ((io.read(0x61, 1) & 0x20) === 0) {
      clock.advance(1000);
      polls++;
    }
    expect(polls * 1000).toBeGreaterThan(49.9e6);
    expect(polls * 1000).toBeLessThan(50.1e6);
  });

  test('the count of channel 2 falls without latching, as quick calibration reads it', () => {
    io.write(0x61, 1, 1);
    io.write(0x43, 1, 0xb0);
    io.write(0x42, 1, 0xff);
    io.write(0x42, 1, 0xff);
    clock.advance(1000); // the count takes effect with the next tick
    const high: number[] = [];
    for (let i = 0; i < 4; i++) {
      io.read(0x42, 1);
      high.push(io.read(0x42, 1));
      clock.advance(256 * 838.1);
    }
    expect(high).toEqual([0xff, 0xfe, 0xfd, 0xfc]);
  });

  test('with its gate closed channel 2 stands still', () => {
    io.write(0x61, 1, 0);
    io.write(0x43, 1, 0xb0);
    io.write(0x42, 1, 10);
    io.write(0x42, 1, 0);
    clock.advance(1e9);
    expect(io.read(0x61, 1) & 0x20).toBe(0);
    io.write(0x61, 1, 1);
    clock.advance(1e6);
    expect(io.read(0x61, 1) & 0x20).toBe(0x20);
  });

  test('port 61h keeps four bits and toggles refresh', () => {
    io.write(0x61, 1, 0xff);
    expect(io.read(0x61, 1) & 0xcf).toBe(0x0f);
    let toggles = 0;
    for (let i = 0, last = io.read(0x61, 1) & 0x10; i < 1000; i++) {
      clock.advance(1000);
      const now = io.read(0x61, 1) & 0x10;
      toggles += now === last ? 0 : 1;
      last = now;
    }
    expect(toggles).toBe(66);
  });

  test('the control register does not read', () => {
    expect(io.read(0x43, 1)).toBe(0xff);
  });

  test('reset goes back to 18.2 Hz from now on', () => {
    start(0x34, 100);
    clock.advance(1e6);
    pit.reset();
    irq.edges = 0;
    clock.advance(1e9);
    expect(irq.edges).toBe(18);
  });
});
