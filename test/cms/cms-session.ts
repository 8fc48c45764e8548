// Plays CMS's scripted session on a machine of ours.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSession, playStep, type SessionConsole } from '../../guests/cms/session.ts';
import { createMachine, type EngineName } from '../../src/index.ts';

const image = fileURLToPath(new URL('../../guests/cms/cms.elf', import.meta.url));

export interface Running extends SessionConsole {
  /** Resolves to why the guest ended. */
  readonly end: Promise<string>;
  dispose(): void;
}

/** CMS on a machine in this process. */
function start(engine: EngineName): Running {
  const machine = createMachine({ kernel: readFileSync(image), kernelName: 'cms.elf', memory: 32 << 20, engine });
  let text = '';
  let ended: string | undefined;
  machine.on('serial', ({ bytes }) => {
    text += Buffer.from(bytes).toString('latin1');
  });
  const end = machine.run().then((reason) => {
    ended = reason.kind;
    return reason.kind;
  });
  return {
    end,
    output: () => text,
    write: (typed) => void machine.sendSerial(typed),
    proceed: async () => {
      if (ended !== undefined) throw new Error(`the machine has ended: ${ended}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
    dispose: () => machine.dispose(),
  };
}

/**
 * Defines a test for each step of the session.
 * @param most steps of more million instructions than this are left out
 * @param timeout milliseconds that a step may take
 */
export function describeSession(
  engine: EngineName,
  most: number,
  timeout: number,
  begin: (engine: EngineName) => Running = start,
): void {
  describe(`CMS, engine ${engine}`, () => {
    const running = begin(engine);
    afterAll(() => running.dispose());
    for (const step of loadSession().filter((s) => (s.millionInstructions ?? 0) <= most)) {
      it(step.name, async () => expect(await playStep(running, step, timeout)).toEqual([]), timeout + 1000);
    }
    it('ends', async () => expect(await running.end).toMatch(/^(haltedForEver|powerOff)$/), timeout);
  });
}
