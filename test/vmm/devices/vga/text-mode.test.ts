// Text mode without a BIOS, and the font out of one; the adapter on the PCI bus.
import { expect, test } from 'vitest';
import { PciBus } from '../../../../src/vmm/devices/pci-bus.ts';
import { findFont } from '../../../../src/vmm/devices/vga/bios-font.ts';
import { addVgaFunction } from '../../../../src/vmm/devices/vga/pci-vga.ts';
import { enterTextMode } from '../../../../src/vmm/devices/vga/text-mode.ts';
import { Display } from '../../../../src/vmm/display/display.ts';
import { MODES, VgaBench } from './modes.ts';

/** A font whose glyphs are their code in each row, but for those that make a font. */
function font(): Uint8Array {
  const bytes = Uint8Array.from({ length: 4096 }, (_, n) => n >> 4);
  bytes.fill(0, 0x20 * 16, 0x21 * 16);
  bytes.fill(0xff, 0xdb * 16, 0xdc * 16);
  bytes.fill(0, 0xff * 16);
  return bytes;
}

test('registers are as the ports would have set them, and characters are seen', () => {
  const byPorts = new VgaBench();
  byPorts.mode(MODES.text80);
  const direct = new VgaBench();
  enterTextMode(direct.vga, font());
  for (const set of ['sequencer', 'graphics', 'crtc', 'attribute', 'misc', 'paletteShown'] as const) {
    expect(direct.vga.registers[set], set).toEqual(byPorts.vga.registers[set]);
  }
  direct.poke(0xb8000, 0x0e41, 2);
  const display = new Display(direct.vga);
  expect(String.fromCharCode(...display.text()!.characters.subarray(0, 2))).toBe('A ');
  const { frame } = display.refresh();
  expect([frame.width, frame.height]).toEqual([720, 400]);
  const words = new Uint32Array(frame.rgba.buffer);
  // 41h is 01000001b: yellow on black, EGA's colours.
  expect([...words.subarray(720 * 5, 720 * 5 + 9)].map((word) => (word & 0xffffff).toString(16))).toEqual(
    '0 55ffff 0 0 0 0 0 55ffff 0'.split(' '),
  );
});

test('a font is found in a ROM wherever it is, and nothing is taken for one', () => {
  const rom = new Uint8Array(40_000).map((_, n) => (n * 7) & 0xff);
  expect(findFont(rom)).toBeUndefined();
  rom.set(font(), 12_345);
  expect(findFont(rom)).toEqual(font());
  expect(findFont(new Uint8Array(40_000))).toBeUndefined();
  expect(findFont(new Uint8Array(10))).toBeUndefined();
});

test('on the PCI bus: BARs, ROM, registers as memory', () => {
  const b = new VgaBench();
  const bus = new PciBus(b.io, b.mmio, () => {});
  const mapped: string[] = [];
  b.video.map = (physical) => mapped.push(`+${physical.toString(16)}`);
  b.video.unmap = (physical) => mapped.push(`-${physical.toString(16)}`);
  addVgaFunction(bus, b.vga, Uint8Array.of(0x55, 0xaa, 1));
  const address = (at: number) => b.io.write(0xcf8, 4, 0x8000_1000 + at);
  const config = (at: number, value: number) => {
    address(at);
    b.io.write(0xcfc, 4, value);
  };
  address(0);
  expect(b.io.read(0xcfc, 4)).toBe(0x1111_1234);
  config(0x10, 0xffff_ffff);
  expect(b.io.read(0xcfc, 4)).toBe(0xff00_0008);
  config(0x10, 0xe000_0000);
  config(0x18, 0xfebf_0000);
  config(0x30, 0xfeb0_0001);
  expect(mapped).toEqual([]);
  config(4, 3);
  config(0x10, 0xd000_0000);
  config(4, 3);
  expect(mapped).toEqual(['+e0000000', '-e0000000', '+d0000000']);
  expect(b.peek(0xfeb0_0000, 2)).toBe(0xaa55);
  b.poke(0xfebf_0502, 800, 2);
  b.poke(0xfebf_0504, 600, 2);
  expect([b.vbeRead(1), b.vbeRead(2)]).toEqual([800, 600]);
  expect(b.peek(0xfebf_0502, 2)).toBe(800);
  b.poke(0xfebf_0402, 0x67); // miscellaneous output
  expect(b.in(0x3cc)).toBe(0x67);
  expect(b.peek(0xfebf_040c)).toBe(0x67);
  config(4, 0);
  expect(mapped.at(-1)).toBe('-d0000000');
});
