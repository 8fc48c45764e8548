// fw_cfg as QEMU's documentation (docs/specs/fw_cfg) has it.
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { FwCfg } from '../../../src/vmm/devices/fw-cfg.ts';
import { IoBus } from '../../../src/vmm/devices/io-bus.ts';

const RAM = 0x2_0000;
let io: IoBus;
let device: FwCfg;
let ram: Uint8Array;

beforeEach(() => {
  ram = new Uint8Array(RAM).fill(0xee);
  io = new IoBus();
  device = new FwCfg({
    read: (address, length) => Uint8Array.from({ length }, (_, n) => ram[address + n] ?? 0xff),
    write: (address, bytes) => {
      if (address < RAM) ram.set(bytes.subarray(0, RAM - address), address);
    },
  });
  device.attach(io);
});

const select = (key: number) => io.write(0x510, 2, key);
const read = (length: number) => Buffer.from(Array.from({ length }, () => io.read(0x511, 1)));

test('signature and features', () => {
  select(0);
  expect(read(4).toString()).toBe('QEMU');
  select(1);
  expect(read(4).readUInt32LE()).toBe(3);
  expect([io.read(0x514, 4), io.read(0x518, 4)]).toEqual([0x554d4551, 0x47464320]);
});

test('numbers and bytes; zeros behind the end and where there is nothing; selecting begins anew', () => {
  device.addNumber(5, 0x1234, 2);
  device.addNumber(3, 0x1_2345_6789, 8);
  device.add(0x8002, Uint8Array.of(1));
  select(5);
  expect(read(4)).toEqual(Buffer.from([0x34, 0x12, 0, 0]));
  select(5);
  expect(read(1)).toEqual(Buffer.from([0x34]));
  select(3);
  expect(read(8).readBigUInt64LE()).toBe(0x1_2345_6789n);
  select(0x8002);
  expect(read(1)[0]).toBe(1);
  select(0xc002);
  expect(read(1)[0]).toBe(1);
  select(0x777);
  expect(read(2)).toEqual(Buffer.from([0, 0]));
});

test('files are listed by name', () => {
  device.addFile('etc/two', Uint8Array.of(2, 2));
  device.addFile('etc/one', Uint8Array.of(1));
  select(0x19);
  expect(read(4).readUInt32BE()).toBe(2);
  const entries = [read(64), read(64)].map((entry) => ({
    size: entry.readUInt32BE(0),
    key: entry.readUInt16BE(4),
    name: entry.subarray(8).toString().replace(/\0+$/, ''),
  }));
  expect(entries).toEqual([
    { size: 1, key: 0x20, name: 'etc/one' },
    { size: 2, key: 0x21, name: 'etc/two' },
  ]);
  select(0x21);
  expect(read(2)).toEqual(Buffer.from([2, 2]));
  expect(() => device.addFile('x'.repeat(56), new Uint8Array(1))).toThrow(/55 characters/);
});

/** Has a control structure at 100h carried out. */
function transfer(control: number, length: number, address: number): number {
  const block = Buffer.alloc(16);
  block.writeUInt32BE(control >>> 0, 0);
  block.writeUInt32BE(length >>> 0, 4);
  block.writeUInt32BE(address >>> 0, 12);
  ram.set(block, 0x100);
  io.write(0x514, 4, 0);
  io.write(0x518, 4, 0x0001_0000); // 100h, big-endian
  return Buffer.from(ram.subarray(0x100, 0x104)).readUInt32BE();
}

test('transfers: select, skip, read with zeros behind the end; writing is an error', () => {
  device.addFile('abc', Buffer.from('abcdef'));
  expect(transfer((0x20 << 16) | 0x0a, 2, 0x1000)).toBe(0);
  expect(Buffer.from(ram.subarray(0x1000, 0x1003)).toString('latin1')).toBe('ab\xee');
  expect(transfer(0x04, 1, 0)).toBe(0);
  expect(transfer(0x02, 5, 0x1000)).toBe(0);
  expect(Buffer.from(ram.subarray(0x1000, 0x1006)).toString('latin1')).toBe('def\0\0\xee');
  expect(transfer((0x20 << 16) | 0x18, 2, 0x1000)).toBe(1);
  expect(transfer((0x20 << 16) | 0x08, 0, 0)).toBe(0);
  expect(read(1).toString()).toBe('a');
});

test('whatever is asked for, nothing is thrown and no transfer takes long', () => {
  device.addFile('abc', new Uint8Array(1000));
  const size = fc.constantFrom(1, 2, 4) as fc.Arbitrary<1 | 2 | 4>;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0x50c, max: 0x51f }), size, fc.integer(), fc.boolean())),
      (steps) => {
        for (const [port, width, value, writes] of steps) {
          if (writes) io.write(port, width, value);
          else expect(io.read(port, width)).toBeGreaterThanOrEqual(0);
        }
      },
    ),
  );
  const start = performance.now();
  for (const length of [0xffff_ffff, 0x8000_0000]) {
    expect(transfer((0x20 << 16) | 0x0a, length, 0x1000)).toBe(0);
    expect(transfer((0x20 << 16) | 0x0a, length, 0xffff_fff0)).toBe(0);
    expect(transfer(0x04, length, 0)).toBe(0);
  }
  expect(performance.now() - start).toBeLessThan(1000);
});
