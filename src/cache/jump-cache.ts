/**
 * The jump cache: a direct-mapped table in the machine's memory from linear
 * address and mode to a region's table index. Translated code looks indirect
 * branches up in it, the dispatcher everything else. Entries: linear address, mode
 * number, TLB word of the page, table index; all zero = empty (no mode is 0).
 */
import { JUMP_CACHE, JUMP_CACHE_SIZE } from '../cpu/layout.ts';

const ENTRIES = JUMP_CACHE_SIZE / 16;

export class JumpCache {
  private readonly words: Int32Array;

  constructor(words: Int32Array) {
    this.words = words;
  }

  private at(linear: number): number {
    return (JUMP_CACHE >> 2) + (((linear ^ (linear >>> 12)) & (ENTRIES - 1)) << 2);
  }

  /** Table index of the region, or 0. `tlbWord` is masked with LINK_TLB_MASK. */
  find(linear: number, modeId: number, tlbWord: number): number {
    const at = this.at(linear);
    const { words } = this;
    if (words[at] !== linear || words[at + 1] !== modeId || words[at + 2] !== tlbWord) return 0;
    return words[at + 3]!;
  }

  set(linear: number, modeId: number, tlbWord: number, tableIndex: number): void {
    const at = this.at(linear);
    const { words } = this;
    words[at] = linear;
    words[at + 1] = modeId;
    words[at + 2] = tlbWord;
    words[at + 3] = tableIndex;
  }

  /** Removes the entry of a region that is gone. */
  remove(linear: number, tableIndex: number): void {
    const at = this.at(linear);
    if (this.words[at + 3] === tableIndex) this.words.fill(0, at, at + 4);
  }

  clear(): void {
    this.words.fill(0, JUMP_CACHE >> 2, (JUMP_CACHE + JUMP_CACHE_SIZE) >> 2);
  }
}
