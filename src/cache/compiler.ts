/**
 * Who turns requests into compiled modules: on this thread or on another. The
 * engine submits batches and takes results when it is at a boundary.
 */
import type { ModuleContents, RegionRequest, TranslatorOptions } from '../translator/region.ts';

export interface CompileJob {
  readonly requests: readonly RegionRequest[];
  /** Counts evictions: a result of an earlier generation is thrown away. */
  readonly generation: number;
}

export interface CompileResult {
  readonly job: CompileJob;
  /** Undefined when translation failed; `error` says why. */
  readonly translated?: ModuleContents;
  readonly module?: WebAssembly.Module;
  /** The x87 runtime, where the module imports it. */
  readonly x87?: WebAssembly.Module;
  readonly error?: string;
  /** The failure was of the compiler itself, whose state cannot be trusted any more. */
  readonly broken: boolean;
  /** Milliseconds spent on building and emitting, and in WebAssembly's compiler. */
  readonly translateMs: number;
  readonly compileMs: number;
}

export interface Compiler {
  /** Whether another batch would be started soon. */
  readonly ready: boolean;
  /** Told that a batch will come soon. */
  start(): void;
  /** Takes a batch, also when not `ready`; its result will come, unless disposed of. */
  submit(job: CompileJob): void;
  /** A finished batch, if there is one. Never waits. */
  take(): CompileResult | undefined;
  /** Holds the thread until something may be there to take, for `ms` milliseconds at most. Absent: nothing is ever awaited. */
  wait?(ms: number): void;
  dispose(): void;
  /** Counters of its own, by name. */
  stats(): Readonly<Record<string, number>>;
}

/** What a host makes a compiler from. */
export interface CompilerOptions {
  readonly translator: TranslatorOptions;
  /** Told, in one line, about trouble that the guest is not to notice. */
  readonly onTrouble: (text: string) => void;
}
