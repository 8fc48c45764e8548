/**
 * Compiles on the thread that runs the guest. Binaryen is imported when it is
 * first needed: where it builds the modules, or by a batch that calls the x87 runtime.
 */
import { loadBinaryen, type Raw } from '../translator/lower/binaryen-raw.ts';
import { translate } from '../translator/pipeline.ts';
import type { TranslatorOptions } from '../translator/region.ts';
import { x87Module } from '../translator/runtime/x87-module.ts';
import type { CompileJob, CompileResult, Compiler } from './compiler.ts';

/** A result that may still lack the x87 runtime. */
export interface BatchResult extends CompileResult {
  readonly wantsX87: boolean;
}

/**
 * Translates and compiles one batch. Never throws: a failure is a result.
 * @param raw needed where Binaryen is to build the module
 */
export function compileBatch(raw: Raw | undefined, job: CompileJob, options: TranslatorOptions): BatchResult {
  const start = performance.now();
  try {
    const { wasm, regions, x87 } = translate(raw, job.requests, options);
    const middle = performance.now();
    const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
    return {
      job,
      translated: { regions, byteLength: wasm.length },
      module,
      wantsX87: x87,
      broken: false,
      translateMs: middle - start,
      compileMs: performance.now() - middle,
    };
  } catch (error) {
    // A trap or an exhausted stack in Binaryen leaves its heap as it was at that moment.
    const broken = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    const translateMs = performance.now() - start;
    return { job, error: String(error), wantsX87: false, broken, translateMs, compileMs: 0 };
  }
}

/** The result with the x87 runtime that it wants. */
export function withX87(raw: Raw, result: BatchResult): CompileResult {
  return result.wantsX87 ? { ...result, x87: x87Module(raw) } : result;
}

export class InlineCompiler implements Compiler {
  private readonly options: TranslatorOptions;
  private raw: Raw | undefined;
  private loading = false;
  private loadError: string | undefined;
  private readonly jobs: CompileJob[] = [];
  /** Compiled, and waiting for the x87 runtime. */
  private held: BatchResult | undefined;

  constructor(options: TranslatorOptions) {
    this.options = options;
  }

  get ready(): boolean {
    return this.jobs.length === 0 && this.held === undefined;
  }

  start(): void {}

  submit(job: CompileJob): void {
    this.jobs.push(job);
    if (this.options.codeGenerator === 'binaryen') this.load();
  }

  private load(): void {
    if (this.loading) return;
    this.loading = true;
    loadBinaryen().then(
      (raw) => {
        this.raw = raw;
      },
      (error: unknown) => {
        this.loadError = String(error);
      },
    );
  }

  take(): CompileResult | undefined {
    const result = this.held ?? this.compileNext();
    if (!result?.wantsX87) return result;
    if (this.raw) {
      this.held = undefined;
      return withX87(this.raw, result);
    }
    if (this.loadError !== undefined) {
      this.held = undefined;
      return this.failure(result.job, this.loadError);
    }
    this.held = result;
    this.load();
    return undefined;
  }

  private compileNext(): BatchResult | undefined {
    const job = this.jobs[0];
    if (job === undefined) return undefined;
    const missing = !this.raw && this.options.codeGenerator === 'binaryen';
    if (missing && this.loadError === undefined) return undefined;
    this.jobs.shift();
    return missing ? this.failure(job, this.loadError ?? '') : compileBatch(this.raw, job, this.options);
  }

  private failure(job: CompileJob, error: string): BatchResult {
    return { job, error, wantsX87: false, broken: true, translateMs: 0, compileMs: 0 };
  }

  dispose(): void {
    this.jobs.length = 0;
    this.held = undefined;
  }

  stats(): Readonly<Record<string, number>> {
    return {};
  }
}
