/** `transvisor fuzz --replay`, `--minimize`: single cases from files. */
import { type CorpusCase, corpusFromJson, corpusToJson } from '../../fuzz/corpus-file.ts';
import { caseText, differencesText, listingOf, outcomeText } from '../../fuzz/describe.ts';
import { exportNasm } from '../../fuzz/export-nasm.ts';
import { MODES, type Oracle } from '../../fuzz/index.ts';
import { makeOracles, oracleNames } from '../../fuzz/oracles.ts';
import { ThreadPool } from '../../fuzz/outside/threads/pool.ts';
import { openVectors, replayVectorFile, VECTOR_SUFFIX } from '../../fuzz/outside/vectors/index.ts';
import { replayCase } from '../../fuzz/replay.ts';
import { readImage } from '../host/files.ts';
import { writeWhole } from '../host/whole-file.ts';
import type { FuzzConfig } from './fuzz-options.ts';
import { EXIT_INTERNAL, EXIT_OK, UsageError } from './usage-error.ts';

/** Largest case file. */
const CASE_LIMIT = 16 * 2 ** 20;

/** What a file says must not reach the terminal as anything but text. */
const print = (line: string) => process.stdout.write(`${line.replace(/[^\x20-\x7e]/g, '?')}\n`);

function readCase(file: string): CorpusCase {
  return corpusFromJson(file, new TextDecoder().decode(readImage(file, CASE_LIMIT, 'a case')));
}

/** Oracles by the options; those that are not here are told. @throws UsageError where none is left to compare with */
async function oraclesOf(config: FuzzConfig): Promise<readonly Oracle[]> {
  const names = oracleNames(config.oracles.length === 0 ? ['translator'] : config.oracles);
  const { oracles, missing } = await makeOracles(names);
  for (const line of missing) process.stderr.write(`transvisor: not here, left out: ${line}\n`);
  return oracles;
}

/** Findings printed of one file of vectors. */
const MOST_FINDINGS = 10;

/** Replays a file of vectors. @returns whether there was no difference */
async function replayVectors(file: string, oracles: readonly Oracle[]): Promise<boolean> {
  const { cases, judged, findings, differing } = await replayVectorFile(file, oracles);
  const counts = Object.entries(judged).map(([oracle, count]) => `${oracle} ${count}`);
  print(`${file}: ${cases} vectors; judged: ${counts.join(', ')}; ${differing === 0 ? 'no' : differing} differences`);
  for (const {
    oracle,
    vector: { case: c },
    differences,
  } of findings.slice(0, MOST_FINDINGS)) {
    for (const line of [`case ${c.name}, ${c.mode}`, ...listingOf(c)]) print(`  ${line}`);
    for (const line of differencesText(differences, oracle, 'recorded')) print(line);
  }
  return differing === 0;
}

/** Runs cases of files again, and prints them, with what they leave behind. @throws UsageError, FileError */
export async function replayFiles(config: FuzzConfig): Promise<number> {
  // All of them are read before anything runs.
  const vectors = config.replay.filter((file) => file.endsWith(VECTOR_SUFFIX));
  for (const file of vectors) openVectors(file);
  const cases = config.replay.filter((file) => !vectors.includes(file)).map((file) => ({ file, read: readCase(file) }));
  if (config.nasm !== undefined) {
    if (cases.length !== 1 || vectors.length > 0) throw new UsageError('--nasm: needs --replay with one case');
    writeWhole(config.nasm, exportNasm(cases[0]!.read.case));
  }
  const oracles = await oraclesOf(config);
  let differ = 0;
  try {
    for (const file of vectors) if (!(await replayVectors(file, oracles))) differ++;
    for (const { file, read } of cases) {
      const { outcomes, verdicts } = await replayCase(oracles, read);
      if (cases.length === 1) {
        if (read.note !== '') print(read.note);
        for (const line of caseText(read.case)) print(line);
        for (const [oracle, outcome] of outcomes) {
          print(`${oracle}:`);
          for (const line of typeof outcome === 'string' ? [outcome] : outcomeText(outcome)) print(`  ${line}`);
        }
      }
      const bad = verdicts.filter(({ differences }) => differences !== undefined && differences.length > 0);
      if (bad.length > 0) differ++;
      for (const { left, right, differences } of bad) {
        print(`${file}: ${left} and ${right} differ`);
        for (const line of differencesText(differences!, left, right)) print(line);
      }
      if (bad.length === 0) {
        const agree = verdicts.filter(({ differences }) => differences !== undefined).map(({ right }) => right);
        print(`${file}: ${agree.length === 0 ? 'judged by nobody' : `no difference (${agree.join(', ')})`}`);
      }
    }
  } finally {
    for (const oracle of oracles) oracle.dispose();
  }
  return differ === 0 ? EXIT_OK : EXIT_INTERNAL;
}

/** Makes the case of a file smaller and writes it beside it. @throws UsageError, FileError */
export async function minimizeFile(config: FuzzConfig, file: string): Promise<number> {
  const read = readCase(file);
  const oracles = oracleNames(config.oracles.length === 0 ? ['translator'] : config.oracles);
  // On a thread: a smaller case may hang.
  const pool = new ThreadPool({ seed: 0, modes: MODES, kinds: ['single'], only: undefined, oracles }, 1);
  try {
    await pool.start();
    for (const line of pool.missing) process.stderr.write(`transvisor: not here, left out: ${line}\n`);
    const [left, ...others] = pool.oracles;
    if (left === undefined || others.length === 0) {
      throw new UsageError('no oracle is left to hold the interpreter against');
    }
    for (const right of others) {
      const small = await pool.shrink({ case: read.case, left, right, differences: [] });
      if (small === undefined) continue;
      const out = `${file.replace(/\.json$/, '')}.min.json`;
      writeWhole(out, corpusToJson({ case: small.case, note: read.note, expected: small.expected }));
      if (read.expected !== undefined && small.expected === undefined) {
        process.stderr.write(`transvisor: ${out}: what an oracle from outside said of the larger case is left out\n`);
      }
      for (const line of caseText(small.case)) print(line);
      print(`${left} and ${right} differ:`);
      for (const line of differencesText(small.differences, left, right)) print(line);
      print(`written to ${out}`);
      return EXIT_INTERNAL;
    }
    print(`${file}: no difference to keep (${others.join(', ')})`);
    return EXIT_OK;
  } finally {
    await pool.dispose();
  }
}
