/** Suite `nano`: the bare-metal guest of guests/nano. */
import { operationTimes } from '../nano.ts';
import type { Suite } from '../suite.ts';
import { runMarkedGuest } from './marked-guest.ts';
import type { Setting } from './setting.ts';

const MEGABYTES = 32;
const IMAGE = 'guests/nano/nano.elf';

/** @param scale in per cent: how long each loop is */
export function nanoSuite(scale: number, setting: Setting): Suite {
  const guest = {
    suite: 'nano',
    kernel: setting.packageFile(IMAGE),
    multiboot: true,
    append: `benchscale=${scale}`,
    megabytes: MEGABYTES,
  };
  return {
    name: 'nano',
    refusal: (contestant) => (contestant.kind === 'native' ? 'programs only' : undefined),
    async measure(contestant, abort) {
      const { figures, problems } = await runMarkedGuest(contestant, guest, setting, abort);
      return { figures: operationTimes(figures), problems };
    },
  };
}
