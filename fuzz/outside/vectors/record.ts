/**
 * Records vectors: for each row of the opcode table that programs can execute, cases from the generator, and what the
 * host's processor makes of them.
 */
import type { OpcodeRow } from '../../../src/decoder/opcode-row.ts';
import { OPCODES } from '../../../src/decoder/opcode-table.ts';
import type { FuzzCase, Outcome } from '../../case.ts';
import { firstInstruction } from '../../case-bytes.ts';
import { compareOutcomes } from '../../compare.ts';
import { InterpreterOracle } from '../../engines/interpreter-oracle.ts';
import { Tracer } from '../../engines/trace.ts';
import { Generator, HOST_MODES } from '../../generate/cases.ts';
import { isForHost, rowPattern } from '../../generate/rows.ts';
import type { Oracle } from '../../oracle.ts';
import { slimCase } from './slim.ts';
import type { Vector, VectorRow } from './vector-format.ts';

/** Cases recorded of a row, unless somebody wants another number. */
export const CASES_PER_ROW = 208;
/** The part of them that may fault right away, where there are others. */
const FAULTING = 0.35;
/** Cases with the same code. */
const VARIANTS = 8;
/** Cases made of a row at once; after so many rounds that is all. */
const ROUND = 256;
const ROUNDS = 12;

export interface RecordOptions {
  /** Of the generator. */
  readonly seed: number;
  /** Only these rows ({@link rowPattern}). */
  readonly only?: string;
  /** Cases of each row; {@link CASES_PER_ROW} is what is checked in. */
  readonly cases: number;
  /** Is told of each row when it is done. */
  readonly progress?: (done: number, of: number, row: VectorRow) => void;
}

/** Rows that can be recorded. */
export function recordableRows(only?: string): readonly OpcodeRow[] {
  const fits = only === undefined ? () => true : rowPattern(only);
  return OPCODES.filter((row) => isForHost(row) && fits(row));
}

export class Recorder {
  private readonly host: Oracle;
  private readonly seed: number;
  private readonly wanted: number;
  private readonly interpreter = new InterpreterOracle();
  private readonly tracer = new Tracer();

  /** @param host the oracle whose outcomes are recorded */
  constructor(host: Oracle, { seed, cases }: Pick<RecordOptions, 'seed' | 'cases'>) {
    this.host = host;
    this.seed = seed;
    this.wanted = cases;
  }

  /** Whether a recorded outcome will mean anything: not where all of it is left out of comparisons. */
  private isJudged(c: FuzzCase, outcome: Outcome): boolean {
    const ours = this.interpreter.one(c);
    if (ours === undefined || outcome.ending.kind !== 'exception') return false;
    const pair = [
      { oracle: this.interpreter, outcome: ours },
      { oracle: this.host, outcome },
    ] as const;
    return compareOutcomes(...pair, () => this.tracer.trace(c).executed) !== undefined;
  }

  private candidates(generator: Generator, row: OpcodeRow, round: number): FuzzCase[] {
    const cases: FuzzCase[] = [];
    for (let n = 0; n < ROUND; n++) {
      const c = generator.make(round * ROUND + n);
      const insn = firstInstruction(c);
      if (insn?.row !== row) continue;
      const slim = slimCase(c, insn);
      if (this.host.refuses(slim) === undefined) cases.push(slim);
    }
    return cases;
  }

  /** Records a row: as many cases as wanted, or fewer where no more can be had. */
  async row(row: OpcodeRow): Promise<VectorRow> {
    // Another one for each row: worlds come of the seed as well.
    const seed = (this.seed + Math.imul(row.index, 0x9e37_79b1)) >>> 0;
    const only = row.id;
    const generator = new Generator({ seed, profiles: ['user'], modes: HOST_MODES, only, variants: VARIANTS });
    const vectors: Vector[] = [];
    const spare: Vector[] = [];
    let faulting = 0;
    for (let round = 0; round < ROUNDS && vectors.length < this.wanted; round++) {
      const cases = this.candidates(generator, row, round);
      const outcomes = await this.host.run(cases);
      for (const [n, c] of cases.entries()) {
        const outcome = outcomes[n];
        if (outcome === undefined || vectors.length >= this.wanted || !this.isJudged(c, outcome)) continue;
        const vector = { case: c, outcome };
        if (outcome.state.eip !== c.initial.eip) vectors.push(vector);
        else if (faulting++ < this.wanted * FAULTING) vectors.push(vector);
        else spare.push(vector);
      }
    }
    vectors.push(...spare.slice(0, this.wanted - vectors.length));
    return { row: row.id, vectors };
  }

  dispose(): void {
    this.interpreter.dispose();
  }
}

/** Records all rows, one after another. */
export async function recordRows(host: Oracle, options: RecordOptions): Promise<VectorRow[]> {
  const recorder = new Recorder(host, options);
  const rows = recordableRows(options.only);
  const done: VectorRow[] = [];
  try {
    for (const row of rows) {
      const recorded = await recorder.row(row);
      done.push(recorded);
      options.progress?.(done.length, rows.length, recorded);
    }
  } finally {
    recorder.dispose();
  }
  return done;
}
