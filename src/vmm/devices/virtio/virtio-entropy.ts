/**
 * A virtio entropy device (Virtual I/O Device 1.2, 5.4): what the driver makes available is filled with random bytes.
 *
 * What holds: a request is answered at once, with 4 KB at most.
 */
import type { GuestMemory } from '../guest-memory.ts';
import { scatter, slice, totalLength } from './segments.ts';
import type { Chain } from './split-queue.ts';
import { VirtioDevice } from './virtio-device.ts';

const MOST = 4096;

/** Fills `target` with bytes that nobody can foretell, or in deterministic time with ones that are the same each time. */
export type EntropySource = (target: Uint8Array) => void;

export class VirtioEntropy extends VirtioDevice {
  readonly type = 4;
  readonly classCode = 0x00ff00;
  readonly config = new Uint8Array(0);
  private readonly source: EntropySource;

  constructor(memory: GuestMemory, source: EntropySource) {
    super(memory, 1, 0);
    this.source = source;
  }

  protected whenReset(): void {}

  protected handle(chain: Chain, queue: number): void {
    const bytes = new Uint8Array(Math.min(MOST, totalLength(chain.writable)));
    this.source(bytes);
    scatter(this.memory, slice(chain.writable, 0, bytes.length), bytes);
    this.finish(chain, queue, bytes.length);
  }
}

/** A source that gives the same bytes each time: xorshift of 32 bits (Marsaglia, 2003). */
export function repeatableSource(seed: number): EntropySource {
  let state = seed | 1;
  return (target) => {
    for (let n = 0; n < target.length; n++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      target[n] = state >>> 11;
    }
  };
}

/** The host's random numbers. */
export const hostSource: EntropySource = (target) => {
  crypto.getRandomValues(target as Uint8Array<ArrayBuffer>);
};
