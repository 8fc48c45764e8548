/**
 * Which stretches of a run are verified: `from=N,count=M,every=K`. Counts are
 * retired instructions since power-on.
 */

export interface VerifyOptions {
  /** Where the first window begins. Default 0. */
  readonly from?: number;
  /** Instructions in a window. Default: to the end of the run. */
  readonly count?: number;
  /** From the beginning of a window to that of the next. Default: there is one window. */
  readonly every?: number;
  /** Instructions between two comparisons within a window. Default {@link DEFAULT_STEP}. */
  readonly step?: number;
}

export const DEFAULT_STEP = 10_000;

export interface Window {
  readonly start: number;
  /** Infinity: to the end of the run. */
  readonly end: number;
}

/** The windows in order, without end where they repeat. @throws RangeError where they would overlap */
export function* windows({ from = 0, count = Number.POSITIVE_INFINITY, every }: VerifyOptions): Generator<Window> {
  if (every !== undefined && every < count)
    throw new RangeError(`every=${every}: must not be less than count=${count}`);
  for (let start = from; ; start += every) {
    yield { start, end: start + count };
    if (every === undefined) return;
  }
}
