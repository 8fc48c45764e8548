/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Draw {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** 32 bits, unsigned. */
  word(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  }

  /** A whole number from `least` to `most`. */
  range(least: number, most: number): number {
    return least + (this.word() % (most - least + 1));
  }

  of<T>(list: readonly T[]): T {
    return list[this.word() % list.length]!;
  }
}
