/**
 * What a suite is: it knows which contestants can take part, and measures one of them once. Rounds, order, tables
 * and files are not its business.
 */
import type { Contestant } from './contestant.ts';

export const SUITE_NAMES = ['boot', 'programs', 'cold', 'nano'] as const;
export type SuiteName = (typeof SUITE_NAMES)[number];

/** `s` and `ns` are host time; `MiB` is memory. Less is better in all. */
export type Unit = 's' | 'ns' | 'MiB';

/** One figure. */
export interface Figure {
  readonly item: string;
  readonly unit: Unit;
  readonly value: number;
  /** What the item computed, where it says so: equal among contestants at equal scale. */
  readonly checksum?: string;
}

export interface Measured {
  readonly figures: readonly Figure[];
  /** What went wrong, a line each; figures that were taken before stand. */
  readonly problems: readonly string[];
}

export interface Suite {
  readonly name: SuiteName;
  /** Why a contestant cannot take part, or undefined when it can. */
  refusal(contestant: Contestant): string | undefined;
  /** Measures once. Never rejects for what a guest does: that is a problem of the result. */
  measure(contestant: Contestant, abort: AbortSignal): Promise<Measured>;
}

/** A figure and where it comes from. */
export interface Sample extends Figure {
  readonly suite: SuiteName;
  readonly contestant: string;
  /** From 1. */
  readonly round: number;
}
