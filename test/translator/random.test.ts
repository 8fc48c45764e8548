/**
 * Random programs run the same in both engines, whatever passes are on, and to
 * the exact count. `TRANSVISOR_RUNS=N` multiplies the number of programs; a failure prints the seed.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { PASSES } from '../../src/translator/pipeline.ts';
import type { TranslatorOptions } from '../../src/translator/region.ts';
import { Lockstep } from '../support/lockstep.ts';
import { listing, type RandomProgram, randomProgram } from '../support/random-program.ts';
import { isCode32, prepare, type World } from '../support/random-world.ts';

const raw = await loadBinaryen();
const RUNS = Number(process.env['TRANSVISOR_RUNS'] ?? 1);
const SEED = process.env['TRANSVISOR_SEED'];

/** Runs a program stretch by stretch; throws at the first difference. */
function check(pair: Lockstep, program: RandomProgram, world: World): void {
  prepare(pair, program, world);
  // Long enough for everything to be translated, with comparisons in between.
  for (const budget of [...program.budgets, 20_000, 1, ...program.budgets]) {
    const difference = pair.run(budget);
    if (difference !== undefined) throw new Error(`${difference}\n${listing(program)}`);
  }
}

const VARIANTS: readonly (readonly [string, Partial<TranslatorOptions>, number, World])[] = [
  ['as usual', {}, 30, 'flat'],
  ['of the low tier', { hotTurns: 1e9 }, 20, 'flat'],
  ['of the low tier at level 3 with pages of all kinds', { hotTurns: 1e9 }, 20, 'paged user'],
  ['of two tiers', { hotTurns: 10 }, 20, 'flat'],
  ['of the high tier through Binaryen', { codeGenerator: 'binaryen' }, 12, 'paged user'],
  ['of the low tier through Binaryen', { hotTurns: 1e9, codeGenerator: 'binaryen' }, 12, 'flat'],
  ['of two tiers with segments that end', { hotTurns: 10 }, 12, 'segmented'],
  ['at level 3 with pages of all kinds', {}, 20, 'paged user'],
  ['with segments that end', {}, 20, 'segmented'],
  ['in real mode', {}, 8, 'real'],
  ...PASSES.map((pass) => [`without ${pass.name}`, { noPass: [pass.name] }, 12, 'flat'] as const),
  ['without any pass', { noPass: PASSES.map((pass) => pass.name) }, 12, 'flat'],
  ['a block a region', { maxRegion: 1 }, 12, 'paged user'],
  ['without chaining', { chain: false }, 12, 'flat'],
];

describe('random programs run the same translated and interpreted', () => {
  test.each(VARIANTS)('%s', { timeout: 120_000 * RUNS }, (_name, translator, runs, world) => {
    const pair = new Lockstep(raw, { translator });
    fc.assert(
      fc.property(randomProgram(12, isCode32(world)), (program) => check(pair, program, world)),
      { numRuns: runs * RUNS, ...(SEED !== undefined && { seed: Number(SEED) }) },
    );
    // It was the translator that ran.
    const stats = pair.engine.stats();
    expect(stats['regions']).toBeGreaterThan(runs);
    const { hotTurns = 0 } = translator;
    if (hotTurns === 10) expect(stats['regionsImproved']).toBeGreaterThan(runs / 4);
    else expect(stats['regionsImproved']).toBe(0);
  });
});
