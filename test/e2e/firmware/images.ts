/** Disk images with the boot sector of this folder: a diskette, a disk, a CD-ROM that boots by El Torito 1.0. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the boot sector prints from its second block. */
export const SECOND_BLOCK = ' second block ';
const BLOCK = 2048;

/** A source of this folder, assembled. */
export function assemble(folder: string, source: string): Uint8Array {
  mkdirSync(folder, { recursive: true });
  const out = join(folder, `${source}.bin`);
  execFileSync('nasm', ['-f', 'bin', '-o', out, join(import.meta.dirname, `${source}.asm`)]);
  return new Uint8Array(readFileSync(out));
}

function bootSector(folder: string, place: number): Uint8Array {
  const bytes = assemble(folder, 'boot-sector');
  new DataView(bytes.buffer).setUint32(8, place, true);
  return bytes;
}

/** An image of `size` bytes for a diskette or a disk. */
export function diskImage(folder: string, name: string, size: number): string {
  const image = new Uint8Array(size);
  image.set(bootSector(folder, 1));
  image.set(new TextEncoder().encode(SECOND_BLOCK), 512);
  const path = join(folder, name);
  writeFileSync(path, image);
  return path;
}

/** A disc with volume descriptors, a boot catalog at 19, the boot sector at 20, its second block at 21. */
export function cdImage(folder: string, name: string): string {
  const image = new Uint8Array(32 * BLOCK);
  const view = new DataView(image.buffer);
  const text = (at: number, value: string) => image.set(new TextEncoder().encode(value), at);
  for (const [block, type] of [
    [16, 1],
    [17, 0],
    [18, 255],
  ] as const) {
    image[block * BLOCK] = type;
    text(block * BLOCK + 1, 'CD001\x01');
  }
  text(17 * BLOCK + 7, 'EL TORITO SPECIFICATION');
  view.setUint32(17 * BLOCK + 0x47, 19, true);
  const catalog = 19 * BLOCK;
  image[catalog] = 1;
  view.setUint16(catalog + 30, 0xaa55, true);
  view.setUint16(catalog + 28, -(0x0001 + 0xaa55), true);
  image[catalog + 32] = 0x88;
  view.setUint16(catalog + 38, 1, true);
  view.setUint32(catalog + 40, 20, true);
  image.set(bootSector(folder, 21), 20 * BLOCK);
  text(21 * BLOCK, SECOND_BLOCK);
  const path = join(folder, name);
  writeFileSync(path, image);
  return path;
}
