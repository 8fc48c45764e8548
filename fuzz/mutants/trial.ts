/**
 * The campaign that a mutant has to survive: cases of every kind, by the translator at its settings, held
 * against the interpreter, until something differs.
 */
import type { FuzzCase, Outcome } from '../case.ts';
import { compareOutcomes, differenceText } from '../compare.ts';
import { ENGINES, TRANSLATOR_SETTINGS } from '../engines/index.ts';
import { InterpreterOracle } from '../engines/interpreter-oracle.ts';
import { ALL_MODES, Generator, type Profile } from '../generate/cases.ts';
import type { Oracle } from '../oracle.ts';

/** Fewer than in a campaign: more kinds of code for as many cases. */
const VARIANTS = 4;
/** Batches in turn: what kind of case, and how many. A whole-system case takes as long as sixty of the first kind. */
const TURNS: readonly (readonly [Profile, number])[] = [
  ['single', 384],
  ['sequence', 256],
  ['corner', 512],
  ['warm', 384],
  ['system', 80],
];
/** One batch of a kind in so many is for another setting than the usual one: regions change where a whole system runs. */
const OTHER_SETTING = 5;
const OTHER_SETTING_SYSTEM = 2;
/** Settings that differ in what becomes of regions, not in how they are translated. */
const OF_SYSTEMS: readonly string[] = [
  'tiers',
  'small-cache',
  'max-region-1',
  'no-chain',
  'small-cache',
  'tiers',
  'huge-regions',
  'late',
  'late-tiers',
];

export interface Trial {
  readonly seed: number;
  readonly cases: number;
}

export interface TrialResult {
  /** Cases run, the one that told included. */
  readonly cases: number;
  /** What differed first; undefined where nothing did. */
  readonly difference: string | undefined;
  /** Case and setting that showed it. */
  readonly by: string | undefined;
  /** The difference is that code could not be translated at all. */
  readonly untranslatable: boolean;
}

function differenceOf(left: Oracle, right: Oracle, a: Outcome | undefined, b: Outcome | undefined): string | undefined {
  if (!a || !b) return a || b ? `given up by the ${a ? right.name : left.name} alone` : undefined;
  const found = compareOutcomes({ oracle: left, outcome: a }, { oracle: right, outcome: b }, () => []);
  const [first] = found ?? [];
  return first && differenceText(first, left.name, right.name);
}

/** The setting for a kind's batch of that number. */
function settingOf(kind: Profile, round: number): string {
  const [usual, ...all] = [...TRANSLATOR_SETTINGS.keys()];
  const system = kind === 'system';
  const every = system ? OTHER_SETTING_SYSTEM : OTHER_SETTING;
  if (round % every !== every - 1) return usual!;
  const others = system ? OF_SYSTEMS.map((name) => `${usual}:${name}`) : all;
  // Kinds do not take the same ones in the same round.
  const first = TURNS.findIndex(([name]) => name === kind) * 3;
  return others[(first + Math.floor(round / every)) % others.length]!;
}

/** Runs the campaign. `progress` is called after each batch with the cases so far. */
export async function tryOut(trial: Trial, progress: (cases: number) => void): Promise<TrialResult> {
  const left = new InterpreterOracle();
  const rights = new Map<string, Oracle>();
  const generators = new Map<Profile, Generator>();
  const next = new Map<Profile, number>();
  try {
    for (let batch = 0, done = 0; done < trial.cases; batch++) {
      const [kind, most] = TURNS[batch % TURNS.length]!;
      const setting = settingOf(kind, Math.floor(batch / TURNS.length));
      const generator =
        generators.get(kind) ??
        new Generator({ seed: trial.seed, profiles: [kind], modes: ALL_MODES, only: undefined, variants: VARIANTS });
      generators.set(kind, generator);
      let right = rights.get(setting);
      if (right === undefined) {
        const made = await ENGINES.get(setting)!();
        if ('missing' in made) throw new Error(made.missing);
        right = made;
        rights.set(setting, right);
      }
      const from = next.get(kind) ?? 0;
      const count = Math.min(most, trial.cases - done);
      next.set(kind, from + count);
      const cases: FuzzCase[] = Array.from({ length: count }, (_, n) => generator.make(from + n));
      const [a, b] = [await left.run(cases), await right.run(cases)];
      for (const [n, c] of cases.entries()) {
        const difference = differenceOf(left, right, a[n], b[n]);
        if (difference === undefined) continue;
        const ending = b[n]?.ending;
        const untranslatable = ending?.kind === 'failed' && ending.message.startsWith('translation failed');
        return { cases: done + n + 1, difference, by: `${kind} ${c.name}, ${setting}`, untranslatable };
      }
      done += count;
      progress(done);
    }
    return { cases: trial.cases, difference: undefined, by: undefined, untranslatable: false };
  } finally {
    for (const oracle of rights.values()) oracle.dispose();
  }
}
