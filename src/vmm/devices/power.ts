/**
 * Ways for a guest to switch the machine off: the PIIX4's power management
 * registers, at 600h at first (PM1 status, enable, control; timer), and the old port 8900h
 * of emulators that takes the word "Shutdown".
 */
import type { Clock } from './clock.ts';
import type { IoBus, IoHandler } from './io-bus.ts';

export const PM_BASE = 0x600;
const PM_CONTROL = 4;
const PM_TIMER = 8;
/** Ports that are decoded, a power of two: registers 0 to 0Bh are there, the rest of the 64 read 0. */
export const PM_SIZE = 0x40;
/** PM1 control: sleep enable, sleep type. */
const SLEEP_ENABLE = 0x2000;
const SLEEP_TYPE_SHIFT = 10;
/** Sleep types that mean off: soft off, and suspend to disk, which has nothing left to power. */
const TYPE_OFF = 0;
const TYPE_DISK = 2;
/** The power management timer: Hz, 24 bits. */
const PM_TIMER_HZ = 3579545;

const SHUTDOWN_PORT = 0x8900;
const SHUTDOWN_WORD = 'Shutdown';

export class Power {
  enable = 0;
  control = 0;
  /** Letters of the word that port 8900h has seen. */
  spelt = 0;
  private readonly clock: Clock;
  private readonly onPowerOff: () => void;

  constructor(clock: Clock, onPowerOff: () => void) {
    this.clock = clock;
    this.onPowerOff = onPowerOff;
  }

  /** The power management registers, by offset; the PCI function puts them where the guest wants them. */
  readonly ports: IoHandler = {
    read: (offset) => this.readByte(offset),
    write: (offset, value) => this.writeByte(offset, value),
  };

  attach(io: IoBus): void {
    io.register(SHUTDOWN_PORT, 1, { read: () => 0xff, write: (_port, value) => this.spell(value) });
  }

  reset(): void {
    this.enable = 0;
    this.control = 0;
    this.spelt = 0;
  }

  private readByte(offset: number): number {
    if (offset >= PM_TIMER && offset < PM_TIMER + 4) {
      return (this.timer() >>> ((offset - PM_TIMER) * 8)) & 0xff;
    }
    const shift = (offset & 1) * 8;
    switch (offset & ~1) {
      case 2:
        return (this.enable >> shift) & 0xff;
      case PM_CONTROL:
        return (this.control >> shift) & 0xff;
      default:
        return 0; // status: nothing ever happened
    }
  }

  private writeByte(offset: number, value: number): void {
    const shift = (offset & 1) * 8;
    const keep = 0xff00 >> shift;
    if ((offset & ~1) === 2) {
      this.enable = (this.enable & keep) | (value << shift);
    } else if ((offset & ~1) === PM_CONTROL) {
      // The sleep enable bit acts and reads 0; it lies in the high byte, beside the type.
      const written = (this.control & keep) | (value << shift);
      this.control = written & ~SLEEP_ENABLE;
      const type = (written >> SLEEP_TYPE_SHIFT) & 7;
      if ((written & SLEEP_ENABLE) !== 0 && (type === TYPE_OFF || type === TYPE_DISK)) {
        this.onPowerOff();
      }
    }
  }

  private timer(): number {
    const now = this.clock.now();
    const seconds = Math.floor(now / 1e9);
    const ticks = seconds * PM_TIMER_HZ + Math.floor(((now - seconds * 1e9) * PM_TIMER_HZ) / 1e9);
    return ticks % 0x100_0000;
  }

  private spell(value: number): void {
    if (value === SHUTDOWN_WORD.charCodeAt(this.spelt)) {
      this.spelt++;
    } else {
      this.spelt = value === SHUTDOWN_WORD.charCodeAt(0) ? 1 : 0;
    }
    if (this.spelt === SHUTDOWN_WORD.length) {
      this.spelt = 0;
      this.onPowerOff();
    }
  }
}
