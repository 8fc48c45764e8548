import { expect, test } from 'vitest';
import { loadRom } from '../../../src/vmm/loaders/rom.ts';
import { TestTarget } from './support.ts';

const image = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i >> 12) + 1);

test('ends at 4 GiB, and its last 128 KiB at 1 MiB', () => {
  const target = new TestTarget(4 << 20);
  const entry = loadRom(target, image(0x4_0000), 'bios.bin');
  expect(entry).toMatchObject({ mode: 'reset', eip: 0xfff0 });
  expect(target.roms.map(({ address, bytes }) => [address, bytes.length])).toEqual([
    [0xfffc_0000, 0x4_0000],
    [0xe_0000, 0x2_0000],
  ]);
  const low = target.roms[1]?.bytes;
  expect([low?.[0], low?.[0x1_ffff]]).toEqual([33, 64]);
});

test('a small one appears whole in both places', () => {
  const target = new TestTarget(2 << 20);
  loadRom(target, image(0x1_0000), 'bios.bin');
  expect(target.roms.map(({ address, bytes }) => [address, bytes[0], bytes.length])).toEqual([
    [0xffff_0000, 1, 0x1_0000],
    [0xf_0000, 1, 0x1_0000],
  ]);
});

test('refuses what cannot be mapped', () => {
  const load =
    (size: number, ram = 2 << 20) =>
    () =>
      loadRom(new TestTarget(ram), new Uint8Array(size), 'b');
  expect(load(0)).toThrow('ROM b: the file is empty');
  expect(load(0x90_0000)).toThrow('ROM b: 9 MiB, at most 8 MiB can be mapped');
  expect(load(5000)).toThrow('ROM b: 5000 bytes, a ROM is a multiple of 4096 bytes');
  expect(load(4096, 0x8_0000)).toThrow('ROM b: needs 1 MiB of memory, the machine has 512 KiB');
});
