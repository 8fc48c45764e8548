/**
 * Guest time: nanoseconds since power-on, in one of two ways.
 *
 * Deterministic: retired instructions times 2^shift plus idle time skipped, so
 * the same input gives the same run in every engine. Real time: the host's
 * monotonic clock. Both count from the machine's creation and never go back.
 * The time-stamp counter runs at 1 GHz: it is guest time in nanoseconds.
 */
import { type Clock, type TimerHandle, TimerQueue } from './devices/clock.ts';
import type { HostServices } from './host-services.ts';

export type ClockOptions =
  | { readonly kind: 'realtime' }
  /** One instruction takes 2^shift ns; shift is 0 to 10. */
  | { readonly kind: 'deterministic'; readonly shift: number };

/** Guest time as the vCPU loop sees it. */
export interface GuestClock extends Clock {
  readonly deterministic: boolean;
  /** Earliest deadline in ns, Infinity when none is pending. */
  nextDeadline(): number;
  /** Runs the timers that are due. */
  runDue(): void;
  /** Instructions that may retire before the next deadline; Infinity when time does not follow instructions. */
  instructionsUntil(deadline: number): number;
  /** Lets no time pass from now on, and goes on where it was. Deterministic time follows the guest anyway. */
  hold(): void;
  release(): void;
  /** Passes idle time up to `ns`; does nothing in real time. */
  skipTo(ns: number): void;
  /** Called when a timer was scheduled that is earlier than all others. */
  onEarlier: (deadline: number) => void;
}

abstract class QueueClock implements GuestClock {
  abstract readonly deterministic: boolean;
  onEarlier: (deadline: number) => void = () => {};
  private readonly queue = new TimerQueue(() => this.now());

  abstract now(): number;
  abstract instructionsUntil(deadline: number): number;
  abstract skipTo(ns: number): void;
  hold(): void {}
  release(): void {}

  schedule(atNs: number, callback: () => void): TimerHandle {
    const before = this.queue.nextDeadline();
    const handle = this.queue.schedule(atNs, callback);
    if (atNs < before) this.onEarlier(atNs);
    return handle;
  }

  cancel(handle: TimerHandle): void {
    this.queue.cancel(handle);
  }

  nextDeadline(): number {
    return this.queue.nextDeadline();
  }

  runDue(): void {
    this.queue.runDue(this.now());
  }
}

class DeterministicClock extends QueueClock {
  readonly deterministic = true;
  private readonly nsPerInstruction: number;
  private readonly retired: () => number;
  private skipped = 0;

  constructor(shift: number, retired: () => number) {
    super();
    this.nsPerInstruction = 2 ** shift;
    this.retired = retired;
  }

  now(): number {
    return this.retired() * this.nsPerInstruction + this.skipped;
  }

  instructionsUntil(deadline: number): number {
    return Math.max(0, Math.ceil((deadline - this.now()) / this.nsPerInstruction));
  }

  skipTo(ns: number): void {
    const idle = ns - this.now();
    if (idle > 0) this.skipped += Math.ceil(idle);
  }
}

class RealTimeClock extends QueueClock {
  readonly deterministic = false;
  private readonly host: HostServices;
  private start: number;
  private held = false;
  private last = 0;

  constructor(host: HostServices) {
    super();
    this.host = host;
    this.start = host.now();
  }

  now(): number {
    if (this.held) return this.last;
    const ns = Math.floor(this.host.now() - this.start);
    if (ns > this.last) this.last = ns;
    return this.last;
  }

  override hold(): void {
    this.now();
    this.held = true;
  }

  override release(): void {
    if (this.held) this.start = this.host.now() - this.last;
    this.held = false;
  }

  instructionsUntil(): number {
    return Number.POSITIVE_INFINITY;
  }

  skipTo(): void {}
}

/**
 * @param retired instructions retired since the machine was created
 * @throws RangeError for a shift outside 0 to 10
 */
export function createClock(options: ClockOptions, host: HostServices, retired: () => number): GuestClock {
  if (options.kind === 'realtime') return new RealTimeClock(host);
  const { shift } = options;
  if (!Number.isInteger(shift) || shift < 0 || shift > 10) {
    throw new RangeError(`icount shift ${shift}: must be a whole number from 0 to 10`);
  }
  return new DeterministicClock(shift, retired);
}
