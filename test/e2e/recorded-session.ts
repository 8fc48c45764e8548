// A session of thirty commands at the shell of Debian's Linux, recorded in deterministic time: an input log with which
// it can be run again, in any engine.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LinuxGuest } from '../../guests/linux/fetch.ts';
import { buildInitramfs, REGULAR } from '../../guests/linux/initramfs.ts';
import { createMachine, type InputEntry } from '../../src/index.ts';
import { formatInput, INPUT_LOG_END, INPUT_LOG_HEADER } from '../../src/vmm/input-log.ts';
import { CRASH, DIVIDE, SELFMOD } from './tiny-elf.ts';

const FOLDER = fileURLToPath(new URL('../../build/session', import.meta.url));
const PROMPT = new RegExp('guest# (\\x1b\\[6n)?$');

/** What is typed. Files, pipes, forks, faults, floating point, code that writes itself. */
export const COMMANDS: readonly string[] = [
  'uname -a',
  'ls -la /',
  'mkdir /tmp/a /tmp/b',
  'for i in 1 2 3 4 5; do echo line $i > /tmp/a/$i; done',
  'cat /tmp/a/* | sort -r',
  'cp /tmp/a/* /tmp/b; ls /tmp/b | wc -l',
  'mv /tmp/b/1 /tmp/b/one; find /tmp -name "o*"',
  'head -c 200000 /dev/zero | md5sum',
  'seq 1 2000 | sha256sum',
  'seq 1 500 | grep 7 | tail -3',
  'i=0; while [ $i -lt 30 ]; do /bin/busybox true; i=$((i+1)); done; echo forked $i',
  'for n in a b c; do (echo in $n; exit 3); echo left $?; done',
  '(sleep 0.1; echo slept) & wait',
  'sh -c "exit 9"; echo $?',
  'crash; echo status $?',
  'divide; echo status $?',
  'selfmod; echo status $?',
  'selfmod; selfmod; echo status $?',
  `awk 'BEGIN { printf "%.9f %.12e\\n", 22 / 7, 1e-9 / 7 }'`,
  `awk 'BEGIN { s = 0; for (i = 1; i < 3000; i++) s += 1 / (i * i); print s, 1e300 * s, s / 7 }'`,
  `awk 'BEGIN { x = 1; for (i = 0; i < 200; i++) x = x * 1.1 - int(x); print x }'`,
  'ps',
  'cat /proc/cpuinfo | head -5',
  'cat /proc/meminfo | head -3',
  'dd if=/dev/zero of=/tmp/big bs=4096 count=200 2>/dev/null; md5sum /tmp/big',
  'gzip -c /tmp/big | wc -c; rm /tmp/big',
  'echo "2 3 + 4 *" | tr " " "\\n" | sort | tr "\\n" " "; echo',
  'expr 123456789 % 1000; echo $((987654321 * 3 / 7))',
  'mount | head -3; df /tmp | tail -1; dmesg | wc -l',
  'rm -r /tmp/a /tmp/b; ls /tmp; echo done',
];

export interface RecordedSession {
  readonly initrd: string;
  /** The input log's file, and what is in it. */
  readonly log: string;
  readonly entries: readonly InputEntry[];
  readonly output: string;
  readonly retired: number;
}

/** What both the recording and its replays boot with. No display adapter: where its BIOS is installed, the command finds it. */
export const MACHINE_OPTIONS = '-m 128 -nographic -vga none -icount shift=1 -append'
  .split(' ')
  .concat('console=ttyS0 quiet');

/** Runs the session in this process, translated, and writes initramfs and log into build/session. */
export async function recordSession(linux: LinuxGuest): Promise<RecordedSession> {
  const programs = { crash: CRASH, divide: DIVIDE, selfmod: SELFMOD };
  const files = Object.entries(programs).map(([name, data]) => ({ path: `bin/${name}`, mode: REGULAR | 0o755, data }));
  const image = buildInitramfs({ busybox: readFileSync(linux.busybox), files });
  const machine = createMachine({
    kernel: readFileSync(linux.kernel),
    initrd: image,
    append: 'console=ttyS0 quiet',
    memory: 128 * 2 ** 20,
    serialPorts: [0],
    vga: 'none',
    clock: { kind: 'deterministic', shift: 1 },
  });
  const entries: InputEntry[] = [];
  const left = [...COMMANDS, 'poweroff -f'].map((line) => `${line}\n`);
  let output = '';
  let seen = 0;
  let typing = '';
  const type = () => {
    typing = typing.slice(machine.sendSerial(typing));
  };
  machine.on('input', (entry) => void entries.push(entry));
  machine.on('serialReady', type);
  machine.on('serial', ({ bytes }) => {
    output += Buffer.from(bytes).toString('latin1');
    if (typing !== '' || !PROMPT.test(output.slice(seen))) return;
    seen = output.length;
    typing = left.shift() ?? '';
    type();
  });
  try {
    await machine.run();
    mkdirSync(FOLDER, { recursive: true });
    const [initrd, log] = [join(FOLDER, 'initrd.gz'), join(FOLDER, 'session.input')];
    writeFileSync(initrd, image);
    writeFileSync(log, `${[INPUT_LOG_HEADER, ...entries.map(formatInput), INPUT_LOG_END].join('\n')}\n`);
    return { initrd, log, entries, output, retired: machine.stats().retired.total };
  } finally {
    machine.dispose();
  }
}
