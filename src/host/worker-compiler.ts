/**
 * Compiles on a thread of its own. Results are taken from the message port
 * directly, so they reach the engine between two stretches of guest code and
 * not only when the event loop turns.
 *
 * What holds: every job submitted comes back exactly once, with a module or an
 * error, whatever happens to the thread; the thread never keeps the process
 * alive, and is replaced when it holds too much memory (Binaryen's heap never
 * shrinks), breaks or hangs. When that has happened too often, every job fails, and
 * the guest is interpreted.
 */
import { inspect } from 'node:util';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { CompileJob, CompileResult, Compiler } from '../cache/compiler.ts';
import type { TranslatorOptions } from '../translator/region.ts';
import type { CompileMessage, CompileReply, CompileThreadData } from './compile-messages.ts';
import { unpackRegions } from './region-codec.ts';
import { packRequests } from './request-codec.ts';

/** Batches under way at once: one being worked on, the others so that the thread never waits. */
const MAX_IN_FLIGHT = 3;
/** Threads that may fail before no more are started; `FORGIVEN_AFTER` good batches make up for one. */
const MAX_FAILURES = 5;
const FORGIVEN_AFTER = 64;
const DEFAULT_HEAP_LIMIT = 256 * 2 ** 20;
/** A batch takes some tens of ms; a thread silent for this long, in ms, hangs. */
const DEFAULT_PATIENCE = 60_000;
/** JavaScript's own heap in the thread; more ends the thread, not the process. */
const MAX_OLD_GENERATION_MB = 512;

export interface WorkerCompilerOptions {
  readonly translator: TranslatorOptions;
  /** Bytes held by the thread past which a new one takes over. */
  readonly heapLimit?: number;
  /** Milliseconds without an answer after which the thread is given up. */
  readonly patience?: number;
  /** Told, in a line, what went wrong with a thread. */
  readonly onTrouble?: (text: string) => void;
  /** The thread's program. */
  readonly entry?: URL;
}

/** The entry beside this file: source needs help to start, compiled JavaScript does not. */
function defaultEntry(): URL {
  const fromSource = new URL(import.meta.url).pathname.endsWith('.ts');
  return new URL(fromSource ? './compile-worker-bootstrap.mjs' : './compile-worker.js', import.meta.url);
}

interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  /** In the order in which they were sent, which is that of the replies. */
  readonly jobs: Map<number, CompileJob>;
  /** Since when it owes an answer, ms. */
  since: number;
  error: string;
}

export class WorkerCompiler implements Compiler {
  private readonly options: WorkerCompilerOptions;
  /** Where new jobs go. */
  private current: Thread | undefined;
  /** `current`, and those that only finish what they have. */
  private readonly threads = new Set<Thread>();
  private readonly failed: CompileResult[] = [];
  private inFlight = 0;
  private nextId = 0;
  private disposed = false;
  /** Goes up with each reply; and what it was when last waited for. */
  private readonly signal = new Int32Array(new SharedArrayBuffer(4));
  private seen = 0;
  private starts = 0;
  private failures = 0;
  private goodBatches = 0;
  private heapBytes = 0;

  constructor(options: WorkerCompilerOptions) {
    this.options = options;
  }

  get ready(): boolean {
    return this.inFlight < MAX_IN_FLIGHT;
  }

  /** Starts the thread, so that it is ready when the first batch comes. */
  start(): void {
    if (this.disposed || this.current !== undefined || this.failures > MAX_FAILURES) return;
    const { port1, port2 } = new MessageChannel();
    const workerData: CompileThreadData = { port: port2, options: this.options.translator, signal: this.signal };
    const worker = new Worker(this.options.entry ?? defaultEntry(), {
      workerData,
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: MAX_OLD_GENERATION_MB },
    });
    const thread: Thread = { worker, port: port1, jobs: new Map(), since: performance.now(), error: '' };
    worker.on('error', (error) => {
      thread.error = error instanceof Error ? String(error) : inspect(error);
    });
    worker.on('exit', (code) => this.exited(thread, code));
    worker.unref();
    port1.unref();
    this.starts++;
    this.threads.add(thread);
    this.current = thread;
  }

  submit(job: CompileJob): void {
    this.start();
    this.inFlight++;
    const thread = this.current;
    if (thread === undefined) {
      this.fail(job, this.disposed ? 'the compiler was disposed of' : 'compiling threads failed too often');
      return;
    }
    if (thread.jobs.size === 0) thread.since = performance.now();
    const id = this.nextId++;
    thread.jobs.set(id, job);
    const requests = packRequests(job.requests);
    const message: CompileMessage = { id, requests };
    thread.port.postMessage(message, [requests.words.buffer, requests.code.buffer]);
  }

  take(): CompileResult | undefined {
    if (this.inFlight === 0) return undefined;
    let result = this.failed.shift();
    if (result === undefined) {
      for (const thread of this.threads) {
        result = this.receive(thread);
        if (result !== undefined) break;
      }
    }
    if (result !== undefined) this.inFlight--;
    return result;
  }

  wait(ms: number): void {
    if (this.inFlight === 0) return;
    Atomics.wait(this.signal, 0, this.seen, ms);
    this.seen = Atomics.load(this.signal, 0);
  }

  dispose(): void {
    this.disposed = true;
    for (const thread of this.threads) this.end(thread);
    this.current = undefined;
    this.failed.length = 0;
    this.inFlight = 0;
  }

  stats(): Readonly<Record<string, number>> {
    return { threadsStarted: this.starts, threadFailures: this.failures, threadHeapBytes: this.heapBytes };
  }

  /** The next answer of a thread, if it has come. */
  private receive(thread: Thread): CompileResult | undefined {
    const received: { readonly message: CompileReply } | undefined = receiveMessageOnPort(thread.port);
    if (received === undefined) {
      if (thread.jobs.size > 0 && performance.now() - thread.since > (this.options.patience ?? DEFAULT_PATIENCE)) {
        thread.error = 'no answer';
        this.failFirst(thread);
        this.replace(thread);
      }
      return undefined;
    }
    const reply = received.message;
    thread.since = performance.now();
    const job = thread.jobs.get(reply.id);
    if (job === undefined) return undefined;
    thread.jobs.delete(reply.id);
    const { module, regions, byteLength = 0, translateMs, compileMs } = reply;
    const times = { broken: reply.broken, translateMs, compileMs };
    this.heapBytes = reply.heapBytes;
    if (reply.broken) {
      thread.error = reply.error ?? 'Binaryen failed';
      this.replace(thread);
    } else {
      if (++this.goodBatches % FORGIVEN_AFTER === 0 && this.failures > 0) this.failures--;
      if (reply.heapBytes > (this.options.heapLimit ?? DEFAULT_HEAP_LIMIT) && thread === this.current) {
        this.current = undefined;
        this.start();
      }
      if (thread !== this.current && thread.jobs.size === 0) this.end(thread);
    }
    if (!module || !regions) return { job, error: reply.error ?? 'an answer without a module', ...times };
    return {
      job,
      module,
      translated: { regions: unpackRegions(regions), byteLength },
      ...(reply.x87 && { x87: reply.x87 }),
      ...times,
    };
  }

  /** The thread has ended by itself: what it was working on has failed, what waited goes to another. */
  private exited(thread: Thread, code: number): void {
    if (!this.threads.has(thread)) return;
    if (thread.error === '') thread.error = `exit code ${code}`;
    for (let result = this.receive(thread); result !== undefined; result = this.receive(thread))
      this.failed.push(result);
    // The last answer may have replaced it already.
    if (!this.threads.has(thread)) return;
    this.failFirst(thread);
    this.replace(thread);
  }

  /** Fails the job that the thread was working on when it failed itself. */
  private failFirst(thread: Thread): void {
    const [first] = thread.jobs;
    if (first === undefined) return;
    thread.jobs.delete(first[0]);
    this.fail(first[1], `compiling thread: ${thread.error}`);
  }

  /** Gives a thread up and has another do its jobs. */
  private replace(thread: Thread): void {
    this.options.onTrouble?.(`compiling thread: ${thread.error}`);
    this.failures++;
    const jobs = [...thread.jobs.values()];
    this.end(thread);
    if (this.failures > MAX_FAILURES) this.options.onTrouble?.('compiling threads failed too often: interpreting only');
    this.inFlight -= jobs.length;
    for (const job of jobs) this.submit(job);
  }

  private fail(job: CompileJob, error: string): void {
    this.failed.push({ job, error, broken: false, translateMs: 0, compileMs: 0 });
  }

  private end(thread: Thread): void {
    this.threads.delete(thread);
    if (this.current === thread) this.current = undefined;
    thread.jobs.clear();
    thread.port.close();
    void thread.worker.terminate();
  }
}
