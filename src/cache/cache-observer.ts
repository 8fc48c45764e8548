/** Told of the lives of regions: for a log. */
import type { RegionRequest } from '../translator/region.ts';
import type { Region } from './regions.ts';

export interface CacheObserver {
  /** Asked for: its code is watched from now on. */
  requested(region: Region, request: RegionRequest): void;
  /** It can be entered. */
  published(region: Region): void;
  /** It is gone. @param why in a few words */
  dropped(region: Region, why: string): void;
  /** All regions are gone. */
  evicted(regions: number): void;
}
