/**
 * Ports that guests touch without expecting a device: nothing answers, as on
 * hardware, but an access is not worth a line in a log of unimplemented ports.
 */
import { allOnes, type IoBus, type IoHandler } from './io-bus.ts';

const FLOATING: IoHandler = {
  wide: true,
  read: (_port, size) => allOnes(size),
  write() {},
};

/** Ports: delay port EDh, and F0h/F1h that clear the coprocessor's busy latch. */
const QUIET: readonly (readonly [first: number, count: number])[] = [
  [0xed, 1],
  [0xf0, 2],
];

export function attachQuietPorts(io: IoBus): void {
  for (const [first, count] of QUIET) {
    io.register(first, count, FLOATING);
  }
}
