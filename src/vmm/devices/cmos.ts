/**
 * MC146818 real-time clock and 128 bytes of CMOS RAM, at 70h/71h, IRQ 8.
 *
 * The time is base + clock; the registers are filled in when read, except while
 * register B's SET bit holds updates off: then `ram` has what the guest writes.
 * Timers run only for interrupts that are enabled; flags that are only polled are
 * worked out at the read of register C.
 */
import type { Clock, TimerHandle } from './clock.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { IoBus } from './io-bus.ts';
import { nextAlarm } from './rtc-alarm.ts';
import { loadTime, RTC_24_HOURS, RTC_CENTURY, RTC_YEAR, storeTime } from './rtc-time.ts';

export const CMOS_SIZE = 128;

const REG_A = 0x0a;
const REG_B = 0x0b;
const REG_C = 0x0c;
const REG_D = 0x0d;
/** Register A: update in progress; divider; rate. */
const UIP = 0x80;
const DIVIDER_RESET = 0x60;
/** Register B. */
const SET = 0x80;
/** Interrupt enables (B) and flags (C): periodic, alarm, update ended. */
const PERIODIC = 0x40;
const ALARM = 0x20;
const UPDATE = 0x10;
const IRQF = 0x80;

const SECOND = 1e9;
/** UIP is up this long before an update, so that a guest that saw it down can read in peace. */
const UIP_NS = 244_141;
/** The periodic interrupt counts this many a second. */
const CRYSTAL = 32768;

export class Cmos {
  readonly ram = new Uint8Array(CMOS_SIZE);
  /** Bit 7 of the index port keeps the board's NMI from the processor. */
  nmiMasked = false;
  index = 0;
  /** Shown at clock time `originNs`, seconds since 1970. */
  baseSeconds: number;
  originNs: number;
  /** Clock time up to which register C is worked out. */
  flagsUpTo: number;
  private readonly clock: Clock;
  private readonly irq: IrqLine;
  private timer: TimerHandle | undefined;

  /** @param baseSeconds the time shown now, seconds since 1970 */
  constructor(clock: Clock, irq: IrqLine, baseSeconds: number) {
    this.clock = clock;
    this.irq = irq;
    this.baseSeconds = baseSeconds;
    this.originNs = clock.now();
    this.flagsUpTo = this.originNs;
    this.ram[REG_A] = 0x26; // 32768 Hz time base, 1024 Hz periodic rate
    this.ram[REG_B] = RTC_24_HOURS;
    this.ram[REG_D] = 0x80; // the battery is good
    this.ram[RTC_CENTURY] = 0x20;
  }

  attach(io: IoBus): void {
    io.register(0x70, 2, {
      read: (port) => (port & 1 ? this.read() : 0xff), // the index cannot be read back
      write: (port, value) => {
        if (port & 1) {
          this.write(value);
        } else {
          this.index = value & 0x7f;
          this.nmiMasked = (value & 0x80) !== 0;
        }
      },
    });
  }

  /** Interrupt enables and flags go; time and RAM have a battery. */
  reset(): void {
    this.setRegister(REG_B, this.reg(REG_B) & ~(PERIODIC | ALARM | UPDATE | 0x08));
    this.setRegister(REG_C, 0);
    this.irq.lower();
    this.schedule();
  }

  /** Sets a CMOS byte as firmware would. */
  setByte(index: number, value: number): void {
    this.setRegister(index & 0x7f, value);
  }

  /**
   * Fills in the memory-size bytes: 640 KiB base, extended memory in KiB (capped at 64 MiB),
   * and above 16 MiB in units of 64 KiB.
   */
  setMemorySize(ramSize: number): void {
    const base = Math.min(640, ramSize >>> 10);
    const extended = Math.min(0xffff, Math.max(0, (ramSize >>> 10) - 1024));
    const above16M = Math.min(0xffff, Math.max(0, (ramSize - 0x100_0000) / 0x1_0000)) | 0;
    const words: [number, number][] = [
      [0x15, base],
      [0x17, extended],
      [0x30, extended],
      [0x34, above16M],
    ];
    for (const [at, value] of words) {
      this.setRegister(at, value);
      this.setRegister(at + 1, value >> 8);
    }
  }

  private read(): number {
    const now = this.clock.now();
    const index = this.index;
    if (index === REG_C) {
      this.catchUp(now);
      const flags = this.reg(REG_C);
      this.setRegister(REG_C, 0);
      this.irq.lower();
      this.schedule();
      return flags;
    }
    if (index === REG_A) {
      return this.reg(REG_A) | (this.updateSoon(now) ? UIP : 0);
    }
    if (isTime(index) && !this.held()) {
      storeTime(this.ram, this.seconds(now), this.reg(REG_B));
    }
    return this.reg(index);
  }

  private write(value: number): void {
    const now = this.clock.now();
    const index = this.index;
    if (index === REG_C || index === REG_D) {
      return;
    }
    this.catchUp(now);
    const wasHeld = this.held();
    if (!wasHeld) {
      storeTime(this.ram, this.seconds(now), this.reg(REG_B));
    }
    if (index === REG_A) {
      this.setRegister(index, value & ~UIP);
    } else if (index === REG_B) {
      this.setRegister(index, value & SET ? value & ~UPDATE : value); // SET clears UIE
    } else {
      this.setRegister(index, value);
    }
    const touched = isTime(index) && !wasHeld;
    if ((wasHeld && !this.held()) || touched) {
      this.restart(now, index === REG_A);
    }
    this.raiseIfFlagged();
    this.schedule();
  }

  /** Takes the time in the registers for the time now. The phase of the second stays, unless the divider was reset. */
  private restart(now: number, dividerReset: boolean): void {
    const phase = dividerReset ? SECOND / 2 : this.phase(now);
    this.baseSeconds = loadTime(this.ram, this.reg(REG_B));
    this.originNs = now - phase;
    this.flagsUpTo = now;
  }

  /** Updates are held off: by SET, or by a divider that is held in reset. */
  private held(): boolean {
    return (this.reg(REG_B) & SET) !== 0 || (this.reg(REG_A) & DIVIDER_RESET) === DIVIDER_RESET;
  }

  private seconds(now: number): number {
    return this.baseSeconds + Math.floor((now - this.originNs) / SECOND);
  }

  /** Nanoseconds into the current second. */
  private phase(now: number): number {
    const since = now - this.originNs;
    return since - Math.floor(since / SECOND) * SECOND;
  }

  private updateSoon(now: number): boolean {
    return !this.held() && this.phase(now) >= SECOND - UIP_NS;
  }

  /** Register C for everything that happened up to `now`. */
  private catchUp(now: number): void {
    const since = this.flagsUpTo;
    this.flagsUpTo = now;
    let flags = this.reg(REG_C);
    const period = this.periodTicks();
    if (period !== 0 && Math.floor(crystalTicks(now) / period) > Math.floor(crystalTicks(since) / period)) {
      flags |= PERIODIC;
    }
    if (!this.held()) {
      const from = this.seconds(since);
      const to = this.seconds(now);
      if (to > from) {
        flags |= UPDATE;
        if (nextAlarm(this.ram, this.reg(REG_B), from) <= to) {
          flags |= ALARM;
        }
      }
    }
    this.setRegister(REG_C, flags);
  }

  private raiseIfFlagged(): void {
    const flags = this.reg(REG_C);
    if ((flags & this.reg(REG_B) & (PERIODIC | ALARM | UPDATE)) !== 0) {
      this.setRegister(REG_C, flags | IRQF);
      this.irq.raise();
    }
  }

  /** Sets the timer for the next enabled event; none while the line is up, as nothing more can happen. */
  private schedule(): void {
    if (this.timer !== undefined) {
      this.clock.cancel(this.timer);
      this.timer = undefined;
    }
    if ((this.reg(REG_C) & IRQF) !== 0) {
      return;
    }
    const now = this.clock.now();
    const enabled = this.reg(REG_B);
    let at = Number.POSITIVE_INFINITY;
    const period = this.periodTicks();
    if ((enabled & PERIODIC) !== 0 && period !== 0) {
      const tick = (Math.floor(crystalTicks(now) / period) + 1) * period;
      at = crystalTime(tick);
    }
    if (!this.held()) {
      const second = this.seconds(now);
      if ((enabled & UPDATE) !== 0) {
        at = Math.min(at, this.timeOf(second + 1));
      }
      if ((enabled & ALARM) !== 0) {
        at = Math.min(at, this.timeOf(nextAlarm(this.ram, enabled, second)));
      }
    }
    if (at !== Number.POSITIVE_INFINITY) {
      this.timer = this.clock.schedule(at, () => {
        this.timer = undefined;
        this.catchUp(this.clock.now());
        this.raiseIfFlagged();
        this.schedule();
      });
    }
  }

  /** Clock time at which the RTC shows `seconds`. */
  private timeOf(seconds: number): number {
    return this.originNs + (seconds - this.baseSeconds) * SECOND;
  }

  /** Crystal ticks between periodic events, 0 when off. */
  private periodTicks(): number {
    const rate = this.reg(REG_A) & 15;
    return rate === 0 ? 0 : rate <= 2 ? 1 << (rate + 6) : 1 << (rate - 1);
  }

  private reg(index: number): number {
    return this.ram[index] as number;
  }

  private setRegister(index: number, value: number): void {
    this.ram[index] = value;
  }
}

function isTime(index: number): boolean {
  // The odd ones below 6 are alarms.
  return index === RTC_CENTURY || (index <= RTC_YEAR && (index >= 6 || (index & 1) === 0));
}

/** Whole ticks of the 32768 Hz crystal; exact for whole nanoseconds, like pitTicks. */
function crystalTicks(ns: number): number {
  const seconds = Math.floor(ns / SECOND);
  return seconds * CRYSTAL + Math.floor(((ns - seconds * SECOND) * CRYSTAL) / SECOND);
}

function crystalTime(tick: number): number {
  const seconds = Math.floor(tick / CRYSTAL);
  return seconds * SECOND + Math.ceil(((tick - seconds * CRYSTAL) * SECOND) / CRYSTAL);
}
