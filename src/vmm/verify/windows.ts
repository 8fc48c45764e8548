/**
 * Which stretches of a run are verified: `from=N,count=M,every=K`. Counts are
 * retired instructions since power-on.
 *
 * What holds: windows begin and end at multiples of the step, so they may be a
 * little wider than was asked for. With the default step these are counts at which every
 * deterministic run is cut, and machine A runs as it would without verification.
 */
import { GRAIN } from '../publication.ts';

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

export const DEFAULT_STEP = GRAIN;

export interface Window {
  readonly start: number;
  /** Infinity: to the end of the run. */
  readonly end: number;
}

/** The windows in order, without end where they repeat. @throws RangeError where they would overlap */
export function* windows(options: VerifyOptions): Generator<Window> {
  const { from = 0, count = Number.POSITIVE_INFINITY, every, step = DEFAULT_STEP } = options;
  if (every !== undefined && every < count)
    throw new RangeError(`every=${every}: must not be less than count=${count}`);
  let before = 0;
  for (let start = from; ; start += every) {
    const window = {
      start: Math.max(before, Math.floor(start / step) * step),
      end: Math.ceil((start + count) / step) * step,
    };
    if (window.end > window.start) yield window;
    before = window.end;
    if (every === undefined) return;
  }
}

/** The windows as far as they lie before `count`. */
export function* windowsUntil(options: VerifyOptions, count: number): Generator<Window> {
  for (const { start, end } of windows(options)) {
    if (start >= count) return;
    yield { start, end: Math.min(end, count) };
  }
}
