/** What a run over mutants has found, as a file that a run can be taken up from, and as text. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Mutant } from './catalogue.ts';
import type { Fate } from './nursery.ts';

export interface Entry extends Mutant, Fate {}

export interface MutantReport {
  readonly version: 1;
  readonly seed: number;
  /** Cases that each mutant has to survive, and their seed. */
  readonly cases: number;
  readonly caseSeed: number;
  /** Mutants that the rules make of the sources. */
  readonly possible: number;
  readonly counted: number;
  readonly killed: number;
  readonly stillborn: number;
  /** Killed of those counted, by family. */
  readonly families: Readonly<Record<string, { readonly counted: number; readonly killed: number }>>;
  readonly mutants: readonly Entry[];
}

type Head = Pick<MutantReport, 'seed' | 'cases' | 'caseSeed' | 'possible'>;

export function reportOf(head: Head, mutants: readonly Entry[]): MutantReport {
  const counted = mutants.filter(({ result }) => result !== 'stillborn');
  const killed = counted.filter(({ result }) => result === 'killed');
  const families: Record<string, { counted: number; killed: number }> = {};
  for (const { family, result } of counted) {
    families[family] ??= { counted: 0, killed: 0 };
    const of = families[family];
    of.counted++;
    if (result === 'killed') of.killed++;
  }
  return {
    version: 1,
    ...head,
    counted: counted.length,
    killed: killed.length,
    stillborn: mutants.length - counted.length,
    families,
    mutants,
  };
}

/** Writes a report; what was there before is lost only when all of the new one is on the disk. */
export function writeReport(path: string, report: MutantReport): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(report, undefined, 1)}\n`);
  renameSync(`${path}.new`, path);
}

/**
 * The entries of an earlier run with the same seeds.
 * @throws Error in one line where the file is no report, or one of another run
 */
export function earlier(path: string, head: Head): readonly Entry[] {
  if (!existsSync(path)) return [];
  let found: Partial<MutantReport>;
  try {
    found = JSON.parse(readFileSync(path, 'utf8')) as Partial<MutantReport>;
  } catch {
    throw new Error(`${path} is no report of mutants: it is not JSON`);
  }
  if (found.version !== 1 || !Array.isArray(found.mutants)) throw new Error(`${path} is no report of mutants`);
  for (const key of ['seed', 'cases', 'caseSeed'] as const) {
    if (found[key] !== head[key]) {
      throw new Error(`${path} is of another run: its ${key} is ${found[key]}, not ${head[key]}; name another file`);
    }
  }
  return found.mutants;
}

/** A report for people. */
export function reportText(report: MutantReport): string {
  const percent = report.counted === 0 ? 0 : (100 * report.killed) / report.counted;
  const lines = [
    `${report.killed} of ${report.counted} mutants killed (${percent.toFixed(1)}%) within ${report.cases} cases each; ` +
      `${report.stillborn} stillborn, not counted`,
    ...Object.entries(report.families).map(([name, f]) => `  ${name.padEnd(10)} ${f.killed} of ${f.counted}`),
  ];
  const alive = report.mutants.filter(({ result }) => result === 'survived');
  if (alive.length > 0) lines.push('Alive:', ...alive.map((m) => `  ${m.id} (${m.rule}; was ${m.before})`));
  return lines.join('\n');
}
