/**
 * Finds the font of 8 by 16 pixels in a video BIOS, for machines that show text without having run it.
 *
 * It is recognised by its shape: 256 glyphs of 16 bytes, of which those that are blank are all zeros and the full block
 * is all ones.
 */

const GLYPH_BYTES = 16;
const FONT_BYTES = 256 * GLYPH_BYTES;
const BLANK = [0x00, 0x20, 0xff];
const FULL_BLOCK = 0xdb;

/** The 4096 bytes of the font, or undefined where there is none. */
export function findFont(bios: Uint8Array): Uint8Array | undefined {
  for (let at = 0; at + FONT_BYTES <= bios.length; at++) {
    const font = bios.subarray(at, at + FONT_BYTES);
    const all = (glyph: number, byte: number) =>
      font.subarray(glyph * GLYPH_BYTES, (glyph + 1) * GLYPH_BYTES).every((row) => row === byte);
    if (all(FULL_BLOCK, 0xff) && BLANK.every((glyph) => all(glyph, 0)) && !all(0x41, 0)) return font.slice();
  }
  return undefined;
}
