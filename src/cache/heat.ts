/** Words that count the heat of low-tier regions down. A word is used again only when no code is left that counts in it. */
import { HEAT, HEAT_SIZE } from '../cpu/layout.ts';

export class Heat {
  private readonly words: Int32Array;
  private readonly free: number[] = [];
  private next = HEAT;

  constructor(words: Int32Array) {
    this.words = words;
  }

  /** A word that holds `turns`; undefined when all are taken. */
  take(turns: number): number | undefined {
    const word = this.free.pop() ?? (this.next < HEAT + HEAT_SIZE ? this.next : undefined);
    if (word === undefined) return undefined;
    if (word === this.next) this.next += 4;
    this.words[word >> 2] = turns;
    return word;
  }

  give(word: number): void {
    this.free.push(word);
  }

  /** All are free. Only when no code is left that uses one. */
  clear(): void {
    this.free.length = 0;
    this.next = HEAT;
  }
}
