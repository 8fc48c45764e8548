/**
 * The memory-mapped side of the bus: physical pages that are devices, not RAM.
 *
 * Regions are whole 4 KiB pages and do not overlap. Whoever sends an access
 * here has found that its page is neither RAM nor ROM, and splits what crosses
 * a page. An address nobody decodes reads all ones and swallows writes.
 */
import { type AccessSize, allOnes, type UnimplementedHook } from './io-bus.ts';

/** A device's side: `offset` counts bytes from the region's start; values are unsigned. */
export interface MmioHandler {
  read(offset: number, size: AccessSize): number;
  write(offset: number, value: number, size: AccessSize): void;
}

/** A run of device pages; `first` and `size` in bytes, multiples of 4096. */
export interface MmioRegion {
  readonly first: number;
  readonly size: number;
  readonly handler: MmioHandler;
}

const PAGE_SHIFT = 12;
const PAGE_SIZE = 1 << PAGE_SHIFT;
const ADDRESS_SPACE = 0x1_0000_0000;

export class MmioBus {
  private readonly pages = new Map<number, MmioRegion>();
  /** Regions that a guest moves; where they overlap with others, those come first. */
  private readonly windows: MmioRegion[] = [];
  private readonly unimplemented: UnimplementedHook | undefined;

  constructor(unimplemented?: UnimplementedHook) {
    this.unimplemented = unimplemented;
  }

  /**
   * Maps a device at physical `first`.
   * @throws RangeError if the region is not whole pages under 4 GiB, or overlaps another.
   */
  register(first: number, size: number, handler: MmioHandler): void {
    if (first < 0 || size <= 0 || first % PAGE_SIZE !== 0 || size % PAGE_SIZE !== 0 || first + size > ADDRESS_SPACE) {
      throw new RangeError(
        `MMIO region 0x${first.toString(16)} + 0x${size.toString(16)}: whole pages under 4 GiB only`,
      );
    }
    const region: MmioRegion = { first, size, handler };
    for (let page = first / PAGE_SIZE; page < (first + size) / PAGE_SIZE; page++) {
      if (this.pages.has(page)) {
        throw new RangeError(`MMIO page 0x${(page * PAGE_SIZE).toString(16)}: two devices map it`);
      }
      this.pages.set(page, region);
    }
  }

  /**
   * Maps a device for as long as a guest wants it there. Pages that another device has stay with that.
   * @returns what takes it away again
   */
  openWindow(first: number, size: number, handler: MmioHandler): () => void {
    const region: MmioRegion = { first, size, handler };
    this.windows.push(region);
    return () => {
      const at = this.windows.indexOf(region);
      if (at >= 0) this.windows.splice(at, 1);
    };
  }

  /** Whether physical page number `page` (address >>> 12) belongs to a device. */
  claims(page: number): boolean {
    return this.regionOf(page * PAGE_SIZE) !== undefined;
  }

  /** The physical page numbers that belong to devices for good, in the order mapped. */
  claimedPages(): IterableIterator<number> {
    return this.pages.keys();
  }

  /** Reads `size` bytes at a physical address, unsigned. */
  read(address: number, size: AccessSize): number {
    const region = this.regionOf(address >>> 0);
    if (region === undefined) {
      const value = allOnes(size);
      this.unimplemented?.('read', address >>> 0, size, value);
      return value;
    }
    return region.handler.read((address >>> 0) - region.first, size);
  }

  /** Writes the low `size` bytes of `value` at a physical address. */
  write(address: number, size: AccessSize, value: number): void {
    const region = this.regionOf(address >>> 0);
    const bits = (value & allOnes(size)) >>> 0;
    if (region === undefined) {
      this.unimplemented?.('write', address >>> 0, size, bits);
      return;
    }
    region.handler.write((address >>> 0) - region.first, bits, size);
  }

  private regionOf(address: number): MmioRegion | undefined {
    return (
      this.pages.get(address >>> PAGE_SHIFT) ??
      this.windows.find(({ first, size }) => address >= first && address < first + size)
    );
  }
}
