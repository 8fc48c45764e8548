import { describe, expect, it } from 'vitest';
import { operationTimes } from '../../bench/nano.ts';
import { geometricMean, median, spreadOf } from '../../bench/statistics.ts';
import { digits } from '../../bench/table.ts';

describe('statistics', () => {
  it('medians of odd and even numbers of values, in any order', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
    expect(() => median([])).toThrow(RangeError);
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3, count: 3 });
  });

  it('geometric means', () => {
    expect(geometricMean([2, 8])).toBeCloseTo(4, 12);
    expect(() => geometricMean([1, 0])).toThrow(RangeError);
    expect(() => geometricMean([])).toThrow(RangeError);
  });

  it('three digits', () => {
    expect([0, 0.01234, 1.2345, 12.345, 123.45, 12345].map(digits)).toEqual([
      '0',
      '0.0123',
      '1.23',
      '12.3',
      '123',
      '12345',
    ]);
  });

  it('an operation is its loop less an empty one, and never nothing', () => {
    const loop = (item: string, value: number) => ({ item, unit: 'ns', value }) as const;
    const times = operationTimes([loop('empty', 2), loop('in', 50), loop('callret', 1.5)]);
    expect(times.map((t) => t.value)).toEqual([2, 48, 0.01]);
    expect(operationTimes([loop('in', 50)])).toEqual([]);
  });
});
