/**
 * Checks the check: makes mutants of the translator by rule, and counts how many of them a campaign of the translator
 * against the interpreter notices.
 *
 *     node --import tsx fuzz/mutants/run.ts [--seed N] [--count N] [--cases N] [--jobs N] [--report FILE]
 *                                           [--case-seed N] [--family NAME] [--only TEXT] [--list]
 *
 * Taken up where it was when the report is there already. Exit status: 0 when 95% are killed, 1 otherwise, 2 for
 * what cannot be done.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { catalogue, FAMILIES, inOrderOf, type Mutant } from './catalogue.ts';
import { fateOf } from './nursery.ts';
import { type Entry, earlier, reportOf, reportText, writeReport } from './report.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const WANTED = 0.95;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '240' },
    cases: { type: 'string', default: '100000' },
    'case-seed': { type: 'string' },
    jobs: { type: 'string', default: '1' },
    report: { type: 'string', default: join(ROOT, 'build', 'mutants.json') },
    family: { type: 'string' },
    only: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});

function refuse(why: string): never {
  console.error(`mutants: ${why}`);
  process.exit(2);
}

function whole(name: 'seed' | 'count' | 'cases' | 'jobs' | 'case-seed', least: number, most: number): number {
  const text = values[name] ?? values.seed;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    refuse(`--${name} takes a whole number from ${least} to ${most}, not '${text}'`);
  return value;
}

const seed = whole('seed', 0, 2 ** 32 - 1);
const count = whole('count', 1, 100_000);
const cases = whole('cases', 1, 1e9);
const jobs = whole('jobs', 1, 64);
const caseSeed = whole('case-seed', 0, 2 ** 32 - 1);
if (values.family !== undefined && !FAMILIES.some(({ name }) => name === values.family)) {
  refuse(`no family '${values.family}'; there are ${FAMILIES.map(({ name }) => name).join(', ')}`);
}

const files = new Map<string, string>();
for (const entry of readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
  const file = `src/${entry.replaceAll('\\', '/')}`;
  if (file.endsWith('.ts')) files.set(file, readFileSync(join(ROOT, file), 'utf8'));
}
const all = catalogue(files).filter(
  (m) =>
    (values.family === undefined || m.family === values.family) &&
    (values.only === undefined || m.id.includes(values.only)),
);
const order = inOrderOf(seed, all);
if (values.list) {
  for (const m of order.slice(0, count)) console.log(`${m.id} (${m.rule}; was ${m.before})`);
  process.exit(0);
}

const head = { seed, cases, caseSeed, possible: all.length };
let entries: Entry[] = [];
try {
  const known = new Set(order.map(({ id }) => id));
  // What the sources no longer have is of no use.
  entries = earlier(values.report, head).filter(({ id }) => known.has(id));
  mkdirSync(dirname(values.report), { recursive: true });
  writeReport(values.report, reportOf(head, entries));
} catch (error) {
  refuse(error instanceof Error ? error.message : String(error));
}
const done = new Set(entries.map(({ id }) => id));
const queue = order.filter(({ id }) => !done.has(id));
const counted = () => entries.filter(({ result }) => result !== 'stillborn').length;
let running = 0;
let stopped = false;

async function one(mutant: Mutant): Promise<void> {
  const started = performance.now();
  const fate = await fateOf(mutant, files.get(mutant.file)!, caseSeed, cases);
  if (stopped) return;
  entries.push({ ...mutant, ...fate });
  writeReport(values.report, reportOf(head, entries));
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`${counted()}/${count} ${fate.result} (${fate.how}, ${fate.cases} cases, ${seconds} s) ${mutant.id}`);
}

async function worker(): Promise<void> {
  while (!stopped && counted() + running < count) {
    const mutant = queue.shift();
    if (!mutant) return;
    running++;
    await one(mutant);
    running--;
  }
}

process.once('SIGINT', () => {
  stopped = true;
  console.log(reportText(reportOf(head, entries)));
  process.exit(130);
});

if (queue.length > 0 && counted() < count) {
  const plain = await fateOf(undefined, '', caseSeed, cases);
  if (plain.result !== 'survived') refuse(`the project as it is fails its campaign: ${plain.what}`);
}
await Promise.all(Array.from({ length: jobs }, worker));
const report = reportOf(head, entries);
console.log(reportText(report));
process.exitCode = report.counted > 0 && report.killed / report.counted >= WANTED ? 0 : 1;
