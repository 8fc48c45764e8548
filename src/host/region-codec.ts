/** What is known of a module's regions as two arrays of words, for the way back from a compiling thread. */
import type { TranslatedRegion } from '../translator/region.ts';

export interface PackedRegions {
  /** Number, guest instructions and words of sites of each region. */
  readonly heads: Int32Array<ArrayBuffer>;
  /** The sites of all, one after the other. */
  readonly sites: Int32Array<ArrayBuffer>;
}

const HEAD_WORDS = 3;

export function packRegions(regions: readonly TranslatedRegion[]): PackedRegions {
  const heads = new Int32Array(regions.length * HEAD_WORDS);
  const sites = new Int32Array(regions.reduce((sum, r) => sum + r.sites.length, 0));
  let at = 0;
  regions.forEach((region, n) => {
    heads.set([region.id, region.guestInstructions, region.sites.length], n * HEAD_WORDS);
    sites.set(region.sites, at);
    at += region.sites.length;
  });
  return { heads, sites };
}

/** What was packed. The regions' sites are views of `sites`. */
export function unpackRegions({ heads, sites }: PackedRegions): TranslatedRegion[] {
  let at = 0;
  return Array.from({ length: heads.length / HEAD_WORDS }, (_, n) => {
    const id = heads[n * HEAD_WORDS]!;
    const guestInstructions = heads[n * HEAD_WORDS + 1]!;
    const from = at;
    at += heads[n * HEAD_WORDS + 2]!;
    return { id, guestInstructions, sites: sites.subarray(from, at) };
  });
}
