/**
 * The timer of a local APIC: one-shot and periodic, counting down at 1 GHz
 * through a divider, or one shot at a value of the time-stamp counter (SDM vol. 3,
 * "APIC Timer").
 *
 * The input is the core crystal clock that CPUID leaf 15h tells. Only the instants at which
 * it reaches zero are scheduled; the count is computed when it is read.
 */
import type { Clock, TimerHandle } from '../clock.ts';

export const TIMER_ONE_SHOT = 0;
export const TIMER_PERIODIC = 1;
export const TIMER_DEADLINE = 2;

/** No guest needs interrupts closer than this, in ns; a shorter period would leave the guest no time to run. */
const SHORTEST_PERIOD = 2000;

export class ApicTimer {
  private readonly clock: Clock;
  private readonly onExpire: () => void;
  private handle: TimerHandle | undefined;
  /** TIMER_*; the fourth value of the field, reserved, counts as one-shot. */
  private mode = TIMER_ONE_SHOT;
  private initial = 0;
  private divider = 2;
  private configuration = 0;
  /** When the count began or, in periodic mode, was loaded last; ns. */
  private start = 0;

  /** @param onExpire called each time that zero or the deadline is reached */
  constructor(clock: Clock, onExpire: () => void) {
    this.clock = clock;
    this.onExpire = onExpire;
  }

  reset(): void {
    this.disarm();
    this.mode = TIMER_ONE_SHOT;
    this.initial = 0;
    this.configuration = 0;
    this.divider = 2;
  }

  get deadlineMode(): boolean {
    return this.mode === TIMER_DEADLINE;
  }

  /** Changes the mode: a count goes on between one-shot and periodic; to and from deadlines everything stops. */
  setMode(mode: number): void {
    if (mode === this.mode) return;
    const stops = mode === TIMER_DEADLINE || this.mode === TIMER_DEADLINE;
    const left = this.current();
    this.mode = mode;
    if (stops) {
      this.disarm();
      this.initial = 0;
    } else this.countFrom(left);
  }

  get initialCount(): number {
    return this.initial;
  }

  /** Starts counting from `count`; 0 stops. Has no effect in deadline mode. */
  setInitialCount(count: number): void {
    if (this.deadlineMode) return;
    this.initial = count >>> 0;
    this.countFrom(this.initial);
  }

  get divide(): number {
    return this.configuration;
  }

  /** Sets the divide configuration register: bits 0, 1 and 3. */
  setDivide(value: number): void {
    const left = this.current();
    this.configuration = value & 0b1011;
    const code = (value & 3) | ((value >> 1) & 4);
    this.divider = 1 << ((code + 1) & 7);
    if (left > 0) this.countFrom(left);
  }

  /** The current count. */
  current(): number {
    if (this.deadlineMode || this.initial === 0 || this.handle === undefined) return 0;
    const ticks = Math.floor((this.clock.now() - this.start) / this.divider);
    // A periodic count that is due but was not served yet has gone on from the start.
    if (this.mode === TIMER_PERIODIC) return this.initial - (ticks % this.initial);
    return Math.max(0, this.initial - ticks);
  }

  /** Arms the deadline; what has passed expires at once. @param ns guest time; 0 disarms */
  setDeadline(ns: number): void {
    this.disarm();
    if (!this.deadlineMode || ns === 0) return;
    if (ns <= this.clock.now()) this.onExpire();
    else this.arm(ns);
  }

  /** Goes on as if `count` of `initial` were left now. */
  private countFrom(count: number): void {
    this.disarm();
    if (this.initial === 0 || count === 0) return;
    this.start = this.clock.now() - (this.initial - count) * this.divider;
    this.arm(this.start + this.initial * this.divider);
  }

  private arm(ns: number): void {
    this.handle = this.clock.schedule(ns, () => this.expire());
  }

  private disarm(): void {
    if (this.handle !== undefined) this.clock.cancel(this.handle);
    this.handle = undefined;
  }

  private expire(): void {
    this.handle = undefined;
    if (this.mode === TIMER_PERIODIC && this.initial > 0) {
      // Periods that nobody had the time to serve are lost, as are edges that come while IRR is set.
      const period = this.initial * this.divider;
      const now = this.clock.now();
      this.start += Math.max(1, Math.floor((now - this.start) / period)) * period;
      this.arm(Math.max(this.start + period, now + SHORTEST_PERIOD));
    }
    this.onExpire();
  }
}
