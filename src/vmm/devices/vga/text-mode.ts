/**
 * Text mode 3, 80 by 25 with characters of 9 by 16, as a video BIOS leaves it: for kernels that are started without
 * firmware and write to B8000h.
 */

import type { Vga } from './vga.ts';
import { VIDEO_PAGE_SHIFT } from './video-memory.ts';

const COLUMNS = 80;
const ROWS = 25;
const GLYPH_ROWS = 16;
/** A font has room for glyphs of 32 rows. */
const GLYPH_STRIDE = 32;
/** A space, grey on black, in planes 0 and 1. */
const BLANK_CELL = 0x0720;

/** Register values of the IBM VGA's mode 3. */
const MISC = 0x67;
const SEQUENCER = [0x03, 0x00, 0x03, 0x00, 0x02];
const CRTC = [
  0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f,
  0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
];
const GRAPHICS = [0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff];
const ATTRIBUTE = [
  0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f,
  0x08, 0x00,
];

/** What a BIOS notes of the mode in its data area: address, bytes. */
export const TEXT_MODE_NOTES: readonly (readonly [address: number, ...bytes: number[]])[] = [
  [0x449, 3, COLUMNS, 0, 0x00, 0x10], // mode, columns, size of a page
  [0x460, 0x0e, 0x0d], // cursor's lines
  [0x463, 0xd4, 0x03], // the CRTC's port
  [0x484, ROWS - 1, GLYPH_ROWS, 0],
];

/** @param font glyphs of 16 bytes each; without it characters are there, but not seen */
export function enterTextMode(vga: Vga, font: Uint8Array | undefined): void {
  const { registers, dac, dispi, video } = vga;
  dispi.write(4, 0);
  registers.setMisc(MISC);
  for (const [index, value] of SEQUENCER.entries()) registers.setSequencer(index, value);
  // The last of them protects the first.
  for (const [index, value] of CRTC.entries()) registers.setCrtc(index, value);
  for (const [index, value] of GRAPHICS.entries()) registers.setGraphics(index, value);
  for (const [index, value] of ATTRIBUTE.entries()) registers.setAttribute(index, value);
  registers.showPalette(true);
  dac.write(0x3c6, 0xff);
  dac.write(0x3c8, 0);
  for (let colour = 0; colour < 64; colour++) {
    for (const bit of [2, 1, 0]) dac.write(0x3c9, ((colour >>> bit) & 1) * 0x2a + ((colour >>> (bit + 3)) & 1) * 0x15);
  }
  for (let page = 0; page < 0x4_0000 >>> VIDEO_PAGE_SHIFT; page++) video.note(page);
  video.i32.fill(0, 0, 0x1_0000);
  for (let cell = 0; cell < 0x4000; cell += 2) video.i32[cell] = BLANK_CELL;
  for (const [n, row] of (font ?? []).entries()) {
    const at = Math.floor(n / GLYPH_ROWS) * GLYPH_STRIDE + (n % GLYPH_ROWS);
    video.i32[at] = (video.i32[at]! & ~0xff_0000) | (row << 16);
  }
  vga.registersChanged();
}
