// Debian's unmodified kernel and busybox, booted to a shell and used.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FetchError, fetchLinuxGuest, type KernelFlavour, type LinuxGuest } from '../../guests/linux/fetch.ts';
import { GuestProcess } from './guest-process.ts';
import { buildPrograms, initramfsWith } from './programs.ts';

/** The shell asks the terminal where its cursor is, once it has printed the prompt. */
export const PROMPT = new RegExp('guest# (\\x1b\\[6n)?$');

/** /proc/interrupts where the APICs are in use: of the serial port at the I/O APIC, and of the local timer. */
export const INTERRUPTS = /\b4:\s+[1-9]\d*\s+IO-APIC\b[\s\S]*^ *LOC:\s+[1-9]\d*\s/m;

/** The guest's files; undefined, with the reason printed, where they cannot be had. */
export function linuxGuest(flavour: KernelFlavour = '686'): LinuxGuest | undefined {
  try {
    return fetchLinuxGuest({ flavour });
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    console.warn(`no Linux guest: ${error.message}`);
    return undefined;
  }
}

/** Counters of --stats=json that tests look at. */
interface Stats {
  readonly retired: { readonly total: number; readonly translate?: number };
  readonly longestSliceMs: number;
}

/**
 * @param boot milliseconds that the boot may take
 * @param command milliseconds that one command may take
 */
export function describeLinux(engine: 'interpret' | 'translate', boot: number, command: number): void {
  const linux = linuxGuest();
  describe.skipIf(linux === undefined)(`Debian's Linux 6.1, engine ${engine}`, () => {
    const programs = linux === undefined ? [] : buildPrograms();
    let guest: GuestProcess;
    const at = (line: string) => guest.command(line, PROMPT, command);
    beforeAll(() => {
      const machine = ['-m', '256', '-nographic', '-accel', engine, '--stats=json'];
      if (linux === undefined) return;
      const files = ['-kernel', linux.kernel, '-initrd', initramfsWith(linux, programs, `initrd-${engine}.gz`)];
      guest = new GuestProcess([...machine, ...files, '-append', 'console=ttyS0 quiet']);
    });
    afterAll(() => guest.kill());

    it(
      'reaches a shell',
      async () => {
        expect(await guest.waitFor(PROMPT, boot)).toMatch(/Linux 6\.1\.\S+ on i\d86 is up/);
      },
      boot + 1000,
    );

    it.each([
      ['ls /', /\bbin\b[\s\S]*\bproc\b/],
      ['ps', /PID\s+USER[\s\S]*\bps\b/],
      ['echo one two three | wc -w', /^3$/m],
      ['head -c 100000 /dev/zero | md5sum', /^0019d23bef56a136a1891211d7007f6f {2}-$/m],
      ['grep -c ^processor /proc/cpuinfo', /^1$/m],
      ['cat /proc/interrupts', INTERRUPTS],
      ['i=0; while [ $i -lt 50 ]; do /bin/busybox true; i=$((i+1)); done; echo forked $i', /^forked 50$/m],
      ['(sleep 0.2; exit 7); echo status $?', /^status 7$/m],
      ['awk \'BEGIN { printf "%.6f\\n", 22000 / 7 }\'', /^3142\.857143$/m],
    ])(
      '%s',
      async (line, expected) => {
        expect(await at(line)).toMatch(expected);
      },
      command + 1000,
    );

    it.skipIf(programs.length === 0)(
      'programs print what they print on this processor',
      async () => {
        for (const { name, expected } of programs) {
          const output = await at(name);
          expect(output.slice(0, output.lastIndexOf('guest# '))).toBe(expected);
        }
      },
      2 * command + 1000,
    );

    it('powers off, and the process ends', async () => {
      guest.type('poweroff -f\n');
      expect(await guest.exit).toBe(0);
      expect(guest.errors).toContain('the guest powered off');
      const stats = JSON.parse(guest.errors.trim().split('\n').at(-1) ?? '') as Stats;
      expect(stats.retired.total).toBeGreaterThan(1e9);
      // Code that grows hot is interpreted until it is compiled, for longer on a busy host: 99% is what a
      // quiet one reaches. The share without that wait is tested in deterministic time.
      if (engine === 'translate') expect((stats.retired.translate ?? 0) / stats.retired.total).toBeGreaterThan(0.97);
    }, 60_000);
  });
}
