/**
 * The PC's coprocessor error wiring: FERR# latches IRQ 13, and any write to F0h
 * (or F1h) clears the latch.
 */
import type { IrqLine } from './interrupt-line.ts';
import { allOnes, type IoBus } from './io-bus.ts';

export const FPU_IRQ = 13;

export function attachFpuError(io: IoBus, line: IrqLine): void {
  io.register(0xf0, 2, {
    wide: true,
    read: (_port, size) => allOnes(size),
    write: () => line.lower(),
  });
}
