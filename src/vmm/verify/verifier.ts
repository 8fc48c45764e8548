/**
 * Verification: the translated run against the interpreted one, in lockstep, over
 * windows of a run (DESIGN: two whole deterministic machines).
 *
 * What holds: A runs exactly the production code, chaining included; it is only cut at
 * the counts at which is compared, and there any deterministic run is cut unless a finer step was
 * asked for. The same options give the same run, so what was found once is found again.
 */
import type { StopReason } from '../events.ts';
import type { Arrival } from '../machine.ts';
import type { Difference } from './comparison.ts';
import { MachinePair, type MakeMachine } from './pair.ts';
import { DEFAULT_STEP, type Window } from './windows.ts';

/** A difference, and the stretch in which it arose: the machines were equal at `good`, and are not at `bad`. */
export interface Finding {
  readonly good: number;
  readonly bad: number;
  readonly differences: readonly Difference[];
  /** The step of the verification; the stretch is longer where it lies between two windows. */
  readonly step: number;
}

export interface VerifyResult {
  readonly finding: Finding | undefined;
  /** Instructions compared, and windows that were reached. */
  readonly verified: number;
  readonly windows: number;
  /** Retired instructions at the end. */
  readonly retired: number;
  readonly ended: StopReason | undefined;
  /** Where the next window would have begun; Infinity when there is none. */
  readonly next: number;
}

export class Verifier {
  private readonly plan: Iterable<Window>;
  private readonly pair: MachinePair;
  private readonly step: number;
  /** The run ends here, with the machines where they were when they were equal last. */
  stopAt = Number.POSITIVE_INFINITY;
  /** Called at the beginning of each window. */
  onWindow: (window: Window) => void = () => {};
  private verified = 0;
  private reached = 0;

  /**
   * @param plan the windows, in order
   * @param step instructions between two comparisons within a window
   */
  constructor(make: MakeMachine, plan: Iterable<Window>, step = DEFAULT_STEP) {
    this.plan = plan;
    this.step = step;
    this.pair = new MachinePair(make);
  }

  get machines(): MachinePair {
    return this.pair;
  }

  /** Runs and compares, to the end of the last window, of the guest, or to the first difference. */
  async run(): Promise<VerifyResult> {
    for (const window of this.plan) {
      const arrived = await this.enter(window);
      const { finding, a } = arrived;
      if (finding !== undefined || a.ended !== undefined) return this.result(arrived, window.start);
      this.reached++;
      this.onWindow(window);
      if (a.count >= this.stopAt) return this.result(arrived, Number.POSITIVE_INFINITY);
      const end = await this.within(window);
      if (end.finding !== undefined || end.a.ended !== undefined) return this.result(end, Number.POSITIVE_INFINITY);
      if (end.a.count >= this.stopAt) return this.result(end, Number.POSITIVE_INFINITY);
      this.pair.interpretB(false);
    }
    const count = this.pair.a.stats().retired.total;
    return this.result({ a: { count, ended: undefined }, finding: undefined }, Number.POSITIVE_INFINITY);
  }

  /** Brings both machines to a window's beginning. */
  private async enter({ start }: Window): Promise<Outcome> {
    const before = this.pair.a.stats().retired.total;
    const { a, b } = await this.pair.runTo(start);
    this.pair.interpretB(true);
    return { a, finding: this.finding(before, a, b) };
  }

  /** Compares at every step within a window. */
  private async within({ start, end }: Window): Promise<Outcome> {
    for (let count = start; ; ) {
      const before = count;
      count = Math.min(count + this.step, end);
      const { a, b } = await this.pair.runTo(count);
      const finding = this.finding(before, a, b);
      this.verified += a.count - before;
      const over = count >= end || a.count >= this.stopAt;
      if (finding !== undefined || a.ended !== undefined || over) return { a, finding };
    }
  }

  private finding(good: number, a: Arrival, b: Arrival): Finding | undefined {
    const differences = this.pair.differences(a, b);
    if (differences.length === 0) return undefined;
    return { good, bad: Math.max(a.count, b.count), differences, step: this.step };
  }

  private result({ a, finding }: Outcome, next: number): VerifyResult {
    const { verified, reached } = this;
    return { finding, verified, windows: reached, retired: a.count, ended: a.ended, next };
  }
}

interface Outcome {
  readonly a: Arrival;
  readonly finding: Finding | undefined;
}
