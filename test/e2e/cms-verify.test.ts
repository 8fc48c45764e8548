// The bundled guest whole, every command of its session, its benchmark included: recorded once, then verified from power-on to its end.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadSession, playStep } from '../../guests/cms/session.ts';
import { createMachine, type InputEntry } from '../../src/index.ts';
import { formatInput, INPUT_LOG_END, INPUT_LOG_HEADER } from '../../src/vmm/input-log.ts';
import { GuestProcess } from './guest-process.ts';

const IMAGE = fileURLToPath(new URL('../../guests/cms/cms.elf', import.meta.url));
const FOLDER = fileURLToPath(new URL('../../build/session', import.meta.url));

/** Plays the session in deterministic time. Returns the input log's file and the instructions retired. */
async function record(): Promise<{ log: string; retired: number }> {
  const clock = { kind: 'deterministic', shift: 1 } as const;
  const machine = createMachine({ kernel: readFileSync(IMAGE), memory: 32 << 20, clock, serialPorts: [0] });
  const entries: InputEntry[] = [];
  let text = '';
  machine.on('input', (entry) => void entries.push(entry));
  machine.on('serial', ({ bytes }) => {
    text += Buffer.from(bytes).toString('latin1');
  });
  const end = machine.run();
  const console = {
    output: () => text,
    write: (typed: string) => void machine.sendSerial(typed),
    proceed: () => new Promise<void>((resolve) => setTimeout(resolve, 5)),
  };
  for (const step of loadSession()) expect(await playStep(console, step, 60_000)).toEqual([]);
  expect((await end).kind).toBe('haltedForEver');
  mkdirSync(FOLDER, { recursive: true });
  const log = join(FOLDER, 'cms.input');
  writeFileSync(log, `${[INPUT_LOG_HEADER, ...entries.map(formatInput), INPUT_LOG_END].join('\n')}\n`);
  const retired = machine.stats().retired.total;
  machine.dispose();
  return { log, retired };
}

it('shows no difference from power-on to the end', async () => {
  const { log, retired } = await record();
  const guest = new GuestProcess(['-icount', 'shift=1', '--input', log, '-accel', 'verify'], 'guest');
  expect(await guest.exit).toBe(0);
  expect(guest.errors).toContain(`verify: no difference in ${retired} instructions, 1 windows, ${retired} retired`);
}, 400_000);
