/**
 * What all virtio devices have in common (Virtual I/O Device 1.2, chapter 2):
 * features, status, queues; a transport shows them to the guest.
 *
 * What holds: a queue is served only while the driver says that it is ready; after something that breaks the rules
 * the device asks for a reset and does nothing until it comes.
 */
import type { GuestMemory } from '../guest-memory.ts';
import { type Chain, SplitQueue } from './split-queue.ts';

/** Feature bits that transports know of, by word: indirect descriptors in the first, version 1 in the second. */
const INDIRECT_DESCRIPTORS = 1 << 28;
const VERSION_1 = 1;
/** Status bits. */
const DRIVER_OK = 0x04;
const FEATURES_OK = 0x08;
const NEEDS_RESET = 0x40;

export abstract class VirtioDevice {
  /** Type number: 2 is a block device. */
  abstract readonly type: number;
  /** Base class, subclass and interface on PCI. */
  abstract readonly classCode: number;
  /** The device's own configuration. */
  abstract readonly config: Uint8Array;
  readonly queues: readonly SplitQueue[];
  /** Offered and accepted features, a word each. */
  readonly offered: readonly [number, number];
  readonly accepted = new Uint32Array(2);
  status = 0;
  /** The transport's: tells the driver that chains were given back. */
  notify: () => void = () => {};
  protected readonly memory: GuestMemory;

  /** @param features the device's own bits, of the first word */
  constructor(memory: GuestMemory, queues: number, features: number) {
    this.memory = memory;
    this.queues = Array.from({ length: queues }, () => new SplitQueue(memory));
    this.offered = [(features | INDIRECT_DESCRIPTORS) >>> 0, VERSION_1];
  }

  /** Carries out a chain, and gives it back by `finish`, now or later. */
  protected abstract handle(chain: Chain, queue: number): void;
  /** Forgets what is under way. */
  protected abstract whenReset(): void;

  reset(): void {
    this.status = 0;
    this.accepted.fill(0);
    for (const queue of this.queues) queue.reset();
    this.whenReset();
  }

  /** A write of the status register; 0 resets. */
  setStatus(value: number): void {
    if (value === 0) return this.reset();
    const refused = this.accepted.some((word, n) => (word & ~(this.offered[n] as number)) !== 0);
    this.status = (this.status & NEEDS_RESET) | (refused ? value & ~FEATURES_OK : value);
  }

  /** The driver has made chains available. */
  kick(number: number): void {
    const queue = this.queues[number];
    if (queue === undefined) return;
    // A queue has no more chains than entries: what comes meanwhile has a kick of its own.
    for (let n = 0; n < queue.size && (this.status & (DRIVER_OK | NEEDS_RESET)) === DRIVER_OK; n++) {
      const chain = queue.take();
      if (chain === undefined) return;
      if (chain === 'broken') this.breakDown();
      else this.handle(chain, number);
    }
  }

  protected hasAccepted(feature: number): boolean {
    return ((this.accepted[0] as number) & feature) !== 0;
  }

  protected breakDown(): void {
    this.status |= NEEDS_RESET;
    this.whenReset();
    this.notify();
  }

  protected finish(chain: Chain, number: number, written: number): void {
    const queue = this.queues[number];
    if (queue?.enabled !== true) return;
    queue.give(chain.head, written);
    if (queue.wantsInterrupt()) this.notify();
  }
}
