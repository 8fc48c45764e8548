/**
 * How long the guest holds the thread that serves the terminal. Boots a guest and measures every slice:
 *   node --import tsx bench/scripts/longest-gap.ts interpret|translate KERNEL [INITRD [APPEND]]
 *
 * On a busy machine the clock on the wall tells about the other processes, so three figures are given: elapsed
 * time, elapsed time without what the thread waited for a processor, and the thread's own processor time (which the
 * kernel counts in ticks of up to 4 ms). From /proc: Linux only.
 */
import { openSync, readFileSync, readSync } from 'node:fs';
import { nodeHost } from '../../src/host/node-host.ts';
import { createMachine, type HostServices } from '../../src/index.ts';

/** Slices of this length and more are told apart no further, in ms. */
const LONG = 20;
/** What the thread that serves the terminal may be held for, in ms. */
const LIMIT = 10;

interface Slice {
  readonly elapsed: number;
  readonly scheduled: number;
  readonly processor: number;
}

const file = openSync('/proc/self/schedstat', 'r');
const buffer = Buffer.alloc(128);

/** Milliseconds that the main thread ran, and that it waited for a processor. */
function schedule(): readonly [number, number] {
  const length = readSync(file, buffer, 0, buffer.length, 0);
  const [ran = 0, waited = 0] = buffer.toString('latin1', 0, length).split(' ').map(Number);
  return [ran / 1e6, waited / 1e6];
}

function measured(slices: Slice[]): HostServices {
  return {
    ...nodeHost,
    soon: (callback) =>
      nodeHost.soon(() => {
        const [ran, waited] = schedule();
        const start = performance.now();
        callback();
        const elapsed = performance.now() - start;
        const [ranNow, waitedNow] = schedule();
        slices.push({ elapsed, scheduled: elapsed - (waitedNow - waited), processor: ranNow - ran });
      }),
  };
}

function report(title: string, times: readonly number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const counts = new Map<number, number>();
  for (const t of sorted)
    counts.set(Math.min(LONG, Math.floor(t)), (counts.get(Math.min(LONG, Math.floor(t))) ?? 0) + 1);
  const over = sorted.filter((t) => t > LIMIT).length;
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(1);
  console.log(`${title.padEnd(34)} median ${at(0.5)}  99% ${at(0.99)}  longest ${at(1)}  over ${LIMIT} ms: ${over}`);
  console.log(`    ${[...counts].map(([ms, n]) => `${ms}${ms === LONG ? '+' : ''}: ${n}`).join('  ')}`);
}

const [engine, kernel, initrd, append = 'console=ttyS0'] = process.argv.slice(2);
if ((engine !== 'interpret' && engine !== 'translate') || kernel === undefined) {
  console.error('usage: longest-gap.ts interpret|translate KERNEL [INITRD [APPEND]]');
  process.exit(2);
}
const slices: Slice[] = [];
const machine = createMachine({
  host: measured(slices),
  engine,
  memory: 256 << 20,
  kernel: readFileSync(kernel),
  ...(initrd !== undefined && { initrd: readFileSync(initrd) }),
  append,
});
machine.on('serial', ({ bytes }) => process.stderr.write(bytes));
const reason = await machine.run();
console.log(`${engine}: ${reason.kind}, ${slices.length} slices; ms`);
report(
  'elapsed',
  slices.map((s) => s.elapsed),
);
report(
  'without waiting for a processor',
  slices.map((s) => s.scheduled),
);
report(
  'own processor time',
  slices.map((s) => s.processor),
);
machine.dispose();
