/**
 * Link slots: one word of the machine's memory for each region that some exit
 * leads to directly, holding the region's table index, or 0 (the exit stub)
 * while it does not exist.
 */
import { LINK_SLOTS, LINK_SLOTS_SIZE } from '../cpu/layout.ts';

export class Links {
  private readonly words: Int32Array;
  private readonly slots = new Map<string, number>();
  private next = LINK_SLOTS;

  constructor(words: Int32Array) {
    this.words = words;
  }

  /** Address of the slot for a region key; it is made on first use. Undefined when all are taken. */
  slot(key: string): number | undefined {
    let slot = this.slots.get(key);
    if (slot === undefined) {
      if (this.next >= LINK_SLOTS + LINK_SLOTS_SIZE) return undefined;
      slot = this.next;
      this.next += 4;
      this.words[slot >> 2] = 0;
      this.slots.set(key, slot);
    }
    return slot;
  }

  /** Points every exit that leads to `key` at a table index; 0 cuts the link. */
  set(key: string, tableIndex: number): void {
    const slot = this.slots.get(key);
    if (slot !== undefined) this.words[slot >> 2] = tableIndex;
  }

  get size(): number {
    return this.slots.size;
  }

  /** Forgets all slots. Only when no code is left that uses one. */
  clear(): void {
    this.words.fill(0, LINK_SLOTS >> 2, this.next >> 2);
    this.slots.clear();
    this.next = LINK_SLOTS;
  }
}
