// Bad use and bad files: one clear line on standard error, status 2, no stack trace.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const transvisor = join(root, 'bin/transvisor');
const cms = join(root, 'guests/cms/cms.elf');
const folder = mkdtempSync(join(tmpdir(), 'transvisor-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const subfolder = join(folder, 'folder');
mkdirSync(subfolder);
const empty = file('empty', new Uint8Array());
const text = file('text', new TextEncoder().encode('#!/bin/sh\necho this is no kernel\n'.repeat(100)));
const truncated = file('truncated', execFileSync('head', ['-c', '6000', cms]));
const large = file('large', new Uint8Array(9 << 20));

describe('bad input', () => {
  it.each([
    [['run', '-kernel', join(folder, 'missing')], /missing: no such file/],
    [['run', '-kernel', subfolder], /folder: is a folder/],
    [['run', '-kernel', empty], /empty/],
    [['run', '-kernel', text], /text/],
    [['run', '-kernel', truncated], /truncated/],
    [['run', '-m', '8', '-kernel', cms, '-initrd', large], /large/],
    [['run', '-m', '1', '-kernel', cms], /2 MiB/],
    [['run', '-m', '4G', '-kernel', cms], /-m: memory size '4G': must be 1M to 2G/],
    [['run', '-m', '0', '-kernel', cms], /-m: memory size '0'/],
    [['run', '-bios', text], /ROM/],
    [['run', '-bios', large], /larger than 8388608 bytes/],
    [['run', '-hda', empty], /empty: the disk image is empty/],
    [['run', '-kernal', cms], /did you mean '-kernel'/],
    [['run', '-kernel', cms, '-accel', 'kvm'], /unknown engine 'kvm'/],
    [['run', '-kernel', cms, '-serial', 'file:/'], /is a folder/],
    [['run', '-kernel', cms, '-serial', 'chardev:x'], /chardev 'x' is not defined/],
    [['run', '-kernel', cms, '-gdb', 'tcp::99999'], /-gdb: port '99999'/],
    [['run', '-kernel', cms, '-gdb', 'stdio'], /-gdb: 'stdio': must be tcp::PORT/],
    [
      ['run', '-kernel', cms, '-gdb', `unix:${join(folder, 'none', 's')}`],
      /cannot listen at \S+none\/s: no such folder/,
    ],
    [['run', '-kernel', cms, '-gdb', `unix:${text}`], /cannot listen at \S+text: already in use/],
    [['run', '-kernel', cms, '-s', '-accel', 'verify'], /-gdb: not with -accel verify/],
    [['run', '-kernel', cms, '-S', '-accel', 'verify'], /-S: not with -accel verify/],
    [['run', '-kernel', cms, '-display', 'curses'], /-display curses: standard input and output are no terminal/],
    [['runn'], /unknown command; did you mean 'run'/],
    [[], /--help/],
    [['disasm', join(folder, 'missing')], /no such file/],
    [['disasm'], /name a file/],
  ])('%j', (args, message) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [transvisor, ...args], { encoding: 'utf8' });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/^transvisor: /);
    expect(stderr).not.toContain('internal error');
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('--version and --help answer at once', () => {
    const version = spawnSync(process.execPath, [transvisor, '--version'], { encoding: 'utf8' });
    expect(version).toMatchObject({ status: 0, stderr: '' });
    expect(version.stdout).toMatch(/^transvisor \d+\.\d+\.\d+\n$/);
    const help = spawnSync(process.execPath, [transvisor, '--help'], { encoding: 'utf8' });
    expect(help.status).toBe(0);
    for (const option of ['-kernel', '-nographic', '-icount', '--stats', 'isa-debug-exit']) {
      expect(help.stdout).toContain(option);
    }
  });
});
