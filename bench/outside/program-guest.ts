/**
 * The Linux guest that runs programs: its initramfs, with our own first process, which prints marks around each. What
 * a program prints goes to a file, so that the serial port's speed is not measured; its checksum is told afterwards,
 * without what differs from run to run (LAB-START lines and the seconds of LAB-RESULT lines).
 */
import { createHash } from 'node:crypto';
import { buildInitramfs, type CpioEntry, DIRECTORY, REGULAR } from '../../guests/linux/initramfs.ts';

/** Shell lines before the measurements: file systems, the serial port, variables of the kernel's command line. */
const PROLOGUE = `#!/bin/busybox sh
export PATH=/bin
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t tmpfs tmpfs /tmp
/bin/busybox --install -s
exec < /dev/ttyS0 > /dev/ttyS0 2>&1
scale=100
for word in $(cat /proc/cmdline); do
    case $word in benchscale=*) scale=\${word#benchscale=} ;; esac
done
`;
const EPILOGUE = 'echo BENCH-DONE\npoweroff -f\n';
/** What \`steady\` below does. */
const STEADY = String.raw`sed -e '/^LAB-START/d' -e 's/^\(LAB-RESULT [^ ]*\) [0-9.]*/\1/'`;

const EACH = `for program in /programs/*; do
    name=\${program##*/}
    echo "BENCH-START $name"
    $program $scale > /tmp/output 2> /tmp/errors
    echo "BENCH-STOP $name $?"
    echo "BENCH-SUM $name $(${STEADY} < /tmp/output | md5sum | cut -c 1-8)"
done
`;

const ALL = `echo "BENCH-START all"
for program in /programs/*; do $program >> /tmp/output; done
echo "BENCH-STOP all 0"
echo "BENCH-SUM all $(md5sum < /tmp/output | cut -c 1-8)"
`;

/** The checksum of what a program printed, as the guest computes it. */
export function outputChecksum(output: Uint8Array): string {
  const text = Buffer.from(output).toString('latin1');
  const steady = text.replace(/^LAB-START.*\n?/gm, '').replace(/^(LAB-RESULT [^ \n]*) [0-9.]*/gm, '$1');
  return createHash('md5').update(steady, 'latin1').digest('hex').slice(0, 8);
}

/**
 * A gzip-compressed initramfs that runs programs in the order of their names.
 * @param each whether each is measured, with the scale as its argument, or all of them together
 */
export function programInitramfs(
  busybox: Uint8Array,
  programs: ReadonlyMap<string, Uint8Array>,
  each: boolean,
): Uint8Array {
  const files: CpioEntry[] = [{ path: 'programs', mode: DIRECTORY | 0o755 }];
  for (const name of [...programs.keys()].sort()) {
    files.push({ path: `programs/${name}`, mode: REGULAR | 0o755, data: programs.get(name)! });
  }
  return buildInitramfs({ busybox, init: `${PROLOGUE}${each ? EACH : ALL}${EPILOGUE}`, files });
}
