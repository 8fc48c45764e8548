/**
 * System control port A at 92h: the fast A20 gate and the fast reset.
 */
import type { A20Gate } from './a20.ts';
import type { IoBus } from './io-bus.ts';

const RESET = 0x01;
const A20 = 0x02;

export class Port92 {
  /** Bits other than A20 as last written. */
  value = 0;
  private readonly a20: A20Gate;
  private readonly onReset: () => void;

  constructor(a20: A20Gate, onReset: () => void) {
    this.a20 = a20;
    this.onReset = onReset;
  }

  attach(io: IoBus): void {
    io.register(0x92, 1, { read: () => this.read(), write: (_port, value) => this.write(value) });
  }

  reset(): void {
    this.value = 0;
  }

  read(): number {
    return this.value | (this.a20.enabled ? A20 : 0);
  }

  /** Bit 1 drives A20; bit 0 resets when it goes from 0 to 1. */
  write(value: number): void {
    const rising = (value & ~this.value & RESET) !== 0;
    this.value = value & ~A20;
    this.a20.set((value & A20) !== 0);
    if (rising) {
      this.onReset();
    }
  }
}
