/**
 * System control port B at 61h: the gate of PIT channel 2, the speaker, and
 * three things guests measure time with or wait for.
 */
import type { Clock } from './clock.ts';
import type { IoBus } from './io-bus.ts';
import type { Pit } from './pit.ts';

/** The refresh bit flips at each DRAM refresh request: PIT clock / 18. */
const REFRESH_NS = 15085;

/** Bits 0 to 3 are read back: gate 2, speaker data, parity and channel check disables. */
const WRITABLE = 0x0f;
const GATE2 = 0x01;

export class Port61 {
  value = 0;
  private readonly clock: Clock;
  private readonly pit: Pit;

  constructor(clock: Clock, pit: Pit) {
    this.clock = clock;
    this.pit = pit;
  }

  attach(io: IoBus): void {
    io.register(0x61, 1, { read: () => this.read(), write: (_port, value) => this.write(value) });
  }

  reset(): void {
    this.write(0);
  }

  /** Bit 4 toggles with refresh, bit 5 is timer 2's output; no parity or channel error ever. */
  read(): number {
    const refresh = Math.floor(this.clock.now() / REFRESH_NS) % 2 === 1 ? 0x10 : 0;
    return this.value | refresh | (this.pit.output2() ? 0x20 : 0);
  }

  write(value: number): void {
    this.value = value & WRITABLE;
    this.pit.setGate2((value & GATE2) !== 0);
  }
}
