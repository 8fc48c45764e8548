/**
 * Finds the instruction behind a difference: from where both machines were equal
 * last, each block that the reference executes, and each region that was published for it, is
 * tried, translated and interpreted, from the same state.
 *
 * A difference that nothing shows by itself comes from the run as a whole: from links,
 * from invalidation, from when a region was published (narrow.ts).
 */
import { CS } from '../../cpu/registers.ts';
import { PASS_NAMES } from '../../translator/passes/pass-names.ts';
import type { RegionRequest } from '../../translator/region.ts';
import type { RegionRecord } from '../region-record.ts';
import { BlockProbe, type Probe } from './block-probe.ts';
import { blockAt, cutBehind, inMode, isUnchanged } from './probe-code.ts';
import { replay, type Search } from './search.ts';

/** Blocks tried at most: a stretch that nobody could look into more closely can be very long. */
const MAX_PROBES = 200_000;
/** Instructions that a region may execute when it is tried. */
const REGION_BUDGET = 2000;

export interface Culprit {
  /** The shortest beginning of a block or region that shows the difference. */
  readonly probe: Probe;
  /** Where the instruction stands that it ends with; undefined where only the whole region shows the difference. */
  readonly eip: number | undefined;
  /** Instructions retired before. */
  readonly count: number;
  /** A pass of the translator without which there is no difference. */
  readonly pass: string | undefined;
}

/** @returns undefined where neither block nor region shows a difference by itself */
export async function findCulprit(search: Search): Promise<Culprit | undefined> {
  const { good, bad } = search.finding;
  const { machines, record } = await replay(search);
  const { a, b } = machines;
  try {
    // What is published at the beginning of this stretch belongs to it; A is needed for nothing else any more.
    await a.runTo(bad);
    const reference = b.inspect();
    const probe = new BlockProbe(a.inspect(), reference, search.raw, search.translator);
    let count = good;
    for (let tries = 0; count < bad && tries < MAX_PROBES; tries++) {
      probe.follow();
      const block = blockAt(reference, bad - count);
      const tried = block && probe.compare(block, bad - count);
      if (block && tried && tried.differences.length > 0) return culprit(probe, block, bad - count, count);
      const region = tried && faultyRegion(probe, record, Math.min(REGION_BUDGET, bad - count));
      if (region !== undefined) return culprit(probe, region, Math.min(REGION_BUDGET, bad - count), count);
      const behind = tried === undefined ? 1 : tried.retired + (tried.left ? 1 : 0);
      const arrival = await b.runTo(count + Math.max(1, behind));
      if (arrival.ended !== undefined) return undefined;
      count = arrival.count;
    }
    return undefined;
  } finally {
    machines.dispose();
  }
}

/** A region published for the reference's state that shows a difference there. */
function faultyRegion(probe: BlockProbe, record: RegionRecord, budget: number): RegionRequest | undefined {
  const { reference } = probe;
  for (const { request } of record.enteredAt((reference.eip + reference.segBase(CS)) | 0)) {
    if (!inMode(reference, request) || !isUnchanged(reference, request)) continue;
    return probe.compare(request, budget).differences.length > 0 ? request : undefined;
  }
  return undefined;
}

function culprit(probe: BlockProbe, code: RegionRequest, budget: number, count: number): Culprit {
  const { request, eip } = shortest(probe, code, budget);
  const { options } = probe;
  const pass = PASS_NAMES.find((name) => {
    if (options.noPass.includes(name)) return false;
    return probe.compare(request, budget, { ...options, noPass: [...options.noPass, name] }).differences.length === 0;
  });
  return { probe: probe.compare(request, budget, options, true), eip, count, pass };
}

/** The shortest beginning that still differs, by where the instruction stands that it ends with. */
function shortest(probe: BlockProbe, code: RegionRequest, budget: number): { request: RegionRequest; eip?: number } {
  for (const eip of new Set(probe.compare(code, budget).path)) {
    const request = cutBehind(code, eip);
    if (request !== undefined && probe.compare(request, budget).differences.length > 0) return { request, eip };
  }
  return { request: code };
}
