/**
 * The 512 bytes by which an ATA hard disk describes itself (ATA/ATAPI-6, 8.15), and the geometry that it shows.
 */
import type { Geometry } from './ide-taskfile.ts';

/** Sectors that 28 bits reach. */
const LBA28_MAX = 0x0fff_ffff;
/** Cylinders that the interface can tell of. */
const MAX_CYLINDERS = 16383;
/** The most sectors in a block of READ MULTIPLE. */
export const MAX_MULTIPLE = 16;

/** What changes while the disk is in use. */
export interface AtaSettings {
  /** As INITIALIZE DEVICE PARAMETERS has left it. */
  readonly translation: Geometry;
  /** Sectors in a block of READ MULTIPLE; 0: not set. */
  readonly multiple: number;
  /** Bits of words 63 and 88 that say which mode was chosen. */
  readonly multiwordMode: number;
  readonly ultraMode: number;
  readonly writeCache: boolean;
}

/** 16 heads and 63 sectors, and as many cylinders as there are, up to 16383. */
export function defaultGeometry(sectors: number): Geometry {
  const cylinders = Math.max(1, Math.min(MAX_CYLINDERS, Math.floor(sectors / (16 * 63))));
  return { cylinders, heads: 16, sectors: 63 };
}

/** Puts text into words, the first of two characters in the high byte. */
export function putText(words: Uint16Array, at: number, length: number, text: string): void {
  const padded = text.padEnd(length * 2).slice(0, length * 2);
  for (let n = 0; n < length; n++) words[at + n] = (padded.charCodeAt(n * 2) << 8) | padded.charCodeAt(n * 2 + 1);
}

/** Words as a device sends them. */
export function wordBytes(words: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(words.length * 2);
  words.forEach((word, n) => {
    bytes[n * 2] = word;
    bytes[n * 2 + 1] = word >> 8;
  });
  return bytes;
}

export function identifyDisk(sectors: number, serial: string, settings: AtaSettings): Uint8Array {
  const words = new Uint16Array(256);
  const double = (at: number, value: number) => {
    words[at] = value & 0xffff;
    words[at + 1] = value / 0x1_0000;
  };
  const { cylinders, heads, sectors: perTrack } = defaultGeometry(sectors);
  const { translation } = settings;
  words[0] = 0x0040; // fixed
  words.set([cylinders, 0, heads], 1);
  words[6] = perTrack;
  putText(words, 10, 10, serial);
  putText(words, 23, 4, '1.0');
  putText(words, 27, 20, 'TRANSVISOR HARDDISK');
  words[47] = 0x8000 | MAX_MULTIPLE;
  words[48] = 1; // the data port takes doublewords
  words[49] = 0x0300; // LBA and DMA
  words[50] = 0x4000;
  words[51] = 0x0200;
  words[52] = 0x0200;
  words[53] = 0x0007; // words 54 to 58, 64 to 70 and 88 count
  words.set([translation.cylinders, translation.heads, translation.sectors], 54);
  double(57, translation.cylinders * translation.heads * translation.sectors);
  words[59] = settings.multiple === 0 ? 0 : 0x0100 | settings.multiple;
  double(60, Math.min(sectors, LBA28_MAX));
  words[63] = 0x0007 | settings.multiwordMode;
  words[64] = 0x0003;
  words.fill(120, 65, 69);
  words[80] = 0x007e; // ATA-1 to ATA-6
  // Commands and features: write cache, NOP; 48-bit addresses, flush; the same words again, as switched on.
  words[82] = 0x4020;
  words[83] = 0x7400;
  words[84] = 0x4000;
  words[85] = 0x4000 | (settings.writeCache ? 0x0020 : 0);
  words[86] = 0x3400;
  words[87] = 0x4000;
  words[88] = 0x003f | settings.ultraMode;
  words[93] = 0x6001;
  double(100, sectors % 2 ** 32);
  double(102, Math.floor(sectors / 2 ** 32));
  words[255] = 0x00a5;
  const bytes = wordBytes(words);
  bytes[511] = -bytes.subarray(0, 511).reduce((sum, byte) => sum + byte, 0);
  return bytes;
}
