/**
 * What a machine needs from the platform that hosts it. Node's is in
 * src/host; a browser's can stand beside it.
 */
import type { Compiler, CompilerOptions } from '../cache/compiler.ts';

export interface HostServices {
  /** Monotonic nanoseconds; the origin does not matter. */
  now(): number;
  /** Wall-clock time in milliseconds since 1970, UTC. */
  wallClock(): number;
  /** Calls back after pending input and timers of the host had their turn. */
  soon(callback: () => void): void;
  /** Calls back after about `milliseconds`; the function returned cancels it. */
  later(milliseconds: number, callback: () => void): () => void;
  /** A compiler on a thread of its own; absent where there are no threads: then the guest's thread compiles. */
  createCompiler?(options: CompilerOptions): Compiler;
}
