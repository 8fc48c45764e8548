/**
 * One thread of a campaign. What holds: each job is answered, or fails with a reason, whatever happens to the thread; a
 * thread that is silent for too long is ended.
 */
import { Worker } from 'node:worker_threads';
import type { Plan } from '../../campaign.ts';
import type { Job, Reply, ThreadData } from './messages.ts';

/** JavaScript's own heap in a thread; more ends the thread, not the process. */
const MAX_OLD_GENERATION_MB = 1500;
/** Time for oracles to be made: one of them may have to be compiled, ms. */
const START_PATIENCE = 120_000;
/** Time that a thread has to end by itself, ms. */
const END_PATIENCE = 3000;

/** A thread ended or fell silent. */
export class ThreadFailure extends Error {
  override readonly name = 'ThreadFailure';
}

/** The entry beside this file: source needs help to start, compiled JavaScript does not. */
function entry(): URL {
  const fromSource = new URL(import.meta.url).pathname.endsWith('.ts');
  return new URL(fromSource ? './worker-bootstrap.mjs' : './worker.js', import.meta.url);
}

export class Thread {
  private readonly worker: Worker;
  private waiting: { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void } | undefined;
  private early: Reply | undefined;
  /** Why it has ended. */
  private ended: string | undefined;
  private readonly exit: Promise<void>;

  /** @param program what the thread runs; the one beside this file unless given */
  constructor(plan: Plan, program: URL = entry()) {
    const workerData: ThreadData = { plan };
    this.worker = new Worker(program, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: MAX_OLD_GENERATION_MB },
    });
    this.worker.on('message', (reply: Reply) => {
      const { waiting } = this;
      this.waiting = undefined;
      if (waiting === undefined) this.early = reply;
      else waiting.resolve(reply);
    });
    this.worker.on('error', (error) => this.fail(error instanceof Error ? error.message : String(error)));
    this.exit = new Promise((resolve) => {
      this.worker.on('exit', () => {
        this.fail('the thread ended');
        resolve();
      });
    });
  }

  private fail(why: string): void {
    this.ended ??= why.split('\n')[0]!;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.reject(new ThreadFailure(this.ended));
  }

  private reply(patience: number): Promise<Reply> {
    const { early, ended } = this;
    this.early = undefined;
    if (early !== undefined) return Promise.resolve(early);
    if (ended !== undefined) return Promise.reject(new ThreadFailure(ended));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.fail(`hung: no answer in ${patience / 1000} s`);
        this.worker.terminate();
      }, patience);
      this.waiting = {
        resolve: (reply) => {
          clearTimeout(timer);
          resolve(reply);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
    });
  }

  /** Waits until it is ready. @throws ThreadFailure */
  async ready(): Promise<Extract<Reply, { kind: 'ready' }>> {
    const reply = await this.reply(START_PATIENCE);
    if (reply.kind !== 'ready') throw new ThreadFailure('the thread did not begin as it should');
    return reply;
  }

  /**
   * Does a job.
   * @param patience milliseconds
   * @throws ThreadFailure
   */
  async ask(job: Job, patience: number): Promise<Exclude<Reply, { kind: 'ready' } | { kind: 'error' }>> {
    if (this.ended !== undefined) throw new ThreadFailure(this.ended);
    this.worker.postMessage(job);
    const reply = await this.reply(patience);
    if (reply.kind === 'error') throw new ThreadFailure(reply.message);
    if (reply.kind === 'ready') throw new ThreadFailure('the thread answered something else');
    return reply;
  }

  /** Lets it put things away, and ends it. */
  async end(): Promise<void> {
    if (this.ended === undefined) this.worker.postMessage('end');
    const timer = setTimeout(() => this.worker.terminate(), END_PATIENCE);
    await this.exit;
    clearTimeout(timer);
  }
}
