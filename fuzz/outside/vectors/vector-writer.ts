/** Vectors to the bytes of a file (vector-format.ts). */
import { gzipSync } from 'node:zlib';
import { type Ending, type FuzzCase, MODES, type Patch } from '../../case.ts';
import { ByteWriter } from './byte-streams.ts';
import * as W from './state-words.ts';
import { VECTOR_FORMAT, type Vector, type VectorRow, type VectorSource } from './vector-format.ts';

function caseWords(c: FuzzCase, to: Int32Array): void {
  W.wordsOfState(c.initial, to);
  to[W.MODE] = MODES.indexOf(c.mode);
  to[W.CODE_LENGTH] = c.codeLength;
  to[W.STEPS] = c.steps;
  const { at, size, seed } = c.background ?? { at: 0, size: 0, seed: 0 };
  to.set([at, size, seed], W.BACKGROUND);
}

class Encoder {
  private readonly numbers = new ByteWriter();
  private readonly words = new ByteWriter();
  private readonly memory = new ByteWriter();
  private readonly blobs = new Map<string, number>();
  private before = new Int32Array(W.CASE_WORDS);
  private patches: readonly number[] = [];

  /** Words that differ: for each how far on it is, then 0. */
  private delta(from: Int32Array, to: Int32Array, count: number): void {
    let last = -1;
    for (let n = 0; n < count; n++) {
      if (from[n] === to[n]) continue;
      this.numbers.number(n - last);
      this.words.word(to[n]!);
      last = n;
    }
    this.numbers.number(0);
  }

  private blob({ at, bytes }: Patch): number {
    const key = `${at}:${Buffer.from(bytes).toString('latin1')}`;
    const known = this.blobs.get(key);
    if (known !== undefined) return known;
    this.blobs.set(key, this.blobs.size);
    return -1;
  }

  /** Patches: 0 where they are those of the case before; else how many more than none, and each by its number from the last one. */
  private patch(patches: readonly Patch[]): void {
    const before = this.blobs.size;
    const ids = patches.map((patch) => {
      const id = this.blob(patch);
      return id < 0 ? this.blobs.size - 1 : id;
    });
    if (ids.length === this.patches.length && ids.every((id, n) => id === this.patches[n])) {
      this.numbers.number(0);
      return;
    }
    this.patches = ids;
    this.numbers.number(ids.length + 1);
    let fresh = before;
    ids.forEach((id, n) => {
      // The next one that is new has the number that comes next.
      this.numbers.number(fresh - id);
      if (id !== fresh) return;
      fresh++;
      const { at, bytes } = patches[n]!;
      this.numbers.number(at);
      this.numbers.number(bytes.length);
      this.memory.bytes(bytes);
    });
  }

  private ending(ending: Ending): void {
    if (ending.kind !== 'exception') throw new RangeError(`vectors end in exceptions, not in '${ending.kind}'`);
    const { vector, software, errorCode } = ending;
    this.numbers.number(vector);
    this.numbers.number((software ? 1 : 0) | (errorCode !== undefined ? 2 : 0));
    if (errorCode !== undefined) this.numbers.number(errorCode);
  }

  add({ case: c, outcome }: Vector): void {
    const words = new Int32Array(W.CASE_WORDS);
    caseWords(c, words);
    this.delta(this.before, words, W.CASE_WORDS);
    this.before = words;
    this.patch(c.patches);
    this.ending(outcome.ending);
    const after = new Int32Array(W.STATE_WORDS);
    W.wordsOfState(outcome.state, after);
    this.delta(words, after, W.STATE_WORDS);
    this.numbers.number(outcome.written.length);
    let last = 0;
    for (const { at, bytes } of outcome.written) {
      this.numbers.number(at - last);
      this.numbers.number(bytes.length);
      this.memory.bytes(bytes);
      last = at + bytes.length;
    }
  }

  streams(): readonly Buffer[] {
    return [this.numbers.written, this.words.written, this.memory.written];
  }
}

/**
 * Vectors as the bytes of a file. Cases must end at the first exception, without interrupts, and their outcomes in
 * an exception.
 */
export function encodeVectors(source: VectorSource, rows: readonly VectorRow[]): Uint8Array {
  const encoder = new Encoder();
  for (const { vectors } of rows) for (const vector of vectors) encoder.add(vector);
  const streams = encoder.streams();
  const header = {
    processor: source.processor,
    knows: { ...source.knows, eflags: source.knows.eflags >>> 0 },
    rows: rows.map(({ row, vectors }) => [row, vectors.length]),
    sizes: streams.map(({ length }) => length),
  };
  return gzipSync(Buffer.concat([Buffer.from(`${VECTOR_FORMAT}${JSON.stringify(header)}\n`), ...streams]), {
    level: 9,
  });
}
