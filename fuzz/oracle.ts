/**
 * What a fuzzing run asks for the truth. Users can add their own: implement
 * {@link Oracle} and give it to `fuzz`.
 */
import type { FuzzCase, Outcome } from './case.ts';

/** Parts of an outcome that an oracle reports; what is left out is not compared. */
export interface Knowledge {
  /** System registers: CRs, DRs, GDTR, IDTR, LDTR, TR, SYSENTER's. */
  readonly system: boolean;
  /** Bases, limits and attributes of segments (not only selectors). */
  readonly segmentCaches: boolean;
  /** The x87's last instruction, operand and opcode. */
  readonly fpuPointers: boolean;
  /** Bits of EFLAGS that it has. */
  readonly eflags: number;
  /** CR2 after a page fault. */
  readonly cr2: boolean;
}

export interface Oracle {
  /** Short, unique: "interpreter", "translator:no-chain", "host", "unicorn". */
  readonly name: string;
  /** Judges for itself, not by what this project has made: a real processor, another emulator. */
  readonly independent: boolean;
  readonly knows: Knowledge;
  /** Why it cannot judge a case, in a few words; undefined where it can. */
  refuses(c: FuzzCase): string | undefined;
  /**
   * Runs cases, each from its own initial state, and gives their outcomes in their order. A case that it cannot finish
   * ends in `failed`; one that turns out not to be judged (a time limit of its own, an address it has no memory at) gives undefined.
   */
  run(cases: readonly FuzzCase[]): Promise<readonly (Outcome | undefined)[]>;
  /** Why the last run gave undefined, by case; for oracles that can tell. */
  readonly reasons?: readonly (string | undefined)[];
  dispose(): void;
}

/** Makes an oracle, or says in one line why there is none here. */
export type OracleMaker = () => Promise<Oracle | { readonly missing: string }>;
