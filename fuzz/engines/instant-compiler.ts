/** The compiler of an oracle: on this thread, at once, and no more than a case may ask for. */
import type { CompileJob, CompileResult, Compiler } from '../../src/cache/compiler.ts';
import { compileBatch, withX87 } from '../../src/cache/inline-compiler.ts';
import type { Raw } from '../../src/translator/lower/binaryen-raw.ts';
import type { TranslatorOptions } from '../../src/translator/region.ts';

/** Modules made on the way in one case. */
const MAX_MODULES = 24;

/** Compiles what is submitted when it is taken, on this thread. */
export class InstantCompiler implements Compiler {
  /** Modules that may still be made: code that changes itself again and again would have one for each change. */
  private allowance = MAX_MODULES;
  private readonly raw: Raw;
  private readonly options: TranslatorOptions;
  private readonly jobs: CompileJob[] = [];
  /** Errors of batches since somebody asked. */
  errors: string[] = [];

  constructor(raw: Raw, options: TranslatorOptions) {
    this.raw = raw;
    this.options = options;
  }
  get ready(): boolean {
    return this.allowance > 0;
  }
  /** For another case. */
  renew(): void {
    this.allowance = MAX_MODULES;
  }
  start(): void {}
  submit(job: CompileJob): void {
    this.allowance--;
    this.jobs.push(job);
  }
  take(): CompileResult | undefined {
    const job = this.jobs.shift();
    const result = job && withX87(this.raw, compileBatch(this.raw, job, this.options));
    if (result?.error !== undefined) this.errors.push(result.error);
    return result;
  }
  /** There is nothing to wait for: what is submitted is taken at once. */
  wait(): void {}
  dispose(): void {}
  stats(): Readonly<Record<string, number>> {
    return {};
  }
}
