// The bundled guest's image: what the committed file is, that the sources give the same bytes, and that the checksums
// its benchmark is expected to print are right, computed here a second time.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadSession } from '../../guests/cms/session.ts';

const folder = fileURLToPath(new URL('../../guests/cms/', import.meta.url));
const image = readFileSync(join(folder, 'cms.elf'));

const nasm = spawnSync('nasm', ['-v'], { encoding: 'utf8' });
const version = nasm.error === undefined ? nasm.stdout.trim() : '';
// Another release may choose other encodings; the committed image is Debian 12's.
const canRebuild = version.startsWith('NASM version 2.16');
const reason = version === '' ? 'nasm is not installed' : `needs NASM 2.16, this is ${version}`;

describe('the image of CMS', () => {
  it('is a small ELF32 executable for the 80386', () => {
    expect(image.length).toBeLessThan(65536);
    expect(image.subarray(0, 7)).toEqual(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]));
    expect(image.readUInt16LE(16)).toBe(2);
    expect(image.readUInt16LE(18)).toBe(3);
  });

  it('has a Multiboot 1 header in its first 8 KB', () => {
    const at = [...Array(2048).keys()].map((i) => i * 4).find((i) => image.readUInt32LE(i) === 0x1badb002);
    if (at === undefined) throw new Error('no Multiboot magic in the first 8 KB');
    expect((image.readUInt32LE(at) + image.readUInt32LE(at + 4) + image.readUInt32LE(at + 8)) >>> 0).toBe(0);
  });

  it('has segments that lie in the file and do not overlap in memory', () => {
    const first = image.readUInt32LE(28);
    const segments = [...Array(image.readUInt16LE(44)).keys()].map((i) => {
      const at = first + i * 32;
      const [offset, , physical, bytes, size] = [4, 8, 12, 16, 20].map((field) => image.readUInt32LE(at + field));
      return { offset: offset ?? 0, physical: physical ?? 0, bytes: bytes ?? 0, size: size ?? 0 };
    });
    for (const [i, segment] of segments.entries()) {
      expect(segment.bytes).toBeLessThanOrEqual(segment.size);
      expect(segment.offset + segment.bytes).toBeLessThanOrEqual(image.length);
      const next = segments[i + 1];
      if (next !== undefined) expect(segment.physical + segment.size).toBeLessThanOrEqual(next.physical);
    }
  });

  it.skipIf(!canRebuild)(`is what the sources give${canRebuild ? '' : ` (skipped: ${reason})`}`, () => {
    const scratch = mkdtempSync(join(tmpdir(), 'cms-'));
    try {
      const rebuilt = join(scratch, 'cms.elf');
      execFileSync('sh', [join(folder, 'build.sh'), rebuilt]);
      expect(readFileSync(rebuilt).equals(image)).toBe(true);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});

const rol = (x: number, n: number): number => (x << n) | (x >>> (32 - n));

function sieve(size: number, rounds: number): number {
  const composite = new Uint8Array(size);
  let primes = 0;
  for (let i = 2; i < size; i++) {
    if (composite[i] !== 0) continue;
    primes++;
    for (let j = 2 * i; j < size; j += i) composite[j] = 1;
  }
  return primes * rounds;
}

function mix(rounds: number): number {
  const words = Int32Array.from({ length: 16 }, (_, i) => Math.imul(0x9e3779b9, i + 1));
  let [a, b, d] = [0x243f6a88, 0x85a308d3 | 0, 0x13198a2e];
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < 16; i++) {
      const word = words[i] ?? 0;
      const sum = rol(a + word, 7);
      b = rol(b ^ sum, 21);
      const next = (d + b) | 0;
      words[i] = word + ~((next >>> 3) ^ sum);
      a = next;
      d = sum;
    }
  }
  return (a + b) ^ d;
}

function sort(count: number, rounds: number): number {
  let [seed, sum] = [12345, 0];
  const words = new Uint32Array(count);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < count; i++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
      words[i] = seed;
    }
    words.sort();
    for (const word of words) sum = (rol(sum, 1) + word) | 0;
  }
  return sum;
}

describe('the benchmark of CMS', () => {
  it('is expected to print the right checksums', () => {
    const calls = (n: number): number => Math.round(((1 + Math.sqrt(5)) / 2) ** n / Math.sqrt(5));
    const parts = [sieve(200000, 30), mix(250000), sort(30000, 8), calls(29), (50000 * 50001) / 2].map((x) => x >>> 0);
    const total = parts.reduce((sum, part) => rol(sum, 5) ^ part, 0) >>> 0;
    const hex = (x: number): string => x.toString(16).toUpperCase().padStart(8, '0');
    const expected =
      loadSession()
        .find((step) => step.name === 'bench')
        ?.expect.join('\n') ?? '';
    const printed = [...expected.matchAll(/(?:\+|checksum )([0-9A-F]{8})/g)].map((match) => match[1]);
    expect(printed).toEqual([...parts, total].map(hex));
  });
});
