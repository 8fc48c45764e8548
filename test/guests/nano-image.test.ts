// The nanobenchmarks' image: a Multiboot ELF file, and what its sources give.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NANO_OPERATIONS } from '../../bench/nano.ts';

const folder = fileURLToPath(new URL('../../guests/nano/', import.meta.url));
const image = readFileSync(join(folder, 'nano.elf'));

const nasm = spawnSync('nasm', ['-v'], { encoding: 'utf8' });
const version = nasm.error === undefined ? nasm.stdout.trim() : '';
// Another release may choose other encodings; the committed image is Debian 12's.
const canRebuild = version.startsWith('NASM version 2.16');
const reason = version === '' ? 'nasm is not installed' : `needs NASM 2.16, this is ${version}`;

describe('the image of the nanobenchmarks', () => {
  it('has a Multiboot 1 header in its first 8 KB', () => {
    const at = [...Array(2048).keys()].map((i) => i * 4).find((i) => image.readUInt32LE(i) === 0x1badb002);
    if (at === undefined) throw new Error('no Multiboot magic in the first 8 KB');
    expect((image.readUInt32LE(at) + image.readUInt32LE(at + 4) + image.readUInt32LE(at + 8)) >>> 0).toBe(0);
  });

  it('names the operations that the command knows, in that order', () => {
    const text = image.toString('latin1');
    const places = NANO_OPERATIONS.map((name) => text.indexOf(`${name.padEnd(12, '\0')}`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it.skipIf(!canRebuild)(`is what the sources give${canRebuild ? '' : ` (skipped: ${reason})`}`, () => {
    const scratch = mkdtempSync(join(tmpdir(), 'nano-'));
    try {
      const rebuilt = join(scratch, 'nano.elf');
      execFileSync('sh', [join(folder, 'build.sh'), rebuilt]);
      expect(readFileSync(rebuilt).equals(image)).toBe(true);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});
