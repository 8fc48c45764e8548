/**
 * A region's life in the log: `-d exec,link,inval`. When it was asked for, published,
 * entered, thrown away and why.
 */
import type { CacheObserver } from '../cache/cache-observer.ts';
import type { Region } from '../cache/regions.ts';
import type { RegionRequest } from '../translator/region.ts';
import { hex32, type LogItem, type TraceLog } from './trace-log.ts';

export class RegionTrace implements CacheObserver {
  private readonly log: TraceLog;
  private readonly exec: boolean;
  /** Published regions by slot, where entries are logged. */
  private readonly slots = new Map<number, Region>();
  /** Instructions retired so far. */
  private readonly retired: () => number;

  private constructor(log: TraceLog, retired: () => number) {
    this.log = log;
    this.retired = retired;
    this.exec = log.enabled('exec');
  }

  /** Undefined when none of the items is on, so that being off costs one comparison. */
  static of(log: TraceLog, retired: () => number): RegionTrace | undefined {
    const wanted = (['exec', 'link', 'inval'] as const).some((item) => log.enabled(item));
    return wanted ? new RegionTrace(log, retired) : undefined;
  }

  requested(region: Region, { links, blocks }: RegionRequest): void {
    const to = links.map(({ eip }) => hex32(eip)).join(' ');
    this.write('link', region, `asked for: ${blocks.length} blocks, exits to ${to === '' ? 'none that is known' : to}`);
  }

  published(region: Region): void {
    if (this.exec) this.slots.set(region.slot, region);
    this.write('link', region, `published in slot ${region.slot}; what leads to it is linked`);
  }

  dropped(region: Region, why: string): void {
    this.write('inval', region, `${region.slot === 0 ? 'given up' : 'thrown away'}: ${why}`);
  }

  evicted(regions: number): void {
    if (regions > 0) this.log.write('inval', `${this.retired()} all ${regions} regions evicted`);
  }

  /** The dispatcher enters the region in a slot of the function table. */
  entered(slot: number): void {
    const region = this.exec ? this.slots.get(slot) : undefined;
    if (region !== undefined) this.write('exec', region, 'entered');
  }

  private write(item: LogItem, region: Region, what: string): void {
    if (!this.log.enabledAt(item, region.linear)) return;
    this.log.write(item, `${this.retired()} region ${region.id} at ${hex32(region.linear)} ${what}`);
  }
}
