// `transvisor bench --suite nano` on whoever is installed: every operation is measured on each.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { NANO_OPERATIONS } from '../../bench/nano.ts';

const transvisor = fileURLToPath(new URL('../../bin/transvisor', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nano-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('transvisor bench --suite nano', () => {
  it('measures every operation', () => {
    const json = join(folder, 'report.json');
    const on = ['ours', 'interpret:-accel interpret', 'icount:-icount shift=1', 'qemu', 'v86'].flatMap((c) => [
      '--on',
      c,
    ]);
    const args = ['bench', '--suite', 'nano', '--scale', '1', '--rounds', '1', '--json', json, ...on];
    const { status, stdout } = spawnSync(process.execPath, [transvisor, ...args], { encoding: 'utf8' });
    expect(stdout).not.toContain('Problem');
    expect(status).toBe(0);
    const { samples, contestants } = JSON.parse(readFileSync(json, 'utf8'));
    expect(contestants.length).toBeGreaterThanOrEqual(3);
    for (const { name } of contestants) {
      const own = samples.filter((s: { contestant: string }) => s.contestant === name);
      expect(own.map((s: { item: string }) => s.item)).toEqual([...NANO_OPERATIONS]);
      for (const { value } of own) expect(value).toBeGreaterThan(0);
    }
  });
});
