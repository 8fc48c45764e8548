/**
 * Narrows down a difference that no piece of code shows by itself: machine A is
 * run again and again to the same point, and cut a little earlier or later, until one
 * instruction more makes the difference.
 *
 * What holds: up to that cut each of these runs is the run that found the difference.
 */
import { CS } from '../../cpu/registers.ts';
import type { RegionRequest } from '../../translator/region.ts';
import type { PublishedRegion } from '../region-record.ts';
import type { Difference } from './comparison.ts';
import { blockAt, isUnchanged } from './probe-code.ts';
import { replay, type Search } from './search.ts';

export interface Narrowed {
  /** Cut after `good` instructions, A is right; cut after `bad`, it is not. */
  readonly good: number;
  readonly bad: number;
  readonly differences: readonly Difference[];
  /** The instruction between them; undefined where it cannot be fetched. */
  readonly instruction: RegionRequest | undefined;
  /** State before it in B, and after it in both. */
  readonly before: string;
  readonly translated: string;
  readonly interpreted: string;
  /** Regions of A that hold the instruction, and those among them whose code is in memory no more as it was translated. */
  readonly regions: readonly PublishedRegion[];
  readonly stale: readonly PublishedRegion[];
  /** What was published within the stretch. */
  readonly published: readonly PublishedRegion[];
}

/** @returns undefined where the run, repeated, shows no difference */
export async function narrow(search: Search): Promise<Narrowed | undefined> {
  let { good, bad } = search.finding;
  if (!(await differsAt(search, bad))) return undefined;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (await differsAt(search, middle)) bad = middle;
    else good = middle;
  }
  return look(search, good, bad);
}

async function differsAt(search: Search, count: number): Promise<boolean> {
  const { machines } = await replay(search);
  try {
    const { a, b } = await machines.runTo(count);
    return machines.differences(a, b).length > 0;
  } finally {
    machines.dispose();
  }
}

async function look(search: Search, good: number, bad: number): Promise<Narrowed> {
  const { machines, record } = await replay(search);
  try {
    await machines.b.runTo(good);
    const reference = machines.b.inspect();
    const linear = (reference.eip + reference.segBase(CS)) | 0;
    const before = machines.b.describe();
    const instruction = blockAt(reference, 1);
    const { a, b } = await machines.runTo(bad);
    const regions = record.containing(linear);
    return {
      good,
      bad,
      differences: machines.differences(a, b),
      instruction,
      before,
      translated: machines.a.describe(),
      interpreted: machines.b.describe(),
      regions,
      stale: regions.filter(({ request }) => !isUnchanged(reference, request)),
      published: record.since(search.finding.good),
    };
  } finally {
    machines.dispose();
  }
}
