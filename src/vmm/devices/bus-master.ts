/**
 * A channel's half of the PIIX3's bus master (Programming Interface for Bus
 * Master IDE Controller 1.0): eight ports, and the walk along the table of
 * physical regions.
 *
 * What holds: a transfer reads at most the 8192 entries that fit into a table of 64 KiB, and ends with the table.
 */
import type { GuestMemory } from './guest-memory.ts';
import type { DmaPort } from './ide-drive.ts';

const START = 0x01;
/** Command: from the drive into memory. */
const TO_MEMORY = 0x08;
/** Status. */
const ACTIVE = 0x01;
const ERROR = 0x02;
const INTERRUPT = 0x04;
const CAPABLE = 0x60;
const ENTRY_SIZE = 8;
const LAST_ENTRY = 0x8000_0000;
const MAX_ENTRIES = 8192;

export class BusMasterChannel implements DmaPort {
  command = 0;
  status = 0;
  table = 0;
  /** Called when a transfer may begin. */
  onStart: () => void = () => {};
  private readonly memory: GuestMemory;
  /** Where the walk stands: the next entry, and what is left of the region before it. */
  private entry = 0;
  private address = 0;
  private left = 0;
  private last = false;

  constructor(memory: GuestMemory) {
    this.memory = memory;
  }

  get started(): boolean {
    return (this.command & START) !== 0;
  }

  /** The drive has raised its interrupt. */
  noteInterrupt(): void {
    this.status |= INTERRUPT;
  }

  /** The drive has all that it wanted, and the table ends there, too. */
  noteEnd(): void {
    if (this.left === 0 && this.last) this.status &= ~ACTIVE;
  }

  reset(): void {
    this.command = 0;
    this.status = 0;
    this.table = 0;
    this.left = 0;
    this.last = false;
  }

  /** Reads byte 0 to 7. */
  read(offset: number): number {
    if (offset === 0) return this.command;
    if (offset === 2) return this.status;
    return offset >= 4 ? (this.table >>> ((offset - 4) * 8)) & 0xff : 0;
  }

  write(offset: number, value: number): void {
    if (offset === 2) {
      this.status = (this.status & ~CAPABLE & ~(value & (ERROR | INTERRUPT))) | (value & CAPABLE);
    } else if (offset >= 4) {
      const shift = (offset - 4) * 8;
      this.table = ((this.table & ~(0xff << shift)) | ((value & (offset === 4 ? 0xfc : 0xff)) << shift)) >>> 0;
    } else if (offset === 0) {
      const starts = (value & START) !== 0 && !this.started;
      this.command = value & (START | TO_MEMORY);
      if (starts) this.begin();
      else if (!this.started) this.status &= ~ACTIVE;
    }
  }

  toMemory(data: Uint8Array): number {
    return this.walk(data.length, TO_MEMORY, (address, done, size) =>
      this.memory.write(address, data.subarray(done, done + size)),
    );
  }

  fromMemory(target: Uint8Array): number {
    return this.walk(target.length, 0, (address, done, size) => target.set(this.memory.read(address, size), done));
  }

  private begin(): void {
    this.status |= ACTIVE;
    this.entry = 0;
    this.left = 0;
    this.last = false;
    this.onStart();
  }

  /** Goes along the table for `length` bytes. Returns how far it reached. */
  private walk(length: number, direction: number, move: (address: number, done: number, size: number) => void): number {
    // A transfer in the wrong direction never moves, as on hardware.
    if (!this.started || (this.status & ACTIVE) === 0 || (this.command & TO_MEMORY) !== direction) return 0;
    let done = 0;
    while (done < length) {
      if (this.left === 0 && !this.nextRegion()) break;
      const size = Math.min(this.left, length - done);
      move(this.address, done, size);
      this.address = (this.address + size) >>> 0;
      this.left -= size;
      done += size;
    }
    return done;
  }

  private nextRegion(): boolean {
    if (this.last || this.entry >= MAX_ENTRIES) {
      this.status &= ~ACTIVE;
      return false;
    }
    const bytes = this.memory.read(this.table + this.entry * ENTRY_SIZE, ENTRY_SIZE);
    const view = new DataView(bytes.buffer, bytes.byteOffset, ENTRY_SIZE);
    const count = view.getUint32(4, true);
    this.entry++;
    this.address = (view.getUint32(0, true) & ~1) >>> 0;
    this.left = count & 0xfffe || 0x1_0000;
    this.last = count >= LAST_ENTRY;
    return true;
  }
}
