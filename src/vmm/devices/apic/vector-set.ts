/**
 * A set of interrupt vectors 0..255, as IRR, ISR and TMR of a local APIC hold
 * them: eight words of 32 bits.
 */
export class VectorSet {
  private readonly words = new Uint32Array(8);

  has(vector: number): boolean {
    return ((this.words[vector >>> 5]! >>> (vector & 31)) & 1) !== 0;
  }

  set(vector: number, member = true): void {
    const bit = 1 << (vector & 31);
    if (member) this.words[vector >>> 5]! |= bit;
    else this.words[vector >>> 5]! &= ~bit;
  }

  /** The highest member, -1 when there is none. */
  highest(): number {
    for (let n = 7; n >= 0; n--) {
      const word = this.words[n]!;
      if (word !== 0) return n * 32 + 31 - Math.clz32(word);
    }
    return -1;
  }

  /** Vectors 32n..32n+31 as a register shows them. */
  word(n: number): number {
    return this.words[n]!;
  }

  /** The members in hexadecimal with commas, or `-`. */
  describe(): string {
    const members: string[] = [];
    for (let vector = 0; vector < 256; vector++) if (this.has(vector)) members.push(vector.toString(16));
    return members.join(',') || '-';
  }

  clear(): void {
    this.words.fill(0);
  }
}
