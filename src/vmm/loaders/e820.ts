/**
 * The memory map that firmware reports (INT 15h AX=E820h), from the size of RAM.
 */

export const E820_RAM = 1;
export const E820_RESERVED = 2;

/** Bytes from `start`, all of one type. */
export interface E820Entry {
  readonly start: number;
  readonly size: number;
  readonly type: number;
}

/** End of conventional memory: the last KiB below 640 KiB is the BIOS data area's. */
export const LOW_MEMORY_END = 0x9fc00;
const VIDEO_START = 0xa0000;
const BIOS_START = 0xf0000;
export const HIGH_MEMORY_START = 0x10_0000;
const FLASH_START = 0xfffc_0000;
const FOUR_GIB = 0x1_0000_0000;

/** The map of a machine with `ramSize` bytes (at least 1 MiB, at most 2 GiB), by address, without overlaps. */
export function e820Map(ramSize: number): E820Entry[] {
  const map: E820Entry[] = [
    { start: 0, size: LOW_MEMORY_END, type: E820_RAM },
    { start: LOW_MEMORY_END, size: VIDEO_START - LOW_MEMORY_END, type: E820_RESERVED },
    { start: BIOS_START, size: HIGH_MEMORY_START - BIOS_START, type: E820_RESERVED },
  ];
  if (ramSize > HIGH_MEMORY_START) {
    map.push({ start: HIGH_MEMORY_START, size: ramSize - HIGH_MEMORY_START, type: E820_RAM });
  }
  map.push({ start: FLASH_START, size: FOUR_GIB - FLASH_START, type: E820_RESERVED });
  return map;
}
