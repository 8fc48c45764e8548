/** `transvisor fuzz`: campaigns, and single cases again. */

import { resolve } from 'node:path';
import { emptyTally, type Plan, type Tally } from '../../fuzz/campaign.ts';
import { Coverage } from '../../fuzz/coverage.ts';
import { freshSeed, Generator, MODES } from '../../fuzz/index.ts';
import { defaultKinds } from '../../fuzz/kinds.ts';
import { missingCells } from '../../fuzz/matrix.ts';
import { oracleNames } from '../../fuzz/oracles.ts';
import { coverageFromJson, reportFromJson } from '../../fuzz/report.ts';
import { readImage } from '../host/files.ts';
import { emptyConfig, FUZZ_OPTIONS, type FuzzConfig, inRange } from './fuzz-options.ts';
import { parseOptions } from './parse-options.ts';
import { UsageError } from './usage-error.ts';

/** Largest report. */
const REPORT_LIMIT = 256 * 2 ** 20;
const DEFAULT_COUNT = 100_000;

/** Options that a report brings with it. */
const OF_THE_PLAN = ['seed', 'first', 'only'] as const;

function planOf(config: FuzzConfig): Plan {
  const modes = config.modes.length === 0 ? MODES : [...new Set(config.modes)];
  const oracles = oracleNames(config.oracles.length === 0 ? ['translator'] : config.oracles);
  if (oracles.length < 2) throw new UsageError('--oracle: there is nothing to hold the interpreter against');
  const kinds = config.kinds.length === 0 ? defaultKinds(oracles, modes) : config.kinds;
  const plan: Plan = { seed: config.seed ?? freshSeed(), modes, kinds, only: config.only, oracles };
  inRange(() => new Generator({ ...plan, profiles: plan.kinds }));
  return plan;
}

function reportText(file: string): string {
  return new TextDecoder().decode(readImage(file, REPORT_LIMIT, 'a report'));
}

/** The coverage of other campaigns. @throws FileError */
function coverageOf(files: readonly string[]): Coverage {
  const coverage = new Coverage();
  for (const file of files) coverage.merge(coverageFromJson(file, reportText(file)).data());
  return coverage;
}

/** The plan with the cells that are still to be met, where cases are made by cells. */
function withCells(plan: Plan, tally: Tally, besides: Coverage): Plan {
  const known = new Coverage();
  for (const coverage of [tally.coverage, besides]) known.merge(coverage.data());
  if (!plan.kinds.includes('cell') || [...known.keys('tried')].length === 0) return plan;
  const cells = missingCells(known);
  inRange(() => new Generator({ ...plan, profiles: plan.kinds, cells }));
  return { ...plan, cells };
}

/** The campaign of a report. @throws UsageError, FileError */
function resumed(config: FuzzConfig, file: string): { plan: Plan; tally: Tally } {
  const given = OF_THE_PLAN.filter((name) => config[name] !== undefined);
  const lists = (['modes', 'kinds', 'oracles'] as const).filter((name) => config[name].length > 0);
  const both = [...given, ...lists.map((name) => name.slice(0, -1))][0];
  if (both !== undefined) throw new UsageError(`--${both}: the report of --resume says it already`);
  if (config.report !== undefined && resolve(config.report) !== resolve(file)) {
    throw new UsageError('--report: with --resume the report is kept where it is');
  }
  const { plan, tally } = reportFromJson(file, reportText(file));
  inRange(() => new Generator({ ...plan, profiles: plan.kinds }));
  return { plan, tally };
}

/** Runs the command. @throws UsageError, FileError */
export async function fuzz(args: readonly string[]): Promise<number> {
  const config = emptyConfig();
  parseOptions(args, FUZZ_OPTIONS, config);
  if (config.record !== undefined) return (await import('./fuzz-record.ts')).record(config, config.record);
  if (config.nasm !== undefined && config.replay.length === 0) {
    throw new UsageError('--nasm: needs --replay with one case');
  }
  if (config.minimize !== undefined || config.replay.length > 0) {
    const { minimizeFile, replayFiles } = await import('./fuzz-cases.ts');
    if (config.minimize !== undefined && config.replay.length > 0) {
      throw new UsageError('--minimize and --replay: one of them at a time');
    }
    return config.minimize === undefined ? replayFiles(config) : minimizeFile(config, config.minimize);
  }
  const { plan, tally } =
    config.resume === undefined
      ? { plan: planOf(config), tally: emptyTally(config.first ?? 0) }
      : resumed(config, config.resume);
  const besides = coverageOf(config.besides);
  const { runCampaign } = await import('./fuzz-campaign.ts');
  const report = config.resume ?? config.report;
  return runCampaign({
    plan: withCells(plan, tally, besides),
    tally,
    besides,
    count: config.count ?? (config.seconds === undefined ? DEFAULT_COUNT : Number.POSITIVE_INFINITY),
    seconds: config.seconds ?? Number.POSITIVE_INFINITY,
    jobs: config.jobs,
    report,
    corpus: config.corpus,
    matrix: config.matrix,
  });
}
