/**
 * The 8254 timer at 40h..43h. Channel 0's output is IRQ 0; channel 1 fed the
 * DRAM refresh and is only there to be probed; channel 2 is behind port 61h.
 *
 * Only channel 0's rising edges are scheduled: they are all that reaches
 * anything outside. Everything else is computed when a port is read.
 */
import type { Clock, TimerHandle } from './clock.ts';
import type { IrqLine } from './interrupt-line.ts';
import type { IoBus } from './io-bus.ts';
import { PitChannel } from './pit-channel.ts';

/** Input clock in Hz: a third of the NTSC colour carrier, rounded. */
export const PIT_FREQUENCY = 1193182;
const SECOND = 1e9;

/** Ticks of the PIT's input clock in `ns` nanoseconds; exact for whole nanoseconds. */
export function pitTicks(ns: number): number {
  const seconds = Math.floor(ns / SECOND);
  return seconds * PIT_FREQUENCY + Math.floor(((ns - seconds * SECOND) * PIT_FREQUENCY) / SECOND);
}

/** The first whole nanosecond at which `pitTicks` gives `tick`. */
export function pitTickTime(tick: number): number {
  const seconds = Math.floor(tick / PIT_FREQUENCY);
  return seconds * SECOND + Math.ceil(((tick - seconds * PIT_FREQUENCY) * SECOND) / PIT_FREQUENCY);
}

export class Pit {
  readonly channels: readonly [PitChannel, PitChannel, PitChannel];
  private readonly clock: Clock;
  private readonly irq: IrqLine;
  private timer: TimerHandle | undefined;

  constructor(clock: Clock, irq: IrqLine) {
    this.clock = clock;
    this.irq = irq;
    this.channels = newChannels(this.tick());
    this.reschedule(this.tick());
  }

  attach(io: IoBus): void {
    io.register(0x40, 4, {
      read: (port) => this.read(port & 3),
      write: (port, value) => this.write(port & 3, value),
    });
  }

  /** As firmware leaves it: mode 3 at 18.2 Hz on channel 0. */
  reset(): void {
    const fresh = newChannels(this.tick());
    this.channels.forEach((channel, i) => {
      Object.assign(channel, fresh[i]);
    });
    this.irq.lower();
    this.reschedule(this.tick());
  }

  /** Drives channel 2's gate (port 61h bit 0). */
  setGate2(level: boolean): void {
    this.channels[2].setGate(level, this.tick());
  }

  /** Channel 2's output, which port 61h shows and the speaker hears. */
  output2(): boolean {
    return this.channels[2].output(this.tick());
  }

  /** Reads register 0..2; the control register does not drive the bus. */
  read(register: number): number {
    const channel = this.channels[register];
    return channel === undefined ? 0xff : channel.read(this.tick());
  }

  /** Writes a count byte (registers 0..2) or a control word (3). */
  write(register: number, value: number): void {
    this.catchUp();
    const tick = this.tick();
    const channel = this.channels[register];
    if (channel !== undefined) {
      channel.write(value, tick);
      if (register === 0) {
        this.channel0Changed(tick);
      }
      return;
    }
    const selected = this.channels[value >> 6];
    if (selected === undefined) {
      this.readBack(value, tick);
    } else if ((value & 0x30) === 0) {
      selected.latchCount(tick);
    } else {
      selected.control(value);
      if (selected === this.channels[0]) {
        this.channel0Changed(tick);
      }
    }
  }

  private tick(): number {
    return pitTicks(this.clock.now());
  }

  private readBack(value: number, tick: number): void {
    this.channels.forEach((channel, i) => {
      if ((value & (2 << i)) !== 0) {
        if ((value & 0x20) === 0) {
          channel.latchCount(tick);
        }
        if ((value & 0x10) === 0) {
          channel.latchStatus(tick);
        }
      }
    });
  }

  /** After a write: the level may have changed at once, and so has the next edge. */
  private channel0Changed(tick: number): void {
    if (this.channels[0].output(tick)) {
      this.irq.raise();
    } else {
      this.irq.lower();
    }
    this.reschedule(tick);
  }

  /** An edge that is due but was not delivered yet comes before what is written now: it must not be lost. */
  private catchUp(): void {
    const { timer } = this;
    if (timer === undefined || this.clock.now() < timer.at) {
      return;
    }
    this.clock.cancel(timer);
    this.rise();
  }

  /**
   * Schedules the first edge after `tick`, which is when counting was last looked
   * at: an edge between then and now is still to come.
   */
  private reschedule(tick: number): void {
    if (this.timer !== undefined) {
      this.clock.cancel(this.timer);
      this.timer = undefined;
    }
    const rise = this.channels[0].nextRise(tick);
    if (rise !== Number.POSITIVE_INFINITY) {
      this.timer = this.clock.schedule(pitTickTime(rise), () => this.rise());
    }
  }

  private rise(): void {
    this.timer = undefined;
    // The fall before this edge was not scheduled: make up for it. The line then
    // stays up until the next edge, so that a tick that is late is not lost.
    this.irq.lower();
    this.irq.raise();
    this.reschedule(this.tick());
  }
}

function newChannels(tick: number): [PitChannel, PitChannel, PitChannel] {
  const channels: [PitChannel, PitChannel, PitChannel] = [
    new PitChannel(true),
    new PitChannel(true),
    new PitChannel(false),
  ];
  for (const channel of channels) {
    channel.startTick = tick;
  }
  return channels;
}
