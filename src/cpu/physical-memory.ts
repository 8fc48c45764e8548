/**
 * Guest-physical memory: RAM and ROM pages inside the machine's
 * WebAssembly.Memory, everything else memory-mapped I/O.
 *
 * It also knows which pages hold code that somebody decoded or translated
 * ("code pages"). Every write by the guest, a device or a loader to such a
 * page ends in `noteWrite`, which tells the listeners; they drop what they
 * kept, so nobody executes stale code.
 */
import { memoryPages, PAGE_COUNT, RAM, RAM_MAX, ROM_ROOM } from './layout.ts';
import { WrittenPages } from './written-pages.ts';

/** Physical addresses outside RAM and ROM. `size` is 1, 2 or 4; `address` is unsigned. */
export interface MmioHandler {
  read(address: number, size: number): number;
  write(address: number, size: number, value: number): void;
}

/** Somebody who keeps code. `page` is a physical page number, [first, last] are offsets in it. */
export interface CodeListener {
  /**
   * All code of the page must be forgotten, and running code that was, be left.
   * @param changes whether some of it is about to change; otherwise it stands in the way of writes beside it
   */
  forgetCode(page: number, changes: boolean): void;
  /** Whether code of the page may run again soon. */
  usesCode(page: number): boolean;
  /** Whether code that is kept overlaps the bytes. */
  holdsCode(page: number, first: number, last: number): boolean;
}

/** Writes beside code in use after which it is forgotten for the first time; four times as many for each further time. */
const PATIENCE = 1000;
const MAX_PATIENCE = 64_000;
/** Every so many writes beside code it is asked whether that is in use. A power of two. */
const ASK = 64;

const KIND_MMIO = 0;
const KIND_RAM = 1;
const KIND_ROM = 2;
/** Reads come from one place and writes go to another, as while firmware copies itself into the RAM behind its chip. */
const KIND_SPLIT = 3;

/** A chunk is the grain of code tracking: 128 bytes, 32 to a page. */
const CHUNK_SHIFT = 7;

/** A bit for each chunk that bytes [first, last] of a page touch. */
function chunkMask(first: number, last: number): number {
  return (-1 << (first >>> CHUNK_SHIFT)) & (-1 >>> (31 - (last >>> CHUNK_SHIFT)));
}

function kindOf(reads: number | undefined, writes: number | undefined): number {
  if (reads === undefined) return KIND_MMIO;
  return writes === reads ? KIND_RAM : writes === undefined ? KIND_ROM : KIND_SPLIT;
}

export class PhysicalMemory {
  readonly memory: WebAssembly.Memory;
  readonly ramSize: number;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  /** Which 128-byte chunks of a physical page hold code somebody keeps; 0 = no code page. */
  readonly codeChunks = new Int32Array(PAGE_COUNT);
  /** Pages that change. Writes through delta tables are noted when the delta is made. */
  readonly written: WrittenPages;
  /** Where a display adapter's memory begins, as an offset in `memory`; it goes on to the end. */
  readonly videoStart: number;
  /** ANDed to every physical address: bit 20 is clear while A20 is masked. */
  a20Mask = -1;

  /** Told when pages have been mapped anew: what was derived from the old mapping must go. */
  onMapped: () => void = () => {};

  /** Physical pages that are quiet while a device has them: see {@link isQuiet}. */
  quietFirst = 1;
  quietLast = 0;

  private readonly kind = new Uint8Array(PAGE_COUNT);
  private readonly host = new Int32Array(PAGE_COUNT);
  /** Where the writes to a page of KIND_SPLIT go, by page. */
  private readonly split = new Map<number, number>();
  private readonly mmio: MmioHandler;
  private readonly listeners: CodeListener[] = [];
  private romUsed = 0;
  /** For each page: writes beside its code since that was forgotten last, and how often it was forgotten for them. */
  private readonly beside = new Uint16Array(PAGE_COUNT);
  private readonly forgotten = new Uint8Array(PAGE_COUNT);

  /**
   * @param ramSize bytes of RAM, a multiple of 4096, 1 MiB to 2 GiB
   * @param videoSize bytes for a display adapter, a multiple of 4096; mapped nowhere
   * @throws RangeError when the size is out of range or cannot be allocated
   */
  constructor(ramSize: number, mmio: MmioHandler, videoSize = 0) {
    if (ramSize < 0x10_0000 || ramSize > RAM_MAX || ramSize % 0x1000 !== 0) {
      throw new RangeError(`RAM size ${ramSize} bytes: must be a multiple of 4096 from 1 MiB to 2 GiB`);
    }
    const pages = memoryPages(ramSize, videoSize);
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const buffer = this.memory.buffer;
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.ramSize = ramSize;
    this.videoStart = RAM + ramSize + ROM_ROOM;
    this.written = new WrittenPages(this.host);
    this.mmio = mmio;
    const ramPages = ramSize >>> 12;
    for (let p = 0; p < ramPages; p++) {
      // The legacy video and ROM window is not RAM.
      if (p >= 0xa0 && p < 0x100) continue;
      this.kind[p] = KIND_RAM;
      this.host[p] = (RAM + p * 0x1000) | 0;
    }
  }

  /** Makes the legacy video and ROM window RAM too: for a vCPU that has no devices. To be called before it runs. */
  fillLegacyWindow(): void {
    for (let p = 0xa0; p < 0x100; p++) {
      this.kind[p] = KIND_RAM;
      this.host[p] = (RAM + p * 0x1000) | 0;
    }
  }

  addCodeListener(listener: CodeListener): void {
    this.listeners.push(listener);
  }

  /**
   * Keeps `bytes` (padded to pages) beside RAM, mapped nowhere as yet.
   * @returns their offset in the memory, for `mapPages`
   * @throws RangeError when the room for ROMs is used up
   */
  storeRom(bytes: Uint8Array): number {
    const size = (bytes.length + 0xfff) & ~0xfff;
    const start = RAM + this.ramSize + this.romUsed;
    if (start + size > this.videoStart) throw new RangeError(`ROM of ${bytes.length} bytes: no room left`);
    this.u8.set(bytes, start);
    this.romUsed += size;
    return start;
  }

  /**
   * Maps `bytes` (padded to pages) as ROM at physical `address`.
   * @throws RangeError when the room for ROMs is used up
   */
  mapRom(address: number, bytes: Uint8Array): void {
    this.mapPages(address >>> 12, (bytes.length + 0xfff) >>> 12, this.storeRom(bytes), undefined);
  }

  /** Offset in the memory of a written page, as {@link WrittenPages} counts them: of RAM, even while something is mapped in front of it. */
  storedPage(page: number): number {
    return RAM + page * 0x1000;
  }

  /**
   * Maps physical pages anew. Each place is the offset in the memory of the first page's bytes.
   * @param reads where reads come from; undefined: the pages are a device's
   * @param writes where writes go; undefined: nowhere
   */
  mapPages(first: number, count: number, reads: number | undefined, writes: number | undefined): void {
    for (let i = 0; i < count; i++) {
      const page = (first + i) & (PAGE_COUNT - 1);
      if (this.codeChunks[page] !== 0) this.forgetCode(page, true);
      this.split.delete(page);
      this.kind[page] = kindOf(reads, writes);
      this.host[page] = ((reads ?? 0) + i * 0x1000) | 0;
      if (this.kind[page] === KIND_SPLIT) this.split.set(page, writes! + i * 0x1000);
    }
    this.onMapped();
  }

  /** Whether reads of the page come straight from memory (RAM or ROM). */
  isReadable(page: number): boolean {
    return this.kind[page]! !== KIND_MMIO;
  }

  /** Whether code of the page can be kept. Video memory is mapped at several addresses, and its owner writes it too. */
  canKeepCode(page: number): boolean {
    return this.kind[page]! !== KIND_MMIO && this.host[page]! >>> 0 < this.videoStart;
  }

  /** Whether the page is a device's whose accesses concern nobody but the device: no code, no line, no time. */
  isQuiet(page: number): boolean {
    return page >= this.quietFirst && page <= this.quietLast && this.kind[page]! === KIND_MMIO;
  }

  /** Whether the page is RAM. */
  isRam(page: number): boolean {
    return this.kind[page]! === KIND_RAM;
  }

  /** Offset in the memory (int32, to be read unsigned) of a readable physical page. */
  hostPage(page: number): number {
    return this.host[page]!;
  }

  read8(physical: number): number {
    const a = physical & this.a20Mask;
    const page = a >>> 12;
    if (this.kind[page] === KIND_MMIO) return this.mmio.read(a >>> 0, 1) & 0xff;
    return this.u8[(this.host[page]! + (a & 0xfff)) >>> 0]!;
  }

  /** Within one page; any alignment. */
  read16(physical: number): number {
    const a = physical & this.a20Mask;
    const page = a >>> 12;
    if (this.kind[page] === KIND_MMIO) return this.mmio.read(a >>> 0, 2) & 0xffff;
    const h = (this.host[page]! + (a & 0xfff)) >>> 0;
    return (h & 1) === 0 ? this.u16[h >>> 1]! : this.u8[h]! | (this.u8[h + 1]! << 8);
  }

  /** Within one page; any alignment. Returns int32. */
  read32(physical: number): number {
    const a = physical & this.a20Mask;
    const page = a >>> 12;
    if (this.kind[page] === KIND_MMIO) return this.mmio.read(a >>> 0, 4) | 0;
    const h = (this.host[page]! + (a & 0xfff)) >>> 0;
    if ((h & 3) === 0) return this.i32[h >>> 2]!;
    const u8 = this.u8;
    return u8[h]! | (u8[h + 1]! << 8) | (u8[h + 2]! << 16) | (u8[h + 3]! << 24);
  }

  write8(physical: number, value: number): void {
    const a = physical & this.a20Mask;
    const page = a >>> 12;
    if (this.kind[page] !== KIND_RAM) {
      if (this.kind[page] === KIND_MMIO) this.mmio.write(a >>> 0, 1, value & 0xff);
      else this.writeBehind(page, a & 0xfff, 1, value);
      return;
    }
    this.written.note(page);
    if (this.codeChunks[page] !== 0) this.noteWrite(page, a & 0xfff, a & 0xfff);
    this.u8[(this.host[page]! + (a & 0xfff)) >>> 0] = value;
  }

  /** Within one page; any alignment. */
  write16(physical: number, value: number): void {
    const a = physical & this.a20Mask;
    const page = a >>> 12;
    if (this.kind[page] !== KIND_RAM) {
      if (this.kind[page] === KIND_MMIO) this.mmio.write(a >>> 0, 2, value & 0xffff);
      else this.writeBehind(page, a & 0xfff, 2, value);
      return;
    }
    const offset = a & 0xfff;
    this.written.note(page);
    if (this.codeChunks[page] !== 0) this.noteWrite(page, offset, offset + 1);
    const h = (this.host[page]! + offset) >>> 0;
    this.u8[h] = value;
    this.u8[h + 1] = value >>> 8;
  }

  /** Within one page; any alignment. */
  write32(physical: number, value: number): void {
    const a = physical & this.a20Mask;
    const page = a >>> 12;
    if (this.kind[page] !== KIND_RAM) {
      if (this.kind[page] === KIND_MMIO) this.mmio.write(a >>> 0, 4, value);
      else this.writeBehind(page, a & 0xfff, 4, value);
      return;
    }
    const offset = a & 0xfff;
    this.written.note(page);
    if (this.codeChunks[page] !== 0) this.noteWrite(page, offset, offset + 3);
    const h = (this.host[page]! + offset) >>> 0;
    if ((h & 3) === 0) {
      this.i32[h >>> 2] = value;
      return;
    }
    const u8 = this.u8;
    u8[h] = value;
    u8[h + 1] = value >>> 8;
    u8[h + 2] = value >>> 16;
    u8[h + 3] = value >>> 24;
  }

  /** A write to a page that reads as something else: nowhere, or to the RAM behind it. No code is run from there. */
  private writeBehind(page: number, offset: number, size: number, value: number): void {
    const start = this.split.get(page);
    if (start === undefined) return;
    if (page < this.ramSize >>> 12) this.written.noteStored(page);
    for (let i = 0; i < size; i++) this.u8[start + offset + i] = value >>> (8 * i);
  }

  /** Copies bytes in, as a loader or DMA does; parts outside RAM are dropped. */
  writeBytes(physical: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const a = physical + done;
      const n = Math.min(0x1000 - (a & 0xfff), bytes.length - done);
      const page = a >>> 12;
      if (a < 0x1_0000_0000 && this.kind[page] === KIND_RAM) {
        const offset = a & 0xfff;
        this.written.note(page);
        if (this.codeChunks[page] !== 0) this.noteWrite(page, offset, offset + n - 1);
        this.u8.set(bytes.subarray(done, done + n), (this.host[page]! + offset) >>> 0);
      } else if (a < 0x1_0000_0000 && this.kind[page] === KIND_SPLIT) {
        for (let i = 0; i < n; i++) this.writeBehind(page, (a & 0xfff) + i, 1, bytes[done + i]!);
      }
      done += n;
    }
  }

  /** Copies bytes out; what is not RAM or ROM reads as FFh (no device is disturbed). */
  readBytes(physical: number, length: number): Uint8Array {
    const out = new Uint8Array(length).fill(0xff);
    for (let done = 0; done < length; ) {
      const a = physical + done;
      const n = Math.min(0x1000 - (a & 0xfff), length - done);
      const page = a >>> 12;
      if (a < 0x1_0000_0000 && this.kind[page] !== KIND_MMIO) {
        const h = (this.host[page]! + (a & 0xfff)) >>> 0;
        out.set(this.u8.subarray(h, h + n), done);
      }
      done += n;
    }
    return out;
  }

  /**
   * Marks bytes [first, last] of a physical page as code somebody keeps.
   * @returns true when the page was no code page before: write mappings of it must go
   */
  markCode(page: number, first: number, last: number): boolean {
    const was = this.codeChunks[page]!;
    this.codeChunks[page] = was | chunkMask(first, last);
    return was === 0;
  }

  /** Whether somebody keeps code that bytes [first, last] of the page belong to. */
  holdsCode(page: number, first: number, last: number): boolean {
    if ((this.codeChunks[page]! & chunkMask(first, last)) === 0) return false;
    return this.listeners.some((l) => l.holdsCode(page, first, last));
  }

  /**
   * To be called before bytes [first, last] of a code page change. Where code is hit, all code of the page is forgotten:
   * a page that is being filled anew is written at full speed from then on. Data beside code, as in many old
   * systems, costs no translations.
   */
  noteWrite(page: number, first: number, last: number): void {
    if (this.holdsCode(page, first, last)) this.forgetCode(page, true);
  }

  /**
   * A write has gone the long way because its page holds code, which it did not hit. Code out of use, as in a page that
   * belongs to another program now, is forgotten for it; code in use, which shares its page with data, after many of
   * them: translating it again now and then costs less than all writes going the long way.
   * @returns whether code was forgotten
   */
  wroteBesideCode(page: number): boolean {
    if (this.codeChunks[page] === 0) return false;
    const count = ++this.beside[page]!;
    const times = this.forgotten[page]!;
    if (count >= Math.min(PATIENCE << (2 * Math.min(times, 4)), MAX_PATIENCE))
      this.forgotten[page] = Math.min(times + 1, 4);
    else if ((count & (ASK - 1)) !== 1 || this.listeners.some((l) => l.usesCode(page))) return false;
    this.forgetCode(page, false);
    return true;
  }

  private forgetCode(page: number, changes: boolean): void {
    this.codeChunks[page] = 0;
    this.beside[page] = 0;
    for (const l of this.listeners) l.forgetCode(page, changes);
  }
}
