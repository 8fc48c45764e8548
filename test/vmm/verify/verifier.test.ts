// Verification runs both machines as it should, over the windows that it was told; what it finds: faults.test.ts.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createMachine } from '../../../src/index.ts';
import { GRAIN } from '../../../src/vmm/publication.ts';
import { Verifier } from '../../../src/vmm/verify/verifier.ts';
import { windows } from '../../../src/vmm/verify/windows.ts';

const kernel = readFileSync(new URL('../../../guests/cms/cms.elf', import.meta.url));
const translator = { compileThreads: 0, threshold: 20 };
const make = (engine: 'translate' | 'switching') =>
  createMachine({
    kernel,
    memory: 32 * 2 ** 20,
    engine,
    translator,
    clock: { kind: 'deterministic', shift: 1 },
  });

test('the bundled guest up to its prompt: no difference', async () => {
  const verifier = new Verifier(make, windows({ count: 3_000_000 }));
  const result = await verifier.run();
  verifier.machines.dispose();
  expect(result.finding).toBeUndefined();
  expect(result).toMatchObject({ verified: 23 * GRAIN, windows: 1 });
  expect(verifier.machines.a.stats().retired['translate']).toBeGreaterThan(1_000_000);
}, 60_000);

test('windows: both machines run fast to each', async () => {
  const verifier = new Verifier(make, windows({ from: 1_000_000, count: 20_000, every: 1_000_000, step: 5000 }), 5000);
  const begun: number[] = [];
  verifier.onWindow = ({ start }) => {
    begun.push(start);
    if (start >= 3_000_000) verifier.stopAt = start;
  };
  const result = await verifier.run();
  verifier.machines.dispose();
  expect(begun).toEqual([1_000_000, 2_000_000, 3_000_000]);
  expect(result.finding).toBeUndefined();
}, 60_000);

test('windows that overlap are refused', () => {
  expect(() => windows({ count: 10, every: 5 }).next()).toThrow('every=5: must not be less than count=10');
});

test('windows are widened to multiples of the step, and join where they would overlap', () => {
  const first = (options: Parameters<typeof windows>[0], count: number) => {
    const found: [number, number][] = [];
    for (const { start, end } of windows(options)) {
      found.push([start, end]);
      if (found.length === count) break;
    }
    return found;
  };
  expect(first({ from: 15, count: 10, step: 10 }, 9)).toEqual([[10, 30]]);
  expect(first({ from: 5, count: 12, every: 12, step: 10 }, 3)).toEqual([
    [0, 20],
    [20, 30],
    [30, 50],
  ]);
  expect(first({ count: 4, every: 4, step: 10 }, 2)).toEqual([
    [0, 10],
    [10, 20],
  ]);
  expect(first({}, 2)).toEqual([[0, Number.POSITIVE_INFINITY]]);
});

test('machine A runs as it does without verification: the same regions at the same counts', async () => {
  const end = 22 * GRAIN;
  const plain = make('translate');
  await plain.runTo(end);
  const verifier = new Verifier(make, windows({ from: 500_000, count: 300_000, every: 1_000_000 }));
  verifier.stopAt = end;
  await verifier.run();
  const [a, b] = [plain.stats(), verifier.machines.a.stats()];
  plain.dispose();
  verifier.machines.dispose();
  expect(a.retired).toEqual({ ...b.retired, total: a.retired.total });
  for (const name of ['publicationDigest', 'regions', 'dispatcherExits', 'coldExits']) {
    expect(b.counters[name], name).toBe(a.counters[name]);
  }
  expect(a.counters['regions']).toBeGreaterThan(20);
});
