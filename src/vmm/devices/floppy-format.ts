/**
 * Formats of diskettes, told from the size of an image, and the drives that take them.
 */

export interface FloppyFormat {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectors: number;
  /** Data rates at which it is read, as the controller numbers them: 500, 300, 250, 1000 kbit/s. */
  readonly rates: readonly number[];
  /** The drive, as CMOS byte 10h numbers it: 1 for 360 KB, 2 for 1.2 MB, 3 for 720 KB, 4 for 1.44 MB, 5 for 2.88 MB. */
  readonly drive: number;
}

const FORMATS: readonly FloppyFormat[] = [
  { cylinders: 80, heads: 2, sectors: 18, rates: [0], drive: 4 },
  { cylinders: 80, heads: 2, sectors: 36, rates: [3], drive: 5 },
  { cylinders: 80, heads: 2, sectors: 15, rates: [0], drive: 2 },
  { cylinders: 80, heads: 2, sectors: 9, rates: [2], drive: 4 },
  { cylinders: 40, heads: 2, sectors: 9, rates: [1, 2], drive: 1 },
  { cylinders: 40, heads: 1, sectors: 8, rates: [1, 2], drive: 1 },
  { cylinders: 40, heads: 1, sectors: 9, rates: [1, 2], drive: 1 },
  { cylinders: 40, heads: 2, sectors: 8, rates: [1, 2], drive: 1 },
  { cylinders: 80, heads: 2, sectors: 20, rates: [0], drive: 4 },
  { cylinders: 80, heads: 2, sectors: 21, rates: [0], drive: 4 },
  { cylinders: 82, heads: 2, sectors: 21, rates: [0], drive: 4 },
  { cylinders: 83, heads: 2, sectors: 21, rates: [0], drive: 4 },
  { cylinders: 80, heads: 2, sectors: 8, rates: [2], drive: 4 },
  { cylinders: 80, heads: 2, sectors: 10, rates: [2], drive: 4 },
];

/** The largest image that a diskette can be, in sectors of 512 bytes. */
export const FLOPPY_MAX_SECTORS = 80 * 2 * 36;
const HIGH_DENSITY = FORMATS[0] as FloppyFormat;
const EXTRA_DENSITY = FORMATS[1] as FloppyFormat;

/** The format of an image of so many sectors. One that is none of them is the beginning of a 1.44 MB or a 2.88 MB diskette. */
export function floppyFormat(sectors: number): FloppyFormat {
  const found = FORMATS.find((format) => format.cylinders * format.heads * format.sectors === sectors);
  return found ?? (sectors < 80 * 2 * 18 ? HIGH_DENSITY : EXTRA_DENSITY);
}
