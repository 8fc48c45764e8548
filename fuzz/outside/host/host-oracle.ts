/**
 * The host's own processor as an oracle: user-mode cases run in a child process of 32 bits (harness/), and the kernel's
 * signals tell how they ended.
 */
import { RF, VIF, VIP, VM } from '../../../src/cpu/registers.ts';
import type { FuzzCase, Outcome } from '../../case.ts';
import type { Knowledge, Oracle } from '../../oracle.ts';
import { buildHarness } from './build.ts';
import { outcomeOf } from './outcome.ts';
import { type HostPlan, planOf } from './plan.ts';
import { HarnessProcess, PATIENCE } from './process.ts';
import { BATCH, decodeResult, END_NOT_ENTERED, END_TIME, encodeCase, sizeOfCase } from './protocol.ts';

/** Cases given to the harness at once. */
const MOST_CASES = 256;
/** The harness may end so often without having run anything in between. */
const MOST_FAILURES = 24;

interface Job {
  /** Place in what was asked for. */
  readonly index: number;
  readonly plan: HostPlan;
}

function reasonOf(ending: number): string {
  if (ending === END_TIME) return 'takes longer than 20 ms';
  return ending === END_NOT_ENTERED ? 'cannot be entered' : 'ended in what only Linux has';
}

export class HostOracle implements Oracle {
  readonly name = 'host';
  readonly independent = true;
  readonly knows: Knowledge = {
    system: false,
    segmentCaches: false,
    fpuPointers: false,
    eflags: ~(RF | VM | VIF | VIP),
    cr2: true,
  };
  /** Why the last run gave no outcome, by case. */
  reasons: (string | undefined)[] = [];
  private readonly path: string;
  private readonly patience: number;
  private failures = 0;
  private process: HarnessProcess | undefined;
  private readonly buffer = Buffer.alloc(BATCH);
  /** Runs follow each other. */
  private last: Promise<unknown> = Promise.resolve();

  /**
   * @param path of the harness
   * @param patience milliseconds without a word of it after which it hangs
   */
  constructor(path: string, patience: number = PATIENCE) {
    this.path = path;
    this.patience = patience;
  }

  refuses(c: FuzzCase): string | undefined {
    const plan = planOf(c);
    return typeof plan === 'string' ? plan : undefined;
  }

  run(cases: readonly FuzzCase[]): Promise<readonly (Outcome | undefined)[]> {
    const result = this.last.then(() => this.runAll(cases));
    this.last = result.catch(() => {});
    return result;
  }

  private async runAll(cases: readonly FuzzCase[]): Promise<readonly (Outcome | undefined)[]> {
    const outcomes = new Array<Outcome | undefined>(cases.length).fill(undefined);
    this.reasons = new Array<string | undefined>(cases.length).fill(undefined);
    let jobs: Job[] = [];
    let size = 0;
    for (let index = 0; index < cases.length; index++) {
      const plan = planOf(cases[index]!);
      if (typeof plan === 'string') {
        this.reasons[index] = plan;
        continue;
      }
      const more = sizeOfCase(plan.c, plan.tables);
      if (jobs.length === MOST_CASES || size + more > BATCH) {
        await this.runJobs(jobs, outcomes);
        jobs = [];
        size = 0;
      }
      jobs.push({ index, plan });
      size += more;
    }
    if (jobs.length > 0) await this.runJobs(jobs, outcomes);
    return outcomes;
  }

  /**
   * Runs jobs; where the harness ends or hangs, again in two halves with a new one, down to the single case that did it:
   * that one is not judged.
   * @throws Error where the harness does not run anything any more
   */
  private async runJobs(jobs: readonly Job[], outcomes: (Outcome | undefined)[]): Promise<void> {
    const done = await this.runBatch(jobs, outcomes);
    if (done === jobs.length) {
      this.failures = 0;
      return;
    }
    this.process?.dispose();
    this.process = undefined;
    if (++this.failures > MOST_FAILURES)
      throw new Error("the host's processor: the harness ends whatever it is to run");
    for (const { index } of jobs) {
      outcomes[index] = undefined;
      this.reasons[index] = 'ended the harness, or hung it';
    }
    if (jobs.length === 1) return;
    const half = jobs.length >>> 1;
    await this.runJobs(jobs.slice(0, half), outcomes);
    await this.runJobs(jobs.slice(half), outcomes);
  }

  private async runBatch(jobs: readonly Job[], outcomes: (Outcome | undefined)[]): Promise<number> {
    const process = await this.started();
    let end = 0;
    for (const { plan } of jobs) end = encodeCase(plan.c, plan.tables, this.buffer, end);
    let n = 0;
    return process.run(this.buffer.subarray(0, end), jobs.length, (from, at) => {
      const { index, plan } = jobs[n++]!;
      const { c, tables, back } = plan;
      const raw = decodeResult(from, at, c.initial);
      const outcome = outcomeOf(c, raw, tables);
      outcomes[index] = outcome && back(outcome);
      if (outcomes[index] !== undefined) this.reasons[index] = undefined;
      else this.reasons[index] = outcome === undefined ? reasonOf(raw.ending) : 'ended in what depends on the mode';
    });
  }

  private async started(): Promise<HarnessProcess> {
    if (this.process !== undefined) return this.process;
    const process = new HarnessProcess(this.path, this.patience);
    const missing = await process.start();
    if (missing !== undefined) {
      process.dispose();
      throw new Error(`the host's processor: ${missing}`);
    }
    this.process = process;
    return process;
  }

  dispose(): void {
    this.process?.dispose();
    this.process = undefined;
  }
}

/** One line of what went wrong with gcc. */
function buildError(error: unknown): string {
  const { code, stderr } = error as { code?: unknown; stderr?: unknown };
  if (code === 'ENOENT') return 'gcc is not installed';
  const line = String(stderr ?? '')
    .split('\n')
    .find((text) => text.includes('error'));
  return `gcc -m32 does not build the harness${line === undefined ? '' : `: ${line.trim()}`}`;
}

/** Makes the oracle of the host's processor, or says why there is none. */
export async function makeHostOracle(): Promise<Oracle | { readonly missing: string }> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: `an x86-64 Linux is needed, this is ${process.platform} on ${process.arch}` };
  }
  let path: string;
  try {
    path = buildHarness();
  } catch (error) {
    return { missing: buildError(error) };
  }
  const harness = new HarnessProcess(path);
  const missing = await harness.start();
  harness.dispose();
  return missing === undefined ? new HostOracle(path) : { missing };
}
