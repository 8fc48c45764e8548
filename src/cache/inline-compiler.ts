/**
 * Compiles on the thread that runs the guest. Binaryen is imported where it is to
 * build the modules, when the first batch comes.
 */
import { loadBinaryen, type Raw } from '../translator/lower/binaryen-raw.ts';
import { translate } from '../translator/pipeline.ts';
import type { TranslatorOptions } from '../translator/region.ts';
import { x87Module } from '../translator/runtime/x87-module.ts';
import type { CompileJob, CompileResult, Compiler } from './compiler.ts';

/**
 * Translates and compiles one batch. Never throws: a failure is a result.
 * @param raw needed where Binaryen is to build the module
 */
export function compileBatch(raw: Raw | undefined, job: CompileJob, options: TranslatorOptions): CompileResult {
  const start = performance.now();
  try {
    const { wasm, regions, x87 } = translate(raw, job.requests, options);
    const middle = performance.now();
    const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
    return {
      job,
      translated: { regions, byteLength: wasm.length },
      module,
      ...(x87 && { x87: x87Module() }),
      broken: false,
      translateMs: middle - start,
      compileMs: performance.now() - middle,
    };
  } catch (error) {
    // A trap or an exhausted stack in Binaryen leaves its heap as it was at that moment.
    const broken = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    const translateMs = performance.now() - start;
    return { job, error: String(error), broken, translateMs, compileMs: 0 };
  }
}

export class InlineCompiler implements Compiler {
  private readonly options: TranslatorOptions;
  private raw: Raw | undefined;
  private loading = false;
  private loadError: string | undefined;
  private readonly jobs: CompileJob[] = [];

  constructor(options: TranslatorOptions) {
    this.options = options;
  }

  get ready(): boolean {
    return this.jobs.length === 0;
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
    const job = this.jobs[0];
    if (job === undefined) return undefined;
    const missing = !this.raw && this.options.codeGenerator === 'binaryen';
    if (missing && this.loadError === undefined) return undefined;
    this.jobs.shift();
    return missing ? this.failure(job, this.loadError ?? '') : compileBatch(this.raw, job, this.options);
  }

  private failure(job: CompileJob, error: string): CompileResult {
    return { job, error, broken: true, translateMs: 0, compileMs: 0 };
  }

  dispose(): void {
    this.jobs.length = 0;
  }

  stats(): Readonly<Record<string, number>> {
    return {};
  }
}
