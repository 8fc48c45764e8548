/**
 * A BIOS image: read-only so that it ends at 4 GiB, where the reset vector
 * FFFFFFF0h lies, and seen a second time so that its last 128 KiB end at 1 MiB, in front of
 * the RAM there.
 */
import { type EntryState, formatSize, LoadError, type RomTarget } from './load-target.ts';

/** Largest image: what lies between the interrupt controllers' addresses and 4 GiB. */
export const ROM_MAX = 0x80_0000;
const PAGE = 0x1000;
const LOW_COPY_MAX = 0x2_0000;
const LOW_COPY_END = 0x10_0000;
const FOUR_GIB = 0x1_0000_0000;

/**
 * Maps a ROM image; the processor starts in its reset state, at F000:FFF0 with
 * CS base FFFF0000h.
 * @throws LoadError if the image is empty, over 256 KiB, or not whole pages.
 */
export function loadRom(target: RomTarget, image: Uint8Array, name: string): EntryState {
  if (image.length === 0) {
    throw new LoadError(`ROM ${name}: the file is empty`);
  }
  if (image.length > ROM_MAX) {
    throw new LoadError(`ROM ${name}: ${formatSize(image.length)}, at most ${formatSize(ROM_MAX)} can be mapped`);
  }
  if (image.length % PAGE !== 0) {
    throw new LoadError(`ROM ${name}: ${image.length} bytes, a ROM is a multiple of ${PAGE} bytes`);
  }
  if (target.ramSize < LOW_COPY_END) {
    throw new LoadError(`ROM ${name}: needs 1 MiB of memory, the machine has ${formatSize(target.ramSize)}`);
  }
  const stored = target.storeRom(image);
  target.mapHigh(FOUR_GIB - image.length, stored, image.length);
  const low = Math.min(image.length, LOW_COPY_MAX);
  target.mapLegacy(LOW_COPY_END - low, stored + image.length - low, low);
  return { mode: 'reset', eip: 0xfff0, eax: 0, ebx: 0, ecx: 0, edx: 0, esi: 0, edi: 0, ebp: 0, esp: 0 };
}
