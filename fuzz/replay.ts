/** A case of the corpus again: by several oracles, and against what an oracle from outside said when it was kept. */
import { BatchRunner } from './batch.ts';
import type { Outcome } from './case.ts';
import { compareOutcomes, type Difference } from './compare.ts';
import type { CorpusCase } from './corpus-file.ts';
import { Tracer } from './engines/trace.ts';
import type { Oracle } from './oracle.ts';

export interface ReplayVerdict {
  readonly left: string;
  readonly right: string;
  /** Undefined where one of them does not judge. */
  readonly differences: readonly Difference[] | undefined;
}

export interface Replay {
  /** By oracle: what it left behind, or why it says nothing. */
  readonly outcomes: readonly (readonly [oracle: string, outcome: Outcome | string])[];
  readonly verdicts: readonly ReplayVerdict[];
}

/**
 * Runs a case.
 * @param oracles the first is the reference
 */
export async function replayCase(oracles: readonly Oracle[], { case: c, expected }: CorpusCase): Promise<Replay> {
  const runner = new BatchRunner(oracles);
  const [left, ...others] = oracles as [Oracle, ...Oracle[]];
  const { verdicts, outcomes } = await runner.judge([c]);
  const found = others.map(({ name }, n): ReplayVerdict => {
    const verdict = verdicts[n]![0]!;
    const differences = typeof verdict === 'string' ? [] : 'differences' in verdict ? verdict.differences : undefined;
    return { left: left.name, right: name, differences };
  });
  const first = outcomes[0]![0]!;
  if (expected !== undefined && typeof first !== 'string') {
    const kept = { name: `${expected.by} (kept)`, independent: true, knows: expected.knows };
    const differences = compareOutcomes(
      { oracle: left, outcome: first },
      { oracle: kept, outcome: expected.outcome },
      () => new Tracer().trace(c).executed,
    );
    found.push({ left: left.name, right: kept.name, differences });
  }
  return { outcomes: oracles.map(({ name }, n) => [name, outcomes[n]![0]!]), verdicts: found };
}
