/**
 * Physical pages with code that regions were made from: which regions those
 * are, and which pages change so often that translating them would be in vain.
 */
import type { Cpu } from '../cpu/cpu.ts';
import type { Region } from './regions.ts';

/** A page whose code was thrown away this often is only interpreted until it has been left alone for QUIET. */
const MAX_INVALIDATIONS = 32;
/** In the units of the clock: interpreted instructions. A quarter of a second's worth. */
const QUIET = 20_000_000;

/** Whether a region was made from any of bytes [first, last] of a physical page. */
function overlaps(region: Region, page: number, first: number, last: number): boolean {
  for (const range of region.ranges) if (range.page === page && range.first <= last && range.last >= first) return true;
  return false;
}

export class CodePages {
  private readonly cpu: Cpu;
  private readonly regions = new Map<number, Set<Region>>();
  /** For each page: how often its code was thrown away of late, and when last. */
  private readonly invalidations = new Map<number, { count: number; at: number }>();

  constructor(cpu: Cpu) {
    this.cpu = cpu;
  }

  /** From now on writes to the region's bytes are told. */
  watch(region: Region): void {
    const { memory, tlb } = this.cpu;
    for (const { page, first, last } of region.ranges) {
      let set = this.regions.get(page);
      if (!set) {
        set = new Set();
        this.regions.set(page, set);
      }
      set.add(region);
      if (memory.markCode(page, first, last)) tlb.dropWritesTo(page);
    }
  }

  unwatch(region: Region): void {
    for (const { page } of region.ranges) this.regions.get(page)?.delete(region);
  }

  /** The regions of a page, which is no longer watched for them. */
  take(page: number): ReadonlySet<Region> | undefined {
    const regions = this.regions.get(page);
    this.regions.delete(page);
    return regions;
  }

  /** Code of the page was written. @param now interpreted instructions so far */
  changed(page: number, now: number): void {
    const before = this.invalidations.get(page);
    const count = before && now - before.at < QUIET ? before.count + 1 : 1;
    this.invalidations.set(page, { count, at: now });
  }

  /** Whether code of the page keeps changing: translating it would be in vain. */
  isRestless(page: number, now: number): boolean {
    const known = this.invalidations.get(page);
    return known !== undefined && known.count >= MAX_INVALIDATIONS && now - known.at < QUIET;
  }

  /** Holds what was written before against no page. */
  forgive(): void {
    this.invalidations.clear();
  }

  /** Whether a page is mapped where one of its regions was translated for: in this address space. */
  isMapped(page: number): boolean {
    const { entries } = this.cpu.tlb;
    for (const region of this.regions.get(page) ?? []) {
      for (const range of region.ranges) {
        const word = range.page === page ? entries[range.linearPage]! : 0;
        if (word !== 0 && (word & this.cpu.memory.a20Mask) >>> 12 === page) return true;
      }
    }
    return false;
  }

  /** Whether a region was made from any of bytes [first, last] of the page. */
  holds(page: number, first: number, last: number): boolean {
    const regions = this.regions.get(page);
    if (!regions) return false;
    for (const region of regions) if (overlaps(region, page, first, last)) return true;
    return false;
  }

  clear(): void {
    this.regions.clear();
    this.invalidations.clear();
  }
}
