/**
 * One counter of an 8254 programmable interval timer (Intel datasheet 231164).
 *
 * Nothing ticks: count and output are functions of the input clock's tick number,
 * computed when somebody looks. `startTick` is the tick at which counting began
 * (or would have, had the gate never paused it); ticks are whole and never go back.
 */

const MODE_INTERRUPT_ON_COUNT = 0;
const MODE_ONE_SHOT = 1;
const MODE_RATE = 2;
const MODE_SQUARE = 3;
const MODE_HARDWARE_STROBE = 5;

/** How the count register is read and written. */
const ACCESS_LOW = 1;
const ACCESS_HIGH = 2;
const ACCESS_BOTH = 3;

const NEVER = Number.POSITIVE_INFINITY;

export class PitChannel {
  mode = MODE_SQUARE;
  bcd = false;
  access = ACCESS_BOTH;
  gate: boolean;
  /** The count in force, 1..65536 (1..10000 in BCD). */
  count = 0x10000;
  /** A count written while modes 2 and 3 run: in force from `switchTick`. */
  nextCount = 0;
  switchTick = 0;
  /** A count has been written since the control word. */
  loaded = true;
  /** Counting has been triggered (modes 1 and 5 wait for a gate edge). */
  running = true;
  startTick = 0;
  /** Where counting stands while the gate holds it, in ticks since start; -1 when not held. */
  heldAt = -1;
  /** First byte of a two-byte write, -1 if none is waiting. */
  lowByte = -1;
  /** The next read of a two-byte count gives the high byte. */
  readHigh = false;
  /** Latched count, -1 if none; latched status likewise. */
  latchedCount = -1;
  latchedStatus = -1;

  /** @param gate the gate input's level at power-on */
  constructor(gate: boolean) {
    this.gate = gate;
    this.heldAt = gate ? -1 : 0;
  }

  /** Takes a control word's mode, access and BCD bits. The count is void until written. */
  control(value: number): void {
    this.access = (value >> 4) & 3;
    const mode = (value >> 1) & 7;
    this.mode = mode > MODE_HARDWARE_STROBE ? mode - 4 : mode; // the datasheet's X10 and X11
    this.bcd = (value & 1) !== 0;
    this.loaded = false;
    this.running = false;
    this.heldAt = -1;
    this.nextCount = 0;
    this.lowByte = -1;
    this.readHigh = false;
    this.latchedCount = -1;
    this.latchedStatus = -1;
  }

  /** Writes a byte of the count at `tick`. */
  write(value: number, tick: number): void {
    if (this.access === ACCESS_LOW) {
      this.load(value, tick);
    } else if (this.access === ACCESS_HIGH) {
      this.load(value << 8, tick);
    } else if (this.lowByte < 0) {
      this.lowByte = value;
      if (this.mode === MODE_INTERRUPT_ON_COUNT) {
        this.running = false; // half a count stops mode 0, output low
      }
    } else {
      const low = this.lowByte;
      this.lowByte = -1;
      this.load((value << 8) | low, tick);
    }
  }

  /** Reads the next byte: latched status, latched count, or the count itself. */
  read(tick: number): number {
    if (this.latchedStatus >= 0) {
      const status = this.latchedStatus;
      this.latchedStatus = -1;
      return status;
    }
    const value = this.latchedCount >= 0 ? this.latchedCount : this.currentCount(tick);
    const wantsHigh = this.access === ACCESS_HIGH || (this.access === ACCESS_BOTH && this.readHigh);
    if (this.access === ACCESS_BOTH) {
      this.readHigh = !this.readHigh;
    }
    if (this.access !== ACCESS_BOTH || wantsHigh) {
      this.latchedCount = -1;
    }
    return wantsHigh ? value >> 8 : value & 0xff;
  }

  /** Counter latch command: freezes the count for reading, once until read. */
  latchCount(tick: number): void {
    if (this.latchedCount < 0) {
      this.latchedCount = this.currentCount(tick);
    }
  }

  /** Read-back of status: output, null count, access, mode, BCD. */
  latchStatus(tick: number): void {
    if (this.latchedStatus < 0) {
      this.settle(tick);
      const nullCount = !this.loaded || this.nextCount !== 0 || tick < this.startTick;
      this.latchedStatus =
        (this.output(tick) ? 0x80 : 0) |
        (nullCount ? 0x40 : 0) |
        (this.access << 4) |
        (this.mode << 1) |
        (this.bcd ? 1 : 0);
    }
  }

  /** Drives the gate input. */
  setGate(level: boolean, tick: number): void {
    if (level === this.gate) {
      return;
    }
    this.settle(tick);
    this.gate = level;
    const triggered = this.mode === MODE_ONE_SHOT || this.mode === MODE_HARDWARE_STROBE;
    if (triggered) {
      if (level && this.loaded) {
        this.start(tick + 1);
      }
      return;
    }
    if (!this.running) {
      return;
    }
    if (!level) {
      this.heldAt = Math.max(0, tick - this.startTick);
    } else if (this.mode === MODE_RATE || this.mode === MODE_SQUARE) {
      this.start(tick + 1); // the edge reloads
    } else {
      this.startTick = tick - this.heldAt;
      this.heldAt = -1;
    }
  }

  /** The output's level at `tick`. */
  output(tick: number): boolean {
    this.settle(tick);
    if (!this.running) {
      return this.mode !== MODE_INTERRUPT_ON_COUNT;
    }
    const elapsed = this.elapsed(tick);
    switch (this.mode) {
      case MODE_INTERRUPT_ON_COUNT:
        return elapsed >= this.count;
      case MODE_ONE_SHOT:
        return elapsed < 0 || elapsed >= this.count;
      case MODE_RATE:
        return this.heldAt >= 0 || elapsed < 0 || elapsed % this.count !== this.count - 1;
      case MODE_SQUARE:
        return this.heldAt >= 0 || elapsed < 0 || elapsed % this.count < this.highTicks();
      default:
        return elapsed !== this.count;
    }
  }

  /** The first tick after `tick` at which the output rises if nobody interferes; Infinity if never. */
  nextRise(tick: number): number {
    this.settle(tick);
    if (!this.running || this.heldAt >= 0) {
      return NEVER;
    }
    if (this.mode === MODE_RATE || this.mode === MODE_SQUARE) {
      if (this.count === 1) {
        return NEVER; // not a legal count; the output never moves
      }
      if (this.nextCount !== 0 && this.switchTick > tick) {
        return this.riseBySwitch(tick);
      }
      return this.startTick + this.count * Math.max(1, Math.floor((tick - this.startTick) / this.count) + 1);
    }
    const rise = this.startTick + this.count + (this.mode > MODE_SQUARE ? 1 : 0);
    return rise > tick ? rise : NEVER;
  }

  private load(value: number, tick: number): void {
    const count = this.bcd ? fromBcd(value) || 10000 : value || 0x10000;
    const periodic = this.mode === MODE_RATE || this.mode === MODE_SQUARE;
    if (periodic && this.running && this.heldAt < 0 && tick >= this.startTick) {
      this.settle(tick);
      this.nextCount = count;
      this.switchTick = this.boundaryAfter(tick);
      return;
    }
    this.loaded = true;
    if (this.mode === MODE_ONE_SHOT || this.mode === MODE_HARDWARE_STROBE) {
      this.nextCount = count;
      this.switchTick = Number.MAX_SAFE_INTEGER; // in force from the next trigger
      return;
    }
    this.count = count;
    this.start(tick + 1);
    if (!this.gate) {
      this.heldAt = 0;
    }
  }

  private start(tick: number): void {
    this.startTick = tick;
    this.heldAt = -1;
    this.running = true;
    if (this.nextCount !== 0) {
      this.count = this.nextCount;
      this.nextCount = 0;
    }
  }

  /** Puts a count written in mid-period in force, if its period has begun. */
  private settle(tick: number): void {
    if (this.nextCount !== 0 && tick >= this.switchTick && this.heldAt < 0) {
      // Mode 3 may switch in mid-wave: then the new count begins with its low half.
      const wasHigh = this.mode === MODE_SQUARE && (this.switchTick - this.startTick) % this.count !== 0;
      this.count = this.nextCount;
      this.nextCount = 0;
      this.startTick = wasHigh ? this.switchTick - this.highTicks() : this.switchTick;
    }
  }

  /** When a count written at `tick` takes over: the period's end, in mode 3 the half period's. */
  private boundaryAfter(tick: number): number {
    const phase = (tick - this.startTick) % this.count;
    const periodStart = tick - phase;
    if (this.mode === MODE_SQUARE && phase < this.highTicks()) {
      return periodStart + this.highTicks();
    }
    return periodStart + this.count;
  }

  /** The next rise when a new count takes over at `switchTick`, still ahead. */
  private riseBySwitch(tick: number): number {
    const end = this.startTick + this.count * (Math.floor((tick - this.startTick) / this.count) + 1);
    if (this.switchTick >= end) {
      return end;
    }
    return this.switchTick + (this.nextCount >> 1);
  }

  private highTicks(): number {
    return (this.count + 1) >> 1;
  }

  private elapsed(tick: number): number {
    return this.heldAt >= 0 ? this.heldAt : tick - this.startTick;
  }

  private currentCount(tick: number): number {
    this.settle(tick);
    const elapsed = this.running ? Math.max(0, this.elapsed(tick)) : 0;
    const modulus = this.bcd ? 10000 : 0x10000;
    let value: number;
    if (this.mode === MODE_RATE) {
      value = this.count - (elapsed % this.count);
    } else if (this.mode === MODE_SQUARE) {
      const phase = elapsed % this.count;
      const high = this.highTicks();
      value = (this.count & ~1) - 2 * (phase < high ? phase : phase - high);
    } else {
      value = this.count - (elapsed % modulus);
    }
    value = ((value % modulus) + modulus) % modulus;
    return this.bcd ? toBcd(value) : value;
  }
}

function fromBcd(value: number): number {
  return ((value >> 12) & 15) * 1000 + ((value >> 8) & 15) * 100 + ((value >> 4) & 15) * 10 + (value & 15);
}

function toBcd(value: number): number {
  return (
    (Math.floor(value / 1000) << 12) |
    (Math.floor((value / 100) % 10) << 8) |
    (Math.floor((value / 10) % 10) << 4) |
    (value % 10)
  );
}
