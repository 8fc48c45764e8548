// Plays CMS's scripted session on a machine of ours.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSession, playStep, type SessionConsole } from '../../guests/cms/session.ts';
import { createMachine, type EngineName, type Machine, type StopReason } from '../../src/index.ts';

const image = fileURLToPath(new URL('../../guests/cms/cms.elf', import.meta.url));

interface Running extends SessionConsole {
  readonly machine: Machine;
  readonly end: Promise<StopReason>;
}

function start(engine: EngineName): Running {
  const machine = createMachine({ kernel: readFileSync(image), kernelName: 'cms.elf', memory: 32 << 20, engine });
  let text = '';
  let ended: StopReason | undefined;
  machine.on('serial', ({ bytes }) => {
    text += Buffer.from(bytes).toString('latin1');
  });
  const end = machine.run();
  void end.then((reason) => {
    ended = reason;
  });
  return {
    machine,
    end,
    output: () => text,
    write: (typed) => void machine.sendSerial(typed),
    proceed: async () => {
      if (ended !== undefined) throw new Error(`the machine has ended: ${ended.kind}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
  };
}

/**
 * Defines a test for each step of the session.
 * @param most steps of more million instructions than this are left out
 */
export function describeSession(engine: EngineName, most: number, timeout: number): void {
  describe(`CMS, engine ${engine}`, () => {
    const running = start(engine);
    afterAll(() => running.machine.dispose());
    for (const step of loadSession().filter((s) => (s.millionInstructions ?? 0) <= most)) {
      it(step.name, async () => expect(await playStep(running, step, timeout)).toEqual([]), timeout + 1000);
    }
    it('ends', async () => expect((await running.end).kind).toMatch(/^(haltedForEver|powerOff)$/), timeout);
  });
}
