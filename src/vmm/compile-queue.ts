/**
 * Between the dispatcher and the compiler: collects requests into batches, and
 * instantiates and publishes the modules that come back.
 *
 * What holds: what waits here is bounded; a batch that fails is tried again
 * region by region, so that one region cannot take others with it. Code that is interpreted
 * meanwhile goes before code that is only to become better, whose batches are small.
 */
import type { CompileResult, Compiler } from '../cache/compiler.ts';
import type { TranslationCache } from '../cache/translation-cache.ts';
import type { RegionRequest } from '../translator/region.ts';
import { X87_MODULE } from '../translator/runtime/x87-module.ts';
import type { Publication } from './publication.ts';
import type { TraceLog } from './trace-log.ts';
import type { TranslationTrace } from './translation-trace.ts';

/** Regions that make a batch, the most in one, and interpreted blocks after which a smaller one is sent. */
const BATCH = 16;
const MAX_BATCH = 48;
const PATIENCE = 3000;
/** Regions that become better in one batch, and batches of others after which it is their turn. */
const IMPROVED_BATCH = 8;
const PRECEDENCE = 3;
/** Requests that may wait. */
const MAX_PENDING = 512;
/** Time after which publishing goes on at the next boundary only, in ms. */
const PUBLISH_MS = 1;
/** Messages of failures counted one by one. */
const MAX_MESSAGES = 8;

export class CompileQueue {
  private readonly cache: TranslationCache;
  private readonly compiler: Compiler;
  private readonly imports: WebAssembly.Imports;
  private readonly log: TraceLog;
  private readonly trace: TranslationTrace | undefined;
  /** In a deterministic machine: when results are taken. */
  private readonly publication: Publication | undefined;
  /** Told which regions can be found now. */
  onPublished: ((requests: readonly RegionRequest[]) => void) | undefined;
  private pending: RegionRequest[] = [];
  private readonly improved: RegionRequest[] = [];
  /** Batches sent since the last of `improved`. */
  private preceding = 0;
  /** Batches at the compiler, and whether one has come back. */
  private underway = 0;
  private proven = false;
  private patience = 0;
  private generation = 0;
  private translateMs = 0;
  private compileMs = 0;
  private instantiateMs = 0;
  private longestPublishMs = 0;
  private readonly failures = new Map<string, number>();

  constructor(
    cache: TranslationCache,
    compiler: Compiler,
    imports: WebAssembly.Imports,
    log: TraceLog,
    trace?: TranslationTrace,
    publication?: Publication,
  ) {
    this.cache = cache;
    this.compiler = compiler;
    this.imports = imports;
    this.log = log;
    this.trace = trace;
    this.publication = publication;
  }

  /** Whether the compiler has nothing to do. */
  get idle(): boolean {
    return this.underway === 0 && this.waiting === 0;
  }

  /** Whether another request can be taken. */
  get open(): boolean {
    return this.waiting < MAX_PENDING;
  }

  private get waiting(): number {
    return this.pending.length + this.improved.length;
  }

  push(request: RegionRequest): void {
    if (this.pending.length === 0) {
      this.patience = PATIENCE;
      this.compiler.start();
    }
    this.pending.push(request);
    if (this.pending.length >= BATCH) this.flush();
  }

  /** For code that is translated already, and is to be better. */
  pushImproved(request: RegionRequest): void {
    this.improved.push(request);
    if (this.improved.length >= IMPROVED_BATCH || this.underway === 0) this.flush();
  }

  /** A block was interpreted: what waits is sent before long, also when it does not fill a batch. */
  interpreted(): void {
    if (--this.patience < 0) this.flush();
  }

  private submit(requests: readonly RegionRequest[]): void {
    this.underway++;
    const job = { requests, generation: this.generation };
    this.publication?.submitted(job);
    this.compiler.submit(job);
  }

  /**
   * Gives the compiler up to `ms` milliseconds of the guest's time, once it has shown that it gives something back: a thread
   * takes long to start. Only between regions.
   */
  wait(ms: number): void {
    if (this.idle || this.compiler.wait === undefined || this.publication !== undefined) return;
    this.flush();
    if (this.proven) this.compiler.wait(ms);
    this.takeFinished();
  }

  /** Sends what is pending to the compiler and takes what is finished. Only between regions. */
  private flush(): void {
    this.patience = PATIENCE;
    if (this.waiting > 0 && (this.compiler.ready || this.publication !== undefined)) {
      if (this.cache.makeRoom()) this.generation++;
      const requests = this.nextBatch().filter((r) => this.cache.stillWanted(r.id));
      if (requests.length > 0) this.submit(requests);
      this.trace?.submitted(requests);
    }
    if (this.publication === undefined) this.takeFinished();
  }

  private nextBatch(): RegionRequest[] {
    if (this.pending.length > 0 && (this.improved.length === 0 || this.preceding < PRECEDENCE)) {
      this.preceding++;
      return this.pending.splice(0, MAX_BATCH);
    }
    this.preceding = 0;
    return this.improved.splice(0, IMPROVED_BATCH);
  }

  /** Takes what is finished, and sends what waits where the compiler has nothing else to do. Only between regions. */
  collect(): void {
    this.takeFinished();
    if (this.underway === 0 && this.improved.length > 0) this.flush();
  }

  /** Instantiates and publishes finished modules, for about a millisecond. */
  private takeFinished(): void {
    let end = 0;
    for (let result = this.take(); result; result = this.take()) {
      this.underway--;
      this.proven = true;
      const start = performance.now();
      end ||= start + PUBLISH_MS;
      this.translateMs += result.translateMs;
      this.compileMs += result.compileMs;
      if (result.job.generation === this.generation) this.publish(result);
      const done = performance.now();
      this.instantiateMs += done - start;
      this.longestPublishMs = Math.max(this.longestPublishMs, done - start);
      if (done >= end && this.publication === undefined) return;
    }
  }

  private take(): CompileResult | undefined {
    return this.publication === undefined ? this.compiler.take() : this.publication.take(this.compiler);
  }

  private publish(result: CompileResult): void {
    const { module, translated, job } = result;
    let { error = 'no module' } = result;
    if (module && translated) {
      try {
        if (result.x87) this.imports[X87_MODULE] ??= new WebAssembly.Instance(result.x87, this.imports).exports;
        const { exports } = new WebAssembly.Instance(module, this.imports);
        this.cache.publish(translated, exports);
        this.trace?.published(job.requests);
        this.onPublished?.(job.requests);
        return;
      } catch (thrown) {
        // V8's memory for code is bounded.
        error = String(thrown);
      }
    }
    const wanted = job.requests.filter((r) => this.cache.stillWanted(r.id));
    if (job.requests.length > 1) {
      for (const request of wanted) this.submit([request]);
      return;
    }
    this.failed(error);
    for (const request of wanted) this.cache.abandon(request.id);
  }

  private failed(error: string): void {
    const key = this.failures.has(error) || this.failures.size < MAX_MESSAGES ? error : 'other';
    this.failures.set(key, (this.failures.get(key) ?? 0) + 1);
    this.log.write('unimp', `translation failed: ${error}`);
  }

  dispose(): void {
    this.pending.length = 0;
    this.improved.length = 0;
    this.compiler.dispose();
  }

  /** Times in whole milliseconds; failures of single regions by their message. */
  stats() {
    return {
      translateMs: Math.round(this.translateMs),
      compileMs: Math.round(this.compileMs),
      instantiateMs: Math.round(this.instantiateMs),
      longestPublishMs: Math.round(this.longestPublishMs * 100) / 100,
      translationFailures: Object.fromEntries(this.failures),
      compiler: this.compiler.stats(),
      ...(this.publication && { publicationDigest: this.publication.digest }),
    };
  }
}
