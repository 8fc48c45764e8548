// A debugged machine: a stopped guest sees no time pass, and a deterministic run that is stopped, stepped, watched and
// looked at is the same run as without.
import { describe, expect, it } from 'vitest';
import type { EngineName } from '../../../src/index.ts';
import { REGISTERS } from '../../../src/vmm/gdb/registers.ts';
import { GdbSession } from '../gdb/gdb-session.ts';

const ENGINES: readonly EngineName[] = ['interpret', 'translate'];
const EVERY = 250_000;
const UNTIL = 12_000_000;

/** Runs the bundled guest's boot, in a debugger's hands or not, and returns the hashes of its state. */
async function hashes(engine: EngineName, debug?: (s: GdbSession) => Promise<void>): Promise<string[]> {
  const s = new GdbSession(engine, { hashEvery: EVERY, maxInstructions: UNTIL });
  const seen: string[] = [];
  s.machine.on('hash', ({ count, hash }) => seen.push(`${count} ${hash}`));
  await debug?.(s);
  s.stub.closed();
  await s.machine.run();
  s.machine.dispose();
  return seen;
}

describe.each(ENGINES)('engine %s', (engine) => {
  it('a deterministic run in a debugger is the same run', async () => {
    const plain = await hashes(engine);
    expect(plain.length).toBeGreaterThanOrEqual(UNTIL / EVERY - 1);
    const stops: string[] = [];
    const debugged = await hashes(engine, async (s) => {
      for (let n = 0; n < 12; n++) {
        // Instructions on which timers may fall due, and HLT.
        for (let k = 0; k < 1200; k++) s.ask('s');
        const here = s.register('eip');
        const top = (s.register('esp') - 4) >>> 0;
        expect(s.ask('g')).toHaveLength(2 * REGISTERS.reduce((sum, { size }) => sum + size, 0));
        s.ask('m100000,1000');
        s.command('info mem');
        s.ask(`Z${n & 1},${here.toString(16)},1`);
        s.ask(`Z${2 + (n % 3)},${top.toString(16)},4`);
        stops.push(await Promise.race([s.go('c'), new Promise<string>((done) => setTimeout(done, 50, 'ran on'))]));
        s.raw('\x03');
        s.ask(`z${n & 1},${here.toString(16)},1`);
        s.ask(`z${2 + (n % 3)},${top.toString(16)},4`);
        if (s.machine.stats().retired.total >= UNTIL) break;
      }
    });
    expect(stops.filter((stop) => stop.startsWith('T05')).length).toBeGreaterThan(2);
    expect(debugged).toEqual(plain);
  }, 120_000);

  it('real time stands still while the guest does', async () => {
    const s = new GdbSession(engine, { clock: { kind: 'realtime' } });
    const now = () => s.machine.stats().guestMs;
    expect(await Promise.race([s.go('c'), new Promise<string>((done) => setTimeout(done, 50, 'runs'))])).toBe('runs');
    s.raw('\x03');
    const stopped = now();
    expect(stopped).toBeGreaterThan(20);
    await new Promise((done) => setTimeout(done, 500));
    // Steps take no time either.
    for (let n = 0; n < 1000; n++) s.ask('s');
    expect(now()).toBe(stopped);
    expect(await Promise.race([s.go('c'), new Promise<string>((done) => setTimeout(done, 50, 'runs'))])).toBe('runs');
    s.raw('\x03');
    expect(now()).toBeGreaterThan(stopped + 20);
    expect(now()).toBeLessThan(stopped + 400);
    s.machine.dispose();
  });

  it('steps of a machine in real time are without interrupts, unless it is asked for them', async () => {
    const s = new GdbSession(engine, { clock: { kind: 'realtime' } });
    expect(s.ask('qqemu.sstepbits')).toBe('ENABLE=1,NOIRQ=2,NOTIMER=4');
    expect(s.ask('qqemu.sstep')).toBe('0x7');
    expect(s.ask('Qqemu.sstep=1')).toBe('OK');
    expect(s.ask('qqemu.sstep')).toBe('0x1');
    expect(s.ask('Qqemu.sstep=9')).toBe('');
    s.machine.dispose();
  });
});

it('gdb can come back after it has gone, and the end of the machine is told', async () => {
  const s = new GdbSession('interpret');
  expect(s.ask('D')).toBe('OK');
  expect(s.ask('?')).toBeUndefined();
  expect(s.machine.isHeld()).toBe(false);
  s.connect();
  expect(s.machine.isHeld()).toBe(true);
  const end = s.go('c');
  s.machine.stop();
  expect(await end).toBe('W00');
  expect(s.ask('?')).toBe('W00');
  expect(s.ask('s')).toBe('W00');
  expect(s.ask('c')).toBe('W00');
});
