/**
 * Boots a Linux guest on this project's engines and on its peers, in turn, and
 * prints a table of medians: seconds from starting the process to a line on the serial
 * port, and peak resident memory of the process.
 *
 *     node --import tsx bench/boot.ts KERNEL INITRD [--until TEXT] [--append TEXT] [--rounds N]
 *         [--peers translate,interpret,qemu,v86,v86-interpret] [--v86 FOLDER] [--bios FOLDER]
 *
 * KERNEL and INITRD as for `transvisor run`. --v86 names the folder of the npm package v86, --bios that of
 * SeaBIOS (default /usr/share/seabios). Peers that are not installed are left out, and said to be. Linux only: memory is read from /proc.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const MEGABYTES = 256;
const BIN = fileURLToPath(new URL('../bin/transvisor', import.meta.url));
const V86_BOOT = fileURLToPath(new URL('v86-boot.mjs', import.meta.url));
/** A boot that takes longer has failed, in seconds. */
const LIMIT_S = 600;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    until: { type: 'string', default: 'Run /init' },
    append: { type: 'string', default: 'console=ttyS0 mitigations=off nokaslr' },
    rounds: { type: 'string', default: '3' },
    peers: { type: 'string', default: 'translate,qemu,v86,interpret,v86-interpret' },
    v86: { type: 'string', default: 'node_modules/v86' },
    bios: { type: 'string', default: '/usr/share/seabios' },
  },
});
const [kernel, initrd] = positionals;
if (kernel === undefined || initrd === undefined) {
  console.error('usage: node --import tsx bench/boot.ts KERNEL INITRD [options]');
  process.exit(2);
}

const image = ['-kernel', kernel, '-initrd', initrd, '-append', values.append];
const own = (engine: string) => [
  process.execPath,
  BIN,
  'run',
  '-m',
  `${MEGABYTES}`,
  '-nographic',
  '-accel',
  engine,
  ...image,
];
const v86 = (engine: string) => [
  process.execPath,
  V86_BOOT,
  values.v86,
  `${values.bios}/bios.bin`,
  `${values.bios}/vgabios-stdvga.bin`,
  kernel,
  initrd,
  `${MEGABYTES}`,
  engine,
  values.until,
  values.append,
];
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  translate: own('translate'),
  interpret: own('interpret'),
  qemu: [
    'qemu-system-i386',
    '-accel',
    'tcg',
    '-m',
    `${MEGABYTES}`,
    '-nodefaults',
    '-display',
    'none',
    '-serial',
    'stdio',
    ...image,
  ],
  v86: v86('translate'),
  'v86-interpret': v86('interpret'),
};

function installed(peer: string): boolean {
  if (peer === 'qemu') return spawnSync('qemu-system-i386', ['--version']).status === 0;
  return !peer.startsWith('v86') || existsSync(`${values.v86}/build/libv86.mjs`);
}

interface Run {
  readonly seconds: number;
  readonly mebibytes: number;
}

/** One boot. Rejects when the line does not come. */
function boot(peer: string): Promise<Run> {
  const [command = '', ...args] = COMMANDS[peer]!;
  const start = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let text = '';
    let result: Run | undefined;
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_S * 1000);
    child.stdout.on('data', (bytes: Buffer) => {
      text = (text + bytes.toString('latin1')).slice(-4096);
      if (result !== undefined || !text.includes(values.until)) return;
      const status = readFileSync(`/proc/${child.pid}/status`, 'latin1');
      const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
      result = { seconds: (performance.now() - start) / 1000, mebibytes: peak / 1024 };
      child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(limit);
      if (result === undefined) reject(new Error(`${peer}: '${values.until}' did not come`));
      else resolve(result);
    });
  });
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

const peers = values.peers.split(',');
for (const peer of peers) {
  if (COMMANDS[peer] === undefined) {
    console.error(`peer '${peer}': one of ${Object.keys(COMMANDS).join(', ')}`);
    process.exit(2);
  }
}
for (const peer of peers.filter((p) => !installed(p))) console.error(`${peer}: not installed, left out`);
const present = peers.filter(installed);
const runs = new Map<string, Run[]>(present.map((p) => [p, []]));
for (let round = 0; round < Number(values.rounds); round++) {
  for (const peer of present) {
    const run = await boot(peer);
    runs.get(peer)!.push(run);
    console.error(`${peer}: ${run.seconds.toFixed(2)} s, ${run.mebibytes.toFixed(0)} MiB`);
  }
}

console.log('| | seconds (median) | least to most | peak memory, MiB |');
console.log('| --- | ---: | ---: | ---: |');
for (const [peer, list] of runs) {
  const seconds = list.map((r) => r.seconds);
  const spread = `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)}`;
  const memory = median(list.map((r) => r.mebibytes)).toFixed(0);
  console.log(`| ${peer} | ${median(seconds).toFixed(2)} | ${spread} | ${memory} |`);
}
