/** What modules of regions import of one machine: its memory, slow paths, and who to tell of what. */
import type { Cpu } from '../cpu/cpu.ts';
import * as abi from '../translator/abi.ts';
import { flagsOf } from '../translator/lazy-flags.ts';
import { memoryFunctions } from '../translator/runtime/memory-functions.ts';
import { createSlowPaths } from './slow-paths.ts';

/** Imports that are the engine's; see abi.IMPORTS. */
export interface RegionHandlers {
  dispatch(slot: number): void;
  callout(eip: number): number;
  /** Absent: RDTSC is left to the interpreter. */
  timestamp?(left: number): number;
  hot?(region: number): number;
  went?(region: number, eip: number, target: number): number;
}

const nothing = () => 0;

export function regionImports(cpu: Cpu, handlers: RegionHandlers): WebAssembly.Imports {
  const memory: WebAssembly.ModuleImports = {
    [abi.IMPORT_MEMORY]: cpu.memory.memory,
    ...createSlowPaths(cpu),
  };
  const fail = () => {
    cpu.s32[abi.SLOW_FAILED >> 2] = 1;
    return 0;
  };
  const imports = {
    ...memory,
    ...memoryFunctions(memory),
    [abi.IMPORT_DISPATCH]: handlers.dispatch,
    flags: flagsOf,
    callout: handlers.callout,
    timestamp: handlers.timestamp ?? fail,
    hot: handlers.hot ?? nothing,
    went: handlers.went ?? nothing,
  };
  return { [abi.IMPORT_MODULE]: imports };
}
