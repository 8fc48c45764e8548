/**
 * Which pages of memory have been written since somebody last asked: state hashes and comparisons of machines, and
 * the display, of its own memory.
 *
 * Pages are noted by where their bytes lie, counted from the start of RAM: for RAM that is the physical page, and
 * memory that is mapped at several addresses is noted once.
 *
 * What holds: a page is noted no later than when a write delta for it is made, or when it is written without one.
 * Whoever takes pages drops the write deltas to them, so that the next write of each is noted again.
 */
import { PAGE_COUNT, RAM } from './layout.ts';

/** For whom a page is noted. */
const LISTED = 1;
const SHOWN = 2;
const ALL = LISTED | SHOWN;

export class WrittenPages {
  private readonly noted = new Uint8Array(PAGE_COUNT);
  private readonly list = new Int32Array(PAGE_COUNT);
  private readonly host: Int32Array;
  private count = 0;

  /** @param host for each physical page where its bytes lie in the memory */
  constructor(host: Int32Array) {
    this.host = host;
  }

  /** Notes a physical page of RAM. */
  note(page: number): void {
    this.noteStored((this.host[page]! - RAM) >>> 12);
  }

  /** Notes a page by where it lies, counted from the start of RAM. */
  noteStored(page: number): void {
    const known = this.noted[page]!;
    if (known === ALL) return;
    this.noted[page] = ALL;
    if ((known & LISTED) === 0) this.list[this.count++] = page;
  }

  /** Calls back with each page once and forgets them all. */
  take(visit: (page: number) => void): void {
    for (let n = 0; n < this.count; n++) {
      const page = this.list[n]!;
      this.noted[page]! &= ~LISTED;
      visit(page);
    }
    this.count = 0;
  }

  /** Whether a page has been written since this was asked last, for the display; `take` makes no difference. */
  takeShown(page: number): boolean {
    if ((this.noted[page]! & SHOWN) === 0) return false;
    this.noted[page]! &= ~SHOWN;
    return true;
  }
}
