/** What the translation cache knows of one region. */
import type { SiteTable } from '../translator/sites.ts';
import type { CodeRange } from './region-former.ts';

export interface Region {
  readonly id: number;
  /** Linear and physical address of its entry, and the mode it was made for. */
  readonly linear: number;
  readonly physical: number;
  readonly modeId: number;
  readonly key: string;
  readonly ranges: readonly CodeRange[];
  /** Where it can be left cold; filled when it is published. */
  sites: SiteTable;
  /** Its place in the function table; 0 while it is not published. */
  slot: number;
  /** Its code has changed or it was evicted. */
  dead: boolean;
  /** 0: low tier; else how often it has been made better. */
  readonly generation: number;
  /** The word that counts its heat down, or 0. */
  heat: number;
  /** The region whose place it takes when it is published. */
  readonly replaces: Region | undefined;
  /** Next in the index with the same physical entry. */
  next: Region | undefined;
}

/** What finds a region: where its code is, where it believes to be, and the mode. */
export function regionKey(physical: number, linear: number, modeId: number): string {
  return `${physical >>> 0}:${linear >>> 0}:${modeId}`;
}
