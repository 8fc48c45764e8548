// The APICs driven by a kernel in assembly, in both engines in deterministic time: every step is right, and both retire the same.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createMachine, type EngineName } from '../../../src/index.ts';

const hasNasm = spawnSync('nasm', ['-v']).status === 0;

describe.skipIf(!hasNasm)('a kernel that drives the APICs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'apic-guest-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const seen: unknown[] = [];

  test.each(['interpret', 'translate'] as const)('engine %s', async (engine: EngineName) => {
    const image = join(folder, 'image');
    const { stderr } = spawnSync('nasm', ['-f', 'bin', '-o', image, 'apic-guest.asm'], { cwd: import.meta.dirname });
    expect(stderr.toString()).toBe('');
    const machine = createMachine({
      memory: 8 << 20,
      kernel: readFileSync(image),
      engine,
      clock: { kind: 'deterministic', shift: 0 },
      debugcons: [0xe9],
      debugExits: [{ port: 0xf4, size: 4 }],
      testDevice: true,
      maxInstructions: 50_000_000,
    });
    let text = '';
    machine.on('debugcon', ({ bytes }) => {
      text += Buffer.from(bytes).toString('latin1');
    });
    const reason = await machine.run();
    const { retired, interrupts } = machine.stats();
    machine.dispose();
    expect(text).toBe('abcdefghijklmnop');
    expect(reason).toEqual({ kind: 'debugExit', status: 1 });
    if (engine === 'translate') expect(Number(retired['translate'])).toBeGreaterThan(0);
    seen.push([retired.total, interrupts]);
  });

  test('both engines are alike to the instruction', () => {
    expect(seen[1]).toEqual(seen[0]);
  });
});
