/**
 * Differential fuzzing as a library: cases are made, run by several oracles, and their outcomes compared.
 *
 * @example
 * import { fuzz } from 'transvisor/fuzz';
 * const { differences, findings } = await fuzz({ count: 10_000, oracles: ['translator', myOracle] });
 */
import { Campaign, emptyTally, type Found, type Plan, type Tally } from './campaign.ts';
import { MODES, type Mode } from './case.ts';
import { Generator, type Profile } from './generate/cases.ts';
import { defaultKinds } from './kinds.ts';
import { LocalLanes } from './local-lanes.ts';
import { type CoverageSummary, summarize } from './matrix.ts';
import type { Oracle } from './oracle.ts';
import { makeOracles, oracleNames, REFERENCE } from './oracles.ts';
import { rateOf } from './report.ts';

export type { Finding } from './batch.ts';
export type { Found, Plan, Tally } from './campaign.ts';
export {
  type ArchState,
  CASE_MEMORY,
  type Ending,
  type FuzzCase,
  MODES,
  type Mode,
  type Outcome,
  type Patch,
  type SegmentState,
} from './case.ts';
export { caseFromJson, caseToJson } from './case-json.ts';
export { compareOutcomes, type Difference } from './compare.ts';
export { caseText, listingOf, outcomeText } from './describe.ts';
export { Generator, PROFILES, type Profile } from './generate/cases.ts';
export { differencesOf, shrinkPair } from './local-lanes.ts';
export type { Knowledge, Oracle, OracleMaker } from './oracle.ts';
export { makeOracle, ORACLE_NAMES } from './oracles.ts';
export { plainCase, plainState } from './plain-case.ts';
export { shrink } from './shrink.ts';

export interface FuzzOptions {
  /** Cases to run; 10,000 unless given, or unless `seconds` is. */
  readonly count?: number;
  /** Seconds to run. */
  readonly seconds?: number;
  /** 0 to 2^32 - 1; fresh unless given. The same seed and options make the same cases. */
  readonly seed?: number;
  /** Number of the first case; 0 unless given. */
  readonly first?: number;
  /** Oracles to hold against the interpreter: names, or objects of your own. The translator, unless given. */
  readonly oracles?: readonly (string | Oracle)[];
  /** All four unless given. */
  readonly modes?: readonly Mode[];
  /** Kinds of case: by what the oracles can judge, unless given. */
  readonly kinds?: readonly Profile[];
  /** Only rows of the opcode table that fit: names, mnemonics or features, with `*` and `|`. */
  readonly only?: string;
  /** Stops the campaign; what was done until then is the result. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly cases: number; readonly differences: number }) => void;
  readonly onFinding?: (found: Found) => void;
}

export interface FuzzResult {
  readonly seed: number;
  readonly cases: number;
  readonly casesPerSecond: number;
  /** Cases that differ. */
  readonly differences: number;
  /** The first of them, made small. */
  readonly findings: readonly Found[];
  /** Cases judged, by oracle. */
  readonly judged: Readonly<Record<string, number>>;
  /** Oracles that are not here, and why. */
  readonly missing: readonly string[];
  readonly coverage: CoverageSummary;
}

/** A seed that nobody has chosen. */
export function freshSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

const SEED_LIMIT = 2 ** 32;

function checked(what: string, value: number, most: number): number {
  if (!(value >= 0 && value <= most)) throw new RangeError(`${what} is ${value}, must be from 0 to ${most}`);
  return value;
}

/**
 * Runs a campaign on this thread. Memory and time are bounded by what is asked for; a case itself always ends.
 * @throws RangeError where an option is out of range, an oracle's name is none, or there is nothing to compare with
 */
export async function fuzz(options: FuzzOptions = {}): Promise<FuzzResult> {
  const wanted = options.oracles ?? ['translator'];
  const names = oracleNames(wanted.filter((one) => typeof one === 'string'));
  const own = wanted.filter((one) => typeof one !== 'string');
  const plan: Plan = {
    seed: checked('seed', options.seed ?? freshSeed(), SEED_LIMIT - 1),
    modes: options.modes ?? MODES,
    kinds: options.kinds ?? defaultKinds([...names, ...own.map(({ name }) => name)], options.modes ?? MODES),
    only: options.only,
    oracles: [...names, ...own.map(({ name }) => name)],
  };
  const count = options.count ?? (options.seconds === undefined ? 10_000 : Number.POSITIVE_INFINITY);
  const generator = new Generator({ ...plan, profiles: plan.kinds });
  const { oracles, missing } = await makeOracles([...names, ...own]);
  const signal = options.signal ?? new AbortController().signal;
  const lanes = new LocalLanes(oracles, generator);
  try {
    if (oracles.length < 2) {
      throw new RangeError(`there is nothing to hold the ${REFERENCE} against${missing.map((m) => `; ${m}`).join('')}`);
    }
    const tally: Tally = emptyTally(checked('first', options.first ?? 0, 2 ** 50));
    const campaign = new Campaign({
      lanes,
      tally,
      count: checked('count', count, Number.POSITIVE_INFINITY),
      seconds: checked('seconds', options.seconds ?? Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
      signal,
      onProgress: ({ cases, differences }) => options.onProgress?.({ cases, differences }),
      onFinding: (found) => options.onFinding?.(found),
    });
    await campaign.run();
    const { cases, differences, findings, judged, coverage } = tally;
    const casesPerSecond = rateOf(tally);
    return {
      seed: plan.seed,
      cases,
      casesPerSecond,
      differences,
      findings,
      judged,
      missing,
      coverage: summarize(coverage),
    };
  } finally {
    lanes.dispose();
  }
}
