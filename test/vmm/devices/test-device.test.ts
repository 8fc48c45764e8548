// QEMU's pc-testdev, as bare-metal unit tests use it.
import { beforeEach, expect, test } from 'vitest';
import { attachTestDevice } from '../../../src/vmm/devices/test-device.ts';
import { runningBoard } from './apic/support.ts';

let board: ReturnType<typeof runningBoard>;
beforeEach(() => {
  board = runningBoard();
  attachTestDevice(board.io, board.mmio, board.controllers);
});

test('E0h keeps what is written, by bytes and wider', () => {
  const { io } = board;
  io.write(0xe0, 4, 0x12345678);
  expect([io.read(0xe0, 4), io.read(0xe1, 1), io.read(0xe2, 2)]).toEqual([0x12345678, 0x56, 0x1234]);
  io.write(0xe1, 2, 0xabcd);
  expect(io.read(0xe0, 4)).toBe(0x12abcd78);
  io.write(0xe8, 1, 0x5a);
  expect(io.read(0xe8, 1)).toBe(0x5a);
  io.write(0xe4, 4, 0x1000);
});

test('2000h + n raises and lowers a line, for both kinds of controller', () => {
  const { io, writeIo, take, write } = board;
  writeIo(0x10 + 14 * 2, 0x77);
  io.write(0x200e, 1, 1);
  io.write(0x200e, 1, 0);
  expect(take()).toEqual([0x77]);
  write(0xb0, 0);
  writeIo(0x10 + 20 * 2, 0x8055);
  io.write(0x2014, 1, 1);
  expect(take()).toEqual([0x55]);
  io.write(0x2014, 1, 0);
  write(0xb0, 0);
  expect(take()).toEqual([]);
  io.write(0x2002, 1, 1);
  expect(io.read(0x200e, 1)).toBe(0);
});

test('64 KiB of device memory at FF000000h', () => {
  const { mmio } = board;
  mmio.write(0xff00_fffc, 4, 0xdeadbeef);
  expect([mmio.read(0xff00_fffc, 4), mmio.read(0xff00_fffe, 2), mmio.read(0xff00_ffff, 1)]).toEqual([
    0xdeadbeef, 0xdead, 0xde,
  ]);
  expect(mmio.read(0xff00_ffff, 4)).toBe(0xffffffde);
});
