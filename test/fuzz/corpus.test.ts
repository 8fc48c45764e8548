/** The corpus: cases that showed a mistake once. They hold in all engines, and against whoever judged them then. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { corpusFromJson } from '../../fuzz/corpus-file.ts';
import type { Oracle } from '../../fuzz/oracle.ts';
import { makeOracle, oracleNames } from '../../fuzz/oracles.ts';
import { replayCase } from '../../fuzz/replay.ts';

const FOLDER = fileURLToPath(new URL('../../fuzz/corpus/', import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const oracles: Oracle[] = [];
for (const name of oracleNames(['translator:*'])) {
  const made = await makeOracle(name);
  if ('missing' in made) throw new Error(made.missing);
  oracles.push(made);
}
afterAll(() => {
  for (const oracle of oracles) oracle.dispose();
});

describe('the corpus', () => {
  it('is there', () => expect(files.length).toBeGreaterThan(0));

  it.each(files)('%s', async (file) => {
    const read = corpusFromJson(file, readFileSync(FOLDER + file, 'utf8'));
    const { verdicts } = await replayCase(oracles, read);
    expect(verdicts.length).toBe(oracles.length - 1 + (read.expected === undefined ? 0 : 1));
    for (const { differences } of verdicts) expect(differences).toEqual([]);
  });
});
