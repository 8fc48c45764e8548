// Programs for the guest: what a folder holds, and the checksum of what they print.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { coldProgram } from '../../bench/cold/program.ts';
import { outputChecksum, programInitramfs } from '../../bench/outside/program-guest.ts';
import { readPrograms } from '../../bench/outside/program-suites.ts';
import { treePeakMiB } from '../../bench/outside/tree-memory.ts';

const folder = mkdtempSync(join(tmpdir(), 'programs-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, bytes: Uint8Array | string, mode = 0o755): void {
  writeFileSync(join(folder, name), bytes);
  chmodSync(join(folder, name), mode);
}

describe('a folder of programs', () => {
  it('is its executables; anything else that is executable is told', () => {
    expect(() => readPrograms(join(folder, 'none'))).toThrow(/cannot be read as a folder \(ENOENT\)/);
    expect(() => readPrograms(folder)).toThrow(/holds no executable files/);
    write('b', coldProgram(2));
    write('a', coldProgram(1));
    write('README', 'text', 0o644);
    expect([...readPrograms(folder).keys()]).toEqual(['a', 'b']);
    write('script', '#!/bin/sh\n');
    expect(() => readPrograms(folder)).toThrow(/script: no ELF program for i386/);
    rmSync(join(folder, 'script'));
    write('c d', coldProgram(3));
    expect(() => readPrograms(folder)).toThrow(/'c d': a program's name/);
    rmSync(join(folder, 'c d'));
  });

  it('is packed with a first process that marks each, or all together', () => {
    const programs = new Map([['p1', coldProgram(1)]]);
    const text = (each: boolean) => gunzipSync(programInitramfs(new Uint8Array(4), programs, each)).toString('latin1');
    expect(text(true)).toContain('programs/p1');
    expect(text(true)).toContain('BENCH-START $name');
    expect(text(false)).toContain('BENCH-START all');
  });
});

describe('the checksum of what a program printed', () => {
  it.each([
    ['a line\nLAB-START fib\nLAB-RESULT fib 12.3456 0badcafe\nthe end\n'],
    ['LAB-RESULT fib 0.5 1\nno line feed at the end'],
    ['\n\n'],
    ['\u00ff\u0000binary'],
  ])('is the one that the guest computes: %j', (text) => {
    const output = Buffer.from(text, 'latin1');
    const script = String.raw`sed -e '/^LAB-START/d' -e 's/^\(LAB-RESULT [^ ]*\) [0-9.]*/\1/' | md5sum | cut -c 1-8`;
    const guest = spawnSync('sh', ['-c', script], { input: output, env: { ...process.env, LC_ALL: 'C' } });
    expect(outputChecksum(output)).toBe(guest.stdout.toString().trim());
  });

  it('does not depend on the seconds', () => {
    const sum = (seconds: string) => outputChecksum(Buffer.from(`LAB-RESULT fib ${seconds} 1\n`));
    expect(sum('1.5')).toBe(sum('20.25'));
  });
});

describe.skipIf(process.platform !== 'linux')('peak memory', () => {
  it('counts a process and what it has started', () => {
    const own = treePeakMiB(process.pid);
    expect(own).toBeGreaterThan(10);
    expect(treePeakMiB(2 ** 22 + 1)).toBe(0);
  });
});
