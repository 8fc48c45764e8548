/**
 * Finds regions by physical entry, linear entry and mode. Looked up for every
 * block that the interpreter meets, so most misses must cost next to nothing: a
 * table of counters by hash of the linear address answers them.
 */
import type { Region } from './regions.ts';

const FILTER_SIZE = 1 << 18;

function filterIndex(linear: number): number {
  return (linear ^ (linear >>> 13)) & (FILTER_SIZE - 1);
}

export class RegionIndex {
  private readonly filter = new Uint16Array(FILTER_SIZE);
  /** First of the regions with the same physical entry; the others by `Region.next`. */
  private readonly heads = new Map<number, Region>();

  get(physical: number, linear: number, modeId: number): Region | undefined {
    if (this.filter[filterIndex(linear)] === 0) return undefined;
    let region = this.heads.get(physical);
    while (region && (region.linear !== linear || region.modeId !== modeId)) region = region.next;
    return region;
  }

  add(region: Region): void {
    this.filter[filterIndex(region.linear)]!++;
    region.next = this.heads.get(region.physical);
    this.heads.set(region.physical, region);
  }

  delete(region: Region): void {
    const head = this.heads.get(region.physical);
    if (head === region) {
      if (region.next) this.heads.set(region.physical, region.next);
      else this.heads.delete(region.physical);
    } else {
      let before = head;
      while (before && before.next !== region) before = before.next;
      if (!before) return;
      before.next = region.next;
    }
    this.filter[filterIndex(region.linear)]!--;
    region.next = undefined;
  }

  clear(): void {
    this.filter.fill(0);
    this.heads.clear();
  }
}
