/**
 * Files of vectors: cases and what a processor made of them, complete, so that they can be replayed without it, and
 * without the generator that they came from. Written by vector-writer.ts, read by vector-reader.ts.
 *
 * A file is compressed by gzip, whose checksum finds what is damaged. Inside: the format's name and a header of one line of
 * JSON, then three streams, so that like stands beside like: numbers, words of states, bytes of memory. Each case is told by
 * what differs from the one before, its outcome by what differs from its beginning.
 */
import type { FuzzCase, Outcome } from '../../case.ts';
import type { Knowledge } from '../../oracle.ts';

/** First line of what is inside. */
export const VECTOR_FORMAT = 'transvisor vectors 1\n';

export interface Vector {
  readonly case: FuzzCase;
  readonly outcome: Outcome;
}

/** Vectors of one row of the opcode table. */
export interface VectorRow {
  /** The row's id. */
  readonly row: string;
  readonly vectors: readonly Vector[];
}

/** Who made a file's vectors. */
export interface VectorSource {
  /** "AMD EPYC, family 26, model 2, stepping 1". */
  readonly processor: string;
  readonly knows: Knowledge;
}

export interface VectorHeader extends VectorSource {
  /** Ids of rows, and how many cases of each there are, in the order of the cases. */
  readonly rows: readonly (readonly [row: string, cases: number])[];
}
