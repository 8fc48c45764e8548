// The cold set: the same each time, each program other code, and, on a host that runs them, programs that end.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COLD_PROGRAMS, coldProgram, coldPrograms } from '../../bench/cold/program.ts';

const programs = coldPrograms();
const runsHere = process.platform === 'linux' && process.arch === 'x64';

describe('the cold set', () => {
  it('is 200 different programs of some kilobytes, the same for the same seed', () => {
    const hashes = [...programs.values()].map((bytes) => createHash('sha256').update(bytes).digest('hex'));
    expect(new Set(hashes).size).toBe(COLD_PROGRAMS);
    const sizes = [...programs.values()].map((bytes) => bytes.length);
    expect(Math.min(...sizes)).toBeGreaterThan(500);
    expect(Math.max(...sizes)).toBeLessThan(32_768);
    expect(coldProgram(0x1_0007)).toEqual(programs.get('cold007'));
  });

  it('really is different code: no two programs share a stretch of 64 bytes, but for their ends', () => {
    const seen = new Map<string, string>();
    const shared = new Set<string>();
    for (const [name, bytes] of [...programs].slice(0, 40)) {
      const text = Buffer.from(bytes).subarray(84, -160).toString('latin1');
      for (let at = 0; at + 64 <= text.length; at++) {
        const stretch = text.slice(at, at + 64);
        const other = seen.get(stretch);
        if (other !== undefined && other !== name) shared.add(`${other} ${name}`);
        seen.set(stretch, name);
      }
    }
    expect([...shared]).toEqual([]);
  });

  it.skipIf(!runsHere)('ends with a checksum on the host, each with its own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'cold-'));
    try {
      const sums = [...programs].slice(0, 25).map(([name, bytes]) => {
        const file = join(folder, name);
        writeFileSync(file, bytes, { mode: 0o755 });
        const { status, stdout } = spawnSync(file, { encoding: 'latin1', timeout: 10_000 });
        expect({ name, status }).toEqual({ name, status: 0 });
        expect(stdout).toMatch(/^[0-9a-f]{8}\n$/);
        return stdout;
      });
      expect(new Set(sums).size).toBe(25);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
