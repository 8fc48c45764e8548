import { describe, expect, test } from 'vitest';
import { BlockQueue, PendingBlocks } from '../../../src/vmm/devices/block-queue.ts';
import { Dma8237 } from '../../../src/vmm/devices/dma8237.ts';
import { FloppyController } from '../../../src/vmm/devices/floppy-controller.ts';
import { FloppyDrive } from '../../../src/vmm/devices/floppy-drive.ts';
import { floppyFormat } from '../../../src/vmm/devices/floppy-format.ts';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';
import { RUNS, randomNumbers } from '../../support/random-numbers.ts';
import { TestDisk, TestMemory } from './disk-support.ts';
import { TestClock, TestLine } from './support.ts';

function setUp(sectors = 2880) {
  const clock = new TestClock();
  const io = new IoBus();
  const memory = new TestMemory();
  const dma = new Dma8237(memory);
  dma.attach(io);
  const disk = new TestDisk(sectors);
  const drive = new FloppyDrive(disk);
  const irq = new TestLine();
  const queue = new BlockQueue(clock, new PendingBlocks());
  const controller = new FloppyController({ clock, queue, dma, irq, drives: [drive, undefined] });
  controller.attach(io);
  io.write(0xd6, 1, 0xc0);
  io.write(0xd4, 1, 0x00);
  io.write(0x3f2, 1, 0x1c);
  /** Sends a command's bytes. */
  const send = (...bytes: readonly number[]) => {
    for (const byte of bytes) {
      expect(io.read(0x3f4, 1) & 0xc0).toBe(0x80);
      io.write(0x3f5, 1, byte);
    }
  };
  /** Takes the result, when it has come. */
  const results = () => {
    clock.advance(1e9);
    const bytes: number[] = [];
    while ((io.read(0x3f4, 1) & 0xc0) === 0xc0) bytes.push(io.read(0x3f5, 1));
    return bytes;
  };
  const programDma = (mode: number, address: number, count: number) => {
    io.write(0x0a, 1, 0x06);
    io.write(0x0c, 1, 0);
    io.write(0x0b, 1, mode | 2);
    for (const shift of [0, 8]) io.write(0x04, 1, (address >> shift) & 0xff);
    for (const shift of [0, 8]) io.write(0x05, 1, ((count - 1) >> shift) & 0xff);
    io.write(0x81, 1, address >> 16);
    io.write(0x0a, 1, 0x02);
  };
  const seek = (cylinder: number) => {
    send(0x0f, 0, cylinder);
    clock.advance(1e9);
    send(0x08);
    return results();
  };
  return { clock, io, memory, disk, drive, irq, send, results, programDma, seek };
}

test('formats are told from sizes; what is none of them is the beginning of a larger one', () => {
  const of = (sectors: number) => {
    const { cylinders, heads, sectors: perTrack, drive } = floppyFormat(sectors);
    return [cylinders, heads, perTrack, drive];
  };
  expect([720, 1440, 2400, 2880, 5760, 2532].map(of)).toEqual([
    [40, 2, 9, 1],
    [80, 2, 9, 4],
    [80, 2, 15, 2],
    [80, 2, 18, 4],
    [80, 2, 36, 5],
    [80, 2, 18, 4],
  ]);
});

describe('diskette controller', () => {
  test('a reset ends with an interrupt and a status for each drive', () => {
    const { io, irq, send, results } = setUp();
    io.write(0x3f2, 1, 0x08);
    expect([io.read(0x3f4, 1), irq.level]).toEqual([0, false]);
    io.write(0x3f2, 1, 0x0c);
    expect(irq.level).toBe(true);
    for (const drive of [0, 1, 2, 3]) {
      send(0x08);
      expect(results()).toEqual([0xc0 | drive, 0]);
    }
    send(0x08);
    expect(results()).toEqual([0x80]);
    expect(irq.level).toBe(false);
  });

  test('seek, recalibrate, and the disk-change line', () => {
    const { clock, io, irq, send, results, seek } = setUp();
    expect(io.read(0x3f7, 1)).toBe(0x80);
    expect(seek(10)).toEqual([0x20, 10]);
    expect(io.read(0x3f7, 1)).toBe(0);
    send(0x07, 1); // no such drive
    clock.advance(1e9);
    expect(irq.level).toBe(true);
    send(0x08);
    expect(results()[0]).toBe(0x71);
    send(0x04, 0);
    expect(results()).toEqual([0x28]);
    send(0x10);
    expect(results()).toEqual([0x90]);
  });

  test('READ DATA by DMA ends at the terminal count', () => {
    const { memory, disk, programDma, results, seek, send, irq } = setUp();
    seek(3);
    programDma(0x44, 0x8000, 1024);
    const before = irq.edges;
    send(0xe6, 0x04, 3, 1, 5, 2, 18, 0x1b, 0xff);
    expect(results()).toEqual([0x04, 0, 0, 3, 1, 7, 2]);
    expect(irq.edges - before).toBe(1);
    const first = (3 * 2 + 1) * 18 + 4;
    expect([memory.bytes[0x8000], memory.bytes[0x8200], memory.bytes[0x8400]]).toEqual([first, first + 1, 0]);
    expect(disk.log).toEqual([`read ${first}+14`]);
  });

  test('with multi-track a read goes on to the other side, and the result names what comes next', () => {
    const { memory, programDma, results, seek, send } = setUp();
    seek(0);
    programDma(0x44, 0x8000, 36 * 512);
    send(0xe6, 0x00, 0, 0, 1, 2, 18, 0x1b, 0xff);
    expect(results()).toEqual([0x00, 0, 0, 1, 0, 1, 2]);
    expect(memory.bytes[0x8000 + 35 * 512]).toBe(35);
  });

  test('WRITE DATA fills the last sector up; the end of the track without a terminal count is an error', () => {
    const { disk, memory, programDma, results, seek, send } = setUp();
    seek(1);
    memory.bytes.fill(0x5a, 0x8000, 0x9000);
    programDma(0x48, 0x8000, 700);
    send(0xc5, 0x00, 1, 0, 2, 2, 18, 0x1b, 0xff);
    expect(results()).toEqual([0x00, 0, 0, 1, 0, 4, 2]);
    expect([disk.written.get(37)?.[511], disk.written.get(38)?.[187], disk.written.get(38)?.[188]]).toEqual([
      0x5a, 0x5a, 0,
    ]);
    programDma(0x48, 0x8000, 4096);
    send(0x45, 0x00, 1, 0, 17, 2, 18, 0x1b, 0xff);
    expect(results()).toEqual([0x40, 0x80, 0, 2, 0, 1, 2]);
  });

  test.each([
    ['a cylinder where the heads are not', [0xe6, 0, 5, 0, 1, 2, 18, 0x1b, 0xff], 0x04],
    ['a sector that there is not', [0xe6, 0, 0, 0, 19, 2, 18, 0x1b, 0xff], 0x04],
    ['a drive that there is not', [0xe6, 1, 0, 0, 1, 2, 18, 0x1b, 0xff], 0x01],
  ])('%s', (_what, command, status1) => {
    const { programDma, results, seek, send } = setUp();
    seek(0);
    programDma(0x44, 0x8000, 512);
    send(...command);
    const [st0, st1] = results();
    expect([(st0 as number) & 0xc0, st1]).toEqual([0x40, status1]);
  });

  test('the data rate has to be the diskette’s', () => {
    const { io, results, seek, send } = setUp(1440);
    seek(0);
    send(0x4a, 0);
    expect(results()[1]).toBe(0x01);
    io.write(0x3f7, 1, 2);
    send(0x4a, 0);
    expect(results()).toEqual([0, 0, 0, 0, 0, 1, 2]);
  });

  test('a protected diskette and host errors come back as such', () => {
    const { disk, programDma, results, seek, send } = setUp();
    seek(0);
    disk.readOnly = true;
    programDma(0x48, 0x8000, 512);
    send(0xc5, 0, 0, 0, 1, 2, 18, 0x1b, 0xff);
    expect(results()[1]).toBe(0x02);
    disk.readOnly = false;
    disk.failing = { write: new Error('EIO'), read: new Error('EIO') };
    send(0xc5, 0, 0, 0, 1, 2, 18, 0x1b, 0xff);
    expect(results().slice(0, 3)).toEqual([0x40, 0x20, 0x20]);
    programDma(0x44, 0x8000, 512);
    send(0xe6, 0, 0, 0, 1, 2, 18, 0x1b, 0xff);
    expect(results().slice(0, 3)).toEqual([0x40, 0x20, 0x20]);
  });

  test('a write behind the end of a short image is an error', () => {
    const { programDma, results, seek, send } = setUp(2532);
    seek(79);
    programDma(0x48, 0x8000, 512);
    send(0xc5, 0, 79, 0, 1, 2, 18, 0x1b, 0xff);
    expect(results().slice(0, 2)).toEqual([0x40, 0x20]);
  });

  test('FORMAT TRACK fills the track', () => {
    const { disk, programDma, results, seek, send } = setUp();
    seek(2);
    programDma(0x48, 0x8000, 72);
    send(0x4d, 0x04, 2, 18, 0x50, 0xf6);
    expect(results()[0]).toBe(0x04);
    expect([disk.written.size, disk.written.get(5 * 18)?.[0], disk.written.get(5 * 18 + 17)?.[511]]).toEqual([
      18, 0xf6, 0xf6,
    ]);
  });

  test('without DMA the bytes come through the data port', () => {
    const { clock, io, results, seek, send } = setUp();
    seek(0);
    send(0x03, 0xdf, 0x03);
    send(0x66, 0, 0, 0, 3, 2, 3, 0x1b, 0xff);
    clock.advance(1e9);
    const bytes = Array.from({ length: 512 }, () => {
      expect(io.read(0x3f4, 1)).toBe(0xf0);
      return io.read(0x3f5, 1);
    });
    expect(bytes[0]).toBe(2);
    expect(results()).toEqual([0, 0, 0, 1, 0, 1, 2]);
  });

  test('a DMA channel that is never set up ends the command as an overrun', () => {
    const { results, seek, send } = setUp();
    seek(0);
    send(0xe6, 0, 0, 0, 1, 2, 18, 0x1b, 0xff);
    expect(results().slice(0, 2)).toEqual([0x40, 0x10]);
  });

  test('random accesses do no harm, and a reset brings it back', () => {
    const { clock, io, send, results } = setUp();
    const random = randomNumbers(5);
    for (let n = 0; n < 200_000 * RUNS; n++) {
      const port = ([0x3f0, 0x3f1, 0x3f2, 0x3f3, 0x3f4, 0x3f5, 0x3f5, 0x3f5, 0x3f7, 0x0a, 0x0b] as const)[random(11)];
      if (random(3) === 0) io.read(port as number, 1);
      else io.write(port as number, 1, port === 0x3f2 ? 0x0c | random(4) : random(256));
      if (random(30) === 0) clock.advance(random(3_000_000));
    }
    io.write(0x3f2, 1, 0);
    io.write(0x3f2, 1, 0x0c);
    send(0x08);
    expect(results()[0]).toBe(0xc0);
  });
});
