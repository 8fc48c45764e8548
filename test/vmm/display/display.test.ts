// Frames of every kind of mode, as text art: what was drawn through the window is what is shown.
import { describe, expect, it } from 'vitest';
import { Display } from '../../../src/vmm/display/display.ts';
import type { Frame } from '../../../src/vmm/display/frame.ts';
import { dacColour, MODES, VgaBench } from '../devices/vga/modes.ts';

/** A part of a frame, a letter a pixel: '.' for the first colour named, then a, b, c... by `colours`, '?' for others. */
function art(frame: Frame, left: number, top: number, width: number, height: number, colours: readonly number[]) {
  const words = new Uint32Array(frame.rgba.buffer);
  const lines: string[] = [];
  for (let y = top; y < top + height; y++) {
    let line = '';
    for (let x = left; x < left + width; x++) {
      const n = colours.indexOf(words[y * frame.width + x]!);
      line += n < 0 ? '?' : '.abcdefghijklmno'[n];
    }
    lines.push(line);
  }
  return lines;
}

function bench(mode: keyof typeof MODES) {
  const b = new VgaBench();
  b.mode(MODES[mode]);
  return { b, display: new Display(b.vga) };
}

/** DAC colours behind the sixteen of the attribute controller. */
const palette = (mode: keyof typeof MODES) => MODES[mode].attribute.slice(0, 16).map(dacColour);

const GLYPH = [0x18, 0x24, 0x42, 0x81];

describe('text modes', () => {
  it('draw glyphs with nine columns, colours, and repeat the eighth where characters join', () => {
    const { b, display } = bench('text80');
    b.glyph(0x41, GLYPH);
    b.glyph(0xc4, [0xff, 0x01]);
    b.set(0x3d4, 10, 0x20);
    b.poke(0xb8000, 0x1f41, 2);
    b.poke(0xb8002, 0x1fc4, 2);
    b.poke(0xb8004, 0x1f41, 2);
    const { frame } = display.refresh();
    expect([frame.width, frame.height]).toEqual([720, 400]);
    const colours = palette('text80');
    expect(art(frame, 0, 0, 27, 5, [colours[1]!, colours[15]!])).toEqual([
      '...aa....aaaaaaaaa...aa....',
      '..a..a..........aa..a..a...',
      '.a....a............a....a..',
      'a......a..........a......a.',
      '.'.repeat(27),
    ]);
  });

  it('show the cursor and blinking characters half of the time, and underline in the underline row', () => {
    const { b, display } = bench('text80');
    b.glyph(0x41, GLYPH);
    b.poke(0xb8000, 0x0120, 2);
    b.poke(0xb8002, 0x8741, 2);
    b.set(0x3d4, 0x14, 2);
    b.set(0x3d4, 0x0f, 0);
    const colours = palette('text80');
    const look = () => art(display.refresh().frame, 0, 0, 18, 16, [colours[0]!, colours[1]!, colours[7]!]);
    const shown = look();
    expect(shown[2]).toBe('aaaaaaaaa.b....b..');
    expect(shown[12]).toBe('.'.repeat(18));
    expect(shown[13]).toBe('aaaaaaaaa.........');
    expect(shown[14]).toBe('aaaaaaaaa.........');
    b.clock.skip(1e9 * (8.5 / 70));
    expect(look()[13]).toBe('.'.repeat(18));
    expect(look()[0]).toBe('............bb....');
    b.clock.skip(1e9 * (8 / 70));
    expect(look()[13]).toBe('aaaaaaaaa.........');
    expect(look()[0]).toBe('.'.repeat(18));
  });

  it('draws only rows that have changed', () => {
    const { b, display } = bench('text80');
    b.set(0x3d4, 10, 0x20);
    b.glyph(0x41, GLYPH);
    expect(display.refresh()).toMatchObject({ top: 0, bottom: 400 });
    expect(display.refresh()).toMatchObject({ top: 0, bottom: 0 });
    b.poke(0xb8000 + 160 * 3, 0x0741, 2);
    b.poke(0xb8000 + 160 * 5, 0x0741, 2);
    expect(display.refresh()).toMatchObject({ top: 48, bottom: 96 });
  });

  it('a second font for attributes with bit 3, where the maps differ', () => {
    const { b, display } = bench('text80');
    b.set(0x3d4, 10, 0x20);
    b.glyph(0x41, [0xff]);
    b.glyph(0x41, [0x00, 0xff], 1);
    b.set(0x3c4, 3, 0x20); // bit 3 set: map at 8 KiB
    b.poke(0xb8000, 0x0741, 2);
    b.poke(0xb8002, 0x0f41, 2);
    const colours = palette('text80');
    expect(art(display.refresh().frame, 0, 0, 18, 2, [colours[0]!, colours[7]!, colours[15]!])).toEqual([
      'aaaaaaaa..........',
      '.........bbbbbbbb.',
    ]);
  });

  it('gives the characters, attributes and the cursor', () => {
    const { b, display } = bench('text80');
    [...'Hi'].forEach((c, n) => {
      b.poke(0xb8000 + 160 + n * 2, 0x2e00 | c.charCodeAt(0), 2);
    });
    b.set(0x3d4, 0x0f, 82);
    const text = display.text()!;
    expect([text.columns, text.rows]).toEqual([80, 25]);
    expect(String.fromCharCode(...text.characters.subarray(80, 82))).toBe('Hi');
    expect(text.attributes[81]).toBe(0x2e);
    expect(text.cursor).toEqual({ column: 2, row: 1 });
  });
});

describe('graphics modes', () => {
  it('CGA, four colours: two bits a pixel, lines in two halves', () => {
    const { b, display } = bench('cga4');
    b.poke(0xb8000, 0b00_01_10_11);
    b.poke(0xb8001, 0b11_10_01_00);
    b.poke(0xba000, 0b01_01_01_01);
    b.poke(0xb8050, 0b10_00_00_00);
    const { frame } = display.refresh();
    expect([frame.width, frame.height]).toEqual([320, 200]);
    expect(art(frame, 0, 0, 8, 3, palette('cga4'))).toEqual(['.abccba.', 'aaaa....', 'b.......']);
  });

  it('CGA, two colours', () => {
    const { b, display } = bench('cga2');
    b.poke(0xb8000, 0b1010_0001);
    b.poke(0xba000 + 79, 0xff);
    const { frame } = display.refresh();
    expect([frame.width, frame.height]).toEqual([640, 200]);
    expect(art(frame, 0, 0, 8, 2, palette('cga2'))).toEqual(['a.a....a', '........']);
    expect(art(frame, 632, 1, 8, 1, palette('cga2'))).toEqual(['aaaaaaaa']);
  });

  it.each([
    ['ega320', 320, 200],
    ['ega640x350', 640, 350],
    ['vga640', 640, 480],
  ] as const)('sixteen colours in four planes: %s', (mode, width, height) => {
    const { b, display } = bench(mode);
    b.set(0x3ce, 5, 2);
    for (let colour = 0; colour < 8; colour++) {
      b.set(0x3ce, 8, 0x80 >>> colour);
      b.peek(0xa0000 + width / 8);
      b.poke(0xa0000 + width / 8, colour + 8);
    }
    const { frame } = display.refresh();
    expect([frame.width, frame.height]).toEqual([width, height]);
    const words = new Uint32Array(frame.rgba.buffer);
    expect([...words.subarray(width, width + 8)]).toEqual(palette(mode).slice(8));
  });

  it('256 colours, chained and not', () => {
    const { b, display } = bench('bytes320');
    for (let n = 0; n < 64000; n++) b.poke(0xa0000 + n, (n * 7) & 0xff);
    const { frame } = display.refresh();
    expect([frame.width, frame.height]).toEqual([320, 200]);
    const words = new Uint32Array(frame.rgba.buffer);
    expect(words.every((word, n) => word === dacColour((n * 7) & 0xff))).toBe(true);

    const x = bench('modeX');
    for (let plane = 0; plane < 4; plane++) {
      x.b.set(0x3c4, 2, 1 << plane);
      for (let n = 0; n < 80 * 240; n++) x.b.poke(0xa0000 + n, (n * 4 + plane) % 251);
    }
    const other = x.display.refresh().frame;
    expect([other.width, other.height]).toEqual([320, 240]);
    const pixels = new Uint32Array(other.rgba.buffer);
    expect(pixels.every((word, n) => word === dacColour(n % 251))).toBe(true);
  });

  it('start address, panning and line compare', () => {
    const { b, display } = bench('vga640');
    for (let n = 0; n < 16; n++) b.poke(0xa0000 + n, n + 1);
    b.set(0x3d4, 0x0d, 4);
    b.set(0x3d4, 0x18, 99);
    b.set(0x3d4, 7, 0x2e);
    b.set(0x3d4, 9, 0);
    b.in(0x3da);
    b.out(0x3c0, 0x33);
    b.out(0x3c0, 7);
    const { frame } = display.refresh();
    const ink = [palette('vga640')[0]!, palette('vga640')[15]!];
    // Pixel 7 of byte 4 (5 = 101b), then bytes 5 and 6.
    expect(art(frame, 0, 0, 17, 1, ink)).toEqual(['a.....aa......aaa']);
    // Behind the line compare from address 0: the panning stays, as its mode bit is clear.
    expect(art(frame, 0, 99, 9, 2, ink)).toEqual(['.........', 'a......a.']);
  });

  it('the screen is black where it is off', () => {
    const { b, display } = bench('bytes320');
    b.poke(0xa0000, 0x0909, 2);
    b.set(0x3c4, 1, 0x21);
    const { frame } = display.refresh();
    expect(new Uint32Array(frame.rgba.buffer).every((word) => word === 0xff000000)).toBe(true);
    expect(display.size()).toEqual({ width: 320, height: 200, blank: true });
  });

  it('a change of the palette changes the picture', () => {
    const { b, display } = bench('bytes320');
    b.poke(0xa0000, 5);
    display.refresh();
    b.out(0x3c8, 5);
    for (const value of [63, 0, 0]) b.out(0x3c9, value);
    const { frame, bottom } = display.refresh();
    expect([...frame.rgba.subarray(0, 4)]).toEqual([255, 0, 0, 255]);
    expect(bottom).toBe(200);
  });
});

describe('modes of the VBE interface', () => {
  const setVbe = (b: VgaBench, width: number, height: number, bits: number) => {
    b.vbe(1, width);
    b.vbe(2, height);
    b.vbe(3, bits);
    b.vbe(4, 0x41);
  };

  it.each([
    [15, 0b0_11111_00000_10000, [255, 0, 132, 255], 2],
    [16, 0b11111_000000_10000, [255, 0, 132, 255], 2],
    [24, 0x123456, [0x12, 0x34, 0x56, 255], 3],
    [32, 0xff123456, [0x12, 0x34, 0x56, 255], 4],
  ] as const)('%i bits a pixel', (bits, pixel, expected, size) => {
    const { b, display } = bench('text80');
    setVbe(b, 100, 50, bits);
    const at = (3 * 100 + 7) * size;
    for (let n = 0; n < size; n++) b.video.u8[at + n] = pixel >>> (8 * n);
    const { frame } = display.refresh();
    expect([frame.width, frame.height]).toEqual([100, 50]);
    expect([...frame.rgba.subarray((3 * 100 + 7) * 4, (3 * 100 + 7) * 4 + 4)]).toEqual([...expected]);
    expect([...frame.rgba.subarray(0, 4)]).toEqual([0, 0, 0, 255]);
  });

  it('8 bits with a DAC of eight; virtual width and offsets; black behind the end of memory', () => {
    const { b, display } = bench('text80');
    setVbe(b, 64, 32, 8);
    b.vbe(4, 0x61);
    b.out(0x3c8, 200);
    for (const value of [201, 202, 203]) b.out(0x3c9, value);
    b.vbe(6, 1024);
    b.vbe(8, 5);
    b.vbe(9, 16383);
    b.video.u8.fill(200);
    const { frame } = display.refresh();
    expect([...frame.rgba.subarray(0, 4)]).toEqual([201, 202, 203, 255]);
    expect([...frame.rgba.subarray(64 * 4, 64 * 4 + 4)]).toEqual([0, 0, 0, 255]);
  });

  it('4 bits a pixel are planes, of more than 64 KiB each', () => {
    const { b, display } = bench('vga640');
    setVbe(b, 1024, 768, 4);
    b.vbe(5, 1);
    b.poke(0xa0000 + 1024, 0x80);
    const { frame } = display.refresh();
    expect([frame.width, frame.height]).toEqual([1024, 768]);
    const words = new Uint32Array(frame.rgba.buffer);
    const y = (0x10000 + 1024) / 128;
    expect(words[y * 1024]).toBe(palette('vga640')[15]);
    expect(words[y * 1024 + 1]).toBe(palette('vga640')[0]);
  });

  it('draws only lines of pages that were written', () => {
    const { b, display } = bench('text80');
    setVbe(b, 1024, 768, 32);
    expect(display.refresh()).toMatchObject({ top: 0, bottom: 768 });
    expect(display.refresh()).toMatchObject({ top: 0, bottom: 0 });
    b.video.note(100);
    expect(display.refresh()).toMatchObject({ top: 100, bottom: 101 });
  });
});
