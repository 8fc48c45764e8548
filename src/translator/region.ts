/**
 * What the translator is asked for and what it gives back: plain data, so that
 * a request can be served by another thread.
 */
import type { Mode } from './mode.ts';
import type { SiteTable } from './sites.ts';

/** One basic block of a region: its bytes as they were when the region was formed. */
export interface BlockRequest {
  readonly eip: number;
  readonly bytes: Uint8Array;
  /** TLB word that the block's page must have (masked with LINK_TLB_MASK); 0 = the page of the region's entry. */
  readonly tlbWord: number;
  /** The same for the page its last instruction reaches into; 0 = none, or the entry's. */
  readonly tlbWordNext: number;
  /** Where its indirect branch or return is likely to go: EIPs of blocks of the region. */
  readonly targets?: readonly number[];
  /** It ends in an indirect jump or call whose targets are worth knowing. */
  readonly branches?: boolean;
}

/** Where a direct exit leads: the link slot of its target, and the TLB word its page must have (0 = same page as the region). */
export interface LinkTarget {
  readonly eip: number;
  readonly slot: number;
  readonly tlbWord: number;
}

export interface RegionRequest {
  /** Number by which the cache knows the region; stored at cold exits. */
  readonly id: number;
  readonly mode: Mode;
  /** Number of the mode, as the jump cache holds it. */
  readonly modeId: number;
  /** The first block is the entry. */
  readonly blocks: readonly BlockRequest[];
  readonly links: readonly LinkTarget[];
  /** Low: small code that is made fast. Absent: high. */
  readonly tier?: 'low';
  /**
   * A word that is counted down: in the low tier at the entry and at loops, in the high tier where an indirect branch
   * goes elsewhere than was foreseen. When it reaches 0, `hot` is called. Absent: nothing is counted.
   */
  readonly heat?: number;
}

export interface TranslatedRegion {
  readonly id: number;
  readonly sites: SiteTable;
  readonly guestInstructions: number;
}

export interface TranslatedModule {
  readonly wasm: Uint8Array;
  readonly regions: readonly TranslatedRegion[];
  /** It imports the x87 runtime: runtime/x87-module.ts. */
  readonly x87: boolean;
}

/** What is known of a module without its bytes: they may have stayed on another thread. */
export interface ModuleContents {
  readonly regions: readonly TranslatedRegion[];
  readonly byteLength: number;
}

/** Our own writer (lower/direct), or Binaryen. */
export const CODE_GENERATORS = ['direct', 'binaryen'] as const;
export type CodeGenerator = (typeof CODE_GENERATORS)[number];

/** Switches of the translator, from the command line. */
export interface TranslatorOptions {
  /** Passes that are off, by name. */
  readonly noPass: readonly string[];
  /** Direct and indirect transfers between regions without the dispatcher. */
  readonly chain: boolean;
  /** Most blocks in a region. */
  readonly maxRegion: number;
  /** Count chained transfers (--stats). */
  readonly countChains: boolean;
  /**
   * Turns of a low-tier region after which it is translated for the high tier; 0: all regions are of the high tier, and
   * stay as they are.
   */
  readonly hotTurns: number;
  /** What builds modules. */
  readonly codeGenerator: CodeGenerator;
  /** Functions have names in the module, by the region's number: for a profiler. Absent: false. */
  readonly names?: boolean;
}

export const DEFAULT_TRANSLATOR_OPTIONS: TranslatorOptions = {
  noPass: [],
  chain: true,
  maxRegion: 32,
  countChains: false,
  hotTurns: 3000,
  codeGenerator: 'direct',
};

/** Bits of a TLB word that a link compares: frame, validity, user access, execute permission. */
export const LINK_TLB_MASK = ~0xfff | 1 | 4 | 32;

/** The name of a region's function, where functions have names. */
export function regionName(id: number): string {
  return `region${id}`;
}
