/**
 * The expressions of one module before they are written: records in one array
 * of words, a word with kind and opcode first. An expression is the index of its record.
 */

/** Kinds of records, and what follows the first word. */
export const K = {
  /** value */
  Const: 1,
  /** index into the list of 64-bit values */
  Const64: 2,
  /** index into the list of floating-point values; the opcode tells the size */
  Float: 3,
  /** index into the list of 16-byte immediates, count, operands; V128_CONST or SHUFFLE */
  Bytes: 4,
  /** local */
  Get: 5,
  /** local, value or ON_STACK */
  Set: 6,
  Tee: 7,
  /** operands, as many as the kind says */
  Plain1: 8,
  Plain2: 9,
  Plain3: 10,
  /** lane, operand */
  Lane1: 11,
  /** lane, vector, value */
  Lane2: 12,
  /** offset, log2 of the alignment, address */
  Load: 13,
  /** offset, log2 of the alignment, address, value */
  Store: 14,
  /** condition, then, else or 0; the opcode is the type */
  If: 15,
  /** label or NO_LABEL, count, body; without a label it is a sequence */
  Block: 16,
  /** label, body */
  Loop: 17,
  /** label */
  Br: 18,
  /** label, condition */
  BrIf: 19,
  /** default label, count, index and labels */
  Switch: 20,
  /** function's number among those called, count, arguments */
  Call: 21,
  ReturnCall: 22,
  /** value */
  Drop: 23,
  /** an instruction without operands */
  Alone: 24,
} as const;

/** An operand that the record before has left on the stack. */
export const ON_STACK = -1;
export const NO_LABEL = -1;

export class Nodes {
  words = new Int32Array(0x8000);
  /** Index 0 is no expression. */
  length = 1;
  readonly longs: bigint[] = [];
  readonly floats: number[] = [];
  readonly immediates: (readonly number[])[] = [];

  /** Begins a record of `size` words and returns its index. */
  begin(kind: number, opcode: number, size: number): number {
    const at = this.length;
    if (at + size > this.words.length) {
      const more = new Int32Array(2 * (at + size));
      more.set(this.words);
      this.words = more;
    }
    this.words[at] = kind | (opcode << 8);
    this.length = at + size;
    return at;
  }

  one(kind: number, opcode: number, a: number): number {
    const at = this.begin(kind, opcode, 2);
    this.words[at + 1] = a;
    return at;
  }

  two(kind: number, opcode: number, a: number, b: number): number {
    const at = this.begin(kind, opcode, 3);
    this.words[at + 1] = a;
    this.words[at + 2] = b;
    return at;
  }

  three(kind: number, opcode: number, a: number, b: number, c: number): number {
    const at = this.begin(kind, opcode, 4);
    this.words[at + 1] = a;
    this.words[at + 2] = b;
    this.words[at + 3] = c;
    return at;
  }

  four(kind: number, opcode: number, a: number, b: number, c: number, d: number): number {
    const at = this.begin(kind, opcode, 5);
    this.words[at + 1] = a;
    this.words[at + 2] = b;
    this.words[at + 3] = c;
    this.words[at + 4] = d;
    return at;
  }

  /** A record with a word, a count and a list behind them. */
  list(kind: number, opcode: number, a: number, items: readonly number[]): number {
    const at = this.begin(kind, opcode, 3 + items.length);
    this.words[at + 1] = a;
    this.words[at + 2] = items.length;
    for (let n = 0; n < items.length; n++) this.words[at + 3 + n] = items[n]!;
    return at;
  }
}
