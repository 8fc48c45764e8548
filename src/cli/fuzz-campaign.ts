/** One campaign from the command line: threads, progress, report, corpus, and what is printed at its end. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Campaign, type Found, type Plan, type Tally } from '../../fuzz/campaign.ts';
import { corpusName, corpusToJson } from '../../fuzz/corpus-file.ts';
import { Coverage } from '../../fuzz/coverage.ts';
import { caseText, differencesText, listingOf } from '../../fuzz/describe.ts';
import { rowPattern } from '../../fuzz/generate/rows.ts';
import { kindsText } from '../../fuzz/kinds.ts';
import { emptyText, matrixText, overviewText, type Scope, summarize, WELL } from '../../fuzz/matrix.ts';
import { OUTSIDE_NAMES } from '../../fuzz/oracles.ts';
import { ThreadPool } from '../../fuzz/outside/threads/pool.ts';
import { rateOf, reportToJson } from '../../fuzz/report.ts';
import { FileError } from '../host/files.ts';
import { makeFolderOf, tryWriting, writeWhole } from '../host/whole-file.ts';
import { EXIT_INTERNAL, EXIT_OK, UsageError } from './usage-error.ts';

export interface CampaignRun {
  readonly plan: Plan;
  readonly tally: Tally;
  /** Coverage of other campaigns, which counts in what is printed. */
  readonly besides: Coverage;
  readonly count: number;
  readonly seconds: number;
  readonly jobs: number;
  readonly report: string | undefined;
  /** Folder for cases that differ. */
  readonly corpus: string;
  readonly matrix: boolean;
}

/** Milliseconds between two reports, and between two lines of progress where they do not overwrite each other. */
const REPORT_EVERY = 10_000;
const LINE_EVERY = 10_000;
const SCREEN_EVERY = 250;

const say = (line: string) => process.stderr.write(`${line}\n`);
const print = (line: string) => process.stdout.write(`${line}\n`);
const quoted = (text: string) => (/^[\w:,.*-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The command line that makes and runs a case again. */
export function reproduction(plan: Plan, name: string, oracle: string): string {
  const number = name.split(':')[1];
  const options = [
    `--seed ${plan.seed} --first ${number} --count 1 --oracle ${quoted(oracle)}`,
    `--mode ${plan.modes.join()} --kind ${kindsText(plan.kinds)}`,
    ...(plan.only === undefined ? [] : [`--only ${quoted(plan.only)}`]),
  ];
  return `transvisor fuzz ${options.join(' ')}`;
}

/** Keeps a case that differs, under a name of its own; what is there stays. @returns the file */
function keepCase(folder: string, plan: Plan, found: Found): string {
  const { minimal, left, right, case: original } = found;
  const c = minimal?.case ?? original;
  const differences = minimal?.differences ?? found.differences;
  const file = join(folder, corpusName(c));
  const note = [
    `${left} and ${right} differ: ${differences.map(({ what }) => what).join(', ')}.`,
    minimal ? `Made smaller from ${reproduction(plan, original.name, right)}` : 'Not made smaller.',
  ].join(' ');
  if (existsSync(file)) return file;
  makeFolderOf(file);
  writeWhole(file, corpusToJson({ case: c, note: note.slice(0, 4000), expected: minimal?.expected }));
  return file;
}

function printFinding(run: CampaignRun, found: Found): void {
  const { left, right, minimal } = found;
  print(`\nDifference: ${left} and ${right}${minimal === undefined ? ' (not made smaller)' : ''}`);
  const c = minimal?.case ?? found.case;
  for (const line of minimal === undefined ? [`case ${c.name}, ${c.mode}`, ...listingOf(c)] : caseText(c))
    print(`  ${line}`);
  for (const line of differencesText(minimal?.differences ?? found.differences, left, right)) print(line);
  print(`  reproduce: ${reproduction(run.plan, found.case.name, right)}`);
  try {
    const file = keepCase(run.corpus, run.plan, found);
    print(`  replay:    transvisor fuzz --replay ${quoted(file)} --oracle ${quoted(right)}`);
  } catch (error) {
    // The report still has it.
    if (!(error instanceof FileError)) throw error;
    say(`transvisor: ${error.message}; the campaign goes on`);
  }
}

function progressLine(tally: Tally, done: number, seconds: number): string {
  const { cells, judged } = summarize(tally.coverage);
  const rate = seconds > 0 ? Math.round(done / seconds) : 0;
  return `${tally.cases} cases, ${rate}/s, ${judged} of ${cells} cells judged, ${tally.differences} differences`;
}

/** Writes the report; what goes wrong is told once, and again at the end. */
class ReportFile {
  private readonly run: CampaignRun;
  private last = performance.now();
  private told = false;

  constructor(run: CampaignRun) {
    this.run = run;
    if (run.report !== undefined) tryWriting(run.report);
  }

  /** @throws FileError */
  write(): void {
    const { report, plan, tally } = this.run;
    this.last = performance.now();
    if (report !== undefined) writeWhole(report, `${JSON.stringify(reportToJson(plan, tally))}\n`);
  }

  /** Writes it where it is time to. */
  now(): void {
    if (performance.now() - this.last < REPORT_EVERY) return;
    try {
      this.write();
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      if (!this.told) say(`transvisor: ${error.message}; the campaign goes on`);
      this.told = true;
    }
  }
}

/** Runs a campaign. @returns the exit status @throws UsageError, FileError */
export async function runCampaign(run: CampaignRun): Promise<number> {
  const { plan, tally } = run;
  const report = new ReportFile(run);
  const pool = new ThreadPool(plan, run.jobs);
  const abort = new AbortController();
  const interrupt = () => {
    // Twice is enough to mean it.
    if (abort.signal.aborted) process.exit(130);
    say('\nstopping: batches under way are finished');
    abort.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const screen = process.stderr.isTTY === true;
  const [start, before] = [performance.now(), tally.cases];
  let shown = 0;
  const progress = () => {
    const now = performance.now();
    report.now();
    if (now - shown < (screen ? SCREEN_EVERY : LINE_EVERY)) return;
    shown = now;
    const line = progressLine(tally, tally.cases - before, (now - start) / 1000);
    process.stderr.write(screen ? `\r\x1b[K${line}` : `${line}\n`);
  };
  try {
    await pool.start();
    for (const line of pool.missing) say(`transvisor: not here, left out: ${line}`);
    if (pool.oracles.length < 2) throw new UsageError('no oracle is left to hold the interpreter against');
    say(`seed ${plan.seed}: ${pool.oracles.join(', ')}; ${plan.modes.join(', ')}`);
    const campaign = new Campaign({
      lanes: pool,
      tally,
      count: run.count,
      seconds: run.seconds,
      signal: abort.signal,
      onProgress: progress,
      onFinding: (found) => printFinding(run, found),
    });
    try {
      await campaign.run();
    } catch (error) {
      // What was counted until then is not lost.
      report.write();
      throw error;
    }
    if (screen) process.stderr.write('\r\x1b[K');
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await pool.dispose();
  }
  printSummary(run, pool.oracles);
  report.write();
  return tally.differences === 0 ? EXIT_OK : EXIT_INTERNAL;
}

function printSummary({ plan, tally, besides, matrix }: CampaignRun, oracles: readonly string[]): void {
  const coverage = new Coverage();
  for (const one of [tally.coverage, besides]) coverage.merge(one.data());
  const { cells, judged, well, unjudgeable, rows, rowsJudged } = summarize(coverage);
  print(
    `${tally.cases} cases in ${tally.seconds.toFixed(1)} s, ${rateOf(tally)} a second, seed ${plan.seed}: ` +
      `${tally.differences === 0 ? 'no' : tally.differences} difference${tally.differences === 1 ? '' : 's'}`,
  );
  for (const [oracle, count] of Object.entries(tally.judged)) {
    const refused = Object.entries(tally.refused[oracle] ?? {}).sort(([, a], [, b]) => b - a);
    const reasons = refused.slice(0, 3).map(([reason, n]) => `${n} ${reason}`);
    print(`  ${oracle}: ${count} cases judged${reasons.length === 0 ? '' : `; not judged: ${reasons.join('; ')}`}`);
  }
  print(
    `coverage: ${judged} of ${cells} cells judged, ${well} of them ${WELL} times or more; ${rowsJudged} of ${rows} rows`,
  );
  print(
    `  of the other ${cells - well}, ${unjudgeable} are such that no oracle there is can judge (--matrix says why)`,
  );
  print('  outcomes by mode, cells judged / cells there are:');
  for (const line of overviewText(coverage)) print(line);
  if (!matrix) {
    print('  (--matrix prints each row, and why cells are empty)');
    return;
  }
  const scope: Scope = {
    modes: plan.modes,
    fits: plan.only === undefined ? () => true : rowPattern(plan.only),
    outside: oracles.some((name) => OUTSIDE_NAMES.includes(name)),
  };
  print('matrix: row, mode, form, and how often each outcome was judged');
  for (const line of matrixText(coverage)) print(line);
  print(`cells judged less than ${WELL} times:`);
  for (const line of emptyText(coverage, scope)) print(line);
}
