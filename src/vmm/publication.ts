/**
 * When a deterministic machine publishes what was compiled: at a count of
 * retired instructions fixed when it was asked for, however long the compiler
 * takes. The guest waits there where it has to.
 *
 * What holds: results are given out in the order of their jobs.
 */
import type { CompileJob, CompileResult, Compiler } from '../cache/compiler.ts';

/**
 * Retired instructions between a request and its publication, at least: some milliseconds of interpreted code, so that
 * a compiling thread has a start; and the grain of the counts at which is published (stretches end there).
 */
const DELAY = 2 ** 18;
const GRAIN = 2 ** 16;
/** How long the guest's thread waits at a time, in ms. */
const WAIT_MS = 2;

export class Publication {
  /** A result is due that is not there. */
  blocked = false;
  private readonly retired: () => number;
  private readonly jobs: { readonly job: CompileJob; readonly due: number }[] = [];
  private readonly early = new Map<CompileJob, CompileResult>();

  constructor(retired: () => number) {
    this.retired = retired;
  }

  submitted(job: CompileJob): void {
    this.jobs.push({ job, due: Math.ceil((this.retired() + DELAY) / GRAIN) * GRAIN });
  }

  /** The next result that is due. Where it is not there yet: undefined, and `blocked` says so. */
  take(compiler: Compiler): CompileResult | undefined {
    this.blocked = false;
    const [first] = this.jobs;
    if (first === undefined || this.retired() < first.due) return undefined;
    const result = this.receive(compiler, first.job);
    if (result === undefined) this.blocked = true;
    else this.jobs.shift();
    return result;
  }

  private receive(compiler: Compiler, job: CompileJob): CompileResult | undefined {
    let waited = false;
    for (;;) {
      const known = this.early.get(job);
      if (known !== undefined) {
        this.early.delete(job);
        return known;
      }
      const result = compiler.take();
      if (result !== undefined) this.early.set(result.job, result);
      else if (waited || compiler.wait === undefined) return undefined;
      else {
        compiler.wait(WAIT_MS);
        waited = true;
      }
    }
  }
}
