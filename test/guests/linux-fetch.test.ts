// What the user is told where the Linux guest cannot be fetched.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CACHE_FOLDER, FetchError, fetchLinuxGuest } from '../../guests/linux/fetch.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'linux-guest-'));
  vi.stubEnv('PATH', folder); // no tools at all
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it('points to -kernel where there is no apt', () => {
  expect(() => fetchLinuxGuest({ folder })).toThrow(FetchError);
  expect(() => fetchLinuxGuest({ folder })).toThrow(/no apt.*-kernel FILE/);
});

it('needs no apt when the parts are there', () => {
  writeFileSync(join(folder, 'vmlinuz'), 'kernel');
  writeFileSync(join(folder, 'busybox'), 'busybox');
  expect(fetchLinuxGuest({ folder })).toMatchObject({
    kernel: join(folder, 'vmlinuz'),
    initrd: join(folder, 'initrd.gz'),
  });
});

it('keeps what it fetches where git does not look', ({ skip }) => {
  vi.unstubAllEnvs();
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const ignored = spawnSync('git', ['check-ignore', '-q', join(CACHE_FOLDER, 'vmlinuz')], { cwd: root });
  if (ignored.error !== undefined || ignored.status === 128) skip('no git, or no checkout, to ask');
  expect(ignored.status).toBe(0);
});
