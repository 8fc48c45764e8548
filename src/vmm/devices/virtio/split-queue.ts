/**
 * A split virtqueue (Virtual I/O Device 1.2, 2.7): the descriptor table, the
 * driver's ring of what is available, the device's ring of what is used.
 *
 * What holds: everything in guest memory is taken to be hostile: a chain has at most as many descriptors as its
 * table, whatever its links say, and one that breaks the rules breaks the queue until the device is reset.
 */
import type { GuestMemory } from '../guest-memory.ts';

/** A piece of a request in guest memory. */
export interface Segment {
  readonly address: number;
  readonly length: number;
}

/** A chain of descriptors: what the device reads, then what it writes. */
export interface Chain {
  readonly head: number;
  readonly readable: readonly Segment[];
  readonly writable: readonly Segment[];
}

/** Largest and usual number of descriptors. */
export const QUEUE_SIZE = 256;
const DESCRIPTOR = 16;
const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;
const NO_INTERRUPT = 1;

export class SplitQueue {
  size = QUEUE_SIZE;
  enabled = false;
  /** Physical addresses, below 4 GiB. */
  descriptors = 0;
  available = 0;
  used = 0;
  /** Next entries of the two rings, modulo 2^16. */
  nextAvailable = 0;
  nextUsed = 0;
  private readonly memory: GuestMemory;

  constructor(memory: GuestMemory) {
    this.memory = memory;
  }

  reset(): void {
    this.size = QUEUE_SIZE;
    this.enabled = false;
    this.descriptors = 0;
    this.available = 0;
    this.used = 0;
    this.nextAvailable = 0;
    this.nextUsed = 0;
  }

  /** The layout of devices before 1.0: all in one piece, from a page on. */
  placeLegacy(page: number): void {
    this.descriptors = page * 4096;
    this.available = this.descriptors + this.size * DESCRIPTOR;
    this.used = Math.ceil((this.available + 6 + this.size * 2) / 4096) * 4096;
    this.enabled = page !== 0;
  }

  /** The next chain; undefined where there is none, `broken` where it is none. */
  take(): Chain | 'broken' | undefined {
    if (!this.enabled) return undefined;
    const index = this.word(this.available + 2);
    if (index === this.nextAvailable) return undefined;
    if (((index - this.nextAvailable) & 0xffff) > this.size) return 'broken';
    const head = this.word(this.available + 4 + (this.nextAvailable % this.size) * 2);
    this.nextAvailable = (this.nextAvailable + 1) & 0xffff;
    return head < this.size ? this.follow(head) : 'broken';
  }

  /** Gives a chain back. @param written bytes that the device wrote into it */
  give(head: number, written: number): void {
    const entry = new Uint8Array(8);
    const view = new DataView(entry.buffer);
    view.setUint32(0, head, true);
    view.setUint32(4, written, true);
    this.memory.write(this.used + 4 + (this.nextUsed % this.size) * 8, entry);
    this.nextUsed = (this.nextUsed + 1) & 0xffff;
    this.memory.write(this.used + 2, Uint8Array.of(this.nextUsed & 0xff, this.nextUsed >> 8));
  }

  /** Whether the driver wants to be told of what is given back. */
  wantsInterrupt(): boolean {
    return (this.word(this.available) & NO_INTERRUPT) === 0;
  }

  private follow(head: number): Chain | 'broken' {
    const readable: Segment[] = [];
    const writable: Segment[] = [];
    let table = this.descriptors;
    let entries = this.size;
    let at = head;
    let indirect = false;
    for (let count = 0; count <= this.size; count++) {
      const view = this.view(table + at * DESCRIPTOR, DESCRIPTOR);
      const [address, high, length, flags, next] = [
        view.getUint32(0, true),
        view.getUint32(4, true),
        view.getUint32(8, true),
        view.getUint16(12, true),
        view.getUint16(14, true),
      ] as const;
      if (high !== 0) return 'broken';
      if ((flags & INDIRECT) !== 0) {
        if (indirect || (flags & NEXT) !== 0 || length % DESCRIPTOR !== 0 || length === 0) return 'broken';
        [table, entries, at, indirect] = [address, length / DESCRIPTOR, 0, true];
        continue;
      }
      if ((flags & WRITE) !== 0) writable.push({ address, length });
      else if (writable.length > 0) return 'broken';
      else readable.push({ address, length });
      if ((flags & NEXT) === 0) return { head, readable, writable };
      if (next >= entries) return 'broken';
      at = next;
    }
    return 'broken';
  }

  private word(address: number): number {
    return this.view(address, 2).getUint16(0, true);
  }

  private view(address: number, length: number): DataView {
    const bytes = this.memory.read(address, length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }
}
