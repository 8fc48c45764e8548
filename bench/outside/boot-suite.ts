/** Suite `boot`: from starting the process to a text on the serial port, and the most memory its processes held. */
import type { Measured, Suite } from '../suite.ts';
import { watch } from './child.ts';
import { failure } from './failure.ts';
import { type Guest, guestCommand, writesProfile } from './peers.ts';
import type { Setting } from './setting.ts';
import { treePeakMiB } from './tree-memory.ts';

/** Milliseconds between two looks at memory. */
const LOOK = 200;

/** @param guest with `until` */
export function bootSuite(guest: Guest & { readonly until: string }, setting: Setting): Suite {
  return {
    name: 'boot',
    refusal: (contestant) => (contestant.kind === 'native' ? 'programs only' : undefined),
    async measure(contestant, abort): Promise<Measured> {
      let peak = 0;
      const look = (pid: number) => {
        peak = Math.max(peak, treePeakMiB(pid));
      };
      let seconds = 0;
      const command = guestCommand(contestant, guest, setting);
      const watched = await watch({
        command,
        limit: setting.limit,
        abort,
        gentle: writesProfile(contestant, setting),
        onLine(line, at, _whole, child) {
          if (!line.includes(guest.until)) return false;
          seconds = at;
          if (child.pid !== undefined) look(child.pid);
          return true;
        },
        poll: { milliseconds: LOOK, call: look },
      });
      if (watched.end !== 'done') return { figures: [], problems: [failure(watched, `'${guest.until}'`)] };
      const memory = peak > 0 ? [{ item: 'peak memory', unit: 'MiB', value: peak } as const] : [];
      return { figures: [{ item: 'boot', unit: 's', value: seconds }, ...memory], problems: [] };
    },
  };
}
