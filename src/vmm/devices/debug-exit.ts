/**
 * The exit port of test ROMs and test kernels (isa-debug-exit): a write of
 * `value` ends the virtual machine with status (value << 1) | 1, so never 0.
 */
import type { IoBus } from './io-bus.ts';

/** Where it is unless told otherwise. */
export const DEBUG_EXIT_PORT = 0x501;
export const DEBUG_EXIT_SIZE = 2;

/** Puts the exit port at `port`, `size` ports wide; `onExit` gets the status (32 bits, unsigned). */
export function attachDebugExit(io: IoBus, port: number, size: number, onExit: (status: number) => void): void {
  io.register(port, size, {
    wide: true,
    read: () => 0,
    write: (_port, value) => onExit(((value << 1) | 1) >>> 0),
  });
}
