/** Colours as a frame has them, from the attribute controller and the DAC. */
import { ATTR_COLOUR_SELECT, ATTR_MODE } from '../devices/vga/register-file.ts';
import type { Vga } from '../devices/vga/vga.ts';

const SELECT_REPLACES_BITS_4_5 = 0x80;

/** The sixteen colours of text and planar modes. */
export function sixteenColours({ registers, dac }: Vga, into: Uint32Array): Uint32Array {
  const select = registers.attribute[ATTR_COLOUR_SELECT]!;
  const replaced = (registers.attribute[ATTR_MODE]! & SELECT_REPLACES_BITS_4_5) !== 0;
  for (let n = 0; n < 16; n++) {
    const palette = registers.attribute[n]!;
    const low = replaced ? (palette & 0x0f) | ((select & 3) << 4) : palette;
    into[n] = dac.colour(((select & 0x0c) << 4) | low);
  }
  return into;
}

/** The 256 colours that bytes stand for. */
export function byteColours({ dac }: Vga, into: Uint32Array): Uint32Array {
  for (let n = 0; n < 256; n++) into[n] = dac.colour(n);
  return into;
}
