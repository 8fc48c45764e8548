// Deterministic time: the same input gives the same run, to the instruction, in every engine and every time.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createMachine, type EngineName, type MachineOptions } from '../../src/index.ts';

const image = fileURLToPath(new URL('../../guests/cms/cms.elf', import.meta.url));
const COMMANDS = ['ticks', 'faults', 'sensitive', 'limits', 'smc', 'uptime', 'date', 'crash', 'halt'];

async function play(engine: EngineName, options: MachineOptions) {
  const machine = createMachine({ kernel: readFileSync(image), memory: 32 << 20, engine, ...options });
  let text = '';
  machine.on('serial', ({ bytes }) => {
    text += Buffer.from(bytes).toString('latin1');
  });
  // All of it is there from the beginning: when a key is seen depends on the guest alone.
  machine.sendSerial(COMMANDS.map((command) => `${command}\r`).join(''));
  const { kind } = await machine.run();
  const { retired, interrupts, guestMs } = machine.stats();
  machine.dispose();
  return { kind, text, retired: retired.total, interrupts, guestMs };
}

it.each([0, 3])(
  'shift %i: both engines and both runs agree to the instruction',
  async (shift) => {
    const options: MachineOptions = { clock: { kind: 'deterministic', shift } };
    const first = await play('interpret', options);
    expect(first.kind).toBe('haltedForEver');
    expect(first.text).toContain('not caught; the shell starts over');
    expect(await play('interpret', options)).toEqual(first);
    expect(await play('translate', options)).toEqual(first);
    expect(await play('translate', { ...options, translator: { threshold: 2, chain: false } })).toEqual(first);
    expect(await play('translate', { ...options, translator: { threshold: 10, maxRegion: 1 } })).toEqual(first);
  },
  60_000,
);
