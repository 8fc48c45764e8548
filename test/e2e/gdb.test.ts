// Debian's gdb against running guests, in both engines.
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { GuestProcess } from './guest-process.ts';
import { linuxGuest } from './linux-session.ts';

const linux = linuxGuest();
const hasGdb = spawnSync('gdb', ['--version'], { stdio: 'ignore' }).status === 0;
const FOLDER = fileURLToPath(new URL('../../build/gdb', import.meta.url));
mkdirSync(FOLDER, { recursive: true });
const PROMPT = new RegExp('guest# (\\x1b\\[6n)?$');

/** Runs gdb with commands against a socket and returns what it printed. */
async function gdb(socket: string, ...commands: string[]): Promise<string> {
  const all = [
    'set pagination off',
    'set confirm off',
    'set architecture i386',
    `target remote ${socket}`,
    ...commands,
  ];
  const script = `${socket}.gdb`;
  writeFileSync(script, `${all.join('\n')}\n`);
  const args = ['-nx', '-batch', '-x', script];
  const { stdout, stderr } = await promisify(execFile)('gdb', args, { timeout: 200_000, maxBuffer: 1 << 26 });
  return stdout + stderr;
}

/** Where the guest's IDT sends a vector. */
async function handlerOf(socket: string, vector: string): Promise<number> {
  const text = await gdb(socket, 'monitor info idt', 'detach');
  return Number.parseInt(new RegExp(`^${vector}: [0-9a-f]{4}:([0-9a-f]{8})`, 'm').exec(text)?.[1] ?? '', 16);
}

const LINUX = ['-m', '128', '-nographic', '-kernel', linux?.kernel ?? '', '-append', 'console=ttyS0 quiet nokaslr'];
const STEPS = 'set $n = 0\nwhile $n < 1000\nstepi\nprintf "trace %x\\n", $pc\nset $n = $n + 1\nend';

describe.skipIf(linux === undefined || !hasGdb)('gdb and Linux', () => {
  let pageFault = 0;

  it('attaches to a guest at its shell: breakpoint, watchpoint, memory, detach', async () => {
    const socket = join(FOLDER, 'running.sock');
    const initrd = ['-initrd', linux?.initrd ?? ''];
    const guest = new GuestProcess([...LINUX, ...initrd, '-gdb', `unix:${socket}`]);
    try {
      await guest.waitFor(PROMPT, 100_000);
      pageFault = await handlerOf(socket, '0e');
      expect(pageFault).toBeGreaterThan(0xc000_0000);
      // The shell forks when it is given a command, and faults.
      const at = `0x${pageFault.toString(16)}`;
      const session = gdb(
        socket,
        `hbreak *${at}`,
        'continue',
        'printf "stopped %x\\n", $pc',
        'delete',
        // Where the faulting instruction's address stands: the next fault of the same process has another.
        'set $w = (unsigned *)($esp + 4)',
        'watch *$w',
        'continue',
        'delete',
        'set var *(unsigned *)($esp - 512) = 0x12345678',
        'printf "changed %x\\n", *(unsigned *)($esp - 512)',
        'info registers cr0 cr3 eflags mxcsr',
        'monitor info status',
        'detach',
      );
      await new Promise((resolve) => setTimeout(resolve, 1500));
      guest.type('/bin/busybox uname -s\n');
      const text = await session;
      expect(text).toContain(`stopped ${pageFault.toString(16)}`);
      expect(text).toMatch(/Hardware watchpoint \d+: \*\$w\s+Old value = \d+\s+New value = \d+/);
      expect(text).toContain('changed 12345678');
      expect(text).toMatch(/cr0 +0x8/);
      expect(text).toContain('VM status: paused');
      // And it goes on as if nothing had been.
      await guest.waitFor(/Linux\r?\n[\s\S]*guest# /, 60_000);
      guest.type('poweroff -f\n');
      expect(await guest.exit).toBe(0);
    } finally {
      guest.kill();
    }
  }, 250_000);

  it('steps 1,000 instructions from a breakpoint in the kernel alike in both engines', async () => {
    const trace = async (engine: string) => {
      const socket = join(FOLDER, `${engine}.sock`);
      const options = ['-icount', 'shift=1', '-accel', engine, '-S', '-gdb', `unix:${socket}`];
      const guest = new GuestProcess([...LINUX, '-initrd', linux?.initrd ?? '', ...options]);
      try {
        await new Promise((resolve) => setTimeout(resolve, 4000));
        const stop = [`hbreak *0x${pageFault.toString(16)}`, 'continue', 'delete'];
        const text = await gdb(socket, ...stop, STEPS, 'kill');
        return [...text.matchAll(/^trace ([0-9a-f]+)$/gm)].map((match) => match[1]);
      } finally {
        guest.kill();
      }
    };
    const [translated, interpreted] = await Promise.all([trace('translate'), trace('interpret')]);
    expect(translated).toHaveLength(1000);
    expect(new Set(translated).size).toBeGreaterThan(100);
    expect(translated).toEqual(interpreted);
  }, 300_000);
});

describe.skipIf(!hasGdb).each(['interpret', 'translate'])('gdb and the bundled guest, engine %s', (engine) => {
  it('stops at ring 3', async () => {
    const socket = join(FOLDER, `cms-${engine}.sock`);
    const guest = new GuestProcess(['-accel', engine, '-gdb', `unix:${socket}`], 'guest');
    try {
      await guest.waitFor(/CMS> $/, 20_000);
      // The shell waits in the kernel: its return address is on the kernel's stack, with a selector of level 3 behind it.
      const stack = await gdb(socket, 'x/64xw $esp', 'detach');
      const words = [...stack.matchAll(/0x([0-9a-f]{8})(?!:)/g)].map((match) => Number.parseInt(match[1] ?? '', 16));
      const at = words.findIndex(
        (word, n) => word >= 0x4000_0000 && word < 0x5000_0000 && (words[n + 1] ?? 0) % 8 === 3,
      );
      expect(at).toBeGreaterThan(0);
      const session = gdb(
        socket,
        `break *0x${words[at]?.toString(16)}`,
        'continue',
        'printf "level %d at %x\\n", $cs & 3, $pc',
        'stepi 10',
        'printf "level %d\\n", $cs & 3',
        'delete',
        'detach',
      );
      await new Promise((resolve) => setTimeout(resolve, 1500));
      guest.type('echo hello\r');
      expect(await session).toContain(`level 3 at ${words[at]?.toString(16)}`);
      await guest.waitFor(/\nhello\r?\n/, 20_000);
    } finally {
      guest.kill();
    }
  }, 60_000);
});
