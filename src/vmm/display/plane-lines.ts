/** Draws lines of the VGA's graphics modes, of which each address gives four bytes: 8 pixels, or 4 of a byte each. */
import type { VideoMemory } from '../devices/vga/video-memory.ts';
import { BLACK, type Canvas } from './frame.ts';
import type { Band, GraphicsPicture } from './picture.ts';

/** By a plane's byte: that plane's bit of eight pixels, in the lowest bits of eight nibbles, leftmost pixel lowest. */
const SPREAD = Uint32Array.from({ length: 256 }, (_, byte) => {
  let nibbles = 0;
  for (let x = 0; x < 8; x++) nibbles |= ((byte >>> (7 - x)) & 1) << (4 * x);
  return nibbles;
});

/** By an even and by an odd map's byte of the CGA's format: two bits of four pixels, in nibbles, leftmost lowest. */
const SPREAD_PAIRS = Uint32Array.from({ length: 256 }, (_, byte) => {
  let nibbles = 0;
  for (let x = 0; x < 4; x++) nibbles |= ((byte >>> (6 - 2 * x)) & 3) << (4 * x);
  return nibbles;
});

/** The pixels of a word as eight nibbles. */
function planarPixels(word: number): number {
  return (
    SPREAD[word & 0xff]! |
    (SPREAD[(word >>> 8) & 0xff]! << 1) |
    (SPREAD[(word >>> 16) & 0xff]! << 2) |
    (SPREAD[word >>> 24]! << 3)
  );
}

function interleavedPixels(word: number): number {
  const left = SPREAD_PAIRS[word & 0xff]! | (SPREAD_PAIRS[(word >>> 16) & 0xff]! << 2);
  const right = SPREAD_PAIRS[(word >>> 8) & 0xff]! | (SPREAD_PAIRS[word >>> 24]! << 2);
  return left | (right << 16);
}

/** What a line is drawn with. */
export interface LineSource {
  readonly video: VideoMemory;
  /** The word of memory behind a value of the address counter. */
  readonly addressOf: (counter: number, row: number) => number;
  /** Colours by number: 16, or 256 for bytes. */
  readonly colours: Uint32Array;
  /** Planes that are shown, a bit each. */
  readonly planes: number;
}

/** The address counter at a line's start, and the line's number within its character row. */
export function lineAddress(picture: GraphicsPicture, band: Band, y: number): { counter: number; row: number } {
  const line = y - band.top + band.preset;
  const counter = band.address + Math.floor(line / picture.rowHeight) * picture.rowStep;
  return { counter, row: line % picture.rowHeight };
}

export function drawPlaneLine(
  canvas: Canvas,
  picture: GraphicsPicture,
  band: Band,
  y: number,
  source: LineSource,
): void {
  const { counter, row } = lineAddress(picture, band, y);
  const out = canvas.pixels;
  const line = y * picture.width;
  const end = line + picture.width;
  const perWord = picture.kind === 'bytes' ? 4 : 8;
  const words = Math.ceil((picture.width + band.panning) / perWord);
  let at = line - band.panning;
  for (let n = 0; n < words; n++) {
    const word = source.video.i32[source.addressOf(counter + n, row)]!;
    if (picture.kind === 'bytes') drawBytes(out, at, line, end, word, source.colours);
    else {
      const nibbles = picture.kind === 'planar' ? planarPixels(word) : interleavedPixels(word);
      drawNibbles(out, at, line, end, nibbles, source);
    }
    at += perWord;
  }
}

function drawBytes(out: Uint32Array, at: number, from: number, end: number, word: number, colours: Uint32Array): void {
  for (let x = 0; x < 4; x++) {
    if (at + x >= from && at + x < end) out[at + x] = colours[(word >>> (8 * x)) & 0xff] ?? BLACK;
  }
}

function drawNibbles(out: Uint32Array, at: number, from: number, end: number, nibbles: number, s: LineSource): void {
  const { colours, planes } = s;
  if (at >= from && at + 8 <= end) {
    for (let x = 0; x < 8; x++) out[at + x] = colours[(nibbles >>> (4 * x)) & planes]!;
    return;
  }
  for (let x = 0; x < 8; x++) {
    if (at + x >= from && at + x < end) out[at + x] = colours[(nibbles >>> (4 * x)) & planes]!;
  }
}
