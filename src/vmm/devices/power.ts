/**
 * Ways for a guest to switch the machine off: the PIIX4's power management
 * registers, at 600h at first (PM1 status, enable, control; timer), and the old port 8900h
 * of emulators that takes the word "Shutdown".
 */
import type { Clock } from './clock.ts';
import { type IrqLine, NO_IRQ } from './interrupt-line.ts';
import type { IoBus, IoHandler } from './io-bus.ts';
import { Pm1Events } from './pm1-events.ts';

export const PM_BASE = 0x600;
const PM_STATUS = 0;
const PM_ENABLE = 2;
const PM_CONTROL = 4;
const PM_TIMER = 8;
/** Ports that are decoded, a power of two: registers 0 to 0Bh are there, the rest of the 64 read 0. */
export const PM_SIZE = 0x40;
/** The interrupt of power management, level-triggered. */
export const SCI_IRQ = 9;
/** PM1 control: ACPI's mode, the only one there is; sleep enable, sleep type. */
const SCI_ENABLED = 1;
const SLEEP_ENABLE = 0x2000;
const SLEEP_TYPE_SHIFT = 10;
/** Sleep types that mean off: soft off, and suspend to disk, which has nothing left to power. */
const TYPE_OFF = 0;
const TYPE_DISK = 2;

const SHUTDOWN_PORT = 0x8900;
const SHUTDOWN_WORD = 'Shutdown';

export class Power {
  readonly events: Pm1Events;
  control = SCI_ENABLED;
  /** Letters of the word that port 8900h has seen. */
  spelt = 0;
  private readonly onPowerOff: () => void;

  constructor(clock: Clock, onPowerOff: () => void, sci: IrqLine = NO_IRQ) {
    this.onPowerOff = onPowerOff;
    this.events = new Pm1Events(clock, () => (this.events.active ? sci.raise() : sci.lower()));
  }

  /** The power management registers, by offset; the PCI function puts them where the guest wants them. */
  readonly ports: IoHandler = {
    // The timer must not move between the bytes of one reading.
    wide: true,
    read: (offset, size) => {
      const lane = offset & 3;
      const word = this.registers(offset & ~3) / 2 ** (8 * lane);
      return Math.floor(word) % 2 ** (8 * size);
    },
    write: (offset, value, size) => {
      for (let n = 0; n < size; n++) this.writeByte(offset + n, (value >>> (8 * n)) & 0xff);
    },
  };

  attach(io: IoBus): void {
    io.register(SHUTDOWN_PORT, 1, { read: () => 0xff, write: (_port, value) => this.spell(value) });
  }

  reset(): void {
    this.control = SCI_ENABLED;
    this.spelt = 0;
    this.events.reset();
  }

  /** The four bytes from `at` on, a multiple of four. */
  private registers(at: number): number {
    switch (at) {
      case PM_STATUS:
        return this.events.status() + this.events.enabled() * 0x1_0000;
      case PM_CONTROL:
        return this.control;
      case PM_TIMER:
        return this.events.timer();
      default:
        return 0;
    }
  }

  private writeByte(offset: number, value: number): void {
    const shift = (offset & 1) * 8;
    const keep = 0xff00 >> shift;
    switch (offset & ~1) {
      case PM_STATUS:
        this.events.clear(value << shift);
        break;
      case PM_ENABLE:
        this.events.setEnable((this.events.enabled() & keep) | (value << shift));
        break;
      case PM_CONTROL:
        this.writeControl((this.control & keep) | (value << shift));
        break;
    }
  }

  /** The sleep enable bit acts and reads 0; it lies in the high byte, beside the type. */
  private writeControl(value: number): void {
    this.control = (value & ~SLEEP_ENABLE) | SCI_ENABLED;
    const type = (value >> SLEEP_TYPE_SHIFT) & 7;
    if ((value & SLEEP_ENABLE) !== 0 && (type === TYPE_OFF || type === TYPE_DISK)) this.onPowerOff();
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
