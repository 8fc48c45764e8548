// Debian's gdb inside the guest, on a program of ours there: breakpoints, single steps, and watchpoints by the debug
// registers and by stepping. It has to say what it says on this machine.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FetchError } from '../../guests/linux/apt.ts';
import { buildInitramfs, type CpioEntry, REGULAR } from '../../guests/linux/initramfs.ts';
import { gdbFiles } from './guest-gdb.ts';
import { GuestProcess } from './guest-process.ts';
import { linuxGuest, PROMPT } from './linux-session.ts';

const FOLDER = fileURLToPath(new URL('../../build/e2e', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));
const SCRIPT = join(PROGRAMS, 'debuggee.gdb');
const MINUTE = 60_000;

const linux = linuxGuest();

/** gdb's files and the program, built here; undefined, with the reason printed, where they cannot be had. */
function files(): CpioEntry[] | undefined {
  mkdirSync(FOLDER, { recursive: true });
  const program = join(FOLDER, 'debuggee');
  const source = join(PROGRAMS, 'debuggee.c');
  const { status } = spawnSync('gcc', ['-m32', '-static', '-g', '-O0', '-o', program, source], { stdio: 'ignore' });
  if (status !== 0) return undefined;
  try {
    const own = (path: string, from: string) => ({ path, mode: REGULAR | 0o755, data: readFileSync(from) });
    return [...gdbFiles(), own('bin/debuggee', program), own('root/debuggee.gdb', SCRIPT)];
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    console.warn(`no gdb for the guest: ${error.message}`);
    return undefined;
  }
}

const contents = linux === undefined ? undefined : files();

describe.skipIf(contents === undefined).each(['translate', 'interpret'])(
  "Debian's gdb inside the guest, engine %s",
  (engine) => {
    const factor = engine === 'translate' ? 1 : 5;
    let guest: GuestProcess;
    beforeAll(() => {
      const initrd = join(FOLDER, `initrd-gdb-${engine}.gz`);
      writeFileSync(initrd, buildInitramfs({ busybox: readFileSync(linux?.busybox ?? ''), files: contents ?? [] }));
      const boot = ['-kernel', linux?.kernel ?? '', '-initrd', initrd, '-append', 'console=ttyS0 quiet'];
      guest = new GuestProcess(['-m', '256', '-nographic', '-accel', engine, ...boot]);
    });
    afterAll(() => guest?.kill());

    it(
      'says what it says here',
      async () => {
        await guest.waitFor(PROMPT, 4 * factor * MINUTE);
        const text = await guest.command(
          'gdb -batch -nx -x debuggee.gdb /bin/debuggee 2>&1',
          PROMPT,
          5 * factor * MINUTE,
        );
        const parts = new Map<string, string>();
        for (const part of text.split(/^(?=\[\w+\s?\w*\]$)/m)) parts.set(/^\[(.*)\]/.exec(part)?.[1] ?? '', part);
        const said = (after: string) => parts.get(after) ?? `nothing after [${after}] in:\n${text}`;
        expect(said('')).toMatch(/Breakpoint 1, step \(n=3\) at/);
        expect(said('breakpoint')).toContain('$1 = 3');
        expect(said('stepped')).toMatch(/^step \+ \d+ in section \.text/m);
        expect(said('next')).toMatch(/Hardware watchpoint 2: watched\s+Old value = 0\s+New value = 28\s+step \(n=7\)/);
        expect(said('watch')).toMatch(/#1 .* in main \(\)/);
        expect(said('watch')).toMatch(/Hardware read watchpoint 3: read_often\s+Value = 5\s/);
        expect(said('rwatch')).toMatch(/hw breakpoint +keep y/);
        expect(said('rwatch')).toMatch(/Breakpoint 4, step \(n=0\)/);
        expect(said('hbreak')).toMatch(/^Watchpoint 5: counter\s+Old value = 0\s+New value = 1\s/m);
        expect(said('software watch')).toContain('counter 45, watched 28, read 5');
        expect(text).toContain('exited normally');
      },
      10 * factor * MINUTE,
    );
  },
);
