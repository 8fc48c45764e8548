/**
 * What one of this project's engines left behind, held as the words of the vCPU: two of them are compared
 * without being spelt out. `state` is made when it is asked for.
 */
import type { ArchState, Ending, Outcome, Patch } from '../case.ts';
import { readImage } from './state-words.ts';

export class EngineOutcome implements Outcome {
  readonly ending: Ending;
  readonly retired: number;
  readonly written: readonly Patch[];
  readonly accesses: readonly string[];
  /** How much of it ran in translated code: see {@link Outcome.translated}. */
  readonly translated: number | undefined;
  /** The state's image (state-words.ts). */
  readonly image: Int32Array;
  /** HLT was the last instruction, or it holds interrupts off. */
  readonly flags: number;
  private spelt: ArchState | undefined;

  constructor(
    ending: Ending,
    retired: number,
    image: Int32Array,
    flags: number,
    written: readonly Patch[],
    accesses: readonly string[],
    translated: number | undefined,
  ) {
    this.ending = ending;
    this.retired = retired;
    this.image = image;
    this.flags = flags;
    this.written = written;
    this.accesses = accesses;
    this.translated = translated;
  }

  get state(): ArchState {
    this.spelt ??= readImage(this.image);
    return this.spelt;
  }
}

/** An outcome as plain data, that can be cloned and sent to another thread. */
export function plainOutcome(outcome: Outcome): Outcome {
  const { ending, retired, state, written, accesses, translated } = outcome;
  return { ending, retired, state, written, accesses, ...(translated !== undefined && { translated }) };
}
