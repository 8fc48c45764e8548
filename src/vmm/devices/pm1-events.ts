/**
 * The fixed events of ACPI (PM1 status and enable) and the power management
 * timer whose overflow is one of them (ACPI specification, "PM1 Event Grouping" and "Power Management Timer").
 *
 * `onChange` hears whenever an enabled event comes or goes: that is the SCI. An overflow that nobody is told of is
 * only looked for when the status is read.
 */
import type { Clock, TimerHandle } from './clock.ts';

const TIMER = 1 << 0;
const GLOBAL = 1 << 5;
const POWER_BUTTON = 1 << 8;
const SLEEP_BUTTON = 1 << 9;
const RTC = 1 << 10;
/** Events that can interrupt. */
const ENABLES = TIMER | GLOBAL | POWER_BUTTON | SLEEP_BUTTON | RTC;

/** The timer's rate in Hz, and its width. */
export const PM_TIMER_HZ = 3579545;
const TIMER_BITS = 24;
const SECOND = 1e9;
/** The status is set each time that the highest bit changes. */
const HALF = 2 ** (TIMER_BITS - 1);

export class Pm1Events {
  private enable = 0;
  /** Events that have happened, but for the timer's. */
  private happened = 0;
  /** Changes of the timer's highest bit that have been seen. */
  private seen: number;
  private next: TimerHandle | undefined;
  private readonly clock: Clock;
  private readonly onChange: () => void;

  constructor(clock: Clock, onChange: () => void) {
    this.clock = clock;
    this.onChange = onChange;
    this.seen = this.changes();
  }

  reset(): void {
    this.happened = 0;
    this.seen = this.changes();
    this.setEnable(0);
  }

  /** Whether an enabled event waits for software. */
  get active(): boolean {
    return (this.status() & this.enable) !== 0;
  }

  /** The timer: 24 bits. */
  timer(): number {
    return this.ticks() % 2 ** TIMER_BITS;
  }

  status(): number {
    return this.happened | (this.changes() > this.seen ? TIMER : 0);
  }

  /** A write of the status register: ones clear. */
  clear(bits: number): void {
    this.happened &= ~bits;
    if ((bits & TIMER) !== 0) this.seen = this.changes();
    this.update();
  }

  enabled(): number {
    return this.enable;
  }

  setEnable(bits: number): void {
    this.enable = bits & ENABLES;
    this.update();
  }

  /** Somebody pressed the power button. */
  pressPowerButton(): void {
    this.happened |= POWER_BUTTON;
    this.update();
  }

  private ticks(): number {
    const now = this.clock.now();
    const seconds = Math.floor(now / SECOND);
    return seconds * PM_TIMER_HZ + Math.floor(((now - seconds * SECOND) * PM_TIMER_HZ) / SECOND);
  }

  private changes(): number {
    return Math.floor(this.ticks() / HALF);
  }

  private update(): void {
    if (this.next !== undefined) this.clock.cancel(this.next);
    this.next = undefined;
    if ((this.enable & TIMER) !== 0 && this.changes() === this.seen) {
      const at = Math.ceil(((this.seen + 1) * HALF * SECOND) / PM_TIMER_HZ) + 1;
      this.next = this.clock.schedule(at, () => {
        this.next = undefined;
        this.update();
      });
    }
    this.onChange();
  }
}
