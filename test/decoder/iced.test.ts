/**
 * The decoder and the printer against iced-x86: every opcode of every map with every ModR/M byte under the prefixes, in 16- and
 * 32-bit code, and random bytes.
 */
import { describe, expect, test } from 'vitest';
import { REWRITES } from './iced-differences.ts';
import { disagreement, rewritesUsed } from './iced-reference.ts';

const PREFIX_BYTES: ReadonlySet<number> = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);
/** Enough bytes for SIB, displacement and immediates, none of them special. */
const TAIL: readonly number[] = [0x84, 0x95, 0xa6, 0xb7, 0xc8, 0xd9, 0xea, 0x7b, 0x0c, 0x1d, 0x2e];
const MAPS: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];

function isOpcode(map: readonly number[], opcode: number): boolean {
  if (map.length === 0) return opcode !== 0x0f && !PREFIX_BYTES.has(opcode);
  return map.length === 2 || (opcode !== 0x38 && opcode !== 0x3a);
}

/** All opcodes of all maps behind the prefixes, with each `step`-th ModR/M byte; at most 20 disagreements. */
function sweep(prefixes: readonly number[], step: number, code32: boolean): string[] {
  const found: string[] = [];
  let modrm = 0;
  for (const map of MAPS) {
    for (let opcode = 0; opcode < 256 && found.length < 20; opcode++) {
      if (!isOpcode(map, opcode)) continue;
      const bytes = Uint8Array.of(...prefixes, ...map, opcode, 0, ...TAIL);
      const at = prefixes.length + map.length + 1;
      for (; modrm < 256 && found.length < 20; modrm += step) {
        bytes[at] = modrm;
        const difference = disagreement(bytes, code32);
        if (difference !== undefined) found.push(difference);
      }
      modrm -= 256;
    }
  }
  return found;
}

/** A linear congruential generator (Numerical Recipes' constants): the same bytes in each run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 16;
  };
}

function randomBytes(next: () => number): Uint8Array {
  const prefixes = [...PREFIX_BYTES];
  const bytes: number[] = [];
  while (next() % 3 === 0) bytes.push(prefixes[next() % prefixes.length] ?? 0x66);
  const map = next() % 5;
  if (map > 1) bytes.push(0x0f);
  if (map === 3) bytes.push(0x38);
  if (map === 4) bytes.push(0x3a);
  // Often too few bytes, and often more than 15.
  const length = next() % 4 === 0 ? next() % 8 : 16;
  for (let i = 0; i < length; i++) bytes.push(next() & 0xff);
  if (bytes.length === 0) bytes.push(0x90);
  return Uint8Array.from(bytes);
}

describe.each([true, false])('against iced-x86, 32-bit code: %s', (code32) => {
  test('every opcode and ModR/M byte', () => {
    expect(sweep([], 1, code32)).toEqual([]);
  });

  test.each([
    [0x66],
    [0x67],
    [0xf3],
    [0xf2],
    [0xf0],
    [0x2e],
    [0x26],
    [0x65],
    [0x66, 0xf3],
    [0x66, 0xf2],
    [0xf2, 0xf3],
    [0xf3, 0xf2],
    [0x66, 0x67],
    [0x67, 0x2e],
    [0x66, 0xf0],
    [0xf2, 0xf0],
  ])('every opcode behind %x %x', (...prefixes) => {
    expect(sweep(prefixes, 3, code32)).toEqual([]);
  });

  test('SIB bytes', () => {
    const found: (string | undefined)[] = [];
    for (const modrm of [0x04, 0x44, 0x84, 0x3c, 0x7c]) {
      for (let sib = 0; sib < 256; sib++) {
        found.push(disagreement(Uint8Array.of(0x8b, modrm, sib, ...TAIL), code32));
        found.push(disagreement(Uint8Array.of(0x67, 0x36, 0x8b, modrm, sib, ...TAIL), code32));
      }
    }
    expect(found.filter((difference) => difference !== undefined)).toEqual([]);
  });

  test('random bytes', () => {
    const next = generator(code32 ? 1 : 2);
    const found: string[] = [];
    for (let i = 0; i < 150_000 && found.length < 20; i++) {
      const difference = disagreement(randomBytes(next), code32);
      if (difference !== undefined) found.push(difference);
    }
    expect(found).toEqual([]);
  });

  test('prefixes up to and past the limit of 15 bytes', () => {
    for (let count = 8; count <= 15; count++) {
      for (const opcode of [[0x90], [0x8b, 0x04, 0x24], [0x0f, 0xaf, 0xc0], [0xb8, 1, 2, 3, 4]]) {
        const bytes = Uint8Array.of(...new Array<number>(count).fill(0x2e), ...opcode);
        expect(disagreement(bytes, code32)).toBeUndefined();
      }
    }
  });
});

test('every listed rewrite is still needed', () => {
  const unused = REWRITES.filter((_, i) => rewritesUsed[i] === 0);
  expect(unused.map((rule) => rule.reason)).toEqual([]);
});
