/**
 * Pictures as files: PNG, or PPM where the name ends so. Colours of 8 bits, no transparency.
 */
import { deflateSync } from 'node:zlib';
import type { Frame } from '../vmm/display/frame.ts';
import { createOutput } from './files.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const COLOUR_TYPE_RGB = 2;

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
  return ~crc >>> 0;
}

/** Length, type, data, and a CRC over the latter two (PNG specification, 5.3). */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, crc32(bytes.subarray(4, data.length + 8)));
  return bytes;
}

/** A frame's pixels without the fourth byte; each line begins with `prefix` bytes of zero. */
function rgb({ width, height, rgba }: Frame, prefix: number): Uint8Array {
  const line = prefix + width * 3;
  const bytes = new Uint8Array(line * height);
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0, to = y * line + prefix; x < width; x++, from += 4, to += 3) {
      bytes[to] = rgba[from]!;
      bytes[to + 1] = rgba[from + 1]!;
      bytes[to + 2] = rgba[from + 2]!;
    }
  }
  return bytes;
}

/** A frame as a PNG file. */
export function encodePng(frame: Frame): Uint8Array {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, frame.width);
  view.setUint32(4, frame.height);
  header.set([8, COLOUR_TYPE_RGB], 8);
  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rgb(frame, 1))),
    chunk('IEND', new Uint8Array(0)),
  ];
  return joined(parts);
}

/** A frame as a binary PPM file. */
export function encodePpm(frame: Frame): Uint8Array {
  return joined([new TextEncoder().encode(`P6\n${frame.width} ${frame.height}\n255\n`), rgb(frame, 0)]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Writes a frame: PPM where the name ends in .ppm or `format` says so, else PNG. @throws FileError */
export function writePicture(frame: Frame, path: string, format?: 'png' | 'ppm'): void {
  const kind = format ?? (/\.ppm$/i.test(path) ? 'ppm' : 'png');
  const file = createOutput(path);
  file.write(kind === 'ppm' ? encodePpm(frame) : encodePng(frame));
  file.close();
}
