/**
 * An unordered set of linear pages, in a typed array: adding, removing and
 * emptying cost no search and no allocation.
 */
import { PAGE_COUNT } from './layout.ts';

export class PageList {
  /** The pages: the first `count` elements. */
  readonly pages = new Int32Array(PAGE_COUNT);
  count = 0;
  /** Where each page stands in its list; lists that never share a page may share this. */
  private readonly places: Int32Array;

  constructor(places: Int32Array) {
    this.places = places;
  }

  /** Adds a page that is not in the list. */
  add(page: number): void {
    this.places[page] = this.count;
    this.pages[this.count++] = page;
  }

  /** Removes a page that is in the list. */
  remove(page: number): void {
    const last = this.pages[--this.count]!;
    const place = this.places[page]!;
    this.pages[place] = last;
    this.places[last] = place;
  }
}
