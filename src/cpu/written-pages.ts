/**
 * Which physical pages of RAM have been written since somebody last asked:
 * what state hashes and comparisons of machines look at.
 *
 * What holds: a page is noted no later than when a write delta for it is made,
 * or when it is written without one. Whoever takes the list drops the write
 * deltas, so that the next write of each page is noted again.
 */
import { PAGE_COUNT } from './layout.ts';

export class WrittenPages {
  private readonly noted = new Uint8Array(PAGE_COUNT);
  private readonly list = new Int32Array(PAGE_COUNT);
  private count = 0;

  note(page: number): void {
    if (this.noted[page] !== 0) return;
    this.noted[page] = 1;
    this.list[this.count++] = page;
  }

  /** Calls back with each page once and forgets them all. */
  take(visit: (page: number) => void): void {
    for (let n = 0; n < this.count; n++) {
      const page = this.list[n]!;
      this.noted[page] = 0;
      visit(page);
    }
    this.count = 0;
  }
}
