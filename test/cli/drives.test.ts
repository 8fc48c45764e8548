import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openDrives, openFirmware } from '../../src/cli/drives.ts';
import { parseOptions } from '../../src/cli/parse-options.ts';
import { defaultConfig } from '../../src/cli/run-config.ts';
import { RUN_OPTIONS } from '../../src/cli/run-options.ts';
import { findFirmware } from '../../src/host/firmware.ts';

const folder = mkdtempSync(join(tmpdir(), 'transvisor-'));
afterAll(() => rmSync(folder, { recursive: true }));

function image(name: string, size: number): string {
  const path = join(folder, name);
  writeFileSync(path, '');
  truncateSync(path, size);
  return path;
}

const large = image('large', 9 << 20);
const empty = image('empty', 0);
const floppy = image('floppy', 1474560);
const qcow2 = join(folder, 'qcow2');
writeFileSync(qcow2, Uint8Array.of(0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3));
const subfolder = join(folder, 'folder');
mkdirSync(subfolder);

function configOf(...args: readonly string[]) {
  const config = defaultConfig();
  parseOptions(args, RUN_OPTIONS, config);
  return config;
}

/** What the drives come to: kind, place, sectors, and whether they are read-only. */
function drivesOf(...args: readonly string[]): string[] {
  const { drives, close } = openDrives(configOf(...args));
  close();
  return drives.map(({ kind, place, backend }) => {
    const what = backend === undefined ? 'empty' : `${backend.sectors}${backend.readOnly ? ' ro' : ''}`;
    return `${kind} ${place} ${what}`;
  });
}

describe('drives', () => {
  test('with firmware there are a diskette drive and a CD-ROM drive', () => {
    expect(drivesOf()).toEqual(['floppy 0 empty', 'cdrom 2 empty']);
    expect(drivesOf('-nodefaults')).toEqual([]);
    expect(drivesOf('-kernel', 'k')).toEqual([]);
  });

  test('places come from names, from index and unit, or are the first free ones', () => {
    expect(drivesOf('-nodefaults', '-hdb', large, '-fda', floppy, '-cdrom', large)).toEqual([
      'disk 1 18432',
      'floppy 0 2880',
      'cdrom 2 18432 ro',
    ]);
    expect(
      drivesOf(
        '-nodefaults',
        '-drive',
        `file=${large}`,
        '-drive',
        `file=${large},index=0`,
        '-drive',
        `file=${floppy},if=floppy,bus=0,unit=1,readonly=on`,
      ),
    ).toEqual(['disk 0 18432', 'floppy 1 2880 ro', 'disk 1 18432']);
  });

  test('virtio disks have places of their own, and may be read-only', () => {
    const drive = (more: string) => ['-drive', `file=${large},if=virtio${more}`];
    expect(drivesOf('-nodefaults', ...drive(''), ...drive(',index=0'), ...drive(',readonly=on'))).toEqual([
      'virtio 0 18432',
      'virtio 1 18432',
      'virtio 2 18432 ro',
    ]);
  });

  test('a snapshot can be had for all and for one', () => {
    expect(drivesOf('-nodefaults', '-snapshot', '-hda', large)).toEqual(['disk 0 18432']);
    const { drives, close } = openDrives(configOf('-nodefaults', '-drive', `file=${floppy},if=floppy,snapshot=on`));
    drives[0]?.backend?.write(0, new Uint8Array(512).fill(1), () => {});
    close();
    expect(readFileSync(floppy)[0]).toBe(0);
  });

  test.each([
    [['-hda', join(folder, 'missing')], /missing: no such file/],
    [['-hda', empty], /empty: the disk image is empty/],
    [['-hda', subfolder], /folder: is a folder/],
    [['-cdrom', '/dev/null'], /not a regular file/],
    [['-hda', qcow2], /a qcow2 image; only raw images/],
    [['-fda', large], /too large for a diskette/],
    [['-hdc', large, '-cdrom', large], /-cdrom: ide drive 2 is there already/],
    [['-drive', 'if=ide'], /-drive: needs file=FILE/],
    [['-drive', `file=${large},format=qcow2`], /-drive: unknown format 'qcow2'/],
    [['-drive', `file=${large},readonly=on`], /an IDE disk cannot be read-only/],
    [['-drive', `file=${large},index=4`], /index '4': must be a whole number from 0 to 3/],
    [new Array(5).fill(['-drive', `file=${large}`]).flat(), /-drive: all 4 ide drives are taken/],
    [['-drive', `file=${large},fil=x`], /did you mean 'file'/],
    [['-boot', 'order=xyz'], /-boot: order 'xyz'/],
    [['-boot', 'cc'], /each once at most/],
  ])('%j is refused in one line', (args, message) => {
    expect(() => drivesOf('-nodefaults', ...args)).toThrow(message);
  });

  test('an image of another format is raw where the option says so', () => {
    expect(drivesOf('-nodefaults', '-drive', `file=${qcow2},format=raw`)).toEqual(['disk 0 1']);
  });
});

describe('firmware', () => {
  test('is looked for in folders in their order, by names in theirs', () => {
    const [first, second] = ['one', 'two'].map((name) => {
      mkdirSync(join(folder, name));
      return join(folder, name);
    }) as [string, string];
    writeFileSync(join(second, 'a.bin'), 'x');
    expect(findFirmware(['a.bin', 'b.bin'], [first, second])).toBe(join(second, 'a.bin'));
    writeFileSync(join(first, 'b.bin'), 'x');
    expect(findFirmware(['a.bin', 'b.bin'], [first, second])).toBe(join(first, 'b.bin'));
    expect(findFirmware(['none-such.bin'], [first, folder])).toBeUndefined();
  });

  test('-bios with a bare name is looked for where -L says; a kernel needs none', () => {
    const own = join(folder, 'own');
    mkdirSync(own);
    writeFileSync(join(own, 'mine.bin'), new Uint8Array(4096));
    expect(openFirmware(configOf('-L', own, '-bios', 'mine.bin'))?.name).toBe(join(own, 'mine.bin'));
    expect(openFirmware(configOf('-kernel', 'k'))).toBeUndefined();
    expect(() => openFirmware(configOf('-bios', 'none-such.bin'))).toThrow(/none-such.bin: no such file/);
  });
});
