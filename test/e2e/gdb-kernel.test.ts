// gdb on Linux by the kernel's own symbols: a function is stopped in, a variable is watched, memory is changed under a
// program's eyes, and the time that the guest stood still is none to it.
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuestProcess } from './guest-process.ts';
import { linuxGuest } from './linux-session.ts';

const linux = linuxGuest();
const hasGdb = spawnSync('gdb', ['--version'], { stdio: 'ignore' }).status === 0;
const FOLDER = fileURLToPath(new URL('../../build/gdb', import.meta.url));
const SOCKET = join(FOLDER, 'kernel.sock');
const PROMPT = new RegExp('guest# (\\x1b\\[6n)?$');
/** Seconds that gdb lets the guest stand still. */
const STILL = 4;

async function gdb(...commands: string[]): Promise<string> {
  const all = ['set pagination off', 'set confirm off', `target remote ${SOCKET}`, ...commands, 'detach'];
  const args = ['-nx', '-batch', ...all.flatMap((command) => ['-ex', command])];
  const { stdout } = await promisify(execFile)('gdb', args, { timeout: 100_000, maxBuffer: 1 << 24 });
  return stdout;
}

describe.skipIf(linux === undefined || !hasGdb)("gdb and Linux's symbols", () => {
  let guest: GuestProcess;
  const symbols = new Map<string, string>();
  const at = (line: string) => guest.command(line, PROMPT, 30_000);
  const uptime = async () => Number(/^([\d.]+) /m.exec(await at('cat /proc/uptime'))?.[1]);

  beforeAll(async () => {
    mkdirSync(FOLDER, { recursive: true });
    const files = ['-kernel', linux?.kernel ?? '', '-initrd', linux?.initrd ?? ''];
    const append = ['-append', 'console=ttyS0 quiet nokaslr'];
    guest = new GuestProcess(['-m', '128', '-nographic', ...files, ...append, '-gdb', `unix:${SOCKET}`]);
    await guest.waitFor(PROMPT, 100_000);
    for (const [, address = '', name = ''] of (
      await at("grep -w -E 'do_timer|schedule|__ia32_sys_newuname' /proc/kallsyms")
    ).matchAll(/^([0-9a-f]{8}) T (\w+)$/gm)) {
      symbols.set(name, `0x${address}`);
    }
    expect(symbols.size).toBe(3);
  }, 120_000);
  afterAll(() => guest.kill());

  it('stops in a function that a program calls, at level 0', async () => {
    const address = symbols.get('__ia32_sys_newuname') ?? '';
    const session = gdb(
      `break *${address}`,
      'continue',
      'printf "at %x, level %d\\n", $pc, $cs & 3',
      'info breakpoints',
      'delete',
    );
    await new Promise((resolve) => setTimeout(resolve, 1500));
    guest.type('uname -r\n');
    const text = await session;
    expect(text).toContain(`at ${address.slice(2)}, level 0`);
    expect(text).toMatch(/breakpoint already hit 1 time/);
    await guest.waitFor(/6\.1\.\S+[\s\S]*guest# /, 20_000);
  }, 60_000);

  it('watches a variable: jiffies, which the timer counts', async () => {
    const code = await gdb(`x/16i ${symbols.get('do_timer')}`);
    const jiffies = /add +%eax,0x([0-9a-f]+)/.exec(code)?.[1] ?? '';
    expect(jiffies).toMatch(/^c[0-9a-f]{7}$/);
    const show = `printf "jiffies %u\\n", *(unsigned *)0x${jiffies}`;
    const text = await gdb(`watch *(unsigned *)0x${jiffies}`, show, 'continue', show, 'continue', show);
    const [first = 0, second = 0, third = 0] = [...text.matchAll(/^jiffies (\d+)$/gm)].map(([, n]) => Number(n));
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(second);
    expect(text.match(/Hardware watchpoint 1: .*\s+Old value = \d+\s+New value = \d+/g)).toHaveLength(2);
  }, 60_000);

  it('changes memory, and no time passes meanwhile', async () => {
    const kernel = /^ *([0-9a-f]+)-([0-9a-f]+) : Kernel data$/m.exec(await at('cat /proc/iomem'));
    const linear = (text?: string) => `0x${(Number.parseInt(text ?? '', 16) + 0xc000_0000).toString(16)}`;
    const name = "'g', 'u', 'e', 's', 't', '\\0'";
    const before = { guest: await uptime(), host: Date.now() };
    const text = await gdb(
      `find /b1 ${linear(kernel?.[1])}, ${linear(kernel?.[2])}, ${name}`,
      'set {char[6]}$_ = "gdb42"',
      `shell sleep ${STILL}`,
      'x/s $_',
    );
    expect(text).toMatch(/1 pattern found/);
    expect(await at('uname -n')).toMatch(/^gdb42$/m);
    const passed = { guest: (await uptime()) - before.guest, host: (Date.now() - before.host) / 1000 };
    expect(passed.host).toBeGreaterThan(STILL);
    expect(passed.guest).toBeLessThan(passed.host - STILL + 0.5);
  }, 60_000);

  it('goes on as if nothing had been', async () => {
    expect(await at('echo one two three | wc -w')).toMatch(/^3$/m);
    guest.type('poweroff -f\n');
    expect(await guest.exit).toBe(0);
  }, 60_000);
});
