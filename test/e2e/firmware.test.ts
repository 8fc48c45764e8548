// From SeaBIOS to what is on disks: a boot sector of our own, GRUB's rescue images, iPXE; in both engines. Needs the
// Debian packages seabios and nasm, and a network for apt-get download.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { run as runTool } from '../../guests/linux/apt.ts';
import { findFirmware, SEABIOS_NAMES } from '../../src/host/firmware.ts';
import { cdImage, diskImage, SECOND_BLOCK } from './firmware/images.ts';
import { ScreenMachine } from './firmware/screen-machine.ts';
import { GuestProcess } from './guest-process.ts';

const ENGINES = ['translate', 'interpret'] as const;
const hasFirmware = findFirmware(SEABIOS_NAMES, []) !== undefined;
const hasNasm = spawnSync('nasm', ['-v']).status === 0;
const folder = mkdtempSync(join(tmpdir(), 'transvisor-firmware-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file of a Debian package, downloaded; undefined where there is no network. */
function fromPackage(name: string, file: string): string | undefined {
  try {
    const place = mkdtempSync(join(folder, `${name}-`));
    runTool('apt-get', ['-qq', '-o', 'APT::Sandbox::User=', 'download', name], place);
    runTool('sh', ['-c', 'dpkg -x *.deb .'], place);
    return join(place, file);
  } catch {
    return undefined;
  }
}

describe.skipIf(!hasFirmware || !hasNasm).each(ENGINES)('a boot sector, engine %s', (engine) => {
  const boot = async (...args: readonly string[]) => {
    const common = ['-display', 'none', '-serial', 'stdio', '-device', 'isa-debug-exit,iobase=0xf4,iosize=1'];
    const guest = new GuestProcess(['-accel', engine, ...common, ...args]);
    const status = await guest.exit;
    return [guest.output, status, guest.errors];
  };

  test('from a diskette', async () => {
    const image = diskImage(folder, 'floppy', 1474560);
    expect(await boot('-fda', image, '-boot', 'a')).toEqual([`BOOT 00${SECOND_BLOCK}00`, 1, '']);
    expect(readFileSync(image).toString('latin1', 2048, 2048 + SECOND_BLOCK.length)).toBe(SECOND_BLOCK);
  });

  test('from a disk, whose file stays as it is with -snapshot', async () => {
    const image = diskImage(folder, 'disk', 16 << 20);
    const before = readFileSync(image);
    expect(await boot('-hda', image, '-snapshot')).toEqual([`BOOT 80${SECOND_BLOCK}00`, 1, '']);
    expect(readFileSync(image).equals(before)).toBe(true);
    expect(await boot('-hda', image)).toEqual([`BOOT 80${SECOND_BLOCK}00`, 1, '']);
    expect(readFileSync(image).equals(before)).toBe(false);
  });

  test('from a CD-ROM, which cannot be written to', async () => {
    const [output, status] = await boot('-cdrom', cdImage(folder, 'cd.iso'), '-boot', 'd');
    expect(output).toMatch(new RegExp(`^BOOT e0${SECOND_BLOCK}(?!00)..$`));
    expect(status).toBe(1);
  });

  test('in deterministic time, twice the same', async () => {
    const image = diskImage(folder, 'same', 16 << 20);
    const hashes = async () => {
      const args = ['-hda', image, '-snapshot', '-icount', 'shift=2', '--hash-every', '1000000'];
      const [output, , errors] = await boot(...args);
      return [output, errors];
    };
    const first = await hashes();
    expect(first[1]).toMatch(/(hash \d+ [0-9a-f]{16}\n){5}/);
    expect(await hashes()).toEqual(first);
  });
});

describe.skipIf(!hasFirmware)('Debian’s boot media', () => {
  const grub = fromPackage('grub-rescue-pc', 'usr/lib/grub-rescue');
  const ipxe = fromPackage('ipxe', 'usr/lib/ipxe/ipxe.iso');

  describe.skipIf(grub === undefined).each([
    ['translate', 'floppy.img', '-fda'],
    ['translate', 'cdrom.iso', '-cdrom'],
    ['interpret', 'floppy.img', '-fda'],
    ['interpret', 'cdrom.iso', '-cdrom'],
  ] as const)('GRUB, engine %s, %s', (engine, file, option) => {
    test('comes to its menu and its shell', async () => {
      const screen = new ScreenMachine(engine, [option, `${grub}/grub-rescue-${file}`, '-snapshot']);
      try {
        await screen.waitFor(/GNU GRUB +version 2.*executed automatically/s);
        await screen.type('c');
        await screen.waitFor(/grub> *$/m);
        await screen.type('ls\n');
        expect(await screen.waitFor(/^\(.*\) /m)).toMatch(option === '-fda' ? /\(fd0\)/ : /\(cd/);
      } finally {
        screen.dispose();
      }
    });
  });

  const uboot = fromPackage('u-boot-qemu', 'usr/lib/u-boot/qemu-x86/u-boot.rom');
  // With the display adapter U-Boot runs its BIOS in real mode with segments of 64 KB, which that cannot do with a processor that checks them.
  test.skipIf(uboot === undefined).each(ENGINES)('U-Boot as the firmware, engine %s', async (engine) => {
    const image = diskImage(folder, 'uboot', 16 << 20);
    const common = ['-display', 'none', '-vga', 'none', '-serial', 'stdio', '-accel', engine, '-snapshot'];
    const guest = new GuestProcess([...common, '-bios', uboot ?? '', '-hda', image]);
    try {
      const text = await guest.waitFor(/=> $/, 120_000);
      expect(text).toContain('Device 0: Model: TRANSVISOR HARDDISK');
      expect(text).toMatch(/Device 2: Model: TRANSVI .*\s+Type: Removable CD ROM/);
    } finally {
      guest.kill();
    }
  });

  test.skipIf(ipxe === undefined).each(ENGINES)('iPXE from its ISO image, engine %s', async (engine) => {
    const screen = new ScreenMachine(engine, ['-cdrom', ipxe ?? '', '-boot', 'd']);
    try {
      await screen.waitFor(/iPXE ISO boot image/);
      expect(await screen.waitFor(/Features:/)).toMatch(/iPXE initialising devices...ok/);
    } finally {
      screen.dispose();
    }
  });
});
