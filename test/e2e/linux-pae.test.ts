// Debian's kernel of the flavour 686-pae: PAE paging with NX, as the other one otherwise. In both engines, and in deterministic time.
import { describe, expect, it } from 'vitest';
import { GuestProcess } from './guest-process.ts';
import { INTERRUPTS, linuxGuest, PROMPT } from './linux-session.ts';

const linux = linuxGuest('686-pae');
const MINUTE = 60_000;

describe.skipIf(linux === undefined)("Debian's Linux 6.1, flavour 686-pae", () => {
  it.each([
    ['translate', [], 4],
    ['translate', ['-icount', 'shift=1'], 4],
    ['interpret', [], 15],
  ] as const)(
    'engine %s %j: boots, uses the APICs, switches off',
    async (engine, time, minutes) => {
      const files = ['-kernel', linux?.kernel ?? '', '-initrd', linux?.initrd ?? ''];
      const machine = ['-m', '256', '-nographic', '-accel', engine, ...time];
      const guest = new GuestProcess([...machine, ...files, '-append', 'console=ttyS0']);
      try {
        const boot = await guest.waitFor(PROMPT, minutes * MINUTE);
        expect(boot).toContain('NX (Execute Disable) protection: active');
        expect(boot).toContain('ACPI: Using IOAPIC for interrupt routing');
        expect(await guest.command('uname -r', PROMPT, MINUTE)).toMatch(/-686-pae$/m);
        expect(await guest.command('cat /proc/interrupts', PROMPT, MINUTE)).toMatch(INTERRUPTS);
        guest.type('poweroff -f\n');
        expect(await guest.exit).toBe(0);
        expect(guest.errors).toContain('the guest powered off');
      } finally {
        guest.kill();
      }
    },
    17 * MINUTE,
  );
});
