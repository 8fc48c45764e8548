// CMS in a process of its own, as `npm start` boots it.
import type { EngineName } from '../../src/index.ts';
import type { Running } from '../cms/cms-session.ts';
import { GuestProcess } from './guest-process.ts';

export function cmsProcess(engine: EngineName): Running {
  const guest = new GuestProcess(['-accel', engine], 'guest');
  let ended = false;
  const end = guest.exit.then((status) => {
    ended = true;
    return status === 0 && guest.errors.includes('halted for ever') ? 'haltedForEver' : `status ${status}`;
  });
  return {
    end,
    output: () => guest.output,
    write: (typed) => guest.type(typed),
    proceed: async () => {
      if (ended) throw new Error(`the process has ended: ${guest.errors}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    },
    dispose: () => guest.kill(),
  };
}
