/**
 * Disk operations in guest time: each ends at an instant that depends on the
 * guest alone, and in real time possibly later, when the host is.
 *
 * What holds: `finish` is called once, from a timer of the machine's clock or, where the host was
 * late, from the host; never from within the call that began the operation, and not at all once it is cancelled. A
 * deterministic machine lets no time pass while `late` says so.
 */
import type { BlockBackend, BlockDone } from './block-backend.ts';
import type { Clock } from './clock.ts';

/** Guest time that an operation takes at least, in ns, and for each byte: those of a fast disk. */
const LATENCY_NS = 20_000;
const NS_A_BYTE = 1;

/** An operation under way. */
export interface BlockOperation {
  /** Forgets it: what it does to the disk may still happen. */
  cancel(): void;
}

/** The operations of all disks of a machine that the host has not done. */
export class PendingBlocks {
  /** Called when the host is done with one after its time: the guest may want to see it. */
  onLate: () => void = () => {};
  private readonly due = new Set<{ readonly at: number }>();

  /** Whether an operation should have ended by `now`, and the host is not done. */
  late(now: number): boolean {
    for (const { at } of this.due) if (at <= now) return true;
    return false;
  }

  /** Whether the host works on any. */
  get any(): boolean {
    return this.due.size > 0;
  }

  add(entry: { readonly at: number }): void {
    this.due.add(entry);
  }

  delete(entry: { readonly at: number }): void {
    this.due.delete(entry);
  }
}

export class BlockQueue {
  private readonly clock: Clock;
  private readonly pending: PendingBlocks;

  constructor(clock: Clock, pending: PendingBlocks) {
    this.clock = clock;
    this.pending = pending;
  }

  read(backend: BlockBackend, sector: number, target: Uint8Array, finish: BlockDone): BlockOperation {
    return this.begin(target.length, (done) => backend.read(sector, target, done), finish);
  }

  write(backend: BlockBackend, sector: number, data: Uint8Array, finish: BlockDone): BlockOperation {
    return this.begin(data.length, (done) => backend.write(sector, data, done), finish);
  }

  flush(backend: BlockBackend, finish: BlockDone): BlockOperation {
    return this.begin(0, (done) => backend.flush(done), finish);
  }

  /** Only lets the time of an operation on so many bytes pass. */
  wait(bytes: number, finish: BlockDone): BlockOperation {
    return this.begin(bytes, (done) => done(), finish);
  }

  private begin(bytes: number, start: (done: BlockDone) => void, finish: BlockDone): BlockOperation {
    const at = this.clock.now() + LATENCY_NS + bytes * NS_A_BYTE;
    const entry = { at };
    let hostDone = false;
    let timeCame = false;
    let cancelled = false;
    let result: Error | undefined;
    this.pending.add(entry);
    start((error) => {
      if (hostDone) return;
      hostDone = true;
      result = error;
      this.pending.delete(entry);
      if (!timeCame || cancelled) return;
      finish(result);
      this.pending.onLate();
    });
    const timer = this.clock.schedule(at, () => {
      timeCame = true;
      if (hostDone) finish(result);
    });
    return {
      cancel: () => {
        cancelled = true;
        this.pending.delete(entry);
        this.clock.cancel(timer);
      },
    };
  }
}
