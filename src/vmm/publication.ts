/**
 * When a deterministic machine publishes what was compiled: when a compiler of a fixed speed
 * would be done with it, in a time that follows from the instructions retired alone. However
 * long the real one takes; the guest waits for it where it has to.
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
 * The fixed speeds, in the time that one translated instruction takes: of the interpreter per instruction, of the
 * compiler per byte of guest code and per job. Who publishes too late interprets longer, who publishes too early waits
 * (docs/decisions.md).
 */
const INTERPRETED = 12;
const COMPILED_BYTE = 2500;
const JOB = 200_000;
/** The longest that a job may take with all that were asked for before it. */
const MAX_BACKLOG = 2_000_000;
/** How long the guest's thread waits at a time, in ms. */
const WAIT_MS = 2;

export class Publication {
  /** A result is due that is not there. */
  blocked = false;
  /** Differs, all but certainly, between runs that did not publish the same regions at the same counts. 32 bits. */
  digest = 0;
  private grain = -1;
  /** The time at which the grain began, and at which the compiler of the fixed speed will have nothing to do. */
  private now = 0;
  private busyUntil = 0;
  private readonly retired: () => number;
  private readonly interpreted: () => number;
  private readonly jobs: { readonly job: CompileJob; readonly due: number }[] = [];
  private readonly early = new Map<CompileJob, CompileResult>();

  /**
   * @param retired instructions retired so far
   * @param interpreted those of them that were interpreted
   */
  constructor(retired: () => number, interpreted: () => number) {
    this.retired = retired;
    this.interpreted = interpreted;
  }

  submitted(job: CompileJob): void {
    let bytes = 0;
    for (const { blocks } of job.requests) for (const block of blocks) bytes += block.bytes.length;
    const now = this.time();
    this.busyUntil = Math.min(Math.max(this.busyUntil, now) + JOB + bytes * COMPILED_BYTE, now + MAX_BACKLOG);
    this.jobs.push({ job, due: this.busyUntil });
  }

  private time(): number {
    return this.retired() + this.interpreted() * (INTERPRETED - 1);
  }

  /** The next result that was due when the grain began. Where it is not there yet: undefined, and `blocked` says so. */
  take(compiler: Compiler): CompileResult | undefined {
    this.blocked = false;
    const grain = Math.floor(this.retired() / GRAIN);
    if (grain !== this.grain) this.now = this.time();
    this.grain = grain;
    const [first] = this.jobs;
    if (first === undefined || this.now < first.due) return undefined;
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
