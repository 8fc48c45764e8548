import { describe, expect, it } from 'vitest';
import type { Contestant } from '../../bench/contestant.ts';
import { factsLine, reportJson } from '../../bench/json.ts';
import { runRounds } from '../../bench/rounds.ts';
import type { Suite } from '../../bench/suite.ts';
import { summarize } from '../../bench/summary.ts';
import { tables } from '../../bench/table.ts';

const [ours, peer, native]: readonly Contestant[] = ['ours', 'v86', 'native'].map((name) => ({
  name,
  kind: name as Contestant['kind'],
  switches: [],
}));
const contestants = [ours!, peer!, native!];

/** The peer takes three times as long as we do, and everybody longer each round; memory is the peer's tenfold. */
function fakeSuite(order: string[]): Suite {
  let calls = 0;
  return {
    name: 'programs',
    refusal: (contestant) => (contestant.kind === 'native' ? 'not today' : undefined),
    measure: async (contestant) => {
      order.push(contestant.name);
      const slow = contestant.name === 'v86' ? 3 : 1;
      const value = slow * (10 + (calls++ >> 1));
      return {
        figures: [
          { item: 'a', unit: 's', value, checksum: 'same' },
          { item: 'b', unit: 's', value: value / slow, checksum: contestant.name },
          { item: 'memory', unit: 'MiB', value: slow === 1 ? 10 : 100 },
        ],
        problems: calls === 4 ? ['a hiccup'] : [],
      };
    },
  };
}

async function run(abort = new AbortController().signal) {
  const order: string[] = [];
  const said: string[] = [];
  let rounds = 0;
  const outcome = await runRounds({
    suites: [fakeSuite(order)],
    contestants,
    rounds: 3,
    abort,
    say: (line) => said.push(line),
    onRound: () => rounds++,
  });
  return { order, said, outcome, rounds };
}

describe('rounds', () => {
  it('are interleaved, and who begins moves on', async () => {
    const { order, said, outcome, rounds } = await run();
    expect(order).toEqual(['ours', 'v86', 'v86', 'ours', 'ours', 'v86']);
    expect(rounds).toBe(3);
    expect(said[0]).toBe('programs: without native: not today');
    expect(outcome.samples).toHaveLength(18);
    expect(outcome.problems).toEqual([{ suite: 'programs', contestant: 'ours', round: 2, text: 'a hiccup' }]);
  });

  it('end when they are told to', async () => {
    const { order, outcome } = await run(AbortSignal.abort());
    expect(order).toEqual([]);
    expect(outcome.samples).toEqual([]);
  });
});

describe('a summary', () => {
  it('has medians, spread, ratios, the geometric mean of times, and checksums that differ', async () => {
    const { outcome } = await run();
    const [summary] = summarize(outcome.samples, ['ours', 'v86', 'native']);
    const [a, b, memory] = summary?.rows ?? [];
    expect(a?.cells['ours']).toEqual({ median: 11, least: 10, most: 12, count: 3 });
    expect(a?.cells['v86']).toMatchObject({ median: 33, least: 30, most: 36, ratio: 3, pairedRatio: 3 });
    expect(a?.cells['native']).toBeUndefined();
    expect(b?.cells['v86']?.ratio).toBe(1);
    expect(memory?.cells['v86']?.ratio).toBe(10);
    expect(summary?.geometricMeans['v86']).toBeCloseTo(Math.sqrt(3), 12);
    expect(summary?.mismatches).toEqual(['b: ours (ours), v86 (v86)']);
  });

  it('has no ratio to what could not be told from nothing', () => {
    const sample = (contestant: string, value: number) =>
      ({ suite: 'nano', item: 'callret', unit: 'ns', round: 1, contestant, value }) as const;
    const [summary] = summarize([sample('ours', 0.01), sample('v86', 5)], ['ours', 'v86']);
    expect(summary?.rows[0]?.cells['v86']).toEqual({ median: 5, least: 5, most: 5, count: 1 });
  });

  it('is a table', async () => {
    const { outcome } = await run();
    const names = ['ours', 'v86', 'native'];
    expect(tables(summarize(outcome.samples, names), names).split('\n')).toEqual([
      '| programs | ours | v86 | v86 / ours |',
      '| --- | ---: | ---: | ---: |',
      '| a, s | 11.0 (10.0..12.0) | 33.0 (30.0..36.0) | 3.00 |',
      '| b, s | 11.0 (10.0..12.0) | 11.0 (10.0..12.0) | 1.00 |',
      '| memory, MiB | 10.0 (10.0..10.0) | 100 (100..100) | 10.00 |',
      '| geometric mean |  |  | 1.73 |',
      '',
      'Checksums differ: b: ours (ours), v86 (v86)',
    ]);
  });

  it('is JSON, with all samples', async () => {
    const { outcome } = await run();
    const host = { processor: 'p', cores: 2, system: 's', node: 'n', transvisor: '0' };
    const text = reportJson({ host, started: '2026-01-01T00:00:00Z', command: ['bench'], contestants, outcome });
    const report = JSON.parse(text);
    expect(report).toMatchObject({ format: 'transvisor bench', version: 1, host, contestants });
    expect(factsLine(host, [ours!, { ...peer!, version: '1.2' }], 5)).toBe('p, 2 cores; s; Node n; v86 1.2; 5 rounds');
    expect(report.samples).toEqual(outcome.samples);
    expect(report.summary).toEqual(summarize(outcome.samples, ['ours', 'v86', 'native']));
  });
});
