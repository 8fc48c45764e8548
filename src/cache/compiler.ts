/**
 * Who turns requests into compiled modules: on this thread or on another. The
 * engine submits batches and takes results when it is at a boundary.
 */
import type { RegionRequest, TranslatedModule } from '../translator/region.ts';

export interface CompileJob {
  readonly requests: readonly RegionRequest[];
  /** Counts evictions: a result of an earlier generation is thrown away. */
  readonly generation: number;
}

export interface CompileResult {
  readonly job: CompileJob;
  /** Undefined when translation failed; `error` says why. */
  readonly translated?: TranslatedModule;
  readonly module?: WebAssembly.Module;
  readonly error?: string;
  /** Milliseconds spent on building and emitting, and in WebAssembly's compiler. */
  readonly translateMs: number;
  readonly compileMs: number;
}

export interface Compiler {
  /** Whether another batch would be started soon. */
  readonly ready: boolean;
  submit(job: CompileJob): void;
  /** A finished batch, if there is one. Never waits. */
  take(): CompileResult | undefined;
  dispose(): void;
}
