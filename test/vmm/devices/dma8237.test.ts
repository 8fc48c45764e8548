import { describe, expect, test } from 'vitest';
import { Dma8237 } from '../../../src/vmm/devices/dma8237.ts';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { RUNS, randomNumbers } from '../../support/random-numbers.ts';
import { TestMemory } from './disk-support.ts';

/** Channel 2 (or 5) for `count` units at an address, in a mode; channel 4 in cascade mode. */
function setUp() {
  const io = new IoBus();
  const memory = new TestMemory();
  const dma = new Dma8237(memory);
  dma.attach(io);
  expect(dma.ready(2)).toBe(false);
  dma.enableCascade();
  const program = (mode: number, address: number, count: number) => {
    io.write(0x0a, 1, 0x06);
    io.write(0x0c, 1, 0);
    io.write(0x0b, 1, mode | 2);
    for (const shift of [0, 8]) io.write(0x04, 1, (address >> shift) & 0xff);
    for (const shift of [0, 8]) io.write(0x05, 1, ((count - 1) >> shift) & 0xff);
    io.write(0x81, 1, address >> 16);
    io.write(0x0a, 1, 0x02);
  };
  const count = () => {
    io.write(0x0c, 1, 0);
    return io.read(0x05, 1) | (io.read(0x05, 1) << 8);
  };
  return { io, memory, dma, program, count };
}

const data = (length: number) => Uint8Array.from({ length }, (_, n) => n + 1);

describe('8237', () => {
  test('a device writes as far as the count goes, then the channel is masked', () => {
    const { dma, io, memory, program, count } = setUp();
    program(0x44, 0x1_2000, 300);
    expect(dma.fromDevice(2, data(200))).toEqual({ moved: 200, terminal: false });
    expect(count()).toBe(99);
    expect(io.read(8, 1)).toBe(0);
    expect(dma.fromDevice(2, data(200))).toEqual({ moved: 100, terminal: true });
    expect([memory.bytes[0x1_2000], memory.bytes[0x1_20c8], memory.bytes[0x1_212b], memory.bytes[0x1_212c]]).toEqual([
      1, 1, 100, 0,
    ]);
    expect([io.read(8, 1), io.read(8, 1)]).toEqual([4, 0]);
    expect(dma.fromDevice(2, data(1))).toEqual({ moved: 0, terminal: false });
  });

  test('a device reads; addresses stay within their page of 64 KiB', () => {
    const { dma, memory, program } = setUp();
    memory.bytes.fill(1, 0x1_fffe, 0x2_0000);
    memory.bytes.fill(2, 0x1_0000, 0x1_0002);
    program(0x48, 0x1_fffe, 4);
    const target = new Uint8Array(4);
    expect(dma.toDevice(2, target)).toEqual({ moved: 4, terminal: true });
    expect([...target]).toEqual([1, 1, 2, 2]);
  });

  test('downwards, and again by itself', () => {
    const { dma, memory, program, count } = setUp();
    program(0x74, 0x1002, 3);
    expect(dma.fromDevice(2, data(4))).toEqual({ moved: 3, terminal: true });
    expect([...memory.bytes.subarray(0x1000, 0x1003)]).toEqual([3, 2, 1]);
    expect(count()).toBe(2);
    expect(dma.fromDevice(2, data(1)).moved).toBe(1);
  });

  test('verify counts and moves nothing; the wrong direction, a mask and a controller that is off stop it', () => {
    const { dma, io, memory, program } = setUp();
    program(0x40, 0x1000, 10);
    expect(dma.fromDevice(2, data(10))).toEqual({ moved: 10, terminal: true });
    expect(memory.bytes[0x1000]).toBe(0);
    program(0x48, 0x1000, 10);
    expect(dma.fromDevice(2, data(10)).moved).toBe(0);
    program(0x44, 0x1000, 10);
    io.write(0x08, 1, 4);
    expect(dma.fromDevice(2, data(10)).moved).toBe(0);
    io.write(0x08, 1, 0);
    io.write(0xd4, 1, 0x04);
    expect(dma.ready(2)).toBe(false);
  });

  test('channel 5 moves words', () => {
    const { dma, io, memory } = setUp();
    io.write(0xd8, 1, 0);
    io.write(0xd6, 1, 0x45);
    for (const byte of [0x00, 0x10]) io.write(0xc4, 1, byte);
    for (const byte of [0x01, 0x00]) io.write(0xc6, 1, byte);
    io.write(0x8b, 1, 0x02);
    io.write(0xd4, 1, 0x01);
    expect(dma.fromDevice(5, data(6))).toEqual({ moved: 4, terminal: true });
    expect([...memory.bytes.subarray(0x2_2000, 0x2_2005)]).toEqual([1, 2, 3, 4, 0]);
  });

  test('random programs of all channels do no harm', () => {
    const { dma, io } = setUp();
    const random = randomNumbers(3);
    const target = new Uint8Array(700);
    for (let n = 0; n < 50_000 * RUNS; n++) {
      const port = ([0, 0x80, 0xc0] as const)[random(3)] as number;
      io.write(port + random(32), 1, random(256));
      if (random(8) > 0) continue;
      const channel = ([0, 1, 2, 3, 5, 6, 7] as const)[random(7)] as number;
      const { moved } = random(2) ? dma.fromDevice(channel, target) : dma.toDevice(channel, target);
      expect(moved).toBeLessThanOrEqual(target.length);
    }
  });
});
