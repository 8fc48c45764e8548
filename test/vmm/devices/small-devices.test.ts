import { describe, expect, test } from 'vitest';
import { createChipset } from '../../../src/vmm/devices/chipset.ts';
import { attachDebugExit } from '../../../src/vmm/devices/debug-exit.ts';
import { attachDebugcon } from '../../../src/vmm/devices/debugcon.ts';
import { Dma8237 } from '../../../src/vmm/devices/dma8237.ts';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { MmioBus } from '../../../src/vmm/devices/mmio-bus.ts';
import { Power } from '../../../src/vmm/devices/power.ts';
import { attachQuietPorts } from '../../../src/vmm/devices/quiet-ports.ts';
import { TestClock, TestLine } from './support.ts';

describe('power', () => {
  const setUp = () => {
    const clock = new TestClock();
    const io = new IoBus();
    let offs = 0;
    const power = new Power(clock, () => {
      offs++;
    });
    power.attach(io);
    createChipset({ io, mmio: new MmioBus(), power, lineOf: () => new TestLine(), setShadow() {}, onReset() {} });
    return { clock, io, offs: () => offs };
  };

  test('PM1 control: sleep enable with type 0 is off, another type is not', () => {
    const { io, offs } = setUp();
    io.write(0x604, 2, 0x0001);
    expect(io.read(0x604, 2)).toBe(1);
    io.write(0x604, 2, 0x2000 | (1 << 10));
    expect(offs()).toBe(0);
    io.write(0x604, 2, 0x2000);
    expect(offs()).toBe(1);
    // Only the mode is left, which cannot be changed.
    expect(io.read(0x604, 2)).toBe(1);
  });

  test('the word at port 8900h', () => {
    const { io, offs } = setUp();
    const spell = (word: string) => {
      for (const letter of word) {
        io.write(0x8900, 1, letter.charCodeAt(0));
      }
    };
    spell('ShutShutdow');
    expect(offs()).toBe(0);
    spell('n');
    expect(offs()).toBe(1);
    spell('xShutdown');
    expect(offs()).toBe(2);
  });

  test('the timer runs at 3.579545 MHz in 24 bits', () => {
    const { io, clock } = setUp();
    clock.advance(1e9);
    expect(io.read(0x608, 4)).toBe(3579545);
    clock.advance(9e9);
    expect(io.read(0x608, 4)).toBe(35795450 % 2 ** 24);
  });
});

describe('DMA controllers', () => {
  test('address and count go through the flip-flop', () => {
    const io = new IoBus();
    new Dma8237().attach(io);
    io.write(0x0c, 1, 0);
    io.write(0x04, 1, 0x34);
    io.write(0x04, 1, 0x12);
    expect(io.read(0x04, 1)).toBe(0x34);
    expect(io.read(0x04, 1)).toBe(0x12);
    io.write(0xd8, 1, 0); // the second controller's flip-flop, two ports apart
    io.write(0xc2, 1, 0x78);
    io.write(0xc2, 1, 0x56);
    expect(io.read(0xc2, 1)).toBe(0x78);
    expect(io.read(0xc3, 1)).toBe(0x56);
  });

  test('masks, status, pages and master clear', () => {
    const io = new IoBus();
    new Dma8237().attach(io);
    expect(io.read(0x0f, 1)).toBe(0xff);
    io.write(0x0a, 1, 0x02);
    expect(io.read(0x0f, 1)).toBe(0xfb);
    io.write(0x0e, 1, 0);
    expect(io.read(0x0f, 1)).toBe(0xf0);
    io.write(0x09, 1, 0x05);
    expect(io.read(0x08, 1)).toBe(0x20);
    io.write(0x0d, 1, 0);
    expect(io.read(0x08, 1)).toBe(0x00);
    io.write(0x87, 1, 0x5a);
    io.write(0x80, 1, 0xa5);
    expect(io.read(0x87, 1)).toBe(0x5a);
    expect(io.read(0x80, 1)).toBe(0xa5);
  });
});

test('the debug console reads its signature and passes bytes on', () => {
  const io = new IoBus();
  const got: number[] = [];
  attachDebugcon(io, 0x402, (byte) => got.push(byte));
  expect(io.read(0x402, 1)).toBe(0xe9);
  io.write(0x402, 1, 0x48);
  expect(got).toEqual([0x48]);
});

test('debug exit: (value << 1) | 1, by any width', () => {
  const io = new IoBus();
  const got: number[] = [];
  attachDebugExit(io, 0x501, 2, (status) => got.push(status));
  io.write(0x501, 1, 0x10);
  io.write(0x501, 2, 0x1234);
  io.write(0x501, 4, 0xffffffff);
  expect(got).toEqual([0x21, 0x2469, 0xffffffff]);
  expect(io.read(0x501, 1)).toBe(0);
});

test('quiet ports float without a word', () => {
  let heard = 0;
  const io = new IoBus(() => {
    heard++;
  });
  attachQuietPorts(io);
  io.write(0xed, 1, 0);
  expect(io.read(0xed, 1)).toBe(0xff);
  expect(heard).toBe(0);
});
