/** The compiler of an oracle: on this thread, at once or with a delay in the guest's time, and no more than a case may ask for. */
import type { CompileJob, CompileResult, Compiler } from '../../src/cache/compiler.ts';
import { compileBatch } from '../../src/cache/inline-compiler.ts';
import type { Raw } from '../../src/translator/lower/binaryen-raw.ts';
import type { TranslatorOptions } from '../../src/translator/region.ts';

/** Modules made on the way in one case. */
const MAX_MODULES = 24;
/** The dispatcher asks three times between one run and the next. */
const LATE = 4;

/** Compiles what is submitted when it is taken, on this thread. A late one has nothing finished before the guest has run on. */
export class InstantCompiler implements Compiler {
  /** Modules that may still be made: code that changes itself again and again would have one for each change. */
  private allowance = MAX_MODULES;
  private readonly raw: Raw;
  private readonly options: TranslatorOptions;
  private readonly late: boolean;
  /** Times that somebody has asked for results; and of each job, how often that must be before it is finished. */
  private asked = 0;
  private readonly jobs: { readonly job: CompileJob; readonly due: number }[] = [];
  /** Errors of batches since somebody asked. */
  errors: string[] = [];

  constructor(raw: Raw, options: TranslatorOptions, late = false) {
    this.raw = raw;
    this.late = late;
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
    this.jobs.push({ job, due: this.late ? this.asked + LATE : 0 });
  }
  take(): CompileResult | undefined {
    this.asked++;
    if (this.jobs[0] === undefined || this.jobs[0].due > this.asked) return undefined;
    const job = this.jobs.shift()?.job;
    const result = job && compileBatch(this.raw, job, this.options);
    if (result?.error !== undefined) this.errors.push(result.error);
    return result;
  }
  /** What is submitted is there at once, or not before the guest has run on. */
  wait(): void {}
  dispose(): void {}
  stats(): Readonly<Record<string, number>> {
    return {};
  }
}
