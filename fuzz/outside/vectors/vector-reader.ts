/** The bytes of a file to vectors (vector-format.ts), whoever wrote them: what does not hold is a FileError of one line. */
import { gunzipSync } from 'node:zlib';
import { CASE_MEMORY, type Ending, MODES, type Patch } from '../../case.ts';
import { MAX_PATCHES } from '../../case-json.ts';
import { FileError, type JsonValue, parseJson } from '../../json-reader.ts';
import { ByteReader } from './byte-streams.ts';
import * as W from './state-words.ts';
import { VECTOR_FORMAT, type Vector, type VectorHeader, type VectorRow } from './vector-format.ts';

/** Largest file, unpacked. */
const MAX_SIZE = 256 * 2 ** 20;
const MAX_CASES = 1_000_000;
const MAX_ROWS = 10_000;

const flag = (v: JsonValue): boolean => (typeof v.value === 'boolean' ? v.value : v.fail('true or false'));

function headerIn(v: JsonValue): VectorHeader {
  const knows = v.field('knows');
  return {
    processor: v.field('processor').text(200),
    knows: {
      system: flag(knows.field('system')),
      segmentCaches: flag(knows.field('segmentCaches')),
      fpuPointers: flag(knows.field('fpuPointers')),
      eflags: knows.field('eflags').word() | 0,
      cr2: flag(knows.field('cr2')),
    },
    rows: v
      .field('rows')
      .items({ most: MAX_ROWS })
      .map((row) => {
        const [id, cases] = row.items(2) as [JsonValue, JsonValue];
        return [id.text(100), cases.integer(0, MAX_CASES)];
      }),
  };
}

/** Takes a file apart. @throws FileError */
function unpack(file: string, packed: Uint8Array): { header: VectorHeader; streams: Buffer[] } {
  let all: Buffer;
  try {
    all = gunzipSync(packed, { maxOutputLength: MAX_SIZE });
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
    throw new FileError(`${file}: is damaged, or no file of vectors: ${why}`);
  }
  const begin = Buffer.byteLength(VECTOR_FORMAT);
  const end = all.indexOf(10, begin);
  if (end < 0 || all.toString('latin1', 0, begin) !== VECTOR_FORMAT) {
    throw new FileError(`${file}: is no file of vectors: it does not begin with '${VECTOR_FORMAT.trimEnd()}'`);
  }
  const json = parseJson(file, all.toString('utf8', begin, end));
  const header = headerIn(json);
  const streams: Buffer[] = [];
  let at = end + 1;
  for (const size of json.field('sizes').items(3)) {
    const next = at + size.integer(0, MAX_SIZE);
    streams.push(all.subarray(at, next));
    at = next;
  }
  if (at !== all.length) throw new FileError(`${file}: has ${all.length} bytes where its header says ${at}`);
  return { header, streams };
}

/** A file of vectors, read case by case. */
export class VectorReader {
  readonly file: string;
  readonly header: VectorHeader;
  /** Cases in it. */
  readonly count: number;
  private readonly numbers: ByteReader;
  private readonly words: ByteReader;
  private readonly memory: ByteReader;
  private readonly initial = new Int32Array(W.CASE_WORDS);
  private readonly after = new Int32Array(W.STATE_WORDS);
  private readonly blobs: Patch[] = [];
  private state = W.ZERO_STATE;
  private patches: readonly Patch[] = [];

  /** @throws FileError in one line where the file is damaged, or none */
  constructor(file: string, packed: Uint8Array) {
    this.file = file;
    const { header, streams } = unpack(file, packed);
    const [numbers, words, memory] = streams as [Buffer, Buffer, Buffer];
    this.header = header;
    this.numbers = new ByteReader(file, numbers);
    this.words = new ByteReader(file, words);
    this.memory = new ByteReader(file, memory);
    this.count = header.rows.reduce((sum, [, cases]) => sum + cases, 0);
    if (this.count > MAX_CASES) throw new FileError(`${file}: says that it has ${this.count} cases`);
  }

  /** Reads all rows, each when it is asked for. Once only. @throws FileError */
  *rows(): Generator<VectorRow> {
    for (const [row, cases] of this.header.rows) {
      const vectors: Vector[] = [];
      for (let n = 0; n < cases; n++) vectors.push(this.vector(`${this.file}: ${row} ${n}`));
      yield { row, vectors };
    }
    if (!this.numbers.atEnd || !this.words.atEnd || !this.memory.atEnd) {
      throw new FileError(`${this.file}: has more in it than its cases`);
    }
  }

  /** Reads which words of `to` are others now. */
  private delta(to: Int32Array): number[] {
    const changed: number[] = [];
    for (let n = -1; ; ) {
      const further = this.numbers.number(to.length);
      if (further === 0) return changed;
      n += further;
      const value = this.words.word();
      if (n >= to.length || !W.isWithinLimit(n, value)) {
        throw new FileError(`${this.file}: has ${value >>> 0} for word ${n} of a state, which cannot be`);
      }
      to[n] = value;
      changed.push(n);
    }
  }

  private patchBytes(at: number): Patch {
    const length = this.numbers.number(CASE_MEMORY);
    if (at + length > CASE_MEMORY) throw new FileError(`${this.file}: has memory beyond what a case has`);
    return { at, bytes: this.memory.bytes(length) };
  }

  private readPatches(): void {
    const count = this.numbers.number(MAX_PATCHES + 1);
    if (count === 0) return;
    this.patches = Array.from({ length: count - 1 }, () => {
      const back = this.numbers.number(this.blobs.length);
      if (back === 0) this.blobs.push(this.patchBytes(this.numbers.number(CASE_MEMORY)));
      return this.blobs[this.blobs.length - (back || 1)]!;
    });
  }

  private ending(): Ending {
    const vector = this.numbers.number(255);
    const flags = this.numbers.number(3);
    const errorCode = (flags & 2) !== 0 ? this.numbers.number() : undefined;
    return { kind: 'exception', vector, software: (flags & 1) !== 0, errorCode };
  }

  private written(): Patch[] {
    let last = 0;
    return Array.from({ length: this.numbers.number(CASE_MEMORY) }, () => {
      const patch = this.patchBytes(last + this.numbers.number(CASE_MEMORY));
      last = patch.at + patch.bytes.length;
      return patch;
    });
  }

  private vector(name: string): Vector {
    const w = this.initial;
    const changed = this.delta(w);
    this.state = W.stateOfWords(w, changed, this.state);
    this.readPatches();
    const [at, size, seed] = [w[W.BACKGROUND]!, w[W.BACKGROUND + 1]!, w[W.BACKGROUND + 2]!];
    if (at + size > CASE_MEMORY || ((at | size) & 3) !== 0 || (size > 0 && seed === 0) || w[W.STEPS] === 0) {
      throw new FileError(`${this.file}: has a case with a background or steps that cannot be`);
    }
    const ending = this.ending();
    this.after.set(w.subarray(0, W.STATE_WORDS));
    const outcomeState = W.stateOfWords(this.after, this.delta(this.after), this.state);
    return {
      case: {
        name,
        mode: MODES[w[W.MODE]!]!,
        initial: this.state,
        background: size === 0 ? undefined : { at, size, seed },
        patches: this.patches,
        codeLength: w[W.CODE_LENGTH]!,
        steps: w[W.STEPS]!,
        exceptions: 'first',
        interrupts: [],
      },
      outcome: { ending, retired: undefined, state: outcomeState, written: this.written(), accesses: undefined },
    };
  }
}
