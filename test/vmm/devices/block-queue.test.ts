import { describe, expect, test } from 'vitest';
import { BlockQueue, PendingBlocks } from '../../../src/vmm/devices/block-queue.ts';
import { TestDisk } from './disk-support.ts';
import { TestClock } from './support.ts';

function setUp() {
  const clock = new TestClock();
  const pending = new PendingBlocks();
  const disk = new TestDisk(100);
  const ended: (Error | undefined)[] = [];
  const queue = new BlockQueue(clock, pending);
  const read = () => queue.read(disk, 3, new Uint8Array(1024), (error) => ended.push(error));
  return { clock, pending, disk, ended, queue, read };
}

describe('disk operations in guest time', () => {
  test('one that the host does at once ends at its time, not before', () => {
    const { clock, pending, ended, read } = setUp();
    read();
    expect(pending.any).toBe(false);
    clock.advance(20_000 + 1023);
    expect(ended).toEqual([]);
    clock.advance(1);
    expect(ended).toEqual([undefined]);
  });

  test('one that the host is late with is known to be late, and ends when the host is done', () => {
    const { clock, pending, disk, ended, read } = setUp();
    disk.slow = true;
    let told = 0;
    pending.onLate = () => told++;
    read();
    expect([pending.any, pending.late(clock.now()), pending.late(30_000)]).toEqual([true, false, true]);
    clock.advance(1e6);
    expect(ended).toEqual([]);
    disk.complete();
    expect([ended.length, told, pending.any]).toEqual([1, 1, false]);
  });

  test('one that is cancelled is never heard of again, done or not', () => {
    const { clock, pending, disk, ended, read } = setUp();
    read().cancel();
    disk.slow = true;
    const early = read();
    const late = read();
    early.cancel();
    clock.advance(1e6);
    late.cancel();
    disk.complete();
    clock.advance(1e6);
    expect([ended, pending.any]).toEqual([[], false]);
  });

  test('a host error comes through', () => {
    const { clock, disk, ended, read } = setUp();
    disk.failing.read = new Error('EIO');
    read();
    clock.advance(1e6);
    expect(ended[0]?.message).toBe('EIO');
  });
});
