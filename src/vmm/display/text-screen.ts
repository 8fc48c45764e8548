/**
 * What a text mode shows, as characters: codes and attributes row by row, the cursor, and the glyphs.
 * Plane 0 holds the characters, plane 1 the attributes, plane 2 up to eight fonts of 256 glyphs with 32 bytes each.
 */
import {
  ATTR_MODE,
  CRTC_CURSOR_END,
  CRTC_CURSOR_HIGH,
  CRTC_CURSOR_START,
  CRTC_UNDERLINE,
  SEQ_CHARACTER_MAPS,
} from '../devices/vga/register-file.ts';
import type { Vga } from '../devices/vga/vga.ts';
import { addressing, type Band, type TextPicture } from './picture.ts';

const GLYPH_BYTES = 32;
const FONT_BYTES = 256 * GLYPH_BYTES;
const CURSOR_OFF = 0x20;
const BLINKING = 0x08;
const LINE_GRAPHICS = 0x04;
/** Frames of half a period. */
const CURSOR_FRAMES = 8;
const CHARACTER_FRAMES = 16;

/** How characters are drawn now. */
export interface TextStyle {
  /** Bit 7 of an attribute lets a character blink; else it belongs to the background. */
  readonly blinking: boolean;
  /** Blinking characters, and the cursor, are seen at the moment. */
  readonly charactersShown: boolean;
  readonly cursorShown: boolean;
  /** Lines of a character row that the cursor covers; none where first > last. */
  readonly cursorFirst: number;
  readonly cursorLast: number;
  /** The address at which it stands. */
  readonly cursorAddress: number;
  /** The line of a character row at which underlined characters have their line. */
  readonly underline: number;
  /** The ninth column of C0h to DFh repeats the eighth. */
  readonly lineGraphics: boolean;
}

export function textStyle(vga: Vga): TextStyle {
  const { crtc, attribute } = vga.registers;
  const frames = vga.raster.frames();
  const mode = attribute[ATTR_MODE]!;
  const start = crtc[CRTC_CURSOR_START]!;
  return {
    blinking: (mode & BLINKING) !== 0,
    charactersShown: (Math.floor(frames / CHARACTER_FRAMES) & 1) === 0,
    cursorShown: (start & CURSOR_OFF) === 0 && (Math.floor(frames / CURSOR_FRAMES) & 1) === 0,
    cursorFirst: start & 0x1f,
    cursorLast: crtc[CRTC_CURSOR_END]! & 0x1f,
    cursorAddress: (crtc[CRTC_CURSOR_HIGH]! << 8) | crtc[CRTC_CURSOR_HIGH + 1]!,
    underline: crtc[CRTC_UNDERLINE]! & 0x1f,
    lineGraphics: (mode & LINE_GRAPHICS) !== 0,
  };
}

/** Where plane 2 holds the fonts that an attribute's bit 3 chooses from: clear, set. In words. */
export function fontOffsets({ registers }: Vga): readonly [number, number] {
  const maps = registers.sequencer[SEQ_CHARACTER_MAPS]!;
  const clear = ((maps & 3) << 1) | ((maps >>> 4) & 1);
  const set = ((maps >>> 1) & 6) | ((maps >>> 5) & 1);
  return [clear * FONT_BYTES, set * FONT_BYTES];
}

/** Copies a font's glyphs out of plane 2. Returns whether any was different. */
export function readFont(vga: Vga, offset: number, into: Uint8Array): boolean {
  const { u8 } = vga.video;
  let changed = false;
  for (let n = 0, at = offset * 4 + 2; n < FONT_BYTES; n++, at += 4) {
    const byte = u8[at]!;
    if (into[n] === byte) continue;
    into[n] = byte;
    changed = true;
  }
  return changed;
}

export function emptyFont(): Uint8Array {
  return new Uint8Array(FONT_BYTES);
}

/** The first line of a glyph's 32. */
export function glyphAt(character: number): number {
  return character * GLYPH_BYTES;
}

/** A character row of a band: where it is drawn, and the address counter at its first cell. */
export interface TextRow {
  readonly band: Band;
  /** The line at which its first line would be; it may lie above the band. */
  readonly y: number;
  readonly counter: number;
  /** Cells that are seen, the last one perhaps in part. */
  readonly cells: number;
}

export function* textRows(picture: TextPicture): Generator<TextRow> {
  for (const band of picture.bands) {
    const cells = picture.columns + (band.panning > 0 ? 1 : 0);
    let counter = band.address;
    for (let y = band.top - band.preset; y < band.bottom; y += picture.rowHeight) {
      yield { band, y, counter, cells };
      counter += picture.rowStep;
    }
  }
}

/** A text mode's screen as characters. */
export interface TextScreen {
  readonly columns: number;
  readonly rows: number;
  /** Character codes (of the guest's code page) and attributes, row by row. */
  readonly characters: Uint8Array;
  readonly attributes: Uint8Array;
  readonly cursor: { readonly column: number; readonly row: number } | undefined;
  /** Bit 7 of an attribute means blinking, not a bright background. */
  readonly blinking: boolean;
}

export function readTextScreen(vga: Vga, picture: TextPicture): TextScreen {
  const { columns } = picture;
  const style = textStyle(vga);
  const addressOf = addressing(vga);
  const characters: number[] = [];
  const attributes: number[] = [];
  let cursor: TextScreen['cursor'];
  let rows = 0;
  for (const { y, counter } of textRows(picture)) {
    if (y + picture.rowHeight > picture.height) break;
    for (let column = 0; column < columns; column++) {
      const word = vga.video.i32[addressOf(counter + column, 0)]!;
      characters.push(word & 0xff);
      attributes.push((word >>> 8) & 0xff);
      if (((counter + column) & 0xffff) === style.cursorAddress) cursor = { column, row: rows };
    }
    rows++;
  }
  const hidden = (vga.registers.crtc[CRTC_CURSOR_START]! & CURSOR_OFF) !== 0 || style.cursorFirst > style.cursorLast;
  return {
    columns,
    rows,
    characters: Uint8Array.from(characters),
    attributes: Uint8Array.from(attributes),
    cursor: hidden ? undefined : cursor,
    blinking: style.blinking,
  };
}
