/**
 * Sites: the places where a region can be left before an instruction, and what
 * has to be put right there. A region's sites are packed into words, because regions
 * have dozens of them and most are never used.
 */

export interface Site {
  readonly eip: number;
  /** Instructions of the block counted in advance and not retired. */
  readonly refund: number;
  /** Lazy flag state there: a kind word, or one of the two below. */
  readonly flags: number;
}
/** The flags in memory are right. */
export const SITE_FLAGS_IN_MEMORY = 0;
/** The kind word was only known at run time: COLD_KIND. */
export const SITE_FLAGS_DYNAMIC = -1;

/** The sites of a region, WORDS words each. */
export type SiteTable = Int32Array;

const WORDS = 3;

export const NO_SITES: SiteTable = new Int32Array(0);

export function packSites(sites: readonly Site[]): SiteTable {
  const out = new Int32Array(sites.length * WORDS);
  sites.forEach(({ eip, refund, flags }, n) => {
    out[n * WORDS] = eip;
    out[n * WORDS + 1] = refund;
    out[n * WORDS + 2] = flags;
  });
  return out;
}

/** Site number `n`; undefined where there is none. */
export function siteAt(sites: SiteTable, n: number): Site | undefined {
  const at = n * WORDS;
  if (n < 0 || at >= sites.length) return undefined;
  return { eip: sites[at]!, refund: sites[at + 1]!, flags: sites[at + 2]! };
}

export function allSites(sites: SiteTable): Site[] {
  return Array.from({ length: sites.length / WORDS }, (_, n) => siteAt(sites, n)!);
}
