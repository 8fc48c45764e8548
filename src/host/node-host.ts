/**
 * Node's clock and event loop, as a machine needs them.
 */
import type { HostServices } from '../vmm/host-services.ts';
import { WorkerCompiler } from './worker-compiler.ts';

export const nodeHost: HostServices = {
  now: () => performance.now() * 1e6,
  wallClock: () => Date.now(),
  soon(callback) {
    setImmediate(callback);
  },
  later(milliseconds, callback) {
    // A longer wait than setTimeout can express just wakes early.
    const timer = setTimeout(callback, Math.min(milliseconds, 0x7fffffff));
    return () => clearTimeout(timer);
  },
  createCompiler: (options) => new WorkerCompiler(options),
};
