/** Runs a campaign's batches on this thread, and makes findings small. */
import { type BatchResult, BatchRunner, type Finding } from './batch.ts';
import type { Lanes, Minimal } from './campaign.ts';
import type { FuzzCase } from './case.ts';
import type { Difference } from './compare.ts';
import type { Expected } from './corpus-file.ts';
import { plainOutcome } from './engines/engine-outcome.ts';
import type { Generator } from './generate/cases.ts';
import type { Oracle } from './oracle.ts';
import { isKnown, makeOracle } from './oracles.ts';
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

/** What an oracle from outside, if one of two is such, says of a case. */
export async function expectedOf(left: Oracle, right: Oracle, c: FuzzCase): Promise<Expected | undefined> {
  const judge = [left, right].find((oracle) => oracle.independent);
  if (judge === undefined || judge.refuses(c) !== undefined) return undefined;
  const [outcome] = await judge.run([c]);
  return outcome && { by: judge.name, knows: judge.knows, outcome: plainOutcome(outcome) };
}

/** What two oracles differ in, as {@link differencesOf} tells, wherever they are. */
export type Compare = (cases: readonly FuzzCase[]) => Promise<readonly (readonly Difference[] | undefined)[]>;

/** Makes a case on which two oracles differ as small as it gets; undefined where they agree after all. */
export async function shrinkBy(
  compare: Compare,
  c: FuzzCase,
  options: ShrinkOptions = {},
): Promise<Omit<Minimal, 'expected'> | undefined> {
  const [now] = await compare([c]);
  if (now === undefined) return undefined;
  const differs = async (cases: readonly FuzzCase[]) =>
    (await compare(cases)).map((differences) => differences !== undefined);
  const small = await shrink(c, differs, options);
  const [differences] = await compare([small]);
  // What only shows after other cases is not made smaller.
  return differences === undefined ? { case: c, differences: now } : { case: small, differences };
}

/** Makes a case on which two oracles of this thread differ as small as it gets; undefined where they agree after all. */
export async function shrinkPair(
  left: Oracle,
  right: Oracle,
  c: FuzzCase,
  options: ShrinkOptions = {},
): Promise<Minimal | undefined> {
  const small = await shrinkBy((cases) => differencesOf(left, right, cases), c, options);
  return small && { ...small, expected: await expectedOf(left, right, small.case) };
}

/** An engine of this project anew; an oracle from outside, or of somebody's own, as it is. */
async function remade(oracle: Oracle): Promise<Oracle> {
  if (oracle.independent || !isKnown(oracle.name)) return oracle;
  const made = await makeOracle(oracle.name);
  return 'missing' in made ? oracle : made;
}

export class LocalLanes implements Lanes {
  readonly width = 1;
  private readonly runner: BatchRunner;
  private readonly generator: Generator;
  /** One thing at a time: oracles take no second question before they have answered. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(oracles: readonly Oracle[], generator: Generator) {
    this.runner = new BatchRunner(oracles);
    this.generator = generator;
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

  shrink({ left, right, case: c }: Finding, signal?: AbortSignal): Promise<Minimal | undefined> {
    return this.inTurn(() => shrinkPair(...this.pair(left, right), c, signal ? { signal } : {}));
  }

  /** Two of its oracles. @throws RangeError where it has no such */
  pair(left: string, right: string): readonly [Oracle, Oracle] {
    const [a, b] = [left, right].map((name) => this.runner.oracles.find((oracle) => oracle.name === name));
    if (a === undefined || b === undefined) throw new RangeError(`there is no oracle '${left}' or no '${right}'`);
    return [a, b];
  }

  /**
   * Compares two of its oracles on cases. Engines of this project are made anew, so that nothing hangs on what ran
   * before.
   */
  compare(left: string, right: string, cases: readonly FuzzCase[]): ReturnType<Compare> {
    return this.inTurn(async () => {
      const pair = this.pair(left, right);
      // What is not interrupted leaves nothing behind that could matter.
      if (cases.every((c) => c.exceptions === 'first')) return differencesOf(...pair, cases);
      const out: (readonly Difference[] | undefined)[] = [];
      for (const c of cases) {
        const fresh = await Promise.all(pair.map(remade));
        out.push(...(await differencesOf(fresh[0]!, fresh[1]!, [c])));
        for (const oracle of fresh) if (!pair.includes(oracle)) oracle.dispose();
      }
      return out;
    });
  }

  expected(left: string, right: string, c: FuzzCase): Promise<Expected | undefined> {
    return this.inTurn(() => expectedOf(...this.pair(left, right), c));
  }

  dispose(): void {
    this.runner.dispose();
  }
}
