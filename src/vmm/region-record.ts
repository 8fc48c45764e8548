/**
 * Which regions a machine has published, and when: for whoever looks for a
 * fault of the translator. Kept only where somebody asks for it.
 */
import type { RegionRequest } from '../translator/region.ts';

export interface PublishedRegion {
  readonly request: RegionRequest;
  /** Instructions retired when it was published. */
  readonly count: number;
}

/** Regions with the same entry that are remembered: the latest. */
const MAX_AT_ENTRY = 8;

export class RegionRecord {
  private readonly byEntry = new Map<number, PublishedRegion[]>();
  /** Whether a region can still be entered. */
  private readonly living: (id: number) => boolean;

  constructor(living: (id: number) => boolean) {
    this.living = living;
  }

  published(requests: readonly RegionRequest[], count: number): void {
    for (const request of requests) {
      const entry = (request.blocks[0]!.eip + request.mode.csBase) | 0;
      const known = this.byEntry.get(entry) ?? [];
      this.byEntry.set(entry, [...known.slice(1 - MAX_AT_ENTRY), { request, count }]);
    }
  }

  isAlive({ request }: PublishedRegion): boolean {
    return this.living(request.id);
  }

  /** Regions whose entry is at a linear address, latest first. */
  enteredAt(linear: number): readonly PublishedRegion[] {
    return [...(this.byEntry.get(linear | 0) ?? [])].reverse();
  }

  /** Living regions with code at a linear address, in no particular order. */
  containing(linear: number): PublishedRegion[] {
    const holds = ({ request: { blocks, mode } }: PublishedRegion) =>
      blocks.some(({ eip, bytes }) => (linear - eip - mode.csBase) >>> 0 < bytes.length);
    return this.filter((region) => this.isAlive(region) && holds(region));
  }

  /** Regions published after `count` instructions or later. */
  since(count: number): PublishedRegion[] {
    return this.filter((region) => region.count >= count);
  }

  private filter(wanted: (region: PublishedRegion) => boolean): PublishedRegion[] {
    return [...this.byEntry.values()].flatMap((regions) => regions.filter(wanted));
  }
}
