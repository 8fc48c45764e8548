// `run --profile` on a real machine: the hottest region is the loop that the guest is in, with its code.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'profile-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  // The guest's first loop, `dec edi; jnz`, for longer than it runs here.
  const guest = ['-m', '32', '-serial', 'null', '-kernel', join(root, 'guests/nano/nano.elf')];
  const rest = ['-append', 'benchscale=10000', '--max-instructions', '20000000', ...args];
  return spawnSync(process.execPath, [join(root, 'bin/transvisor'), 'run', ...guest, ...rest], { encoding: 'utf8' });
}

describe('run --profile', () => {
  it('tells on standard error where the time went', () => {
    const { stderr, status } = run('--profile');
    expect(status).toBe(3);
    expect(stderr).toMatch(/profile: \d+ ms in \d+ samples/);
    expect(stderr).toMatch(/translated code +[\d.]+ +[\d.]+%/);
    expect(stderr).toMatch(/region \d+: 00100[0-9a-f]{3}, \d+ blocks, 32-bit, kernel/);
  }, 60_000);

  it('writes a page with guest code, IR and WebAssembly', () => {
    const file = join(folder, 'p.html');
    expect(run(`--profile=${file}`).status).toBe(3);
    const html = readFileSync(file, 'utf8');
    const [first = ''] = /<details open>[\s\S]*?<\/details>/.exec(html) ?? [];
    expect(first).toContain('dec edi');
    expect(first).toContain('(func');
    expect(first.match(/<pre>/g)).toHaveLength(3);
  }, 60_000);

  it('says at once when the file cannot be written', () => {
    const { stderr, status } = run('--profile=/no/such/folder/p.html');
    expect(stderr).toMatch(/^transvisor: .*p\.html: no such file/);
    expect(status).toBe(2);
  });
});
