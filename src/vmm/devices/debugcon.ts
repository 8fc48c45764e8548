/**
 * The debug console that emulators offer on one port (E9h by custom): what is
 * written is output, and reading gives E9h, which tells a guest that it is there.
 */
import type { IoBus } from './io-bus.ts';

/** The port it has unless told otherwise, and what it reads as. */
export const DEBUGCON_PORT = 0xe9;
const SIGNATURE = 0xe9;

/** Puts a debug console on `port`; each byte written goes to `sink`. */
export function attachDebugcon(io: IoBus, port: number, sink: (byte: number) => void): void {
  io.register(port, 1, { read: () => SIGNATURE, write: (_port, value) => sink(value) });
}
