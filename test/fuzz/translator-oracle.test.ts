/** The translator as an oracle, at each of its settings, against the interpreter. */
import { afterEach, describe, expect, it } from 'vitest';
import type { FuzzCase, Outcome } from '../../fuzz/case.ts';
import { compareOutcomes, type Difference, differenceText } from '../../fuzz/compare.ts';
import { plainOutcome } from '../../fuzz/engines/engine-outcome.ts';
import { ENGINES, TRANSLATOR_SETTINGS } from '../../fuzz/engines/index.ts';
import { InterpreterOracle } from '../../fuzz/engines/interpreter-oracle.ts';
import { ALL_MODES, Generator, type Profile } from '../../fuzz/generate/cases.ts';
import type { Oracle } from '../../fuzz/oracle.ts';
import { plainCase } from '../../fuzz/plain-case.ts';
import { con } from '../../src/translator/ir.ts';
import { PASSES, type Pass } from '../../src/translator/pipeline.ts';

const interpreter = new InterpreterOracle();

async function translator(name = 'translator'): Promise<Oracle> {
  const made = await ENGINES.get(name)!();
  if ('missing' in made) throw new Error(made.missing);
  return made;
}

function cases(profile: Profile, count: number, seed = 20_26): FuzzCase[] {
  const generator = new Generator({ seed, profiles: [profile], modes: ALL_MODES, only: undefined });
  return Array.from({ length: count }, (_, n) => generator.make(n));
}

async function differences(
  oracle: Oracle,
  list: readonly FuzzCase[],
): Promise<{ texts: string[]; translated: number }> {
  const [a, b] = [await interpreter.run(list), await oracle.run(list)];
  const texts: string[] = [];
  let translated = 0;
  list.forEach((c, n) => {
    const [x, y] = [a[n], b[n]];
    if (!x || !y) {
      if (x || y) texts.push(`${c.name}: given up by one`);
      return;
    }
    if ((y.translated ?? 0) > 0) translated++;
    const found = compareOutcomes({ oracle: interpreter, outcome: x }, { oracle, outcome: y }, () => []);
    for (const d of (found ?? []) as readonly Difference[]) {
      texts.push(`${c.name}: ${differenceText(d, 'interpreter', oracle.name)}`);
    }
  });
  return { texts, translated };
}

/** What `run` gives while the passes have another one behind them. */
async function withPass<T>(pass: Pass, run: () => Promise<T>): Promise<T> {
  const passes = PASSES as Pass[];
  passes.push(pass);
  try {
    return await run();
  } finally {
    passes.pop();
  }
}

describe('the translator oracle', () => {
  const made: Oracle[] = [];
  const make = async (name?: string) => {
    const oracle = await translator(name);
    made.push(oracle);
    return oracle;
  };
  afterEach(() => {
    for (const oracle of made.splice(0)) oracle.dispose();
  });

  it('has every setting: each pass off in turn, no chaining, smallest and largest regions', () => {
    for (const { name } of PASSES)
      expect(TRANSLATOR_SETTINGS.get(`translator:no-${name}`)).toMatchObject({ noPass: [name] });
    expect(TRANSLATOR_SETTINGS.keys().next().value).toBe('translator');
    expect(TRANSLATOR_SETTINGS.get('translator:no-chain')).toMatchObject({ chain: false });
    expect(TRANSLATOR_SETTINGS.get('translator:max-region-1')).toMatchObject({ maxRegion: 1 });
    expect(TRANSLATOR_SETTINGS.get('translator:huge-regions')!.maxRegion).toBeGreaterThan(100);
    expect(TRANSLATOR_SETTINGS.get('translator:small-cache')!.capacity).toBeLessThan(100_000);
    expect([...ENGINES.keys()]).toEqual(['interpreter', ...TRANSLATOR_SETTINGS.keys()]);
  });

  for (const name of TRANSLATOR_SETTINGS.keys()) {
    it(`${name}: what the interpreter leaves`, async () => {
      const oracle = await make(name);
      expect(oracle.name).toBe(name);
      const single = await differences(oracle, cases('single', 960));
      const sequence = await differences(oracle, cases('sequence', 320));
      expect([...single.texts, ...sequence.texts]).toEqual([]);
      expect(single.translated).toBeGreaterThan(960 / 3);
      expect(sequence.translated).toBeGreaterThan((320 * 2) / 3);
    });
  }

  it('differs where a translation is wrong', async () => {
    const list = cases('single', 960);
    const wrong: Pass = {
      name: 'wrong',
      does: 'writes registers one too high',
      run: (blocks) => {
        for (const b of blocks) {
          for (const s of b.stmts) if (s.k === 'reg') s.e = { k: 'bin', op: 'add', a: s.e, b: con(1) };
        }
      },
    };
    const { texts } = await withPass(wrong, async () => differences(await make(), list));
    expect(texts.length).toBeGreaterThan(50);
    expect((await differences(await make(), list)).texts).toEqual([]);
  });

  it('says so where a piece of code cannot be translated; the cases beside it run', async () => {
    const list = [plainCase('protected32', [0x40]), plainCase('protected32', [0x41]), plainCase('protected32', [0x42])];
    const failing: Pass = {
      name: 'failing',
      does: 'fails on one of them',
      run: (blocks) => {
        for (const b of blocks) for (const s of b.stmts) if (s.k === 'reg' && s.r === 1) throw new Error('ecx: no');
      },
    };
    const outcomes = await withPass(failing, async () => (await make()).run(list));
    expect(outcomes.map((o) => o!.ending)).toEqual([
      { kind: 'halt' },
      { kind: 'failed', message: 'translation failed: Error: ecx: no' },
      { kind: 'halt' },
    ]);
  });

  it('gives each case the same outcome in any order and beside any other', async () => {
    const list = [...cases('single', 320, 5), ...cases('sequence', 96, 5)];
    const plain = (outcomes: readonly (Outcome | undefined)[]) => outcomes.map((o) => o && plainOutcome(o));
    const oracle = await make();
    const before = plain(await oracle.run(list));
    const reversed = [...list].reverse();
    const after = plain(await oracle.run(reversed)).reverse();
    const alone = plain(await (await make()).run(list.slice(100, 132)));
    const bare = (o: Outcome | undefined) => o && { ...o, translated: undefined };
    expect(after.map(bare)).toEqual(before.map(bare));
    expect(alone.map(bare)).toEqual(before.slice(100, 132).map(bare));
  });
});
