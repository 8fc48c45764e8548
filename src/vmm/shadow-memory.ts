/**
 * The legacy area C0000h to FFFFFh: firmware's chip in front, RAM behind it, and
 * for each piece the host bridge says which of them is read and written.
 *
 * What holds: without a host bridge's word reads come from the chip (ones where there is none) and writes go
 * nowhere; the RAM behind keeps what it has, whatever is in front.
 */
import type { PhysicalMemory } from '../cpu/physical-memory.ts';
import type { ShadowMode } from './devices/i440fx.ts';

const FIRST = 0xc0;
const END = 0x100;
const PAGE = 0x1000;

export class ShadowMemory {
  private readonly memory: PhysicalMemory;
  /** For each page of the area, where its ROM lies in the machine's memory; 0: there is none. */
  private readonly roms = new Int32Array(END - FIRST);
  /** A page of ones, made when it is needed. */
  private ones = 0;

  constructor(memory: PhysicalMemory) {
    this.memory = memory;
  }

  /** Puts a ROM, stored in the machine's memory already, at a physical address in the area. Whole pages. */
  placeRom(address: number, stored: number, size: number): void {
    for (let at = 0; at < size; at += PAGE) {
      this.roms[((address + at) >>> 12) - FIRST] = stored + at;
      this.memory.mapPages((address + at) >>> 12, 1, stored + at, undefined);
    }
  }

  /** Applies the attributes of whole pages. */
  set(start: number, size: number, { readRam, writeRam }: ShadowMode): void {
    for (let page = start >>> 12; page < (start + size) >>> 12; page++) {
      if (page < FIRST || page >= END || page >= this.memory.ramSize >>> 12) continue;
      const ram = this.memory.storedPage(page);
      const rom = (this.roms[page - FIRST] as number) >>> 0;
      if (!readRam && !writeRam && rom === 0) this.memory.mapPages(page, 1, undefined, undefined);
      else this.memory.mapPages(page, 1, readRam ? ram : rom || this.emptyRom(), writeRam ? ram : undefined);
    }
  }

  private emptyRom(): number {
    this.ones ||= this.memory.storeRom(new Uint8Array(PAGE).fill(0xff));
    return this.ones;
  }
}
