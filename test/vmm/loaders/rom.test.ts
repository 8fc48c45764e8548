import { expect, test } from 'vitest';
import { loadRom } from '../../../src/vmm/loaders/rom.ts';
import { TestTarget } from './support.ts';

const image = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i >> 12) + 1);

test('ends at 4 GiB, and its last 128 KiB at 1 MiB', () => {
  const target = new TestTarget(4 << 20);
  const entry = loadRom(target, image(0x4_0000), 'bios.bin');
  expect(entry).toMatchObject({ mode: 'reset', eip: 0xfff0 });
  expect(target.roms.map(({ address, bytes }) => [address, bytes.length])).toEqual([[0xfffc_0000, 0x4_0000]]);
  expect([target.ram[0xdffff], target.ram[0xe0000], target.ram[0xfffff], target.ram[0x100000]]).toEqual([
    0xcc, 33, 64, 0xcc,
  ]);
});

test('a small one appears whole in both places', () => {
  const target = new TestTarget(2 << 20);
  loadRom(target, image(0x1_0000), 'bios.bin');
  expect(target.roms[0]?.address).toBe(0xffff_0000);
  expect([target.ram[0xeffff], target.ram[0xf0000], target.ram[0xfffff]]).toEqual([0xcc, 1, 16]);
});

test('refuses what cannot be mapped', () => {
  const load =
    (size: number, ram = 2 << 20) =>
    () =>
      loadRom(new TestTarget(ram), new Uint8Array(size), 'b');
  expect(load(0)).toThrow('ROM b: the file is empty');
  expect(load(0x4_1000)).toThrow('ROM b: 260 KiB, at most 256 KiB can be mapped');
  expect(load(5000)).toThrow('ROM b: 5000 bytes, a ROM is a multiple of 4096 bytes');
  expect(load(4096, 0x8_0000)).toThrow('ROM b: needs 1 MiB of memory, the machine has 512 KiB');
});
