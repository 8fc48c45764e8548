// The session with the bundled guest on QEMU, where that is installed: whether what session.json expects of our engines
// is what another machine does.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSession, playStep, type SessionConsole } from '../../guests/cms/session.ts';

const QEMU = 'qemu-system-i386';
const image = fileURLToPath(new URL('../../guests/cms/cms.elf', import.meta.url));
const missing = spawnSync(QEMU, ['--version']).error !== undefined;
const TIMEOUT = 60_000;

function start(): SessionConsole & { readonly process: ChildProcess } {
  const process = spawn(QEMU, [
    '-kernel',
    image,
    '-display',
    'none',
    '-serial',
    'stdio',
    '-monitor',
    'none',
    '-net',
    'none',
  ]);
  let text = '';
  process.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  return {
    process,
    // The firmware prints before the guest does.
    output: () => text.slice(Math.max(text.indexOf('CMS 1.0'), 0)),
    write: (typed) => void process.stdin.write(typed),
    proceed: async () => {
      if (process.exitCode !== null) throw new Error(`${QEMU} ended with status ${process.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    },
  };
}

describe.skipIf(missing)(`CMS on QEMU${missing ? ` (skipped: no ${QEMU})` : ''}`, () => {
  const machine = missing ? undefined : start();
  afterAll(() => void machine?.process.kill());

  for (const step of loadSession()) {
    it.skipIf(step.notOn?.includes('qemu') === true)(
      step.name,
      async () => {
        if (machine === undefined) throw new Error('not started');
        expect(await playStep(machine, step, TIMEOUT)).toEqual([]);
      },
      TIMEOUT + 1000,
    );
  }
});
