// Disk operations of a whole machine: in deterministic time they end at the same instruction however late the host is; in
// real time the guest goes on meanwhile.
import { describe, expect, test } from 'vitest';
import {
  type BlockBackend,
  type BlockDone,
  createMachine,
  type MachineOptions,
  MemoryBackend,
} from '../../src/index.ts';
import { HALT, rom } from '../support/rom.ts';

/** Answers after some milliseconds of host time. */
class LateBackend implements BlockBackend {
  readonly sectors = 1000;
  readonly readOnly = false;
  private readonly inner = new MemoryBackend(new Uint8Array(512_000).fill(0x41));
  private readonly delay: number;

  constructor(delay: number) {
    this.delay = delay;
  }

  read(sector: number, target: Uint8Array, done: BlockDone): void {
    this.inner.read(sector, target, () => {});
    if (this.delay === 0) done();
    else setTimeout(done, this.delay);
  }

  write(_sector: number, _data: Uint8Array, done: BlockDone): void {
    done();
  }

  flush(done: BlockDone): void {
    done();
  }
}

/** Reads sector 5 by polling, counts how often the status was read, and shows the count and the first byte. */
const POLL = `
  fa 31 c0 8e d0 bc 00 70
  ba f2 01 b0 01 ee 42 b0 05 ee 42 b0 00 ee 42 b0 00 ee 42 b0 e0 ee 42 b0 20 ee ; READ SECTORS
  66 31 db                ; xor ebx, ebx
  66 43 ec a8 08 74 f9    ; inc ebx / in al, dx / test al, 8 / jz
  66 89 d8 e6 e9 66 c1 e8 08 e6 e9 66 c1 e8 08 e6 e9
  ba f0 01 ed e6 e9`;

async function run(
  delay: number,
  clock: MachineOptions['clock'],
): Promise<{ polls: number; byte: number; ns: number }> {
  const machine = createMachine({
    memory: 2 << 20,
    bios: rom(POLL, HALT),
    engine: 'interpret',
    ...(clock && { clock }),
    drives: [{ kind: 'disk', place: 0, backend: new LateBackend(delay) }],
    debugcons: [0xe9],
  });
  const out: number[] = [];
  machine.on('debugcon', ({ bytes }) => out.push(...bytes));
  await machine.run();
  const ns = machine.stats().guestMs * 1e6;
  machine.dispose();
  return { polls: out[0]! | (out[1]! << 8) | (out[2]! << 16), byte: out[3]!, ns };
}

describe('disk operations in guest time', () => {
  test('deterministic: the same instruction, whatever the host takes', async () => {
    const results = await Promise.all([0, 1, 30].map((delay) => run(delay, { kind: 'deterministic', shift: 3 })));
    expect(results[0]).toMatchObject({ byte: 0x41 });
    expect(results[0]!.polls).toBeGreaterThan(100);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  test('real time: the guest polls until the host is done', async () => {
    const { byte, ns } = await run(30, undefined);
    expect(byte).toBe(0x41);
    expect(ns).toBeGreaterThan(25e6);
  });
});
