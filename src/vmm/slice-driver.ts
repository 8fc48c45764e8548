/**
 * Has slices of guest code run on the host's event loop: one after the other
 * while there is work, after a wait while the guest idles, none while paused.
 *
 * The event loop gets its turn between any two slices, which is when the
 * terminal is served.
 */
import type { HostServices } from './host-services.ts';

/** What comes after a slice: the next one at once, one after a wait of milliseconds, or nothing until `wake`. */
export type NextSlice = 'soon' | 'never' | number;

/** Waits shorter than this are spent in empty slices: the host's timers are no finer than a millisecond. */
const SPIN_MS = 0.3;

export class SliceDriver {
  /** Slices run, and the time in ns that they and the longest of them held the thread. */
  slices = 0;
  total = 0;
  longest = 0;
  private readonly host: HostServices;
  private readonly slice: () => NextSlice;
  private readonly onError: (error: unknown) => void;
  private started = false;
  /** Who holds the guest: each has to let go. */
  private readonly holders = new Set<string>();
  private ended = false;
  private scheduled = false;
  private cancelWait: (() => void) | undefined;

  /** @param onError told of what a slice throws; nothing runs after that */
  constructor(host: HostServices, slice: () => NextSlice, onError: (error: unknown) => void) {
    this.host = host;
    this.slice = slice;
    this.onError = onError;
  }

  start(): void {
    this.started = true;
    this.wake();
  }

  pause(holder: string): void {
    this.holders.add(holder);
  }

  resume(holder: string): void {
    if (this.holders.delete(holder) && this.holders.size === 0) this.wake();
  }

  /** Ends a wait: something has happened that the guest may want to see. */
  wake(): void {
    this.cancelWait?.();
    this.cancelWait = undefined;
    this.schedule();
  }

  /** Nothing runs any more. */
  end(): void {
    this.ended = true;
    this.cancelWait?.();
    this.cancelWait = undefined;
  }

  private get paused(): boolean {
    return this.holders.size > 0;
  }

  private schedule(): void {
    if (this.scheduled || this.paused || this.ended || !this.started) return;
    this.scheduled = true;
    this.host.soon(() => {
      this.scheduled = false;
      if (!this.paused && !this.ended) this.runOne();
    });
  }

  private runOne(): void {
    const start = this.host.now();
    let next: NextSlice;
    try {
      next = this.slice();
    } catch (error) {
      this.end();
      this.onError(error);
      return;
    }
    this.slices++;
    const held = this.host.now() - start;
    this.total += held;
    this.longest = Math.max(this.longest, held);
    if (next === 'soon' || (typeof next === 'number' && next < SPIN_MS)) this.schedule();
    else if (next !== 'never' && !this.ended) this.wait(next);
  }

  private wait(milliseconds: number): void {
    this.cancelWait = this.host.later(Math.max(1, Math.floor(milliseconds)), () => {
      this.cancelWait = undefined;
      this.schedule();
    });
  }
}
