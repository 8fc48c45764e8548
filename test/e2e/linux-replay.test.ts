// A whole shell session, recorded once, is the same run in every engine and whatever the translator is told to leave
// out: the same output and the same hashes of the machine's state every 10 million instructions. Within it, verification
// of 100 million instructions finds no difference.
import { beforeAll, describe, expect, it } from 'vitest';
import { PASS_NAMES } from '../../src/index.ts';
import { GuestProcess } from './guest-process.ts';
import { linuxGuest } from './linux-session.ts';
import { COMMANDS, MACHINE_OPTIONS, type RecordedSession, recordSession } from './recorded-session.ts';

const linux = linuxGuest();

describe.skipIf(linux === undefined)('a recorded session of thirty commands', () => {
  let session: RecordedSession;
  beforeAll(async () => {
    if (linux !== undefined) session = await recordSession(linux);
  }, 120_000);

  const replay = (...options: string[]) => {
    const files = ['-kernel', linux?.kernel ?? '', '-initrd', session.initrd, '--input', session.log];
    return new GuestProcess([...MACHINE_OPTIONS, ...files, ...options]);
  };
  const hashes = async (...options: string[]) => {
    const guest = replay('--hash-every', '10000000', ...options);
    const status = await guest.exit;
    const lines = guest.errors.split('\n').filter((line) => line.startsWith('hash '));
    return { status, lines, output: guest.output };
  };
  let first: Awaited<ReturnType<typeof hashes>>;

  it('does what was typed', () => {
    expect(COMMANDS).toHaveLength(30);
    expect(session.entries.length).toBeGreaterThanOrEqual(31);
    const text = session.output.replaceAll('\r', '');
    for (const expected of [
      /forked 30/,
      /Segmentation fault\nstatus 139/,
      /status 136/,
      /status 0/,
      /3\.142857143/,
      /slept/,
    ]) {
      expect(text).toMatch(expected);
    }
  });

  it('is replayed with the same output, twice, with a compiling thread and without', async () => {
    const [a, b] = await Promise.all([hashes(), hashes('--compile-threads', '0')]);
    first = a!;
    expect(first.status).toBe(0);
    expect(first.output).toBe(session.output);
    expect(first.lines.length).toBe(Math.floor(session.retired / 1e7));
    expect(b).toEqual(first);
    expect(await hashes()).toEqual(first);
  }, 200_000);

  it('has the same hashes in regions of one block, without passes, and interpreted', async () => {
    const passes = PASS_NAMES.flatMap((name) => ['--no-pass', name]);
    const others = await Promise.all([
      hashes('-accel', 'interpret'),
      hashes('--max-region', '1').then(async (one) => [one, await hashes(...passes, '--no-chain')]),
    ]);
    for (const other of others.flat()) expect(other).toEqual(first);
  }, 600_000);

  it('shows no difference in 100 million instructions', async () => {
    const from = session.entries[0]?.count ?? 0;
    const guest = replay('-accel', `verify,from=${from},count=100000000`);
    expect(await guest.exit).toBe(0);
    const verified = /^verify: no difference in (\d+) instructions, 1 windows/m.exec(guest.errors)?.[1];
    expect(Number(verified)).toBeGreaterThanOrEqual(100_000_000);
  }, 200_000);
});
