// A VGA as tests use it: on a bus of its own, set to the standard modes, with a small font.
import { IoBus } from '../../../../src/vmm/devices/io-bus.ts';
import { MmioBus } from '../../../../src/vmm/devices/mmio-bus.ts';
import { Vga } from '../../../../src/vmm/devices/vga/vga.ts';
import { plainVideoMemory } from '../../../../src/vmm/devices/vga/video-memory.ts';
import { hex } from '../../../support/rom.ts';
import { TestClock } from '../support.ts';

/** Register values of a mode, as published for the IBM VGA. */
export interface ModeTable {
  readonly misc: number;
  readonly sequencer: readonly number[];
  readonly crtc: readonly number[];
  readonly graphics: readonly number[];
  readonly attribute: readonly number[];
}

function table(misc: number, sequencer: string, crtc: string, graphics: string, attribute: string): ModeTable {
  return {
    misc,
    sequencer: hex(sequencer),
    crtc: hex(crtc),
    graphics: hex(graphics),
    attribute: hex(attribute),
  };
}

const EGA_COLOURS = '00 01 02 03 04 05 14 07 38 39 3a 3b 3c 3d 3e 3f';
const PLAIN_COLOURS = '00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f';

export const MODES = {
  text80: table(
    0x67,
    '03 00 03 00 02',
    '5f 4f 50 82 55 81 bf 1f 00 4f 0d 0e 00 00 00 00 9c 8e 8f 28 1f 96 b9 a3 ff',
    '00 00 00 00 00 10 0e 00 ff',
    `${EGA_COLOURS} 0c 00 0f 08 00`,
  ),
  cga4: table(
    0x63,
    '03 09 03 00 02',
    '2d 27 28 90 2b 80 bf 1f 00 c1 00 00 00 00 00 00 9c 8e 8f 14 00 96 b9 a2 ff',
    '00 00 00 00 00 30 0f 00 ff',
    '00 13 15 17 02 04 06 07 10 11 12 13 14 15 16 17 01 00 03 00 00',
  ),
  cga2: table(
    0x63,
    '03 01 01 00 06',
    '5f 4f 50 82 54 80 bf 1f 00 c1 00 00 00 00 00 00 9c 8e 8f 28 00 96 b9 c2 ff',
    '00 00 00 00 00 00 0d 00 ff',
    '00 17 17 17 17 17 17 17 17 17 17 17 17 17 17 17 01 00 01 00 00',
  ),
  ega320: table(
    0x63,
    '03 09 0f 00 06',
    '2d 27 28 90 2b 80 bf 1f 00 c0 00 00 00 00 00 00 9c 8e 8f 14 00 96 b9 e3 ff',
    '00 00 00 00 00 00 05 0f ff',
    '00 01 02 03 04 05 06 07 10 11 12 13 14 15 16 17 01 00 0f 00 00',
  ),
  ega640x350: table(
    0xa3,
    '03 01 0f 00 06',
    '5f 4f 50 82 54 80 bf 1f 00 40 00 00 00 00 00 00 83 85 5d 28 0f 63 ba e3 ff',
    '00 00 00 00 00 00 05 0f ff',
    `${EGA_COLOURS} 01 00 0f 00 00`,
  ),
  vga640: table(
    0xe3,
    '03 01 0f 00 06',
    '5f 4f 50 82 54 80 0b 3e 00 40 00 00 00 00 00 00 ea 8c df 28 00 e7 04 e3 ff',
    '00 00 00 00 00 00 05 0f ff',
    `${EGA_COLOURS} 01 00 0f 00 00`,
  ),
  bytes320: table(
    0x63,
    '03 01 0f 00 0e',
    '5f 4f 50 82 54 80 bf 1f 00 41 00 00 00 00 00 00 9c 8e 8f 28 40 96 b9 a3 ff',
    '00 00 00 00 00 40 05 0f ff',
    `${PLAIN_COLOURS} 41 00 0f 00 00`,
  ),
  modeX: table(
    0xe3,
    '03 01 0f 00 06',
    '5f 4f 50 82 54 80 0d 3e 00 41 00 00 00 00 00 00 ea ac df 28 00 e7 06 e3 ff',
    '00 00 00 00 00 40 05 0f ff',
    `${PLAIN_COLOURS} 41 00 0f 00 00`,
  ),
} as const;

export class VgaBench {
  readonly clock = new TestClock();
  readonly io = new IoBus();
  readonly mmio = new MmioBus();
  readonly video = plainVideoMemory();
  readonly vga = new Vga(this.clock, this.video);

  constructor() {
    this.vga.attach(this.io, this.mmio);
  }

  out(port: number, value: number): void {
    this.io.write(port, 1, value);
  }

  in(port: number): number {
    return this.io.read(port, 1);
  }

  /** Index and data in one word access, as programs do it. */
  set(port: number, index: number, value: number): void {
    this.io.write(port, 2, index | (value << 8));
  }

  vbe(index: number, value: number): void {
    this.io.write(0x1ce, 2, index);
    this.io.write(0x1cf, 2, value);
  }

  vbeRead(index: number): number {
    this.io.write(0x1ce, 2, index);
    return this.io.read(0x1cf, 2);
  }

  poke(address: number, value: number, size: 1 | 2 | 4 = 1): void {
    this.mmio.write(address, size, value);
  }

  peek(address: number, size: 1 | 2 | 4 = 1): number {
    return this.mmio.read(address, size);
  }

  /** Sets a mode as a BIOS does; colour n of the DAC becomes (n, 2n, 3n) modulo 64. */
  mode(mode: ModeTable): void {
    this.out(0x3c2, mode.misc);
    for (const [n, value] of mode.sequencer.entries()) this.set(0x3c4, n, value);
    this.set(0x3d4, 0x11, 0);
    for (const [n, value] of mode.crtc.entries()) this.set(0x3d4, n, value);
    for (const [n, value] of mode.graphics.entries()) this.set(0x3ce, n, value);
    this.in(0x3da);
    mode.attribute.forEach((value, n) => {
      this.out(0x3c0, n);
      this.out(0x3c0, value);
    });
    this.out(0x3c0, 0x20);
    this.out(0x3c6, 0xff);
    this.out(0x3c8, 0);
    for (let n = 0; n < 256; n++) for (const factor of [1, 2, 3]) this.out(0x3c9, (n * factor) & 63);
  }

  /** Loads a glyph into plane 2 as a BIOS does, and leaves text mode's registers as they were. */
  glyph(character: number, rows: readonly number[], font = 0): void {
    this.set(0x3c4, 2, 4);
    this.set(0x3c4, 4, 7);
    this.set(0x3ce, 4, 2);
    this.set(0x3ce, 5, 0);
    this.set(0x3ce, 6, 0);
    rows.forEach((bits, row) => {
      this.poke(0xa0000 + font * 0x2000 + character * 32 + row, bits);
    });
    this.set(0x3c4, 2, 3);
    this.set(0x3c4, 4, 2);
    this.set(0x3ce, 4, 0);
    this.set(0x3ce, 5, 0x10);
    this.set(0x3ce, 6, 0x0e);
  }
}

/** The colour that `mode` gives number n of the DAC, as a pixel of a frame. */
export function dacColour(n: number): number {
  const eight = (value: number) => ((value & 63) << 2) | ((value & 63) >>> 4);
  return ((0xff << 24) | (eight(n * 3) << 16) | (eight(n * 2) << 8) | eight(n)) >>> 0;
}
