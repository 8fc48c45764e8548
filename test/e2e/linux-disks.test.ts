// Debian's Linux with its own drivers on all kinds of drives: IDE disk and CD-ROM by bus master DMA, diskette by ISA
// DMA, virtio. What it reads is what the images hold, and what it writes is in them.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { buildInitramfs, REGULAR } from '../../guests/linux/initramfs.ts';
import { GuestProcess } from './guest-process.ts';
import { modularKernel, moduleFiles } from './kernel-modules.ts';
import { linuxGuest } from './linux-session.ts';

const FOLDER = fileURLToPath(new URL('../../build/e2e', import.meta.url));
mkdirSync(FOLDER, { recursive: true });
const folder = mkdtempSync(join(FOLDER, 'disks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MODULES =
  'crct10dif_common crc-t10dif crct10dif_generic crc64 crc64-rocksoft crc64_rocksoft_generic t10-pi scsi_common scsi_mod ' +
  'libata cdrom sd_mod sr_mod ata_piix floppy crc16 mbcache jbd2 crc32c_generic libcrc32c ext4 isofs virtio virtio_ring ' +
  'virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk';
/** What the guest does: each line that the test looks at begins with a word of its own. */
const INIT = `#!/bin/sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
cd /root
for m in ${MODULES}; do insmod $m.ko || echo FAILED $m; done
sleep 1
for d in sr0 fd0; do echo SUM $d $(md5sum < /dev/$d); done
for d in sda vda; do
  echo SUM $d $(dd if=/dev/$d bs=1M count=8 2>/root/said | md5sum)
  mke2fs /dev/$d > /root/said 2>&1
  mount -t ext4 /dev/$d /tmp
  dd if=/dev/urandom of=/tmp/file bs=64k count=64 2>/root/said
  echo FILE $d $(md5sum < /tmp/file)
  umount /tmp
  echo 3 > /proc/sys/vm/drop_caches
  mount -t ext4 /dev/$d /tmp
  echo AGAIN $d $(md5sum < /tmp/file)
  umount /tmp
done
dd if=/root/pattern of=/dev/fd0 bs=512 seek=100 2>/root/said
sync
echo DONE
poweroff -f
`;

const linux = linuxGuest();
const kernel = linux === undefined ? undefined : modularKernel();
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

function image(name: string, size: number, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  truncateSync(path, size);
  return path;
}

describe.skipIf(kernel === undefined).each([
  ['translate', 1],
  ['interpret', 6],
] as const)('Linux and its disks, engine %s', (engine, factor) => {
  it(
    'reads what the images hold, and writes what it says',
    async () => {
      const pattern = randomBytes(40 * 512);
      const contents = randomBytes(4 << 20);
      const disk = image(`disk-${engine}`, 64 << 20, contents);
      const virtio = image(`virtio-${engine}`, 64 << 20, contents);
      const floppy = image(`floppy-${engine}`, 1474560, contents.subarray(0, 1 << 20));
      const cd = image(`cd-${engine}`, 6 << 20, contents);
      const initrd = join(folder, 'initrd.gz');
      const files = moduleFiles(kernel!, MODULES.split(' '));
      const own = { path: 'root/pattern', mode: REGULAR | 0o644, data: pattern };
      const busybox = readFileSync(linux?.busybox ?? '');
      writeFileSync(initrd, buildInitramfs({ busybox, init: INIT, files: [...files, own] }));
      const floppySum = md5(readFileSync(floppy));
      const first = md5(readFileSync(disk).subarray(0, 8 << 20));
      const drives = ['-hda', disk, '-cdrom', cd, '-fda', floppy, '-drive', `file=${virtio},if=virtio`];
      const boot = ['-kernel', kernel!.kernel, '-initrd', initrd, '-append', 'console=ttyS0 quiet loglevel=3 panic=1'];
      const common = ['-m', '256', '-display', 'none', '-serial', 'stdio', '-no-reboot', '-accel', engine];
      const guest = new GuestProcess([...common, ...boot, ...drives]);
      try {
        const text = await guest.waitFor(/DONE/, factor * 240_000);
        expect(await guest.exit).toBe(0);
        expect(text).not.toContain('FAILED');
        const said = new Map([...text.matchAll(/^([A-Z]+ \w+) ([0-9a-f]{32})/gm)].map((m) => [m[1], m[2]]));
        expect(said.get('SUM sr0')).toBe(md5(readFileSync(cd)));
        expect(said.get('SUM fd0')).toBe(floppySum);
        for (const [device, path] of [
          ['sda', disk],
          ['vda', virtio],
        ] as const) {
          expect(said.get(`SUM ${device}`)).toBe(first);
          expect(said.get(`FILE ${device}`)).toMatch(/^[0-9a-f]{32}$/);
          expect(said.get(`AGAIN ${device}`)).toBe(said.get(`FILE ${device}`));
          // The host's own tools find the file system clean.
          execFileSync('/sbin/e2fsck', ['-fn', path], { stdio: 'pipe' });
        }
        expect(
          readFileSync(floppy)
            .subarray(51200, 51200 + pattern.length)
            .equals(pattern),
        ).toBe(true);
      } finally {
        guest.kill();
      }
    },
    factor * 300_000,
  );
});
