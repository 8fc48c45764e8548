/**
 * Measures how many cases a second one core gets through, translator against interpreter, generating and comparing
 * included, and says where the time goes. The rate is by processor time, of all threads: others on the machine do not matter.
 *
 *     node --import tsx fuzz/bench.ts [--count N] [--seed N] [--oracle NAME] [--profile single|sequence|system] [--mode MODE]
 */
import { parseArgs } from 'node:util';
import { type FuzzCase, MODES, type Mode } from './case.ts';
import { compareOutcomes, differenceText } from './compare.ts';
import { ENGINES } from './engines/index.ts';
import { InterpreterOracle } from './engines/interpreter-oracle.ts';
import { Generator, PROFILES, type Profile } from './generate/cases.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    oracle: { type: 'string', default: 'translator' },
    profile: { type: 'string', default: 'single' },
    mode: { type: 'string', multiple: true, default: [...MODES] },
    from: { type: 'string', default: '0' },
  },
});
const count = Number(values.count);
const seed = Number(values.seed);
const from = Number(values.from);
const make = ENGINES.get(values.oracle);
const known = PROFILES.includes(values.profile as Profile) && values.mode.every((m) => MODES.includes(m as Mode));
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed) || seed < 0 || !make || !known) {
  console.error(
    `bench: --count and --seed take whole numbers, --oracle one of ${[...ENGINES.keys()].join(', ')}, ` +
      `--profile one of ${PROFILES.join(', ')}, --mode one of ${MODES.join(', ')}`,
  );
  process.exit(2);
}

/** Cases in one go: as many as the translator puts into one module. */
const BATCH = 500;

const left = new InterpreterOracle();
const made = await make();
if ('missing' in made) throw new Error(made.missing);
const right = made;
const generator = new Generator({
  seed,
  profiles: [values.profile as Profile],
  modes: values.mode as Mode[],
  only: undefined,
});
const ms = { generate: 0, interpreter: 0, translator: 0, compare: 0 };
let translated = 0;
let differences = 0;
let unjudged = 0;
const processorTime = process.cpuUsage();
let last = performance.now();
const lap = (part: keyof typeof ms) => {
  const now = performance.now();
  ms[part] += now - last;
  last = now;
};
for (let n = 0; n < count; n += BATCH) {
  const cases: FuzzCase[] = [];
  for (let k = n; k < Math.min(count, n + BATCH); k++) cases.push(generator.make(from + k));
  lap('generate');
  const a = await left.run(cases);
  lap('interpreter');
  const b = await right.run(cases);
  lap('translator');
  for (const [k, c] of cases.entries()) {
    const [x, y] = [a[k], b[k]];
    if (!x || !y) {
      unjudged++;
      if (x || y) differences++;
      continue;
    }
    if ((y.translated ?? 0) > 0) translated++;
    const found = compareOutcomes({ oracle: left, outcome: x }, { oracle: right, outcome: y }, () => []);
    if (found === undefined || found.length === 0) continue;
    differences++;
    if (differences <= 10) {
      console.log(`${c.name}, ${c.mode}:`);
      for (const d of found.slice(0, 6)) console.log(`  ${differenceText(d, left.name, right.name)}`);
    }
  }
  lap('compare');
}
const { user, system } = process.cpuUsage(processorTime);
const seconds = (user + system) / 1e6;
const total = Object.values(ms).reduce((sum, part) => sum + part, 0) / 1000;
const each = (part: number) => `${((part * 1000) / count).toFixed(1)} us`;
console.log(
  `${count} cases in ${seconds.toFixed(1)} s of processor time (${total.toFixed(1)} s by the clock): ` +
    `${Math.round(count / seconds)} a second; ` +
    `${differences} differences, ${unjudged} not judged, ${((100 * translated) / count).toFixed(1)}% ran in translated code`,
);
console.log(
  Object.entries(ms)
    .map(([part, time]) => `${part} ${each(time)}`)
    .join(', '),
);
if (differences > 0) process.exitCode = 1;
