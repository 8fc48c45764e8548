/**
 * When a deterministic machine publishes what was compiled: at a count of
 * retired instructions fixed when it was asked for, however long the compiler
 * takes. The guest waits there where it has to.
 *
 * What holds: results are given out in the order of their jobs, at counts that
 * follow from the guest's run alone; `digest` says what was given out and when.
 */
import type { CompileJob, CompileResult, Compiler } from '../cache/compiler.ts';

/**
 * A stretch of a deterministic run ends at each multiple of this count, in any case; only there does anything that
 * others have done become part of the run. So it does not matter to the run where else it is cut.
 */
export const GRAIN = 2 ** 17;
/**
 * Retired instructions between a request and its publication, at least: some milliseconds of interpreted code, so that
 * a compiling thread has a start.
 */
const DELAY = 2 ** 19;
/** How long the guest's thread waits at a time, in ms. */
const WAIT_MS = 2;

export class Publication {
  /** A result is due that is not there. */
  blocked = false;
  /** Differs, all but certainly, between runs that did not publish the same regions at the same counts. 32 bits. */
  digest = 0;
  private grain = -1;
  private readonly retired: () => number;
  private readonly jobs: { readonly job: CompileJob; readonly due: number }[] = [];
  private readonly early = new Map<CompileJob, CompileResult>();

  constructor(retired: () => number) {
    this.retired = retired;
  }

  /** Whether the run has come to another grain since this was asked last. */
  newGrain(): boolean {
    const grain = Math.floor(this.retired() / GRAIN);
    if (grain === this.grain) return false;
    this.grain = grain;
    return true;
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
    else {
      this.jobs.shift();
      this.note(first.job);
    }
    return result;
  }

  private note({ requests }: CompileJob): void {
    this.mix(this.retired());
    for (const { id, blocks } of requests) {
      this.mix(id);
      for (const { eip, bytes } of blocks) {
        this.mix(eip);
        this.mix(bytes.length);
      }
    }
  }

  private mix(value: number): void {
    const low = Math.imul((this.digest ^ value) | 0, 0x9e37_79b1) ^ Math.floor(value / 2 ** 32);
    this.digest = (low ^ (low >>> 15)) >>> 0;
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
