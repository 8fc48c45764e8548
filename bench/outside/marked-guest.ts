/** Boots a guest that prints marks, and takes its figures. */
import type { Contestant } from '../contestant.ts';
import { MarkReader } from '../marks.ts';
import type { Measured } from '../suite.ts';
import { watch } from './child.ts';
import { failure } from './failure.ts';
import { type Guest, guestCommand, writesProfile } from './peers.ts';
import type { Setting } from './setting.ts';

export async function runMarkedGuest(
  contestant: Contestant,
  guest: Guest,
  setting: Setting,
  abort: AbortSignal,
): Promise<Measured> {
  const marks = new MarkReader();
  const command = guestCommand(contestant, guest, setting);
  const onLine = (line: string, at: number, whole: boolean) => {
    if (whole) marks.line(line, at);
    return marks.done;
  };
  const gentle = writesProfile(contestant, setting);
  const watched = await watch({ command, limit: setting.limit, abort, onLine, gentle });
  const problems = marks.done ? marks.problems : [...marks.problems, failure(watched, 'the last mark')];
  return { figures: marks.result(), problems };
}
