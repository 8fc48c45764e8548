import { describe, expect, test } from 'vitest';
import { BlockQueue, PendingBlocks } from '../../../../src/vmm/devices/block-queue.ts';
import { IoBus } from '../../../../src/vmm/devices/io-bus.ts';
import { MmioBus } from '../../../../src/vmm/devices/mmio-bus.ts';
import { PciBus } from '../../../../src/vmm/devices/pci-bus.ts';
import { VirtioBlock } from '../../../../src/vmm/devices/virtio/virtio-block.ts';
import { createVirtioFunction } from '../../../../src/vmm/devices/virtio/virtio-pci.ts';
import { RUNS, randomNumbers } from '../../../support/random-numbers.ts';
import { TestDisk, TestMemory } from '../disk-support.ts';
import { TestClock } from '../support.ts';

const PORTS = 0xc000;
const REGISTERS = 0xfe00_0000;
/** Where the queue lies: descriptors, what is available, what is used (as the legacy layout has them). */
const DESCRIPTORS = 0x1_0000;
const AVAILABLE = DESCRIPTORS + 256 * 16;
const USED = DESCRIPTORS + 0x2000;
const HEADER = 0x2_0000;
const DATA = 0x3_0000;
const STATUS = 0x2_1000;
const FLUSH_FEATURE = 1 << 9;

type Descriptor = readonly [address: number, length: number, flags: number];

function setUp(legacy = false, features = FLUSH_FEATURE) {
  const clock = new TestClock();
  const io = new IoBus();
  const mmio = new MmioBus();
  const memory = new TestMemory();
  const view = new DataView(memory.bytes.buffer);
  const disk = new TestDisk(1000);
  const bus = new PciBus(io, mmio, () => {});
  const wires: boolean[] = [];
  bus.pirqSink = {
    setPirq: (_wire, active) => {
      wires.push(active);
    },
  };
  const device = new VirtioBlock(memory, disk, new BlockQueue(clock, new PendingBlocks()), 'TV00017');
  const pci = createVirtioFunction(device);
  bus.addNext(pci);
  io.write(0xcf8, 4, 0x8000_1010);
  io.write(0xcfc, 4, PORTS);
  io.write(0xcf8, 4, 0x8000_1020);
  io.write(0xcfc, 4, REGISTERS);
  io.write(0xcf8, 4, 0x8000_1004);
  io.write(0xcfc, 2, 7);
  const start = () => {
    if (legacy) {
      io.write(PORTS + 4, 4, features);
      io.write(PORTS + 14, 2, 0);
      io.write(PORTS + 8, 4, DESCRIPTORS / 4096);
      io.write(PORTS + 18, 1, 7);
      return;
    }
    for (const [at, size, value] of [
      [8, 4, 0],
      [12, 4, features],
      [8, 4, 1],
      [12, 4, 1],
      [20, 1, 0x0b],
      [22, 2, 0],
      [32, 4, DESCRIPTORS],
      [40, 4, AVAILABLE],
      [48, 4, USED],
      [28, 2, 1],
      [20, 1, 0x0f],
    ] as const) {
      mmio.write(REGISTERS + at, size, value);
    }
  };
  const putDescriptor = (at: number, n: number, [address, length, flags]: Descriptor, next: number) => {
    view.setUint32(at + n * 16, address, true);
    view.setUint32(at + n * 16 + 8, length, true);
    view.setUint16(at + n * 16 + 12, flags, true);
    view.setUint16(at + n * 16 + 14, next, true);
  };
  let made = 0;
  /** Makes a chain available that begins at descriptor 0, and tells the device. */
  const submit = (...chain: readonly Descriptor[]) => {
    chain.forEach((each, n) => {
      putDescriptor(DESCRIPTORS, n, [each[0], each[1], each[2] | (n < chain.length - 1 ? 1 : 0)], n + 1);
    });
    view.setUint16(AVAILABLE + 4 + (made % 256) * 2, 0, true);
    made++;
    view.setUint16(AVAILABLE + 2, made, true);
    if (legacy) io.write(PORTS + 16, 2, 0);
    else mmio.write(REGISTERS + 0x3000, 2, 0);
  };
  const header = (type: number, sector: number) => {
    view.setUint32(HEADER, type, true);
    view.setUint32(HEADER + 8, sector, true);
    memory.bytes[STATUS] = 0xee;
  };
  /** A request in three descriptors; returns its status and how many bytes were written. */
  const request = (type: number, sector: number, length: number, ns = 1e9) => {
    header(type, sector);
    submit([HEADER, 16, 0], ...(length === 0 ? [] : [[DATA, length, type === 1 ? 0 : 2] as const]), [STATUS, 1, 2]);
    clock.advance(ns);
    const index = (view.getUint16(USED + 2, true) - 1) & 0xff;
    return [memory.bytes[STATUS], view.getUint32(USED + 4 + index * 8 + 4, true)];
  };
  return {
    clock,
    io,
    mmio,
    memory,
    view,
    disk,
    device,
    wires,
    start,
    submit,
    header,
    request,
    describe: putDescriptor,
  };
}

describe.each([
  ['before 1.0', true],
  ['1.0', false],
])('virtio block, driver of %s', (_name, legacy) => {
  test('reads, writes, flushes, tells its name', () => {
    const { disk, memory, start, request, wires, io, mmio } = setUp(legacy);
    start();
    expect(request(0, 5, 1024)).toEqual([0, 1025]);
    expect([memory.bytes[DATA], memory.bytes[DATA + 512]]).toEqual([5, 6]);
    memory.bytes.fill(0x77, DATA, DATA + 512);
    expect(request(1, 9, 512)).toEqual([0, 1]);
    expect(disk.written.get(9)?.[100]).toBe(0x77);
    expect(request(4, 0, 0)).toEqual([0, 1]);
    expect(disk.log).toEqual(['read 5+2', 'write 9+1', 'flush']);
    expect(request(8, 0, 20)).toEqual([0, 21]);
    expect(Buffer.from(memory.bytes.subarray(DATA, DATA + 7)).toString()).toBe('TV00017');
    expect(wires).toEqual([true]);
    expect(legacy ? io.read(PORTS + 19, 1) : mmio.read(REGISTERS + 0x1000, 1)).toBe(1);
    expect(wires).toEqual([true, false]);
  });

  test('its capacity, and that it is a disk', () => {
    const { io, mmio } = setUp(legacy);
    expect(legacy ? io.read(PORTS + 20, 4) : mmio.read(REGISTERS + 0x2000, 4)).toBe(1000);
    io.write(0xcf8, 4, 0x8000_1000);
    expect(io.read(0xcfc, 4)).toBe(0x1001_1af4);
  });
});

describe('virtio block', () => {
  test('host errors, places outside the disk and unknown requests come back as their status', () => {
    const { disk, start, request } = setUp();
    start();
    expect(request(0, 999, 1024)).toEqual([1, 1]);
    expect(request(0, 0, 100)).toEqual([1, 1]);
    expect(request(77, 0, 512)).toEqual([2, 1]);
    disk.failing = { read: new Error('EIO'), write: new Error('EIO'), flush: new Error('EIO') };
    expect([request(0, 0, 512)[0], request(1, 0, 512)[0], request(4, 0, 0)[0]]).toEqual([1, 1, 1]);
    disk.failing = {};
    disk.readOnly = true;
    expect(request(1, 0, 512)[0]).toBe(1);
  });

  test('a driver that does not know of flushes has each write on the disk', () => {
    const { disk, start, request } = setUp(false, 0);
    start();
    expect(request(1, 3, 512)[0]).toBe(0);
    expect(disk.log).toEqual(['write 3+1', 'flush']);
  });

  test('long requests move in pieces', () => {
    const { disk, start, request } = setUp();
    start();
    expect(request(0, 0, 400 * 512)).toEqual([0, 400 * 512 + 1]);
    expect(request(0, 0, 900 * 512)[0]).toBe(0);
    expect(disk.log).toEqual(['read 0+400', 'read 0+512', 'read 512+388']);
  });

  test('an indirect table, with header, data and status cut anyhow', () => {
    const { clock, memory, start, submit, header, describe: put } = setUp();
    start();
    header(0, 7);
    const table = 0x4_0000;
    put(table, 0, [HEADER, 4, 1], 2);
    put(table, 2, [HEADER + 4, 12, 1], 1);
    put(table, 1, [DATA, 200, 3], 3);
    put(table, 3, [DATA + 0x1000, 312 + 1, 2], 0);
    submit([table, 64, 4]);
    clock.advance(1e9);
    expect([memory.bytes[DATA], memory.bytes[DATA + 0x1000 + 311], memory.bytes[DATA + 0x1000 + 312]]).toEqual([
      7, 7, 0,
    ]);
  });

  test.each([
    ['a loop', [[HEADER, 16, 1, 0]]],
    ['a link out of the table', [[HEADER, 16, 1, 300]]],
    [
      'something to be read behind something to be written',
      [
        [STATUS, 1, 3, 1],
        [HEADER, 16, 0, 0],
      ],
    ],
    ['no room for the status', [[HEADER, 16, 0, 0]]],
    ['an indirect table in an indirect table', [[DESCRIPTORS, 16, 4, 0]]],
  ] as const)('%s breaks the queue until a reset', (_what, chain) => {
    const { clock, device, mmio, view, start, request, describe: put } = setUp();
    start();
    for (const [n, [address, length, flags, next]] of chain.entries())
      put(DESCRIPTORS, n, [address, length, flags], next);
    view.setUint16(AVAILABLE + 2, 1, true);
    mmio.write(REGISTERS + 0x3000, 2, 0);
    clock.advance(1e9);
    expect(device.status & 0x40).toBe(0x40);
    mmio.write(REGISTERS + 20, 1, 0);
    expect(device.status).toBe(0);
    view.setUint32(AVAILABLE, 0, true);
    view.setUint16(USED + 2, 0, true);
    start();
    expect(request(0, 5, 512)).toEqual([0, 513]);
  });

  test('a reset forgets what is under way', () => {
    const { clock, disk, memory, mmio, start, request, view } = setUp();
    start();
    disk.slow = true;
    request(0, 5, 512, 0);
    mmio.write(REGISTERS + 20, 1, 0);
    disk.complete();
    clock.advance(1e9);
    expect([view.getUint16(USED + 2, true), memory.bytes[STATUS]]).toEqual([0, 0xee]);
  });

  test('features that were not offered are refused', () => {
    const { device, mmio } = setUp();
    mmio.write(REGISTERS + 8, 4, 0);
    mmio.write(REGISTERS + 12, 4, 1 << 30);
    mmio.write(REGISTERS + 20, 1, 0x0b);
    expect(device.status).toBe(0x03);
  });

  test('random rings and registers do no harm', () => {
    const { clock, io, mmio, memory, disk, start } = setUp();
    const random = randomNumbers(9);
    for (let n = 0; n < 20_000 * RUNS; n++) {
      if (random(20) === 0) start();
      for (let k = 0; k < 6; k++) {
        const at = DESCRIPTORS + random(64) * 16;
        const view = new DataView(memory.bytes.buffer, at, 16);
        view.setUint32(0, random(4) === 0 ? random(2 ** 32) : random(1 << 20), true);
        view.setUint32(8, random(8) === 0 ? random(2 ** 32) : random(3000), true);
        view.setUint16(12, random(8), true);
        view.setUint16(14, random(70), true);
        view.setUint32(4, 0, true);
        memory.bytes[AVAILABLE + 4 + random(512)] = random(64);
      }
      const index = new DataView(memory.bytes.buffer).getUint16(AVAILABLE + 2, true);
      new DataView(memory.bytes.buffer).setUint16(AVAILABLE + 2, index + random(3), true);
      mmio.write(REGISTERS + 0x3000, 2, random(2));
      if (random(10) === 0)
        mmio.write(REGISTERS + random(0x4000), ([1, 2, 4] as const)[random(3)] as 1, random(2 ** 32));
      if (random(10) === 0) io.write(PORTS + random(24), ([1, 2, 4] as const)[random(3)] as 1, random(2 ** 32));
      mmio.read(REGISTERS + random(0x4000), 4);
      io.read(PORTS + random(128), 4);
      if (random(4) === 0) clock.advance(1_000_000);
      disk.log.length = 0;
    }
  });
});
