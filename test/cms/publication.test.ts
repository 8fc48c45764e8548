// Deterministic time: the translator's own history is the same too, whatever the compiling thread does. The same regions
// are published at the same counts, so that the same instructions run translated, and a fault of the translator shows again.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createMachine } from '../../src/index.ts';

const image = fileURLToPath(new URL('../../guests/cms/cms.elf', import.meta.url));

async function play(compileThreads: number, threshold = 20, typed = `${'faults\rsmc\rhelp\r'.repeat(12)}halt\r`) {
  const machine = createMachine({
    kernel: readFileSync(image),
    memory: 32 << 20,
    engine: 'translate',
    clock: { kind: 'deterministic', shift: 0 },
    translator: { compileThreads, threshold },
  });
  machine.sendSerial(typed);
  const { kind } = await machine.run();
  const { retired, counters } = machine.stats();
  machine.dispose();
  const { regions, modules, regionsInvalidated, dispatcherExits, coldExits, publicationDigest } = counters;
  return { kind, retired, regions, modules, regionsInvalidated, dispatcherExits, coldExits, publicationDigest };
}

it('is the same with a compiling thread, once more, and without', async () => {
  const first = await play(1);
  expect(first.kind).toBe('haltedForEver');
  expect(first.regions).toBeGreaterThan(100);
  expect(first.publicationDigest).not.toBe(0);
  expect(await play(1)).toEqual(first);
  expect(await play(0)).toEqual(first);
}, 60_000);

it('differs where other regions are asked for', async () => {
  expect((await play(0, 30)).publicationDigest).not.toBe((await play(0)).publicationDigest);
}, 60_000);
