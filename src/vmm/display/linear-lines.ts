/** Draws lines of the VBE interface's modes: pixels of 1 to 4 bytes, one after the other. */
import type { VideoMemory } from '../devices/vga/video-memory.ts';
import { BLACK, type Canvas } from './frame.ts';
import type { LinearPicture } from './picture.ts';

/** Five and six bits to eight, so that full stays full. */
const five = (value: number) => (value << 3) | (value >>> 2);
const six = (value: number) => (value << 2) | (value >>> 4);

const COLOURS_15 = table(0x8000, (v) => five((v >>> 10) & 31) | (five((v >>> 5) & 31) << 8) | (five(v & 31) << 16));
const COLOURS_16 = table(0x1_0000, (v) => five(v >>> 11) | (six((v >>> 5) & 63) << 8) | (five(v & 31) << 16));

function table(size: number, colour: (value: number) => number): () => Uint32Array {
  let made: Uint32Array | undefined;
  return () => {
    made ??= Uint32Array.from({ length: size }, (_, value) => colour(value) | BLACK);
    return made;
  };
}

/**
 * Draws line `y`. What lies behind the end of memory is black.
 * @param colours of bytes, for 8 bits a pixel
 */
export function drawLinearLine(
  canvas: Canvas,
  picture: LinearPicture,
  video: VideoMemory,
  y: number,
  colours: Uint32Array,
): void {
  const { width, bits, pitch } = picture;
  const start = picture.start + y * pitch;
  const out = canvas.pixels;
  const line = y * width;
  const size = (bits + 7) >>> 3;
  const there = Math.max(0, Math.min(width, Math.floor((video.u8.length - start) / size)));
  out.fill(BLACK, line + there, line + width);
  switch (size) {
    case 1:
      for (let x = 0; x < there; x++) out[line + x] = colours[video.u8[start + x]!]!;
      break;
    case 2: {
      // Offsets and pitches of such modes are even.
      const known = bits === 15 ? COLOURS_15() : COLOURS_16();
      const mask = known.length - 1;
      const from = start >>> 1;
      for (let x = 0; x < there; x++) out[line + x] = known[video.u16[from + x]! & mask]!;
      break;
    }
    case 3:
      for (let x = 0, at = start; x < there; x++, at += 3) {
        out[line + x] = BLACK | (video.u8[at]! << 16) | (video.u8[at + 1]! << 8) | video.u8[at + 2]!;
      }
      break;
    default: {
      const from = start >>> 2;
      for (let x = 0; x < there; x++) {
        const word = video.i32[from + x]!;
        out[line + x] = BLACK | ((word & 0xff) << 16) | (word & 0xff00) | ((word >>> 16) & 0xff);
      }
    }
  }
}
