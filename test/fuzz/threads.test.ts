/** Batches on threads: what kills or stops one is found out, and is a difference. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Plan } from '../../fuzz/campaign.ts';
import { MODES } from '../../fuzz/case.ts';
import { ThreadPool } from '../../fuzz/outside/threads/pool.ts';

const PLAN: Plan = {
  seed: 1,
  modes: MODES,
  kinds: ['single'],
  only: undefined,
  oracles: ['interpreter', 'translator'],
};
const BAD = new URL('./threads/bad-worker.mjs', import.meta.url);

let pool: ThreadPool | undefined;
afterEach(async () => {
  await pool?.dispose();
  pool = undefined;
});

describe('threads of a campaign', () => {
  it('name the case that hangs and the case that ends one; all others are counted', async () => {
    pool = new ThreadPool(PLAN, 2, { program: BAD, patience: 300 });
    await pool.start();
    expect(pool.missing).toEqual(['other: is not here']);
    const [a, b] = await Promise.all([pool.run(0, 20), pool.run(20, 20)]);
    expect([a.first, a.cases, b.first, b.cases]).toEqual([0, 20, 20, 20]);
    expect(a.judged).toEqual({ interpreter: 19, bad: 19 });
    expect(a.findings.map(({ case: c }) => c.name)).toEqual(['1:13']);
    expect(a.findings[0]!.differences[0]!.right).toMatch(/^hung/);
    expect(b.findings.map(({ case: c }) => c.name)).toEqual(['1:27']);
    expect(b.findings[0]!.differences[0]!.right).toBe('the thread ended');
  }, 30_000);

  it('that cannot be started are an error, and no difference', async () => {
    pool = new ThreadPool(PLAN, 1, { program: new URL('./threads/nothing.mjs', import.meta.url) });
    await expect(pool.start()).rejects.toThrow(/^a fuzzing thread cannot be started: /);
  });

  it('do what one thread does', async () => {
    pool = new ThreadPool(PLAN, 1);
    await pool.start();
    expect(pool.oracles).toEqual(['interpreter', 'translator']);
    const { judged, findings, coverage } = await pool.run(64, 64);
    expect(judged).toEqual({ interpreter: 64, translator: 64 });
    expect(findings).toEqual([]);
    expect(coverage.tried.length).toBeGreaterThan(0);
  }, 60_000);
});
