// Deterministic time on the real thing: a whole boot and shutdown of Linux, in both engines at once. They have to
// print the same and to retire the same number of instructions.
import { describe, expect, it } from 'vitest';
import { GuestProcess } from './guest-process.ts';
import { linuxGuest } from './linux-session.ts';

const linux = linuxGuest();

async function boot(engine: string) {
  const files = ['-kernel', linux?.kernel ?? '', '-initrd', linux?.initrd ?? ''];
  // The first process switches the machine off: nothing is typed, whose time would be the host's.
  const command = ['-append', 'console=ttyS0 rdinit=/bin/busybox -- poweroff -f'];
  const machine = ['-m', '256', '-nographic', '-accel', engine, '-icount', 'shift=1', '--stats=json'];
  const guest = new GuestProcess([...machine, ...files, ...command]);
  try {
    const status = await guest.exit;
    const stats = JSON.parse(guest.errors.trim().split('\n').at(-1) ?? '');
    const { retired, interrupts, guestMs, tlb } = stats;
    const seen = { output: guest.output, retired: retired.total, interrupts, guestMs, misses: tlb.misses };
    return { status, seen, translated: (retired.translate ?? 0) / retired.total };
  } finally {
    guest.kill();
  }
}

describe.skipIf(linux === undefined)('deterministic time', () => {
  it('two engines boot Linux alike to the instruction', async () => {
    const [interpreted, translated] = await Promise.all([boot('interpret'), boot('translate')]);
    expect(interpreted.status).toBe(0);
    expect(interpreted.seen.output).toContain('Run /bin/busybox as init process');
    expect(translated.seen).toEqual(interpreted.seen);
    // Here the guest waits for the compiler, so this does not depend on how busy the host is.
    expect(translated.translated).toBeGreaterThan(0.995);
  }, 500_000);
});
