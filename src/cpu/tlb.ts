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
import { PageList } from './page-list.ts';
import type { PhysicalMemory } from './physical-memory.ts';

export const TLB_VALID = 1;
export const TLB_WRITABLE = 2;
export const TLB_USER = 4;
export const TLB_GLOBAL = 8;
export const TLB_DIRTY = 16;
export const TLB_NO_EXECUTE = 32;
/** Part of a 2 MB or 4 MB page: INVLPG of any address in it forgets all parts. */
export const TLB_LARGE = 64;

const MANY = -1;

/** What keeps from fetching code where it is not needed: execute-disable, and with CR4.SMEP that the page is the user's. */
export function fetchBarOf(smep: boolean): number {
  return smep ? TLB_NO_EXECUTE | TLB_USER : TLB_NO_EXECUTE;
}

/** Whether code may be fetched from the page of a TLB word, which may be 0: at level 3 or not, with a bar as above. */
export function permitsFetch(entry: number, user: boolean, bar: number): boolean {
  const needed = user ? TLB_VALID | TLB_USER : TLB_VALID;
  return (entry & (needed | bar)) === needed;
}

export class Tlb {
  /** TLB words by linear page: frame in bits 12..31, TLB_* below. */
  readonly entries: Int32Array;
  readonly readSupervisor: Int32Array;
  readonly writeSupervisor: Int32Array;
  readonly readUser: Int32Array;
  readonly writeUser: Int32Array;
  /** Pages that a debugger watches get no delta. */
  watchPages: Uint16Array | undefined;
  /** Pages of the user get no delta for the supervisor: CR4.SMAP, under which each access asks anew. */
  userPagesGuarded = false;
  /** Pages in which the guest's own debug registers watch data; they get none, either. */
  breakpointPages: readonly number[] = [];
  /** Statistics: walks done, flushes of the whole TLB. */
  fills = 0;
  flushes = 0;

  private readonly memory: PhysicalMemory;
  /** The pages with an entry: those that a flush may keep apart from the others. */
  private readonly locals: PageList;
  private readonly globals: PageList;
  /**
   * By physical page: 1 + the only linear page with a write delta to it since
   * they were dropped last, 0 for none, MANY for several.
   */
  private readonly writers = new Int32Array(PAGE_COUNT);
  /** Which 4 MB regions have held parts of large pages since they were last forgotten. */
  private readonly largeRegions = new Uint8Array(PAGE_COUNT >>> 10);

  constructor(memory: PhysicalMemory) {
    this.memory = memory;
    const places = new Int32Array(PAGE_COUNT);
    this.locals = new PageList(places);
    this.globals = new PageList(places);
    const view = (offset: number) => new Int32Array(memory.memory.buffer, offset, PAGE_COUNT);
    this.entries = view(TLB);
    this.readSupervisor = view(DELTA_READ_SUPERVISOR).fill(DELTA_INVALID);
    this.writeSupervisor = view(DELTA_WRITE_SUPERVISOR).fill(DELTA_INVALID);
    this.readUser = view(DELTA_READ_USER).fill(DELTA_INVALID);
    this.writeUser = view(DELTA_WRITE_USER).fill(DELTA_INVALID);
  }

  /** Number of valid entries. */
  get size(): number {
    return this.locals.count + this.globals.count;
  }

  /** Stores the result of a walk for a linear page. */
  set(page: number, entry: number): void {
    this.fills++;
    if (this.entries[page] !== 0) this.forget(page);
    this.entries[page] = entry;
    this.listOf(entry).add(page);
    if ((entry & TLB_LARGE) !== 0) this.largeRegions[page >>> 10] = 1;
  }

  /**
   * Refills one delta from a valid TLB entry that permits the access.
   * Device pages get none; neither do writes to code pages or through entries not yet dirty.
   */
  cache(page: number, user: boolean, write: boolean): void {
    const entry = this.entries[page]!;
    const physical = (entry & this.memory.a20Mask) >>> 12;
    if (this.isWatched(page)) return;
    if (this.userPagesGuarded && !user && (entry & TLB_USER) !== 0) return;
    if (write) {
      if ((entry & TLB_DIRTY) === 0 || !this.memory.isRam(physical) || this.memory.codeChunks[physical] !== 0) return;
      const table = user ? this.writeUser : this.writeSupervisor;
      this.memory.written.note(physical);
      table[page] = this.memory.hostPage(physical) - (page << 12);
      const writer = this.writers[physical]!;
      this.writers[physical] = writer === 0 || writer === page + 1 ? page + 1 : MANY;
    } else {
      if (!this.memory.isReadable(physical)) return;
      const table = user ? this.readUser : this.readSupervisor;
      table[page] = this.memory.hostPage(physical) - (page << 12);
    }
  }

  /** Says whether pages of the user are guarded against the supervisor from now on. */
  guardUserPages(guarded: boolean): void {
    if (guarded === this.userPagesGuarded) return;
    this.userPagesGuarded = guarded;
    this.dropAllDeltas();
  }

  /** Whether a debugger or the guest's debug registers watch data in a linear page. */
  isWatched(page: number): boolean {
    if (this.watchPages !== undefined && this.watchPages[page] !== 0) return true;
    return this.breakpointPages.length !== 0 && this.breakpointPages.includes(page);
  }

  /** INVLPG: forgets one linear page, global or not; of a large page every part. */
  flushPage(page: number): void {
    if (this.largeRegions[page >>> 10] !== 0) this.flushLarge(page >>> 10);
    if (this.entries[page] !== 0) this.forget(page);
  }

  /** Forgets what is known of large pages in a 4 MB region. */
  private flushLarge(region: number): void {
    for (let page = region << 10; page < (region + 1) << 10; page++) {
      if ((this.entries[page]! & TLB_LARGE) !== 0) this.forget(page);
    }
    this.largeRegions[region] = 0;
  }

  /** Forgets everything, or all that is not global. Costs time proportional to what is forgotten. */
  flush(keepGlobal: boolean): void {
    this.flushes++;
    this.empty(this.locals);
    if (!keepGlobal) this.empty(this.globals);
  }

  /** Drops every delta but no TLB entry: A20, CR0.WP or paging-mode changes. */
  dropAllDeltas(): void {
    for (const list of [this.locals, this.globals]) {
      for (let i = 0; i < list.count; i++) this.dropDeltas(list.pages[i]!);
    }
  }

  /** Drops the write deltas of every linear page that maps a physical page: it has become a code page. */
  dropWritesTo(physicalPage: number): void {
    const writer = this.writers[physicalPage]!;
    if (writer === 0) return;
    this.writers[physicalPage] = 0;
    if (writer !== MANY) {
      this.dropWrites(writer - 1);
      return;
    }
    for (const list of [this.locals, this.globals]) {
      for (let i = 0; i < list.count; i++) {
        const page = list.pages[i]!;
        if ((this.entries[page]! & this.memory.a20Mask) >>> 12 === physicalPage) this.dropWrites(page);
      }
    }
  }

  /** Drops the write deltas of all pages: whoever watches which pages are written asks anew. */
  dropAllWrites(): void {
    for (const list of [this.locals, this.globals]) {
      for (let i = 0; i < list.count; i++) {
        const page = list.pages[i]!;
        this.dropWrites(page);
        this.writers[(this.entries[page]! & this.memory.a20Mask) >>> 12] = 0;
      }
    }
  }

  private listOf(entry: number): PageList {
    return (entry & TLB_GLOBAL) !== 0 ? this.globals : this.locals;
  }

  private forget(page: number): void {
    this.listOf(this.entries[page]!).remove(page);
    this.entries[page] = 0;
    this.dropDeltas(page);
  }

  private empty(list: PageList): void {
    for (let i = 0; i < list.count; i++) {
      const page = list.pages[i]!;
      this.entries[page] = 0;
      this.dropDeltas(page);
    }
    list.count = 0;
  }

  private dropWrites(page: number): void {
    this.writeSupervisor[page] = DELTA_INVALID;
    this.writeUser[page] = DELTA_INVALID;
  }

  private dropDeltas(page: number): void {
    this.readSupervisor[page] = DELTA_INVALID;
    this.writeSupervisor[page] = DELTA_INVALID;
    this.readUser[page] = DELTA_INVALID;
    this.writeUser[page] = DELTA_INVALID;
  }
}
