/** `transvisor explain`, and the code text it reads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { parseCodeText } from '../../src/cli/code-text.ts';
import { main } from '../../src/cli/main.ts';

const folder = mkdtempSync(join(tmpdir(), 'transvisor-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command line in this process. */
async function explain(...args: string[]) {
  const out = { stdout: '', stderr: '' };
  const take = (name: 'stdout' | 'stderr') =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      out[name] += String(text);
      return true;
    });
  const spies = [take('stdout'), take('stderr')];
  const status = await main(['explain', ...args]);
  for (const spy of spies) spy.mockRestore();
  return { status, ...out };
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('explain', () => {
  it('shows every stage of bytes given on the command line', async () => {
    const { status, stdout, stderr } = await explain('8b 45 08 01 d8', '75 f9');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('00010000  8b 45 08');
    expect(stdout).toMatch(/mov eax,dword ptr \[ebp\+8\]\s+translated/);
    expect(stdout).toContain('t0 = load32 [ebp + 8]');
    expect(stdout).toContain('flags add32 a=t1, r=t2');
    expect(stdout).toContain('branch cond.ne ? 00010000 : 00010007');
    for (const stage of ['after lift:', 'after fold', 'after dead-flags']) expect(stdout).toContain(stage);
    expect(stdout).toContain('(func $region');
    expect(stdout).toContain('(local.set $eax');
    expect(stdout).toContain('site 0: eip 00010000, refund 3, flags dynamic');
  });

  it('reads code text, and tells callouts', async () => {
    const path = file(
      'code.txt',
      'user\naddress 0x8000\nagain: 0f a2 58 ; cpuid, pop eax\n 49 75 >again\n cd 80\n f3 6c c3\n',
    );
    const { status, stdout } = await explain(path, '--no-pass', 'dead-flags', '--max-region', '1');
    expect(status).toBe(0);
    expect(stdout).toContain('00008000 cpuid: in place');
    expect(stdout).toContain('00008006 int 0x80: ends the block');
    expect(stdout).toContain('00008008 rep insb: ends the block');
    expect(stdout).not.toContain('after dead-flags');
    // Every block is a region of its own.
    expect(stdout.match(/== Region/g)).toHaveLength(4);
    // The user's read table is at 0x01000000.
    expect(stdout).toContain(`offset=${0x0100_0000}`);
  });

  it('reads a binary file as 16-bit code, and says where it stops', async () => {
    const path = file('code.bin', Uint8Array.of(0xb8, 0x34, 0x12, 0x90, 0x0f));
    const { status, stdout } = await explain('--mode', '16', '-address', '0x7c00', path);
    expect(status).toBe(0);
    expect(stdout).toMatch(/00007c00 {2}b8 34 12 .*mov ax,0x1234/);
    expect(stdout).toContain('1 bytes from offset 4 on are no instruction: left out');
  });

  it.each([
    [[], /give code/],
    [['0f'], /does not begin an instruction/],
    [['zz'], /zz: no such file/],
    [['90', '--mode', '64'], /--mode: unknown mode '64'/],
    [['90', '--no-pass', 'fould'], /unknown pass 'fould'; did you mean 'fold'/],
    [['90', '--max-regoin', '1'], /did you mean '--max-region'/],
    [[file('bad.txt', '90\n75 >nowhere\n')], /line 2: label 'nowhere' is not defined/],
  ])('%j is refused in one line', async (args, message) => {
    const { status, stdout, stderr } = await explain(...args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain('internal');
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });
});

describe('code text', () => {
  it('puts displacements in place, forwards and backwards', () => {
    const { bytes, labels } = parseCodeText('a: 90\n75 >a 0f 85 >>b\neb >b b: c3');
    expect([...bytes]).toEqual([0x90, 0x75, 0xfd, 0x0f, 0x85, 2, 0, 0, 0, 0xeb, 0, 0xc3]);
    expect(labels.get('b')).toBe(0x1000b);
    expect(parseCodeText('mode 16\na: e9 >>a')).toMatchObject({ code32: false, address: 0x1000 });
    expect([...parseCodeText('90 a: 68 =a').bytes]).toEqual([0x90, 0x68, 1, 0, 1, 0]);
    expect([...parseCodeText('mode 16\na: e9 >>a').bytes]).toEqual([0xe9, 0xfd, 0xff]);
  });

  it.each([
    ['9', /line 1: '9': must be bytes/],
    ['mode 64', /line 1: mode '64': must be 16 or 32/],
    ['90\nuser', /line 2: 'user' must stand above the code/],
    ['a:\na:', /line 2: label 'a' is defined twice/],
    [`eb >far ${'90'.repeat(200)} far:`, /line 1: 'far' is 200 bytes away/],
  ])('%j is refused', (text, message) => {
    expect(() => parseCodeText(text)).toThrow(message);
  });
});
