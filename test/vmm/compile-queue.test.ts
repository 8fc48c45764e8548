import { describe, expect, it } from 'vitest';
import type { CompileJob, CompileResult, Compiler } from '../../src/cache/compiler.ts';
import type { TranslationCache } from '../../src/cache/translation-cache.ts';
import type { ModuleContents, RegionRequest } from '../../src/translator/region.ts';
import { NO_SITES } from '../../src/translator/sites.ts';
import { CompileQueue } from '../../src/vmm/compile-queue.ts';
import { TraceLog } from '../../src/vmm/trace-log.ts';

const EMPTY = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));

/** A compiler that answers when asked to, and fails batches with a region in `bad`. */
class FakeCompiler implements Compiler {
  ready = true;
  started = 0;
  waited = 0;
  readonly jobs: CompileJob[] = [];
  readonly bad = new Set<number>();
  private readonly done: CompileResult[] = [];

  start(): void {
    this.started++;
  }
  submit(job: CompileJob): void {
    this.jobs.push(job);
  }
  finish(): void {
    for (const job of this.jobs.splice(0)) {
      const times = { broken: false, translateMs: 1, compileMs: 1 };
      const bad = job.requests.filter((r) => this.bad.has(r.id)).map((r) => r.id);
      if (bad.length > 0) this.done.push({ job, error: `cannot do ${bad.join(' ')}`, ...times });
      else this.done.push({ job, module: EMPTY, translated: contents(job), ...times });
    }
  }
  take(): CompileResult | undefined {
    return this.done.shift();
  }
  wait(ms: number): void {
    this.waited += ms;
  }
  dispose(): void {}
  stats() {
    return {};
  }
}

function contents(job: CompileJob): ModuleContents {
  return { regions: job.requests.map((r) => ({ id: r.id, sites: NO_SITES, guestInstructions: 1 })), byteLength: 8 };
}

/** What the queue asks of the cache. */
class FakeCache {
  readonly published: number[] = [];
  readonly abandoned: number[] = [];
  readonly dead = new Set<number>();
  full = false;

  makeRoom(): boolean {
    const { full } = this;
    this.full = false;
    return full;
  }
  stillWanted(id: number): boolean {
    return !this.dead.has(id);
  }
  abandon(id: number): void {
    this.dead.add(id);
    this.abandoned.push(id);
  }
  publish(module: ModuleContents): void {
    this.published.push(...module.regions.map((r) => r.id));
  }
}

function build() {
  const compiler = new FakeCompiler();
  const cache = new FakeCache();
  const lines: string[] = [];
  const log = new TraceLog({ items: ['unimp'], write: (line) => lines.push(line) });
  const queue = new CompileQueue(cache as unknown as TranslationCache, compiler, {}, log);
  let next = 1;
  const push = (count: number) => {
    for (let n = 0; n < count; n++) queue.push({ id: next++ } as unknown as RegionRequest);
  };
  return { compiler, cache, lines, queue, push };
}

const ids = (job: CompileJob | undefined) => job?.requests.map((r) => r.id);

describe('the queue before the compiler', () => {
  it('sends sixteen at a time, and starts the compiler with the first', () => {
    const { compiler, push } = build();
    expect(compiler.started).toBe(0);
    push(15);
    expect(compiler.started).toBe(1);
    expect(compiler.jobs).toEqual([]);
    push(1);
    expect(ids(compiler.jobs[0])).toHaveLength(16);
  });

  it('sends fewer when blocks go on being interpreted', () => {
    const { compiler, queue, push } = build();
    push(1);
    for (let n = 0; n < 3000; n++) queue.interpreted();
    expect(compiler.jobs).toEqual([]);
    queue.interpreted();
    expect(ids(compiler.jobs[0])).toEqual([1]);
  });

  it('holds what comes while the compiler is busy, up to a bound', () => {
    const { compiler, queue, push } = build();
    compiler.ready = false;
    push(511);
    expect(queue.open).toBe(true);
    push(1);
    expect(queue.open).toBe(false);
    expect(compiler.jobs).toEqual([]);
    compiler.ready = true;
    push(1);
    expect(ids(compiler.jobs[0])).toHaveLength(48);
    expect(queue.open).toBe(true);
  });

  it('sends what is interpreted before what is to become better, eight of these at a time and each fourth batch', () => {
    const { compiler, queue, push } = build();
    const improve = (...requests: number[]) => {
      for (const id of requests) queue.pushImproved({ id } as unknown as RegionRequest);
    };
    improve(1001);
    expect(ids(compiler.jobs[0])).toEqual([1001]);
    compiler.ready = false;
    improve(1002, 1003);
    push(5 * 48);
    compiler.ready = true;
    for (let n = 0; n < 6; n++) push(1);
    expect(compiler.jobs.map((job) => (ids(job)![0]! > 1000 ? 'better' : 'new')).join(' ')).toMatch(
      /^better new new new better new new/,
    );
  });

  it('sends what is to become better when the compiler has nothing else to do', () => {
    const { compiler, queue, push } = build();
    push(16);
    queue.pushImproved({ id: 1001 } as unknown as RegionRequest);
    queue.collect();
    expect(compiler.jobs).toHaveLength(1);
    compiler.finish();
    queue.collect();
    expect(ids(compiler.jobs[0])).toEqual([1001]);
  });

  it('waits for no compiler that has not answered yet', () => {
    const { compiler, queue, push } = build();
    push(16);
    queue.wait(5);
    expect(compiler.waited).toBe(0);
    compiler.finish();
    queue.collect();
    push(16);
    queue.wait(5);
    expect(compiler.waited).toBe(5);
  });

  it('leaves out what is no longer wanted', () => {
    const { compiler, cache, push } = build();
    push(15);
    cache.dead.add(3);
    push(1);
    expect(ids(compiler.jobs[0])).toHaveLength(15);
    expect(ids(compiler.jobs[0])).not.toContain(3);
  });

  it('publishes what comes back', () => {
    const { compiler, cache, queue, push } = build();
    push(16);
    compiler.finish();
    queue.collect();
    expect(cache.published).toHaveLength(16);
    expect(queue.stats()).toMatchObject({ translateMs: 1, compileMs: 1, translationFailures: {} });
  });

  it('throws away what was made before everything was evicted', () => {
    const { compiler, cache, queue, push } = build();
    push(16);
    const [old] = compiler.jobs;
    compiler.finish();
    cache.full = true;
    push(16);
    expect(cache.published).toEqual([]);
    expect(compiler.jobs[0]!.generation).toBe(old!.generation + 1);
    compiler.finish();
    queue.collect();
    expect(cache.published).toEqual(Array.from({ length: 16 }, (_, n) => n + 17));
  });

  it('tries a batch that failed region by region, and gives up only those that fail alone', () => {
    const { compiler, cache, lines, queue, push } = build();
    compiler.bad.add(5);
    push(16);
    compiler.finish();
    queue.collect();
    expect(compiler.jobs.map(ids)).toEqual(Array.from({ length: 16 }, (_, n) => [n + 1]));
    compiler.finish();
    for (let n = 0; n < 16; n++) queue.collect();
    expect(cache.abandoned).toEqual([5]);
    expect(cache.published).toHaveLength(15);
    expect(queue.stats().translationFailures).toEqual({ 'cannot do 5': 1 });
    expect(lines).toEqual(['translation failed: cannot do 5']);
  });

  it('does not keep a message for each of many failures', () => {
    const { compiler, queue, push } = build();
    for (let id = 1; id <= 32; id++) compiler.bad.add(id);
    push(32);
    for (let n = 0; n < 40; n++) {
      compiler.finish();
      queue.collect();
    }
    const failures: Record<string, number> = queue.stats().translationFailures;
    expect(Object.keys(failures)).toHaveLength(9);
    expect(failures['other']).toBe(24);
  });
});
