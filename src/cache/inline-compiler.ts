/** Compiles on the thread that runs the guest. Binaryen is imported when the first batch comes. */
import { loadBinaryen, type Raw } from '../translator/lower/binaryen-raw.ts';
import { translate } from '../translator/pipeline.ts';
import type { TranslatorOptions } from '../translator/region.ts';
import type { CompileJob, CompileResult, Compiler } from './compiler.ts';

/** Translates and compiles one batch. Never throws: a failure is a result. */
export function compileBatch(raw: Raw, job: CompileJob, options: TranslatorOptions): CompileResult {
  const start = performance.now();
  try {
    const translated = translate(raw, job.requests, options);
    const middle = performance.now();
    const module = new WebAssembly.Module(translated.wasm as Uint8Array<ArrayBuffer>);
    return { job, translated, module, translateMs: middle - start, compileMs: performance.now() - middle };
  } catch (error) {
    return { job, error: String(error), translateMs: performance.now() - start, compileMs: 0 };
  }
}

export class InlineCompiler implements Compiler {
  private readonly options: TranslatorOptions;
  private raw: Raw | undefined;
  private loading = false;
  private readonly jobs: CompileJob[] = [];

  constructor(options: TranslatorOptions) {
    this.options = options;
  }

  get ready(): boolean {
    return this.jobs.length === 0;
  }

  submit(job: CompileJob): void {
    this.jobs.push(job);
    if (this.raw || this.loading) return;
    this.loading = true;
    void loadBinaryen().then((raw) => {
      this.raw = raw;
    });
  }

  take(): CompileResult | undefined {
    if (!this.raw) return undefined;
    const job = this.jobs.shift();
    return job && compileBatch(this.raw, job, this.options);
  }

  dispose(): void {
    this.jobs.length = 0;
  }
}
