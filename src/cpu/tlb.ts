/**
 * The architectural TLB and the delta tables derived from it.
 *
 * The TLB holds one word for each linear page: physical frame and rights as
 * the last walk found them. It is filled only by walks and emptied only where
 * the architecture says so, never for want of room, so A and D bits do not
 * depend on which engine runs. The delta tables are a cache of it for fast
 * access: `host = linear + delta`. They may be dropped at any time; refilling
 * them never walks.
 */
import {
  DELTA_INVALID,
  DELTA_READ_SUPERVISOR,
  DELTA_READ_USER,
  DELTA_WRITE_SUPERVISOR,
  DELTA_WRITE_USER,
  PAGE_COUNT,
  TLB,
} from './layout.ts';
import type { PhysicalMemory } from './physical-memory.ts';

export const TLB_VALID = 1;
export const TLB_WRITABLE = 2;
export const TLB_USER = 4;
export const TLB_GLOBAL = 8;
export const TLB_DIRTY = 16;
export const TLB_NO_EXECUTE = 32;
/** Part of a 2 MB or 4 MB page: INVLPG of any address in it forgets all parts. */
export const TLB_LARGE = 64;

export class Tlb {
  /** TLB words by linear page: frame in bits 12..31, TLB_* below. */
  readonly entries: Int32Array;
  readonly readSupervisor: Int32Array;
  readonly writeSupervisor: Int32Array;
  readonly readUser: Int32Array;
  readonly writeUser: Int32Array;
  /** Statistics: walks done, flushes of the whole TLB. */
  fills = 0;
  flushes = 0;

  private readonly memory: PhysicalMemory;
  private readonly filled = new Int32Array(PAGE_COUNT);
  private filledCount = 0;
  /** Which 4 MB regions have held parts of large pages since they were last forgotten. */
  private readonly largeRegions = new Uint8Array(PAGE_COUNT >>> 10);

  constructor(memory: PhysicalMemory) {
    this.memory = memory;
    const view = (offset: number) => new Int32Array(memory.memory.buffer, offset, PAGE_COUNT);
    this.entries = view(TLB);
    this.readSupervisor = view(DELTA_READ_SUPERVISOR).fill(DELTA_INVALID);
    this.writeSupervisor = view(DELTA_WRITE_SUPERVISOR).fill(DELTA_INVALID);
    this.readUser = view(DELTA_READ_USER).fill(DELTA_INVALID);
    this.writeUser = view(DELTA_WRITE_USER).fill(DELTA_INVALID);
  }

  /** Number of valid entries. */
  get size(): number {
    return this.filledCount;
  }

  /** Stores the result of a walk for a linear page. */
  set(page: number, entry: number): void {
    this.fills++;
    if (this.entries[page] === 0) this.filled[this.filledCount++] = page;
    else this.dropDeltas(page);
    this.entries[page] = entry;
    if ((entry & TLB_LARGE) !== 0) this.largeRegions[page >>> 10] = 1;
  }

  /**
   * Refills one delta from a valid TLB entry that permits the access.
   * Device pages get none; neither do writes to code pages or through entries not yet dirty.
   */
  cache(page: number, user: boolean, write: boolean): void {
    const entry = this.entries[page]!;
    const physical = (entry & this.memory.a20Mask) >>> 12;
    if (write) {
      if ((entry & TLB_DIRTY) === 0 || !this.memory.isRam(physical) || this.memory.codeChunks[physical] !== 0) return;
      const table = user ? this.writeUser : this.writeSupervisor;
      table[page] = this.memory.hostPage(physical) - (page << 12);
    } else {
      if (!this.memory.isReadable(physical)) return;
      const table = user ? this.readUser : this.readSupervisor;
      table[page] = this.memory.hostPage(physical) - (page << 12);
    }
  }

  /** INVLPG: forgets one linear page, global or not; of a large page every part. */
  flushPage(page: number): void {
    if (this.largeRegions[page >>> 10] !== 0) this.flushLarge(page >>> 10);
    if (this.entries[page] === 0) return;
    this.entries[page] = 0;
    this.dropDeltas(page);
    const last = this.filled[--this.filledCount]!;
    if (last === page) return;
    for (let i = this.filledCount - 1; i >= 0; i--) {
      if (this.filled[i] === page) {
        this.filled[i] = last;
        return;
      }
    }
  }

  /** Forgets what is known of large pages in a 4 MB region. */
  private flushLarge(region: number): void {
    let kept = 0;
    for (let i = 0; i < this.filledCount; i++) {
      const page = this.filled[i]!;
      if (page >>> 10 === region && (this.entries[page]! & TLB_LARGE) !== 0) {
        this.entries[page] = 0;
        this.dropDeltas(page);
      } else {
        this.filled[kept++] = page;
      }
    }
    this.filledCount = kept;
    this.largeRegions[region] = 0;
  }

  /** Forgets everything, or all that is not global. Costs time proportional to what was filled. */
  flush(keepGlobal: boolean): void {
    this.flushes++;
    let kept = 0;
    for (let i = 0; i < this.filledCount; i++) {
      const page = this.filled[i]!;
      if (keepGlobal && (this.entries[page]! & TLB_GLOBAL) !== 0) {
        this.filled[kept++] = page;
        continue;
      }
      this.entries[page] = 0;
      this.dropDeltas(page);
    }
    this.filledCount = kept;
  }

  /** Drops every delta but no TLB entry: A20, CR0.WP or paging-mode changes. */
  dropAllDeltas(): void {
    for (let i = 0; i < this.filledCount; i++) this.dropDeltas(this.filled[i]!);
  }

  /** Drops the write deltas of every linear page that maps a physical page: it has become a code page. */
  dropWritesTo(physicalPage: number): void {
    for (let i = 0; i < this.filledCount; i++) {
      const page = this.filled[i]!;
      if ((this.entries[page]! & this.memory.a20Mask) >>> 12 === physicalPage) {
        this.writeSupervisor[page] = DELTA_INVALID;
        this.writeUser[page] = DELTA_INVALID;
      }
    }
  }

  private dropDeltas(page: number): void {
    this.readSupervisor[page] = DELTA_INVALID;
    this.writeSupervisor[page] = DELTA_INVALID;
    this.readUser[page] = DELTA_INVALID;
    this.writeUser[page] = DELTA_INVALID;
  }
}
