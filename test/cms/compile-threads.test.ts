// CMS prints the same whether its regions are compiled on a thread of their own or on the guest's.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadSession, playStep } from '../../guests/cms/session.ts';
import { createMachine } from '../../src/index.ts';

const image = fileURLToPath(new URL('../../guests/cms/cms.elf', import.meta.url));

/** Commands whose output does not tell the time. */
const STEPS = loadSession().filter(
  (s) => (s.millionInstructions ?? 0) <= 20 && !/^(ticks|uptime|date|bench)$/.test(s.name),
);

async function play(compileThreads: number) {
  const machine = createMachine({
    kernel: readFileSync(image),
    kernelName: 'cms.elf',
    memory: 32 << 20,
    engine: 'translate',
    translator: { compileThreads, threshold: 4 },
  });
  let text = '';
  let ended = '';
  machine.on('serial', ({ bytes }) => {
    text += Buffer.from(bytes).toString('latin1');
  });
  const end = machine.run().then((reason) => {
    ended = reason.kind;
  });
  try {
    const regions = () => Number(machine.stats().counters['regions']);
    const problems: string[] = [];
    const console = {
      output: () => text,
      write: (typed: string) => void machine.sendSerial(typed),
      proceed: async () => {
        if (ended !== '') throw new Error(`the machine has ended: ${ended}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      },
    };
    const [boot, ...steps] = STEPS;
    problems.push(...(await playStep(console, boot!, 30_000)));
    // The commands run before the first module is there; until then the guest has something else to do.
    const help = steps.find((s) => s.name === 'help')!;
    for (let n = 0; regions() < 20 && n < 2000; n++) problems.push(...(await playStep(console, help, 30_000)));
    const start = text.length;
    for (const step of steps) problems.push(...(await playStep(console, step, 30_000)));
    await end;
    return { text: text.slice(start), problems, ended, counters: machine.stats().counters };
  } finally {
    machine.dispose();
  }
}

describe('CMS, translated', () => {
  it('is the same with a compiling thread and without', { timeout: 120_000 }, async () => {
    const beside = await play(1);
    const inline = await play(0);
    expect(beside.problems).toEqual([]);
    expect(inline.problems).toEqual([]);
    expect(beside.text).toBe(inline.text);
    expect(beside.ended).toBe(inline.ended);
    for (const { counters } of [beside, inline]) {
      expect(counters['translationFailures']).toEqual({});
      expect(counters['regions']).toBeGreaterThanOrEqual(20);
    }
    expect(beside.counters['compiler']).toMatchObject({ threadsStarted: 1, threadFailures: 0 });
    expect(inline.counters['compiler']).toEqual({});
  });
});
