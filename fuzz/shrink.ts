/**
 * Makes a case smaller as long as two oracles still differ on it. Changes that do not depend on each other are tried
 * all at once, then by halves; so a case needs some tens of runs, not hundreds.
 */
import type { FuzzCase } from './case.ts';
import { CHANGES } from './shrink-changes.ts';

/** Whether each of some cases still shows a difference. */
export type StillDiffers = (cases: readonly FuzzCase[]) => Promise<readonly boolean[]>;

export interface ShrinkOptions {
  /** Milliseconds. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
}

/** A change that makes a case simpler; gives the same object where it has nothing to change. */
export type Change = (c: FuzzCase) => FuzzCase;

/** Time that making one case smaller may take, ms. */
const DEFAULT_PATIENCE = 20_000;
const MAX_ROUNDS = 12;

function applied(c: FuzzCase, changes: readonly Change[]): FuzzCase {
  return changes.reduce((now, change) => change(now), c);
}

class Shrinker {
  private readonly differs: StillDiffers;
  private readonly end: number;
  private readonly signal: AbortSignal | undefined;

  constructor(differs: StillDiffers, options: ShrinkOptions) {
    this.differs = differs;
    this.end = performance.now() + (options.patience ?? DEFAULT_PATIENCE);
    this.signal = options.signal;
  }

  get over(): boolean {
    return performance.now() > this.end || this.signal?.aborted === true;
  }

  /** The case with as many of the changes as it bears. */
  async accept(c: FuzzCase, changes: readonly Change[]): Promise<FuzzCase> {
    const useful = changes.filter((change) => change(c) !== c);
    if (useful.length === 0 || this.over) return c;
    const whole = applied(c, useful);
    const half = useful.length >> 1;
    const parts = half === 0 ? [] : [useful.slice(0, half), useful.slice(half)];
    const tried = [whole, ...parts.map((part) => applied(c, part))];
    const [all, ...some] = await this.differs(tried);
    if (all) return whole;
    if (half === 0) return c;
    // What a half bears as a whole need not be tried again by itself.
    let now = c;
    for (const [n, part] of parts.entries()) {
      if (some[n] && now === c) now = tried[n + 1]!;
      else now = await this.accept(now, part);
    }
    return now;
  }
}

/**
 * The smallest case that is found to differ still.
 * @param differs judges; the case given must differ
 */
export async function shrink(c: FuzzCase, differs: StillDiffers, options: ShrinkOptions = {}): Promise<FuzzCase> {
  const shrinker = new Shrinker(differs, options);
  let now = c;
  for (let round = 0; round < MAX_ROUNDS && !shrinker.over; round++) {
    const before = now;
    for (const changes of CHANGES) now = await shrinker.accept(now, changes(now));
    if (now === before) break;
  }
  return now;
}
