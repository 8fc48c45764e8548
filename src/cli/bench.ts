/** `transvisor bench`: suites on contestants, in interleaved rounds. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Contestant, requireDifferent } from '../../bench/contestant.ts';
import { factsLine, type Measurand, reportJson } from '../../bench/json.ts';
import { hostFacts } from '../../bench/outside/host-facts.ts';
import { versionOf, whyAbsent } from '../../bench/outside/peers.ts';
import type { Setting } from '../../bench/outside/setting.ts';
import { makeSuites } from '../../bench/outside/suites.ts';
import { type Outcome, runRounds } from '../../bench/rounds.ts';
import { summarize } from '../../bench/summary.ts';
import { tables } from '../../bench/table.ts';
import { makeFolderOf, tryWriting, writeWhole } from '../host/whole-file.ts';
import { ablationContestants } from './bench-ablation.ts';
import { BENCH_OPTIONS, type BenchConfig, emptyBenchConfig } from './bench-options.ts';
import { packageFile } from './package-file.ts';
import { parseOptions } from './parse-options.ts';
import { EXIT_DIFFERENCE, EXIT_INTERNAL, EXIT_OK, UsageError } from './usage-error.ts';
import { version } from './version.ts';

const DEFAULT_CONTESTANTS = ['ours', 'v86', 'qemu', 'native'] as const;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function contestantsOf(config: BenchConfig): readonly Contestant[] {
  if (config.ablate) return [...ablationContestants(), ...config.contestants];
  if (config.contestants.length > 0) return config.contestants;
  return DEFAULT_CONTESTANTS.map((name) => ({ name, kind: name, switches: [] }));
}

/** Runs the command; status 0, 1 when something was not measured, 5 when checksums differ. @throws UsageError */
export async function bench(args: readonly string[]): Promise<number> {
  const config = emptyBenchConfig();
  parseOptions(args, BENCH_OPTIONS, config);
  if (config.suites.length === 0) throw new UsageError("--suite: say what to measure ('transvisor bench --help')");
  const setting: Setting = {
    packageFile: (path) => fileURLToPath(packageFile(path)),
    bios: config.seabios,
    limit: config.limit,
    megabytes: config.megabytes,
    ...(config.v86 !== undefined && { v86: config.v86 }),
    ...(config.profile !== undefined && { profile: config.profile }),
  };
  const wanted = contestantsOf(config);
  requireDifferent(wanted);
  const suites = makeSuites({ ...config, suites: [...new Set(config.suites)] }, setting);
  if (config.json !== undefined) tryWriting(config.json);
  if (config.profile !== undefined) {
    makeFolderOf(join(config.profile, 'x'));
    tryWriting(join(config.profile, 'x'));
  }
  const contestants = wanted.flatMap((contestant): Measurand[] => {
    const why = whyAbsent(contestant, setting);
    if (why !== undefined) say(`without ${contestant.name}: ${why}`);
    const version = why === undefined ? versionOf(contestant, setting) : undefined;
    return why === undefined ? [{ ...contestant, ...(version !== undefined && { version }) }] : [];
  });
  if (contestants.length === 0) throw new UsageError('--on: nobody that is named is installed');
  const host = hostFacts(version());
  const started = new Date().toISOString();
  const write = (outcome: Outcome) => {
    if (config.json === undefined) return;
    const command = ['bench', ...args];
    writeWhole(config.json, reportJson({ host, started, command, contestants, outcome }));
  };
  const abort = new AbortController();
  const onSignal = () => abort.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, onSignal);
  const outcome = await runRounds({
    suites,
    contestants,
    rounds: config.rounds,
    abort: abort.signal,
    say,
    onRound: write,
  });
  const names = contestants.map((c) => c.name);
  const summaries = summarize(outcome.samples, names);
  if (summaries.length > 0)
    process.stdout.write(`${tables(summaries, names)}\n\n${factsLine(host, contestants, config.rounds)}\n`);
  for (const p of outcome.problems) {
    process.stdout.write(`Problem: ${p.suite}, ${p.contestant}, round ${p.round}: ${p.text}\n`);
  }
  if (abort.signal.aborted) return EXIT_INTERNAL;
  if (summaries.some((s) => s.mismatches.length > 0)) return EXIT_DIFFERENCE;
  return outcome.problems.length > 0 || outcome.samples.length === 0 ? EXIT_INTERNAL : EXIT_OK;
}
