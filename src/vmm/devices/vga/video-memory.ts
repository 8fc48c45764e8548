/**
 * The display adapter's memory, and how it is put in front of the processor.
 *
 * Four planes lie interleaved: byte n of plane p at 4n + p, so that a word holds what the four planes have at one
 * address. Linear modes see the same bytes in their order.
 */

/** 16 MiB, as most adapters that drivers know have. A multiple of 64 KiB. */
export const VIDEO_MEMORY_SIZE = 16 << 20;

export const VIDEO_PAGE_SHIFT = 12;

/** What adapter and renderer ask of whoever holds the memory. Pages count from its start. */
export interface VideoMemory {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  /** Has the processor reach `size` bytes from `offset` on directly at a physical address; all in whole pages. */
  map(physical: number, size: number, offset: number): void;
  /** What was mapped there is the adapter's again. */
  unmap(physical: number, size: number): void;
  /** The adapter is about to write in this page. */
  note(page: number): void;
  /** Sets a byte of `changed` for each page that was written since it was asked for last; says whether there is one. */
  takeChanged(firstPage: number, lastPage: number, changed: Uint8Array): boolean;
}

/** Video memory that no processor reaches: for tests, and for adapters that are only drawn from. */
export function plainVideoMemory(size = VIDEO_MEMORY_SIZE): VideoMemory {
  const buffer = new ArrayBuffer(size);
  const noted = new Uint8Array(size >>> VIDEO_PAGE_SHIFT);
  return {
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    i32: new Int32Array(buffer),
    map() {},
    unmap() {},
    note(page) {
      noted[page] = 1;
    },
    takeChanged(firstPage, lastPage, changed) {
      let any = false;
      for (let page = firstPage; page <= lastPage && page < noted.length; page++) {
        if (noted[page] === 0) continue;
        noted[page] = 0;
        changed[page] = 1;
        any = true;
      }
      return any;
    },
  };
}
