import { beforeEach, describe, expect, test } from 'vitest';
import { Cmos } from '../../../src/vmm/devices/cmos.ts';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { nextAlarm } from '../../../src/vmm/devices/rtc-alarm.ts';
import { rtcBaseSeconds } from '../../../src/vmm/devices/rtc-time.ts';
import { TestClock, TestLine } from './support.ts';

const SECOND = 1e9;
const BASE = Date.UTC(2024, 1, 28, 23, 59, 58) / 1000; // a Wednesday, two seconds before a leap day
const TIME = [0x09, 0x08, 0x07, 0x04, 0x02, 0x00];

let clock: TestClock;
let irq: TestLine;
let io: IoBus;
let cmos: Cmos;

const read = (index: number) => {
  io.write(0x70, 1, index);
  return io.read(0x71, 1);
};
const write = (index: number, value: number) => {
  io.write(0x70, 1, index);
  io.write(0x71, 1, value);
};

beforeEach(() => {
  clock = new TestClock(12345);
  irq = new TestLine();
  io = new IoBus();
  cmos = new Cmos(clock, irq, BASE);
  cmos.attach(io);
});

describe('time', () => {
  test('runs from its base, in BCD and 24 hours', () => {
    expect(TIME.map(read)).toEqual([0x24, 0x02, 0x28, 0x23, 0x59, 0x58]);
    expect(read(0x32)).toBe(0x20);
    expect(read(6)).toBe(4);
    clock.advance(3 * SECOND);
    expect(TIME.map(read)).toEqual([0x24, 0x02, 0x29, 0x00, 0x00, 0x01]);
    expect(read(6)).toBe(5);
  });

  test('in binary and 12 hours on request', () => {
    write(0x0b, 0x04);
    expect(TIME.map(read)).toEqual([24, 2, 28, 11 | 0x80, 59, 58]);
    clock.advance(3 * SECOND);
    expect(read(4)).toBe(12);
  });

  test('is set while updates are held off, and then runs on', () => {
    write(0x0b, 0x82);
    for (const [index, value] of [
      [0x32, 0x19],
      [9, 0x99],
      [8, 0x12],
      [7, 0x31],
      [4, 0x23],
      [2, 0x59],
      [0, 0x59],
    ] as const) {
      write(index, value);
    }
    clock.advance(10 * SECOND);
    expect(read(0)).toBe(0x59);
    write(0x0b, 0x02);
    clock.advance(1 * SECOND);
    expect(TIME.map(read)).toEqual([0x00, 0x01, 0x01, 0, 0, 0]);
    expect(read(0x32)).toBe(0x20);
  });

  test('a divider reset restarts the second: the next update is half a second later', () => {
    write(0x0a, 0x76);
    clock.advance(5.7 * SECOND);
    write(0x0a, 0x26);
    expect(read(0)).toBe(0x58);
    clock.advance(0.49 * SECOND);
    expect(read(0)).toBe(0x58);
    clock.advance(0.02 * SECOND);
    expect(read(0)).toBe(0x59);
  });

  test('garbage in the registers is survived', () => {
    for (const value of [0xff, 0x00, 0xaa]) {
      write(0x0b, 0x80);
      for (let index = 0; index < 10; index++) {
        write(index, value);
      }
      write(0x0b, 0x30);
      clock.advance(SECOND);
      expect(read(0)).toBeLessThanOrEqual(0x59);
      read(0x0c);
    }
  });

  test('UIP rises shortly before each update', () => {
    expect(read(0x0a)).toBe(0x26);
    clock.advance(SECOND - 200_000);
    expect(read(0x0a)).toBe(0xa6);
    clock.advance(200_000);
    expect(read(0x0a)).toBe(0x26);
    expect(read(0)).toBe(0x59);
  });

  test('the NMI mask bit of the index is ignored, and the index does not read', () => {
    io.write(0x70, 1, 0x80);
    expect(io.read(0x71, 1)).toBe(0x58);
    expect(io.read(0x70, 1)).toBe(0xff);
  });
});

describe('interrupts', () => {
  test('periodic: 1024 Hz as long as register C is read', () => {
    write(0x0b, 0x42);
    clock.advance(SECOND);
    expect(irq.edges).toBe(1);
    for (let i = 0; i < 99; i++) {
      expect(read(0x0c) & 0xc0).toBe(0xc0);
      clock.advance(SECOND / 1024);
    }
    expect(irq.edges).toBe(100);
  });

  test('update ended: once a second', () => {
    write(0x0b, 0x12);
    clock.advance(0.9 * SECOND);
    expect(irq.level).toBe(false);
    clock.advance(0.2 * SECOND);
    expect(irq.level).toBe(true);
    expect(read(0x0c) & 0x90).toBe(0x90);
    expect(irq.level).toBe(false);
    expect(read(0x0c)).toBe(0);
    clock.advance(SECOND);
    expect(irq.edges).toBe(2);
  });

  test('alarm at a time, and every minute', () => {
    write(1, 0x03);
    write(3, 0x00);
    write(5, 0x00);
    write(0x0b, 0x22);
    clock.advance(4 * SECOND);
    expect(irq.level).toBe(false);
    clock.advance(2 * SECOND);
    expect(read(0x0c) & 0xa0).toBe(0xa0);
    write(3, 0xff);
    write(5, 0xff);
    clock.advance(60 * SECOND);
    expect(irq.edges).toBe(2);
  });

  test('flags show without interrupts too, for those who poll', () => {
    write(1, 0x59);
    write(3, 0xff);
    write(5, 0xff);
    read(0x0c);
    expect(read(0x0c)).toBe(0);
    clock.advance(SECOND);
    expect(read(0x0c)).toBe(0x70);
    expect(irq.edges).toBe(0);
  });

  test('SET clears the update interrupt, reset clears them all', () => {
    write(0x0b, 0x92);
    expect(read(0x0b)).toBe(0x82);
    write(0x0b, 0x72);
    cmos.reset();
    expect(read(0x0b)).toBe(0x02);
    clock.advance(90_000 * SECOND);
    expect(irq.edges).toBe(0);
  });

  test('register D is read-only: the battery is good', () => {
    write(0x0d, 0);
    expect(read(0x0d)).toBe(0x80);
  });
});

describe('nextAlarm', () => {
  const at = (bytes: [number, number, number], seconds: number) => {
    const ram = new Uint8Array(16);
    ram.set([0, bytes[2], 0, bytes[1], 0, bytes[0]]);
    return nextAlarm(ram, 0x06, seconds); // binary, 24 hours
  };

  test('agrees with a search second by second', () => {
    const any = 0xc0;
    for (const bytes of [
      [any, any, any],
      [any, any, 0],
      [any, 30, any],
      [5, any, any],
      [23, 59, 59],
      [0, 0, 0],
      [12, any, 30],
      [any, 0, 59],
    ] as [number, number, number][]) {
      for (const from of [0, 59, 60, 3599, 43229, 43230, 86398, 86399, 1e9]) {
        let expected = from + 1;
        const matches = (t: number) =>
          [Math.floor(t / 3600) % 24, Math.floor(t / 60) % 60, t % 60].every(
            (v, i) => bytes[i] === any || bytes[i] === v,
          );
        while (!matches(expected)) {
          expected++;
        }
        expect(at(bytes, from)).toBe(expected);
      }
    }
  });

  test('never, if a byte is no time', () => {
    expect(at([0, 0, 60], 0)).toBe(Number.POSITIVE_INFINITY);
    expect(at([0, 99, 0], 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

test('memory-size bytes', () => {
  cmos.setMemorySize(256 << 20);
  const word = (index: number) => read(index) | (read(index + 1) << 8);
  expect([word(0x15), word(0x17), word(0x30), word(0x34)]).toEqual([640, 0xffff, 0xffff, 3840]);
  cmos.setMemorySize(8 << 20);
  expect([word(0x17), word(0x30), word(0x34)]).toEqual([7168, 7168, 0]);
  cmos.setMemorySize(2 ** 31);
  expect(word(0x34)).toBe(0x7f00);
});

test('the other bytes are RAM and survive a reset', () => {
  write(0x40, 0x5a);
  cmos.setByte(0x41, 0xa5);
  cmos.reset();
  expect([read(0x40), read(0x41)]).toEqual([0x5a, 0xa5]);
});

describe('rtcBaseSeconds', () => {
  test('utc, localtime and dates', () => {
    expect(rtcBaseSeconds('utc', 1000.7, 3600)).toBe(1000);
    expect(rtcBaseSeconds('localtime', 1000, 3600)).toBe(4600);
    expect(rtcBaseSeconds('2006-06-17', 0, 0)).toBe(Date.UTC(2006, 5, 17) / 1000);
    expect(rtcBaseSeconds('2006-06-17T16:01', 0, 0)).toBe(Date.UTC(2006, 5, 17, 16, 1) / 1000);
    expect(rtcBaseSeconds('2006-06-17T16:01:21', 0, 0)).toBe(Date.UTC(2006, 5, 17, 16, 1, 21) / 1000);
  });

  test.each(['', 'gmt', '2006-13-01', '2006-02-30', '2006-06-17T25:00:00', '2006-6-1'])('refuses %j', (base) => {
    expect(() => rtcBaseSeconds(base, 0, 0)).toThrow(/^-rtc base=.*: utc, localtime or a date/);
  });
});
