/**
 * Guest time as devices see it, and the queue of what is due.
 *
 * Time is in nanoseconds since power-on, a double: exact for integers up to 2^53
 * (104 days). The machine supplies `now`; devices compute their state from
 * it and schedule only the instants at which an output changes.
 */

/** Names a scheduled callback. Its fields belong to the queue. */
export interface TimerHandle {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
  pending: boolean;
}

export interface Clock {
  /** Nanoseconds of guest time since power-on. */
  now(): number;
  /** Calls back once, as soon as `now` has reached `atNs`. */
  schedule(atNs: number, callback: () => void): TimerHandle;
  /** Withdraws a callback; no effect once it has run or been cancelled. */
  cancel(handle: TimerHandle): void;
}

/**
 * Pending timers, earliest first; equal deadlines run in the order they were
 * scheduled, so that the same guest always sees the same sequence.
 * There are a dozen timers at most (one or two a device): a sorted array is enough.
 */
export class TimerQueue implements Clock {
  private readonly queue: TimerHandle[] = [];
  private readonly time: () => number;
  private nextOrder = 0;

  /** @param time reads guest time in nanoseconds; must never go back. */
  constructor(time: () => number) {
    this.time = time;
  }

  now(): number {
    return this.time();
  }

  schedule(atNs: number, callback: () => void): TimerHandle {
    const timer: TimerHandle = { at: atNs, order: this.nextOrder++, callback, pending: true };
    let index = this.queue.length;
    while (index > 0 && (this.queue[index - 1] as TimerHandle).at > atNs) {
      index--;
    }
    this.queue.splice(index, 0, timer);
    return timer;
  }

  cancel(handle: TimerHandle): void {
    if (handle.pending) {
      handle.pending = false;
      this.queue.splice(this.queue.indexOf(handle), 1);
    }
  }

  /** The earliest deadline in nanoseconds, Infinity if there is none. */
  nextDeadline(): number {
    const first = this.queue[0];
    return first === undefined ? Number.POSITIVE_INFINITY : first.at;
  }

  /**
   * Runs what is due at `nowNs`. A timer scheduled meanwhile waits for the next
   * call even if already due, so that no guest can keep this loop going.
   */
  runDue(nowNs: number): void {
    const limit = this.nextOrder;
    for (;;) {
      const index = this.queue.findIndex((timer) => timer.order < limit);
      const timer = this.queue[index];
      if (timer === undefined || timer.at > nowNs) {
        return;
      }
      this.queue.splice(index, 1);
      timer.pending = false;
      timer.callback();
    }
  }
}
