/**
 * A campaign's batches on several threads. A batch whose thread dies or hangs is run again in smaller parts, until the
 * case is known that does it: that is a difference like any other.
 */
import { type BatchResult, type Finding, joinResults } from '../../batch.ts';
import type { Lanes, Minimal, Plan } from '../../campaign.ts';
import type { FuzzCase } from '../../case.ts';
import { Generator } from '../../generate/cases.ts';
import { shrinkBy } from '../../local-lanes.ts';
import type { Job, Reply } from './messages.ts';
import { Thread, ThreadFailure } from './thread.ts';

/** Time for a batch, ms; for its parts, once it has failed. */
const PATIENCE = 180_000;
const PART_PATIENCE = 30_000;
/** Time for a few cases while one is made smaller, and for all of that, ms. */
const SMALL_PATIENCE = 15_000;
const SHRINK_PATIENCE = 60_000;
/** A thread that holds so many bytes is replaced: Binaryen's heap never shrinks. */
const HEAP_LIMIT = 1.2 * 2 ** 30;
/** Cases that end their thread, after which it is not the cases. */
const MAX_FAILURES = 50;

type Answer = Exclude<Reply, { kind: 'ready' } | { kind: 'error' }>;

export class ThreadPool implements Lanes {
  readonly width: number;
  private readonly plan: Plan;
  private readonly jobs: number;
  private readonly program: URL | undefined;
  private readonly patience: number;
  private readonly idle: Thread[] = [];
  private readonly all = new Set<Thread>();
  private readonly queue: (() => void)[] = [];
  private started = 0;
  /** Cases that ended their thread. */
  private failures = 0;
  /** Names of the oracles that there are, and why others are not; known once it has started. */
  oracles: readonly string[] = [];
  missing: readonly string[] = [];

  /**
   * @param jobs threads, at least 1
   * @param options the threads' program, and how long they are waited for, ms
   */
  constructor(plan: Plan, jobs: number, options: { readonly program?: URL; readonly patience?: number } = {}) {
    this.plan = plan;
    this.jobs = jobs;
    this.program = options.program;
    this.patience = options.patience ?? PATIENCE;
    // One batch waits for each that is under way.
    this.width = jobs * 2;
  }

  /** Starts the first thread, to know which oracles there are. @throws ThreadFailure */
  async start(): Promise<void> {
    const thread = await this.another();
    this.idle.push(thread);
  }

  private async another(): Promise<Thread> {
    this.started++;
    const thread = new Thread(this.plan, this.program);
    this.all.add(thread);
    try {
      const { oracles, missing } = await thread.ready();
      this.oracles = oracles;
      this.missing = missing;
      return thread;
    } catch (error) {
      this.all.delete(thread);
      throw new Error(`a fuzzing thread cannot be started: ${error instanceof Error ? error.message : error}`);
    }
  }

  private async take(): Promise<Thread> {
    for (;;) {
      const thread = this.idle.pop();
      if (thread !== undefined) return thread;
      if (this.started < this.jobs) return this.another();
      await new Promise<void>((resolve) => this.queue.push(resolve));
    }
  }

  private giveBack(thread: Thread | undefined): void {
    if (thread === undefined) this.started--;
    else this.idle.push(thread);
    this.queue.shift()?.();
  }

  private async ask(job: Job, patience: number): Promise<Answer> {
    const thread = await this.take();
    try {
      const answer = await thread.ask(job, patience);
      if (answer.heapBytes > HEAP_LIMIT) this.retire(thread);
      else this.giveBack(thread);
      return answer;
    } catch (error) {
      this.retire(thread);
      throw error;
    }
  }

  private retire(thread: Thread): void {
    this.all.delete(thread);
    thread.end();
    this.giveBack(undefined);
  }

  async run(first: number, count: number): Promise<BatchResult> {
    return this.runPart(first, count, this.patience);
  }

  private async runPart(first: number, count: number, patience: number): Promise<BatchResult> {
    try {
      const answer = await this.ask({ kind: 'run', first, count }, patience);
      if (answer.kind !== 'run') throw new ThreadFailure('the thread answered something else');
      return answer.result;
    } catch (error) {
      if (!(error instanceof ThreadFailure)) throw error;
      if (count === 1) return this.failed(first, error.message);
      const half = count >> 1;
      return joinResults([
        await this.runPart(first, half, Math.min(this.patience, PART_PATIENCE)),
        await this.runPart(first + half, count - half, Math.min(this.patience, PART_PATIENCE)),
      ]);
    }
  }

  /** The result of a case that ends its thread. */
  private failed(number: number, message: string): BatchResult {
    if (++this.failures > MAX_FAILURES) throw new Error(`too many cases end their thread; the last: ${message}`);
    const generator = new Generator({ ...this.plan, profiles: this.plan.kinds });
    const [left, ...others] = this.oracles;
    const finding: Finding = {
      case: generator.make(number),
      left: left!,
      right: others.length === 1 ? others[0]! : others.join(' or '),
      differences: [{ what: 'ending', left: 'its thread', right: message }],
    };
    const coverage = { tried: [], engines: [], outside: [] };
    return { first: number, cases: 1, judged: {}, refused: {}, findings: [finding], more: 0, coverage };
  }

  /** A smaller case that hangs, or ends its thread, shows another difference than the one that is looked for. */
  async shrink({ left, right, case: c }: Finding, signal?: AbortSignal): Promise<Minimal | undefined> {
    const compare = async (cases: readonly FuzzCase[]) => {
      try {
        const answer = await this.ask({ kind: 'compare', left, right, cases }, SMALL_PATIENCE);
        return answer.kind === 'compare' ? answer.differences : [];
      } catch (error) {
        if (error instanceof ThreadFailure) return cases.map(() => undefined);
        throw error;
      }
    };
    const small = await shrinkBy(compare, c, { patience: SHRINK_PATIENCE, ...(signal && { signal }) });
    if (small === undefined) return undefined;
    const answer = await this.ask({ kind: 'expected', left, right, case: small.case }, SMALL_PATIENCE);
    return { ...small, expected: answer.kind === 'expected' ? answer.expected : undefined };
  }

  /** Ends all threads. */
  async dispose(): Promise<void> {
    await Promise.all([...this.all].map((thread) => thread.end()));
    this.all.clear();
  }
}
