/**
 * From samples to rows: for each item of each suite the spread of each contestant, its ratio to the first one, and
 * geometric means over the items that both have.
 */
import { LEAST_NS } from './nano.ts';
import { geometricMean, median, type Spread, spreadOf } from './statistics.ts';
import type { Sample, Unit } from './suite.ts';

export interface Cell extends Spread {
  /** Median over the base's median: above 1 the base is better. Absent for the base, or without a figure of its. */
  readonly ratio?: number;
  /** The same in each round both measured, and of that the median: free of drift between rounds. */
  readonly pairedRatio?: number;
}

export interface Row {
  readonly suite: string;
  readonly item: string;
  readonly unit: Unit;
  readonly cells: Readonly<Record<string, Cell>>;
}

export interface SuiteSummary {
  readonly suite: string;
  readonly rows: readonly Row[];
  /** Geometric mean of the ratios of times in seconds, by contestant; for suites of several such items. */
  readonly geometricMeans: Readonly<Record<string, number>>;
  /** Items whose checksum is not the same everywhere, a line each. */
  readonly mismatches: readonly string[];
}

/** @param contestants by name, in the order of columns; the first is the base */
export function summarize(samples: readonly Sample[], contestants: readonly string[]): SuiteSummary[] {
  return [...new Set(samples.map((s) => s.suite))].map((suite) => {
    const own = samples.filter((s) => s.suite === suite);
    const keys = new Map(own.map((s) => [`${s.item}\0${s.unit}`, s]));
    const rows = [...keys.values()].map(({ item, unit }) => {
      const those = own.filter((s) => s.item === item && s.unit === unit);
      return { suite, item, unit, cells: cellsOf(those, contestants) };
    });
    return { suite, rows, geometricMeans: meansOf(rows, contestants), mismatches: mismatchesOf(own) };
  });
}

function cellsOf(samples: readonly Sample[], contestants: readonly string[]): Record<string, Cell> {
  const cells: Record<string, Cell> = {};
  const base = samples.filter((s) => s.contestant === contestants[0]);
  for (const name of contestants) {
    const own = samples.filter((s) => s.contestant === name);
    if (own.length === 0) continue;
    const spread = spreadOf(own.map((s) => s.value));
    const baseMedian = base.length === 0 ? 0 : median(base.map((s) => s.value));
    // Where the base's operation could not be told from nothing, there is nothing to compare with.
    const nothing = own[0]!.unit === 'ns' ? LEAST_NS : 0;
    if (name === contestants[0] || !(baseMedian > nothing)) {
      cells[name] = spread;
      continue;
    }
    const paired = own.flatMap((s) => {
      const other = base.find((b) => b.round === s.round);
      return other !== undefined && other.value > 0 ? [s.value / other.value] : [];
    });
    cells[name] = {
      ...spread,
      ratio: spread.median / baseMedian,
      ...(paired.length > 0 && { pairedRatio: median(paired) }),
    };
  }
  return cells;
}

function meansOf(rows: readonly Row[], contestants: readonly string[]): Record<string, number> {
  const means: Record<string, number> = {};
  for (const name of contestants) {
    const ratios = rows.flatMap((row) => {
      const ratio = row.unit !== 's' ? undefined : row.cells[name]?.ratio;
      return ratio !== undefined && ratio > 0 ? [ratio] : [];
    });
    if (ratios.length > 1) means[name] = geometricMean(ratios);
  }
  return means;
}

function mismatchesOf(samples: readonly Sample[]): string[] {
  return [...new Set(samples.map((s) => s.item))].flatMap((item) => {
    const sums = new Map<string, Set<string>>();
    for (const s of samples) {
      if (s.item !== item || s.checksum === undefined) continue;
      sums.set(s.checksum, (sums.get(s.checksum) ?? new Set()).add(s.contestant));
    }
    if (sums.size < 2) return [];
    return [`${item}: ${[...sums].map(([sum, names]) => `${sum} (${[...names].join(', ')})`).join(', ')}`];
  });
}
