import { describe, expect, test } from 'vitest';
import { AtaDisk } from '../../../src/vmm/devices/ata-disk.ts';
import { RUNS, randomNumbers } from '../../support/random-numbers.ts';
import { ideBench, sectorBytes, TestDisk } from './disk-support.ts';

function setUp(sectors = 100_000) {
  const disk = new TestDisk(sectors);
  const bench = ideBench((queue) => [new AtaDisk(disk, queue, 'TV00001')]);
  return { disk, ...bench };
}

const words = (bytes: Uint8Array) => Array.from(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2));

describe('ATA registers', () => {
  test('a reset leaves the signature, and an empty place answers with nothing', () => {
    const { io, in: into, out } = setUp();
    expect([1, 2, 3, 4, 5, 6, 7].map(into)).toEqual([1, 1, 1, 0, 0, 0, 0x50]);
    out(6, 0x10);
    expect(into(7)).toBe(0);
    out(2, 0x55);
    expect(into(2)).toBe(0);
    expect(io.read(0x177, 1)).toBe(0);
  });

  test('software reset keeps the drive busy until it is let go', () => {
    const { io, in: into, out } = setUp();
    out(2, 0x55);
    io.write(0x3f6, 1, 0x04);
    expect(into(7)).toBe(0x80);
    io.write(0x3f6, 1, 0);
    expect([into(2), into(7)]).toEqual([1, 0x50]);
  });

  test('IDENTIFY DEVICE tells geometry, capacity and name, with a checksum', () => {
    const { command, readWords, settle, in: into, irq } = setUp(20_000_000);
    command(0xec);
    settle();
    expect([into(7) & 0x88, irq.edges]).toEqual([0x08, 1]);
    const data = readWords(256);
    expect(data[1]).toBe(16383);
    expect([data[3], data[6], data[47], data[49]]).toEqual([16, 63, 0x8010, 0x0300]);
    expect((data[61]! << 16) | data[60]!).toBe(20_000_000);
    expect((data[101]! << 16) | data[100]!).toBe(20_000_000);
    expect(String.fromCharCode(...data.slice(27, 32).flatMap((w) => [w >> 8, w & 255]))).toBe('TRANSVISOR');
    expect(data.flatMap((w) => [w & 255, w >> 8]).reduce((sum, byte) => (sum + byte) & 255, 0)).toBe(0);
    expect(into(7)).toBe(0x50);
  });

  test('what is not known is aborted', () => {
    const { command, result } = setUp();
    command(0xb5);
    expect(result()).toEqual([0x51, 0x04]);
  });

  test('no interrupt comes while it is switched off, and reading the status takes it away', () => {
    const { command, io, in: into, irq, settle } = setUp();
    io.write(0x3f6, 1, 0x02);
    command(0xe7);
    settle();
    expect(irq.level).toBe(false);
    io.write(0x3f6, 1, 0);
    expect(irq.level).toBe(true);
    expect(io.read(0x3f6, 1)).toBe(0x50);
    expect(irq.level).toBe(true);
    into(7);
    expect(irq.level).toBe(false);
  });
});

describe('reading through the data port', () => {
  test('by 28-bit address: an interrupt a sector', () => {
    const { command, disk, in: into, irq, readWords, settle } = setUp();
    command(0x20, 0, 3, 0x45, 0x23, 0x01, 0xe0);
    expect(into(7)).toBe(0xd0);
    settle();
    for (let n = 0; n < 3; n++) {
      expect([into(7), irq.edges]).toEqual([0x58, n + 1]);
      expect(readWords(256)).toEqual(words(sectorBytes(0x12345 + n)));
    }
    expect([into(7), irq.edges]).toEqual([0x50, 3]);
    expect([2, 3, 4, 5, 6].map(into)).toEqual([0, 0x47, 0x23, 0x01, 0xe0]);
    expect(disk.log).toEqual(['read 74565+3']);
  });

  test('by cylinder, head and sector, as INITIALIZE DEVICE PARAMETERS has it', () => {
    const { command, readWords, settle, in: into, result } = setUp();
    command(0x91, 0, 17, 0, 0, 0, 0xa3); // 4 heads, 17 sectors
    command(0x20, 0, 1, 5, 2, 0, 0xa3); // cylinder 2, head 3, sector 5
    settle();
    expect(readWords(256)[0]).toBe((2 * 4 + 3) * 17 + 4);
    expect([3, 4, 5, 6].map(into)).toEqual([5, 2, 0, 0xa3]);
    command(0x20, 0, 1, 18, 2, 0, 0xa3);
    settle();
    expect(result()).toEqual([0x51, 0x10]);
    command(0x91, 0, 0, 0, 0, 0, 0xa3);
    expect(result()[0]).toBe(0x51);
  });

  test('by 48-bit address', () => {
    const { command, disk, out, readWords, settle, io, in: into } = setUp(2 ** 33);
    for (const [register, high, low] of [
      [2, 0, 1],
      [3, 0x01, 0x40],
      [4, 0x01, 0x30],
      [5, 0, 0x20],
    ] as const) {
      out(register, high);
      out(register, low);
    }
    out(6, 0x40);
    command(0x24);
    settle();
    readWords(256);
    expect(disk.log).toEqual([`read ${0x1_0120_3040}+1`]);
    io.write(0x3f6, 1, 0x80);
    expect([3, 4, 5].map(into)).toEqual([0x01, 0x01, 0]);
  });

  test('READ MULTIPLE moves blocks, and wants to be set up', () => {
    const { command, irq, readWords, result, settle, in: into } = setUp();
    command(0xc4, 0, 4, 0, 0, 0, 0xe0);
    expect(result()).toEqual([0x51, 0x04]);
    command(0xc6, 0, 3);
    expect(result()[0]).toBe(0x51);
    command(0xc6, 0, 4);
    const before = irq.edges;
    into(7);
    command(0xc4, 0, 6, 0, 0, 0, 0xe0);
    settle();
    expect(readWords(6 * 256).filter((_, n) => n % 256 === 0)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(irq.edges - before).toBe(1); // the second block's edge waits for the status to be read
    expect(into(7)).toBe(0x50);
  });

  test('a read of 65536 sectors is fetched in pieces', () => {
    const { command, disk, settle, io, out } = setUp();
    for (const register of [2, 3, 4, 5]) out(register, 0); // the older bytes
    command(0x24, 0, 0, 0, 0, 0, 0x40);
    settle();
    for (let n = 0; n < 256 * 128; n++) io.read(0x1f0, 4);
    settle();
    expect(disk.log).toEqual(['read 0+256', 'read 256+256']);
  });

  test('an error of the host is an error of the disk, with its place', () => {
    const { command, disk, in: into, result, settle } = setUp();
    disk.failing.read = new Error('EIO');
    command(0x20, 0, 2, 9, 0, 0, 0xe0);
    settle();
    expect(result()).toEqual([0x51, 0x40]);
    expect([into(2), into(3)]).toEqual([2, 9]);
  });

  test('nothing outside the disk is read', () => {
    const { command, disk, result } = setUp(100);
    command(0x20, 0, 2, 99, 0, 0, 0xe0);
    expect(result()).toEqual([0x51, 0x10]);
    expect(disk.log).toEqual([]);
  });

  test('a drive that is slow is busy until it is done', () => {
    const { command, disk, in: into, irq, settle } = setUp();
    disk.slow = true;
    command(0x20, 0, 1, 0, 0, 0, 0xe0);
    settle();
    expect([into(7), irq.edges]).toEqual([0xd0, 0]);
    disk.complete();
    expect([into(7), irq.edges]).toEqual([0x58, 1]);
  });

  test('a reset in the middle forgets what is under way', () => {
    const { command, disk, io, in: into, irq, settle } = setUp();
    disk.slow = true;
    command(0x20, 0, 1, 0, 0, 0, 0xe0);
    io.write(0x3f6, 1, 4);
    io.write(0x3f6, 1, 0);
    disk.complete();
    settle();
    expect([into(7), irq.edges]).toEqual([0x50, 0]);
  });
});

describe('writing through the data port', () => {
  const sector = (value: number) => new Array<number>(256).fill(value);

  test('each sector is on its way to the disk when its interrupt comes', () => {
    const { command, disk, io, in: into, irq, settle } = setUp();
    command(0x30, 0, 2, 7, 0, 0, 0xe0);
    expect([into(7), irq.edges]).toEqual([0x58, 0]);
    for (const word of sector(0x1111)) io.write(0x1f0, 2, word);
    expect(into(7)).toBe(0xd0);
    settle();
    expect([into(7), irq.edges]).toEqual([0x58, 1]);
    for (const word of sector(0x2222)) io.write(0x1f0, 2, word);
    settle();
    expect([into(7), irq.edges]).toEqual([0x50, 2]);
    expect([disk.written.get(7)?.[0], disk.written.get(8)?.[511]]).toEqual([0x11, 0x22]);
    expect(disk.log).toEqual(['write 7+1', 'write 8+1']);
  });

  test('a host error is a write fault, never a lost write', () => {
    const { command, disk, io, result, settle } = setUp();
    disk.failing.write = new Error('ENOSPC');
    command(0x30, 0, 1, 7, 0, 0, 0xe0);
    for (const word of sector(1)) io.write(0x1f0, 2, word);
    settle();
    expect(result()).toEqual([0x71, 0x04]);
  });

  test('FLUSH CACHE reaches the host, and its error the guest', () => {
    const { command, disk, result, settle } = setUp();
    command(0xe7);
    settle();
    expect([disk.log, result()[0]]).toEqual([['flush'], 0x50]);
    disk.failing.flush = new Error('EIO');
    command(0xea);
    settle();
    expect(result()).toEqual([0x71, 0x04]);
  });

  test('with the write cache off each command ends with a flush', () => {
    const { command, disk, io, settle } = setUp();
    command(0xef, 0x82);
    settle();
    disk.log.length = 0;
    command(0x30, 0, 1, 7, 0, 0, 0xe0);
    for (const word of sector(1)) io.write(0x1f0, 2, word);
    settle();
    expect(disk.log).toEqual(['write 7+1', 'flush']);
  });

  test('a disk that cannot be written to refuses', () => {
    const { command, disk, result } = setUp();
    disk.readOnly = true;
    command(0x30, 0, 1, 7, 0, 0, 0xe0);
    expect(result()).toEqual([0x51, 0x04]);
  });
});

describe('bus master DMA', () => {
  const regions = (
    memory: Uint8Array,
    ...entries: readonly (readonly [address: number, size: number, last?: boolean])[]
  ) => {
    const view = new DataView(memory.buffer);
    entries.forEach(([address, size, last], n) => {
      view.setUint32(0x100 + n * 8, address, true);
      view.setUint32(0x104 + n * 8, (size & 0xffff) | (last ? 0x8000_0000 : 0), true);
    });
  };

  test('a read is scattered over the regions, whichever comes first: command or start', () => {
    for (const startFirst of [true, false]) {
      const { command, io, memory, in: into, irq, settle } = setUp();
      regions(memory.bytes, [0x1000, 0x300], [0x8000, 0x100, true]);
      io.write(0xc004, 4, 0x100);
      if (startFirst) io.write(0xc000, 1, 0x09);
      command(0xc8, 0, 2, 5, 0, 0, 0xe0);
      settle();
      if (!startFirst) {
        expect([into(7) & 0x89, irq.edges]).toEqual([0x08, 0]);
        io.write(0xc000, 1, 0x09);
      }
      expect([io.read(0xc002, 1), irq.edges, into(7)]).toEqual([0x04, 1, 0x50]);
      expect([memory.bytes[0x1000], memory.bytes[0x1200], memory.bytes[0x80ff]]).toEqual([5, 6, 6]);
      expect(memory.bytes[0x8100]).toBe(0);
      io.write(0xc002, 1, 0x64);
      expect(io.read(0xc002, 1)).toBe(0x60);
    }
  });

  test('a write gathers, and a table that is longer stays active', () => {
    const { command, disk, io, memory, settle, in: into } = setUp();
    regions(memory.bytes, [0x1000, 0x100], [0x2000, 0x400, true]);
    memory.bytes.fill(0xab, 0x1000, 0x1100);
    memory.bytes.fill(0xcd, 0x2000, 0x2400);
    io.write(0xc004, 4, 0x100);
    io.write(0xc000, 1, 0x01);
    command(0xca, 0, 1, 5, 0, 0, 0xe0);
    settle();
    expect(into(7)).toBe(0x50);
    expect([disk.written.get(5)?.[0xff], disk.written.get(5)?.[0x100]]).toEqual([0xab, 0xcd]);
    expect(io.read(0xc002, 1) & 7).toBe(5);
  });

  test('a table that is too short ends the transfer without the drive', () => {
    const { command, io, memory, settle, in: into } = setUp();
    regions(memory.bytes, [0x1000, 0x100, true]);
    io.write(0xc004, 4, 0x100);
    io.write(0xc000, 1, 0x09);
    command(0xc8, 0, 1, 5, 0, 0, 0xe0);
    settle();
    expect([io.read(0xc002, 1) & 7, into(7)]).toEqual([0, 0x58]);
    io.write(0x3f6, 1, 4);
    io.write(0x3f6, 1, 0);
    expect(into(7)).toBe(0x50);
  });
});

test('random accesses to all ports do no harm, and nothing outside the disk is touched', () => {
  const { disk, io, clock, memory, command, result } = setUp(5000);
  const random = randomNumbers(7);
  memory.bytes.forEach((_, n) => {
    if (n < 0x400) memory.bytes[n] = random(256);
  });
  const ports = [0x1f0, 0x1f1, 0x1f2, 0x1f3, 0x1f4, 0x1f5, 0x1f6, 0x1f7, 0x3f6, 0xc000, 0xc002, 0xc004, 0x177];
  for (let n = 0; n < 200_000 * RUNS; n++) {
    const port = ports[random(ports.length)] as number;
    const size = ([1, 2, 4] as const)[random(3)] as 1;
    if (random(3) === 0) io.read(port, size);
    else io.write(port, size, random(2 ** 32));
    if (random(16) === 0) clock.advance(100_000);
    if (random(5000) === 0) disk.failing = random(2) ? { read: new Error('x') } : {};
    disk.written.clear();
  }
  io.write(0x3f6, 1, 4);
  io.write(0x3f6, 1, 0);
  disk.failing = {};
  command(0xe7);
  clock.advance(1e9);
  expect(result()[0]! & 0x81).toBe(0);
});
