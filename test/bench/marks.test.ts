import { describe, expect, it } from 'vitest';
import { MarkReader } from '../../bench/marks.ts';

function read(lines: readonly (readonly [number, string])[]): MarkReader {
  const reader = new MarkReader();
  for (const [at, text] of lines) reader.line(text, at);
  return reader;
}

describe('marks', () => {
  it('of our own guest: seconds, and the checksum that comes later', () => {
    const reader = read([
      [1, 'BENCH-START fib'],
      [3.5, 'BENCH-STOP fib 0'],
      [3.6, 'BENCH-SUM fib 0badcafe'],
      [4, 'BENCH-DONE'],
    ]);
    expect(reader.result()).toEqual([{ item: 'fib', unit: 's', value: 2.5, checksum: '0badcafe' }]);
    expect(reader.done).toBe(true);
  });

  it('with turns: nanoseconds a turn', () => {
    const reader = read([
      [1, 'BENCH-START in'],
      [1.5, 'BENCH-STOP in 0 1000000'],
    ]);
    expect(reader.result()).toEqual([{ item: 'in', unit: 'ns', value: 500 }]);
    expect(reader.done).toBe(false);
  });

  it('several of a name: the median', () => {
    const times = [5, 1, 2].flatMap((seconds, n) => [
      [10 * n, 'BENCH-START in'] as const,
      [10 * n + seconds, 'BENCH-STOP in 0 1000000000'] as const,
    ]);
    expect(read(times).result()).toEqual([{ item: 'in', unit: 'ns', value: 2 }]);
  });

  it('of programs that time themselves: our clock counts, not theirs', () => {
    const reader = read([
      [0, 'LAB-BOOT-OK 6.1.0 up 3.2'],
      [1, '\u001b[0mLAB-START sort'],
      [2, 'LAB-RESULT sort 77.1 1234abcd'],
      [3, 'LAB-DONE up 9'],
    ]);
    expect(reader.result()).toEqual([{ item: 'sort', unit: 's', value: 1, checksum: '1234abcd' }]);
    expect(reader.done).toBe(true);
  });

  it('tells what went wrong', () => {
    const reader = read([
      [1, 'BENCH-START a'],
      [2, 'BENCH-STOP a 139'],
      [3, 'LAB-ERROR b status 1'],
      [4, 'Kernel panic - not syncing: \u0007'],
      [5, 'BENCH-STOP never-begun 0'],
    ]);
    expect(reader.result()).toEqual([]);
    expect(reader.problems).toEqual(['a ended with status 139', 'b status 1', 'Kernel panic - not syncing: ?']);
  });

  it('keeps a bounded amount whatever comes', () => {
    const reader = new MarkReader();
    for (let i = 0; i < 10_000; i++) {
      reader.line(`BENCH-START p${i}`, i);
      reader.line(`BENCH-ERROR ${'x'.repeat(500)}`, i);
      reader.line(`BENCH-STOP p${i} 0`, i + 1);
    }
    expect(reader.problems.length).toBeLessThan(100);
    expect(reader.problems[0]?.length).toBeLessThan(1000);
    expect(reader.result().length).toBeLessThanOrEqual(2000);
  });
});
