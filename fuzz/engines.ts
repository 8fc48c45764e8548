/**
 * Runs random guest programs in the translator and in the interpreter, and
 * compares them at every stop. A difference is shrunk and printed with its seed.
 *
 *     node --import tsx fuzz/engines.ts [--count N] [--seed N] [--world flat|segmented|real|"paged user"] [--no-pass NAME]
 *
 * Exit status: 0 when no difference was found, 1 otherwise. The same programs, fewer of them, run in `npm test`.
 */
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { loadBinaryen } from '../src/translator/lower/binaryen-raw.ts';
import { Lockstep } from '../test/support/lockstep.ts';
import { listing, type RandomProgram, randomProgram } from '../test/support/random-program.ts';
import { isCode32, prepare, WORLDS, type World } from '../test/support/random-world.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    seed: { type: 'string', default: `${Math.floor(Math.random() * 2 ** 31)}` },
    world: { type: 'string', default: 'flat' },
    'no-pass': { type: 'string', multiple: true, default: [] },
  },
});
const count = Number(values.count);
const seed = Number(values.seed);
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(seed) || !WORLDS.includes(values.world as World)) {
  console.error(`fuzz: --count and --seed take whole numbers, --world one of ${WORLDS.join(', ')}`);
  process.exit(2);
}
const world = values.world as World;

const pair = new Lockstep(await loadBinaryen(), { translator: { noPass: values['no-pass'] } });
let programs = 0;

function check(program: RandomProgram): void {
  programs++;
  if (programs % 100 === 0) process.stderr.write(`\r${programs} programs`);
  prepare(pair, program, world);
  for (const budget of [...program.budgets, 20_000, 1, ...program.budgets]) {
    const difference = pair.run(budget);
    if (difference !== undefined) throw new Error(`${difference}\n${listing(program)}`);
  }
}

const start = performance.now();
const result = fc.check(fc.property(randomProgram(12, isCode32(world)), check), { numRuns: count, seed });
const seconds = (performance.now() - start) / 1000;
process.stderr.write('\r');
console.log(
  `${programs} programs in ${seconds.toFixed(1)} s, seed ${seed}, ${result.failed ? 'a difference' : 'no difference'}`,
);
if (result.failed) {
  console.log(fc.defaultReportMessage(result));
  process.exitCode = 1;
}
