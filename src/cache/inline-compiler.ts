/** Compiles on the thread that runs the guest. Binaryen is imported when the first batch comes. */
import { loadBinaryen, type Raw } from '../translator/lower/binaryen-raw.ts';
import { translate } from '../translator/pipeline.ts';
import type { TranslatorOptions } from '../translator/region.ts';
import { x87Module } from '../translator/runtime/x87-module.ts';
import type { CompileJob, CompileResult, Compiler } from './compiler.ts';

/** Translates and compiles one batch. Never throws: a failure is a result. */
export function compileBatch(raw: Raw, job: CompileJob, options: TranslatorOptions): CompileResult {
  const start = performance.now();
  try {
    const { wasm, regions, x87 } = translate(raw, job.requests, options);
    const middle = performance.now();
    const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
    return {
      job,
      translated: { regions, byteLength: wasm.length },
      module,
      ...(x87 && { x87: x87Module(raw) }),
      broken: false,
      translateMs: middle - start,
      compileMs: performance.now() - middle,
    };
  } catch (error) {
    // A trap or an exhausted stack in Binaryen leaves its heap as it was at that moment.
    const broken = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    return { job, error: String(error), broken, translateMs: performance.now() - start, compileMs: 0 };
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
    if (!this.raw && this.loadError === undefined) return undefined;
    const job = this.jobs.shift();
    if (!job) return undefined;
    if (this.raw) return compileBatch(this.raw, job, this.options);
    return { job, error: this.loadError ?? '', broken: true, translateMs: 0, compileMs: 0 };
  }

  dispose(): void {
    this.jobs.length = 0;
  }

  stats(): Readonly<Record<string, number>> {
    return {};
  }
}
