/**
 * What the adapter's registers make of its memory: kind of picture, size, and where each line begins.
 *
 * A picture is given in the guest's own pixels and lines: what the monitor's beam draws twice (modes of 200 lines, of
 * 320 pixels) is there once.
 */
import type { Dispi } from '../devices/vga/dispi.ts';
import { CHAIN_4 } from '../devices/vga/planar.ts';
import * as R from '../devices/vga/register-file.ts';
import type { Vga } from '../devices/vga/vga.ts';

/** Consecutive lines that begin at one address: two where the line compare splits the screen. */
export interface Band {
  /** Lines from `top` up to, not with, `bottom`. */
  readonly top: number;
  readonly bottom: number;
  /** The address counter in its first line, and lines of the first character row that lie above it. */
  readonly address: number;
  readonly preset: number;
  /** Pixels that lie left of it. */
  readonly panning: number;
}

interface Raster {
  readonly width: number;
  readonly height: number;
  /** Characters (8 dots of graphics) in a line. */
  readonly columns: number;
  /** Lines of a character row, and how far the address counter is from one to the next. */
  readonly rowHeight: number;
  readonly rowStep: number;
  readonly bands: readonly Band[];
}

export interface TextPicture extends Raster {
  readonly kind: 'text';
  /** Pixels of a character's width: 8 or 9. */
  readonly cellWidth: number;
}

export interface GraphicsPicture extends Raster {
  readonly kind: 'planar' | 'interleaved' | 'bytes';
}

/** A mode of the VBE interface with 8 bits a pixel or more. */
export interface LinearPicture {
  readonly kind: 'linear';
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  /** Bytes: of the first pixel, and from line to line. */
  readonly start: number;
  readonly pitch: number;
}

export interface BlankPicture {
  readonly kind: 'blank';
  readonly width: number;
  readonly height: number;
}

export type Picture = TextPicture | GraphicsPicture | LinearPicture | BlankPicture;

const GRAPHICS = 0x01;
const SHIFT_INTERLEAVED = 0x20;
const SHIFT_BYTES = 0x40;
const EIGHT_DOTS = 0x01;
const SCREEN_OFF = 0x20;
const RUNNING = 0x03;
const SCAN_DOUBLED = 0x80;
const LINES_HALVED = 0x04;
const PANNING_ENDS = 0x20;

export function pictureOf(vga: Vga): Picture {
  const { registers, dispi } = vga;
  if (dispi.active) return dispi.bits === 4 ? planarVbe(dispi) : linear(dispi);
  return ofRegisters(registers);
}

function linear(dispi: Dispi): LinearPicture {
  const { width, height, bits, pitch } = dispi;
  return { kind: 'linear', width, height, bits, pitch, start: dispi.y * pitch + dispi.x * ((bits + 7) >>> 3) };
}

function planarVbe(dispi: Dispi): GraphicsPicture {
  const { width, height, pitch } = dispi;
  const columns = Math.ceil(width / 8);
  const address = dispi.y * pitch + (dispi.x >>> 3);
  const bands = [{ top: 0, bottom: height, address, preset: 0, panning: dispi.x & 7 }];
  return { kind: 'planar', width, height, columns, rowHeight: 1, rowStep: pitch, bands };
}

function ofRegisters(registers: R.VgaRegisterFile): Picture {
  const { crtc, graphics, sequencer, attribute } = registers;
  const overflow = crtc[R.CRTC_OVERFLOW]!;
  const text = (graphics[R.GC_MISC]! & GRAPHICS) === 0;
  const scan = crtc[R.CRTC_MAX_SCAN]!;
  const bit = (value: number, from: number, to: number) => ((value >>> from) & 1) << to;
  const shown = (crtc[R.CRTC_DISPLAY_END]! | bit(overflow, 1, 8) | bit(overflow, 6, 9)) + 1;
  const lines = (crtc[R.CRTC_MODE]! & LINES_HALVED) !== 0 ? shown * 2 : shown;
  const compare = crtc[R.CRTC_LINE_COMPARE]! | bit(overflow, 4, 8) | bit(scan, 6, 9);
  const columns = crtc[1]! + 1;
  const perRow = (scan & 0x1f) + 1;
  const doubled = (scan & SCAN_DOUBLED) !== 0 ? 2 : 1;
  // Lines that show the same once more are left out, unless the row's number selects other memory.
  const same = text || usesRow(registers) ? 1 : perRow;
  const repeat = doubled * same;
  const rowHeight = perRow / same;
  const kind = text ? 'text' : graphicsKind(graphics[R.GC_MODE]!);
  const cellWidth = text && (sequencer[R.SEQ_CLOCKING]! & EIGHT_DOTS) === 0 ? 9 : 8;
  const width = columns * (kind === 'bytes' ? 4 : cellWidth);
  const height = Math.ceil(lines / repeat);
  const off = (sequencer[R.SEQ_CLOCKING]! & SCREEN_OFF) !== 0 || (sequencer[0]! & RUNNING) !== RUNNING;
  if (off || !registers.paletteShown) return { kind: 'blank', width, height };

  const skipped = (crtc[R.CRTC_PRESET_ROW]! >>> 5) & 3;
  const first: Band = {
    top: 0,
    bottom: Math.min(height, Math.ceil((compare + 1) / repeat)),
    address: ((crtc[R.CRTC_START_HIGH]! << 8) | crtc[R.CRTC_START_HIGH + 1]!) + skipped,
    preset: Math.floor((crtc[R.CRTC_PRESET_ROW]! & 0x1f) / same) % rowHeight,
    panning: panning(attribute[R.ATTR_PANNING]!, kind, cellWidth),
  };
  const still = (attribute[R.ATTR_MODE]! & PANNING_ENDS) !== 0;
  const second: Band = {
    top: first.bottom,
    bottom: height,
    address: still ? 0 : skipped,
    preset: 0,
    panning: still ? 0 : first.panning,
  };
  const bands = second.top < height ? [first, second] : [first];
  const raster = { width, height, columns, rowHeight, rowStep: crtc[R.CRTC_OFFSET]! * 2, bands };
  return kind === 'text' ? { kind, cellWidth, ...raster } : { kind, ...raster };
}

function graphicsKind(mode: number): GraphicsPicture['kind'] {
  return (mode & SHIFT_BYTES) !== 0 ? 'bytes' : (mode & SHIFT_INTERLEAVED) !== 0 ? 'interleaved' : 'planar';
}

function panning(value: number, kind: string, cellWidth: number): number {
  if (kind === 'bytes') return (value & 7) >>> 1;
  if (cellWidth === 9) return value >= 8 ? 0 : value + 1;
  return value & 7;
}

/** Whether bits of the row's number take the place of address bits 13 or 14, as in the CGA's modes. */
function usesRow({ crtc }: R.VgaRegisterFile): boolean {
  return (crtc[R.CRTC_MODE]! & 3) !== 3;
}

const DOUBLEWORDS = 0x40;
const BYTES = 0x40;
const WRAP_AT_15 = 0x20;

/** How the CRTC makes an address of the counter and the line within a character row. */
export function addressing(vga: Vga): (counter: number, row: number) => number {
  if (vga.dispi.active) return (counter) => counter % vga.video.i32.length;
  const { crtc, sequencer } = vga.registers;
  const mode = crtc[R.CRTC_MODE]!;
  const rows = (counter: number, row: number) => {
    let address = counter & 0xffff;
    if ((mode & 1) === 0) address = (address & ~0x2000) | ((row & 1) << 13);
    if ((mode & 2) === 0) address = (address & ~0x4000) | ((row & 2) << 13);
    return address;
  };
  if ((crtc[R.CRTC_UNDERLINE]! & DOUBLEWORDS) !== 0) {
    // Chain-4 packs the planes' addresses: see PlanarMemory.
    if ((sequencer[R.SEQ_MEMORY_MODE]! & CHAIN_4) !== 0) return rows;
    return (counter, row) => rows((counter << 2) | ((counter >>> 12) & 3), row);
  }
  if ((mode & BYTES) !== 0) return rows;
  const wrap = (mode & WRAP_AT_15) !== 0 ? 15 : 13;
  return (counter, row) => rows((counter << 1) | ((counter >>> wrap) & 1), row);
}
