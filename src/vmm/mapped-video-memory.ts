/**
 * The display adapter's memory inside the machine's: mapped for the processor where the adapter wants it, so that
 * both engines reach it as they do RAM, and watched page by page for the display.
 *
 * What holds: RAM is never covered, wherever a guest moves the frame buffer to; a page that is written after it was
 * taken as changed is noted again, for its write deltas are dropped with it.
 */
import { RAM } from '../cpu/layout.ts';
import type { PhysicalMemory } from '../cpu/physical-memory.ts';
import type { Tlb } from '../cpu/tlb.ts';
import { VIDEO_MEMORY_SIZE, type VideoMemory } from './devices/vga/video-memory.ts';

const LEGACY_WINDOW_START = 0xa0000;
const LEGACY_WINDOW_END = 0xc0000;

interface Mapping {
  readonly physicalPage: number;
  readonly pages: number;
  readonly videoPage: number;
}

export class MappedVideoMemory implements VideoMemory {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  private readonly memory: PhysicalMemory;
  private readonly tlb: () => Tlb;
  private readonly firstStored: number;
  private readonly mappings: Mapping[] = [];

  /** @param tlb the vCPU's, which is made after the memory */
  constructor(memory: PhysicalMemory, tlb: () => Tlb) {
    const { buffer } = memory.memory;
    this.memory = memory;
    this.tlb = tlb;
    this.u8 = new Uint8Array(buffer, memory.videoStart, VIDEO_MEMORY_SIZE);
    this.u16 = new Uint16Array(buffer, memory.videoStart, VIDEO_MEMORY_SIZE / 2);
    this.i32 = new Int32Array(buffer, memory.videoStart, VIDEO_MEMORY_SIZE / 4);
    this.firstStored = (memory.videoStart - RAM) >>> 12;
    // What is not mapped there is the graphics controller's, whose accesses concern nobody else.
    memory.quietFirst = LEGACY_WINDOW_START >>> 12;
    memory.quietLast = (LEGACY_WINDOW_END >>> 12) - 1;
  }

  map(physical: number, size: number, offset: number): void {
    if (physical >= LEGACY_WINDOW_END && physical < this.memory.ramSize) return;
    const place = this.memory.videoStart + offset;
    this.memory.mapPages(physical >>> 12, size >>> 12, place, place);
    this.mappings.push({ physicalPage: physical >>> 12, pages: size >>> 12, videoPage: offset >>> 12 });
  }

  unmap(physical: number, size: number): void {
    const at = this.mappings.findIndex((m) => m.physicalPage === physical >>> 12 && m.pages === size >>> 12);
    if (at < 0) return;
    this.mappings.splice(at, 1);
    this.memory.mapPages(physical >>> 12, size >>> 12, undefined, undefined);
  }

  note(page: number): void {
    this.memory.written.noteStored(this.firstStored + page);
  }

  takeChanged(firstPage: number, lastPage: number, changed: Uint8Array): boolean {
    const { written } = this.memory;
    let any = false;
    for (let page = firstPage; page <= lastPage; page++) {
      if (!written.takeShown(this.firstStored + page)) continue;
      changed[page] = 1;
      any = true;
      this.dropWrites(page);
    }
    return any;
  }

  private dropWrites(page: number): void {
    for (const { physicalPage, pages, videoPage } of this.mappings) {
      const at = page - videoPage;
      if (at >= 0 && at < pages) this.tlb().dropWritesTo(physicalPage + at);
    }
  }
}
