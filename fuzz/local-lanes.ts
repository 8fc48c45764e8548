/** Runs a campaign's batches on this thread, and makes findings small. */
import { type BatchResult, BatchRunner, type Finding } from './batch.ts';
import type { Found, Lanes } from './campaign.ts';
import type { FuzzCase } from './case.ts';
import type { Difference } from './compare.ts';
import { plainOutcome } from './engines/engine-outcome.ts';
import type { Generator } from './generate/cases.ts';
import type { Oracle } from './oracle.ts';
import { type ShrinkOptions, shrink } from './shrink.ts';

/**
 * What two oracles differ in, for each of some cases; undefined where they agree or one of them does not judge.
 */
export async function differencesOf(
  left: Oracle,
  right: Oracle,
  cases: readonly FuzzCase[],
): Promise<(readonly Difference[] | undefined)[]> {
  const { verdicts } = await new BatchRunner([left, right]).judge(cases);
  return verdicts[0]!.map((verdict) =>
    typeof verdict !== 'string' && 'differences' in verdict ? verdict.differences : undefined,
  );
}

/** Makes a case on which two oracles differ as small as it gets; undefined where they agree after all. */
export async function shrinkPair(
  left: Oracle,
  right: Oracle,
  c: FuzzCase,
  options: ShrinkOptions = {},
): Promise<Found['minimal']> {
  const [now] = await differencesOf(left, right, [c]);
  if (now === undefined) return undefined;
  const differs = async (cases: readonly FuzzCase[]) =>
    (await differencesOf(left, right, cases)).map((differences) => differences !== undefined);
  const small = await shrink(c, differs, options);
  const [differences = now] = await differencesOf(left, right, [small]);
  const judge = [left, right].find((oracle) => oracle.independent);
  const [outcome] = judge === undefined ? [] : await judge.run([small]);
  const expected = judge && outcome && { by: judge.name, knows: judge.knows, outcome: plainOutcome(outcome) };
  return { case: small, differences, expected };
}

export class LocalLanes implements Lanes {
  readonly width = 1;
  private readonly runner: BatchRunner;
  private readonly generator: Generator;
  private readonly signal: AbortSignal | undefined;
  /** One thing at a time: oracles take no second question before they have answered. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(oracles: readonly Oracle[], generator: Generator, signal?: AbortSignal) {
    this.runner = new BatchRunner(oracles);
    this.generator = generator;
    this.signal = signal;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work);
    this.last = result.catch(() => {});
    return result;
  }

  run(first: number, count: number): Promise<BatchResult> {
    return this.inTurn(async () => {
      // Whoever waits on this thread gets a turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
      return this.runner.run(this.generator, first, count);
    });
  }

  shrink(finding: Finding): Promise<Found['minimal']> {
    return this.inTurn(() => this.shrinkNow(finding));
  }

  private async shrinkNow({ left, right, case: c }: Finding): Promise<Found['minimal']> {
    const named = (name: string) => this.runner.oracles.find((oracle) => oracle.name === name);
    const [a, b] = [named(left), named(right)];
    if (a === undefined || b === undefined) return undefined;
    return shrinkPair(a, b, c, this.signal ? { signal: this.signal } : {});
  }

  dispose(): void {
    this.runner.dispose();
  }
}
