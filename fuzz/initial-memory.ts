/** Reads a case's memory as it is before the run: code bytes, descriptors, page tables. */
import { CR0_PG } from '../src/cpu/registers.ts';
import { backgroundWords, CASE_MEMORY, type FuzzCase } from './case.ts';

let lastWords: { readonly seed: number; readonly size: number; readonly words: Int32Array } | undefined;

function wordsOf(seed: number, size: number): Int32Array {
  if (lastWords?.seed !== seed || lastWords.size !== size)
    lastWords = { seed, size, words: backgroundWords(seed, size) };
  return lastWords.words;
}

/** One byte at a physical address; beyond memory all ones. */
export function initialByte(c: FuzzCase, at: number): number {
  if (at < 0 || at >= CASE_MEMORY) return 0xff;
  for (let n = c.patches.length - 1; n >= 0; n--) {
    const patch = c.patches[n]!;
    if (at >= patch.at && at < patch.at + patch.bytes.length) return patch.bytes[at - patch.at]!;
  }
  const b = c.background;
  if (b === undefined || at < b.at || at >= b.at + b.size) return 0;
  return (wordsOf(b.seed, b.size)[(at - b.at) >> 2]! >>> (((at - b.at) & 3) * 8)) & 0xff;
}

/** Four bytes, little endian, unsigned. */
export function initialWord(c: FuzzCase, at: number): number {
  let word = 0;
  for (let n = 3; n >= 0; n--) word = word * 256 + initialByte(c, at + n);
  return word;
}

/**
 * The rights of a linear page by the page tables at first: bits 0 to 2 as in a page table entry, of directory and table
 * together. Without paging every right; with PAE none, for nobody looks.
 */
export function initialRights(c: FuzzCase, linear: number): number {
  const { cr0, cr3, cr4 } = c.initial;
  if ((cr0 & CR0_PG) === 0) return 7;
  if ((cr4 & 0x20) !== 0) return 0;
  const entry = initialWord(c, (cr3 & ~0xfff) + (linear >>> 22) * 4);
  if ((entry & 1) === 0) return 0;
  if ((entry & 0x80) !== 0 && (cr4 & 0x10) !== 0) return entry & 7;
  return entry & initialWord(c, (entry & ~0xfff) + ((linear >>> 12) & 0x3ff) * 4) & 7;
}

/** Where a linear address lies by the page tables at first; beyond memory where it does not. */
export function initialPhysical(c: FuzzCase, linear: number): number {
  const { cr0, cr3, cr4 } = c.initial;
  if ((cr0 & CR0_PG) === 0) return linear;
  if ((initialRights(c, linear) & 1) === 0) return CASE_MEMORY;
  const entry = initialWord(c, (cr3 & ~0xfff) + (linear >>> 22) * 4);
  if ((entry & 0x80) !== 0 && (cr4 & 0x10) !== 0) return ((entry & 0xffc0_0000) | (linear & 0x3f_ffff)) >>> 0;
  const page = initialWord(c, (entry & ~0xfff) + ((linear >>> 12) & 0x3ff) * 4);
  return ((page & ~0xfff) | (linear & 0xfff)) >>> 0;
}

/** Code at a linear address, as far as it can be fetched: up to 16 bytes. */
export function initialCode(c: FuzzCase, linear: number): Uint8Array {
  const bytes: number[] = [];
  while (bytes.length < 16) {
    const at = initialPhysical(c, (linear + bytes.length) >>> 0);
    if (at >= CASE_MEMORY) break;
    bytes.push(initialByte(c, at));
  }
  return Uint8Array.from(bytes);
}
