// The initramfs packer, read back by a parser of its own and, where it is installed, by cpio; and which kernel package
// counts as the newest.
import { spawnSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newestKernel } from '../../guests/linux/fetch.ts';
import {
  buildInitramfs,
  CHARACTER_DEVICE,
  type CpioEntry,
  DIRECTORY,
  packCpio,
  REGULAR,
  SYMLINK,
} from '../../guests/linux/initramfs.ts';

interface Unpacked {
  readonly path: string;
  readonly mode: number;
  readonly data: string;
  readonly device: readonly [number, number];
}

/** Reads a newc archive up to its trailer; throws where the format is broken. */
function unpack(archive: Uint8Array): Unpacked[] {
  const bytes = Buffer.from(archive);
  const entries: Unpacked[] = [];
  for (let at = 0; ; ) {
    if (at % 4 !== 0) throw new Error(`header at ${at}, not a multiple of 4`);
    if (bytes.toString('latin1', at, at + 6) !== '070701') throw new Error(`no magic at ${at}`);
    const field = (i: number): number => Number.parseInt(bytes.toString('latin1', at + 6 + i * 8, at + 14 + i * 8), 16);
    const nameEnd = at + 110 + field(11);
    if (bytes[nameEnd - 1] !== 0) throw new Error(`name at ${at} has no end`);
    const path = bytes.toString('utf8', at + 110, nameEnd - 1);
    const start = (nameEnd + 3) & ~3;
    const end = start + field(6);
    if (path === 'TRAILER!!!') {
      if (end !== bytes.length) throw new Error(`${bytes.length - end} bytes after the trailer`);
      return entries;
    }
    entries.push({ path, mode: field(1), data: bytes.toString('latin1', start, end), device: [field(9), field(10)] });
    at = (end + 3) & ~3;
  }
}

describe('packCpio', () => {
  it('gives back any files', () => {
    const files = fc.uniqueArray(
      fc.record({ path: fc.stringMatching(/^[a-z][a-z0-9._-]{0,12}$/), data: fc.uint8Array({ maxLength: 40 }) }),
      { selector: (file) => file.path, maxLength: 6 },
    );
    fc.assert(
      fc.property(files, (list) => {
        const read = unpack(packCpio(list.map((file) => ({ ...file, mode: REGULAR | 0o644 }))));
        expect(read).toEqual(
          list.map((file) => ({
            path: file.path,
            mode: REGULAR | 0o644,
            data: Buffer.from(file.data).toString('latin1'),
            device: [0, 0],
          })),
        );
      }),
    );
  });

  it('keeps folders, links and device nodes', () => {
    const entries: CpioEntry[] = [
      { path: 'dev', mode: DIRECTORY | 0o755 },
      { path: 'dev/console', mode: CHARACTER_DEVICE | 0o600, device: [5, 1] },
      { path: 'sh', mode: SYMLINK | 0o777, data: 'busybox' },
    ];
    expect(unpack(packCpio(entries))).toEqual([
      { path: 'dev', mode: 0o040755, data: '', device: [0, 0] },
      { path: 'dev/console', mode: 0o020600, data: '', device: [5, 1] },
      { path: 'sh', mode: 0o120777, data: 'busybox', device: [0, 0] },
    ]);
  });

  it.each(['', '/bin/sh', 'a\0b', 'TRAILER!!!'])('refuses the path %j', (path) => {
    expect(() => packCpio([{ path, mode: REGULAR }])).toThrow(RangeError);
  });

  it('refuses a path given twice', () => {
    const entry = { path: 'init', mode: REGULAR };
    expect(() => packCpio([entry, entry])).toThrow(/init is given twice/);
  });
});

describe('buildInitramfs', () => {
  const contents = { busybox: Buffer.from('not really busybox'), init: '#!/bin/sh\n' };

  it('holds an executable /init, busybox, a console, and the folders before what lies in them', () => {
    const entries = unpack(gunzipSync(buildInitramfs(contents)));
    const paths = entries.map((entry) => entry.path);
    expect(entries.find((entry) => entry.path === 'init')).toMatchObject({ mode: 0o100755, data: '#!/bin/sh\n' });
    expect(entries.find((entry) => entry.path === 'bin/busybox')?.mode).toBe(0o100755);
    expect(entries.find((entry) => entry.path === 'dev/console')?.device).toEqual([5, 1]);
    for (const [index, path] of paths.entries()) {
      const folder = path.split('/').slice(0, -1).join('/');
      if (folder !== '') expect(paths.indexOf(folder), folder).toBeLessThan(index);
      if (folder !== '') expect(paths).toContain(folder);
    }
  });

  it('takes more files, and gives the same bytes for the same contents', () => {
    const more = { ...contents, files: [{ path: 'root/hello', mode: REGULAR | 0o644, data: 'hello\n' }] };
    expect(unpack(gunzipSync(buildInitramfs(more))).at(-1)).toMatchObject({ path: 'root/hello', data: 'hello\n' });
    expect(buildInitramfs(more)).toEqual(buildInitramfs(more));
  });

  it('starts our own script when no other is given', () => {
    const entries = unpack(gunzipSync(buildInitramfs({ busybox: contents.busybox })));
    expect(entries.find((entry) => entry.path === 'init')?.data).toMatch(/^#!\/bin\/busybox sh\n.*\npoweroff -f\n$/s);
  });

  const noCpio = spawnSync('cpio', ['--version']).error !== undefined;
  it.skipIf(noCpio)(`is listed by cpio${noCpio ? ' (skipped: cpio is not installed)' : ''}`, () => {
    const listed = spawnSync('cpio', ['-it', '--quiet'], {
      input: gunzipSync(buildInitramfs(contents)),
      encoding: 'utf8',
    });
    expect(listed.stderr).toBe('');
    expect(listed.stdout.split('\n')).toEqual(expect.arrayContaining(['bin/busybox', 'dev/console', 'init']));
  });
});

describe('newestKernel', () => {
  it('compares releases as numbers and takes only the plain 686 flavour', () => {
    const names = ['linux-image-6.1.0-9-686', 'linux-image-6.1.0-50-686', 'linux-image-6.1.0-47-686'];
    const others = [
      'linux-image-6.1.0-60-686-pae',
      'linux-image-6.1.0-61-686-unsigned',
      'linux-image-6.1.0-62-686-dbg',
    ];
    expect(newestKernel([...names, ...others])).toBe('linux-image-6.1.0-50-686');
    expect(newestKernel(others)).toBeUndefined();
  });
});
