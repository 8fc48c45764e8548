/**
 * Interleaved rounds: each round measures every contestant once on every suite, so that a machine that drifts drifts
 * for all. Who begins moves on by one each round, for whoever comes after a hot run has the warmer processor.
 */
import type { Contestant } from './contestant.ts';
import type { Measured, Sample, Suite } from './suite.ts';

export interface RoundsOptions {
  readonly suites: readonly Suite[];
  readonly contestants: readonly Contestant[];
  readonly rounds: number;
  readonly abort: AbortSignal;
  /** A line on how it goes. */
  readonly say: (line: string) => void;
  /** After each round, with everything so far. */
  readonly onRound: (outcome: Outcome) => void;
}

export interface Problem {
  readonly suite: string;
  readonly contestant: string;
  readonly round: number;
  readonly text: string;
}

export interface Outcome {
  readonly samples: readonly Sample[];
  readonly problems: readonly Problem[];
}

/** Runs all rounds; when `abort` fires, what there is by then. */
export async function runRounds(options: RoundsOptions): Promise<Outcome> {
  const { suites, contestants, rounds, abort, say } = options;
  const samples: Sample[] = [];
  const problems: Problem[] = [];
  for (const suite of suites) {
    for (const contestant of contestants) {
      const why = suite.refusal(contestant);
      if (why !== undefined) say(`${suite.name}: without ${contestant.name}: ${why}`);
    }
  }
  for (let round = 1; round <= rounds && !abort.aborted; round++) {
    for (const suite of suites) {
      for (const contestant of rotated(contestants, round - 1)) {
        if (abort.aborted || suite.refusal(contestant) !== undefined) continue;
        const measured = await suite.measure(contestant, abort);
        if (abort.aborted) break;
        for (const figure of measured.figures) {
          samples.push({ suite: suite.name, contestant: contestant.name, round, ...figure });
        }
        for (const text of measured.problems) {
          problems.push({ suite: suite.name, contestant: contestant.name, round, text });
        }
        say(`round ${round} of ${rounds}, ${suite.name}, ${contestant.name}: ${brief(measured)}`);
      }
    }
    options.onRound({ samples, problems });
  }
  return { samples, problems };
}

function rotated<T>(list: readonly T[], by: number): readonly T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}

function brief({ figures, problems }: Measured): string {
  const shown = figures.slice(0, 3).map((f) => `${f.item} ${f.value.toFixed(f.unit === 's' ? 2 : 1)} ${f.unit}`);
  const more = figures.length > 3 ? `, ${figures.length - 3} more` : '';
  return [...(shown.length > 0 ? [shown.join(', ') + more] : []), ...problems].join('; ');
}
