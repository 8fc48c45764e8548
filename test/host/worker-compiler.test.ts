import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import type { CompileJob, CompileResult } from '../../src/cache/compiler.ts';
import { compileBatch } from '../../src/cache/inline-compiler.ts';
import { WorkerCompiler, type WorkerCompilerOptions } from '../../src/host/worker-compiler.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { modeOf } from '../../src/translator/mode.ts';
import { DEFAULT_TRANSLATOR_OPTIONS, type RegionRequest } from '../../src/translator/region.ts';
import { flatCpu } from '../support/engine-pair.ts';

const translator = DEFAULT_TRANSLATOR_OPTIONS;
const mode = modeOf(flatCpu());
/** inc eax; dec ecx; jnz back; ret */
const LOOP = [0x40, 0x49, 0x75, 0xfc, 0xc3];

function request(id: number, bytes: readonly number[] = LOOP): RegionRequest {
  const block = { eip: 0x1000, bytes: Uint8Array.from(bytes), tlbWord: 0, tlbWordNext: 0 };
  return { id, mode, modeId: 1, blocks: [block], links: [] };
}

function job(...ids: number[]): CompileJob {
  return { requests: ids.map((id) => request(id)), generation: 7 };
}

/** A thread's program: `body` sees the port and each message, and `answer`, which sends a reply that is all well. */
function thread(body: string): URL {
  const text = `
    import { workerData } from 'node:worker_threads';
    const { port } = workerData;
    const module = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    const answer = (message, more = {}) => port.postMessage({
      id: message.id, module, regions: { heads: new Int32Array(0), sites: new Int32Array(0) }, byteLength: 8, broken: false, translateMs: 0, compileMs: 0, heapBytes: 0, ...more,
    });
    // The number of the first region: behind the count.
    const ids = (message) => [message.requests.words[1]];
    port.on('message', (message) => { ${body} });`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

const made: WorkerCompiler[] = [];

function compiler(options: Partial<WorkerCompilerOptions> = {}): WorkerCompiler {
  const c = new WorkerCompiler({ translator, ...options });
  made.push(c);
  return c;
}

/** Results as they come, until there are `count`. */
async function results(c: WorkerCompiler, count: number): Promise<CompileResult[]> {
  const out: CompileResult[] = [];
  while (out.length < count) {
    const result = c.take();
    if (result) out.push(result);
    else await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(c.take()).toBeUndefined();
  return out;
}

afterEach(() => {
  for (const c of made.splice(0)) c.dispose();
});

describe('the compiling thread', () => {
  it('gives what compiling on this thread gives', async () => {
    const c = compiler();
    const sent = job(1, 2);
    c.submit(sent);
    const [result] = await results(c, 1);
    const here = compileBatch(await loadBinaryen(), sent, translator);
    expect(result!.error).toBeUndefined();
    expect(result!.job).toBe(sent);
    expect(result!.translated).toEqual(here.translated);
    expect(WebAssembly.Module.exports(result!.module!)).toEqual(WebAssembly.Module.exports(here.module!));
    expect(WebAssembly.Module.imports(result!.module!)).toEqual(WebAssembly.Module.imports(here.module!));
    expect(result!.translateMs).toBeGreaterThan(0);
    expect(c.stats()).toMatchObject({ threadsStarted: 1, threadFailures: 0 });
    expect(c.stats()['threadHeapBytes']).toBeGreaterThan(2 ** 20);
  });

  it('hands results over without a turn of the event loop', async () => {
    const c = compiler();
    c.submit(job(1));
    await results(c, 1);
    c.submit(job(2));
    const end = performance.now() + 20_000;
    let result: CompileResult | undefined;
    while (!result && performance.now() < end) result = c.take();
    expect(result?.job.requests[0]?.id).toBe(2);
  });

  it('a batch that cannot be translated comes back with the reason, and the next one is compiled', async () => {
    const c = compiler();
    c.submit({ requests: [request(1, [0x0f, 0xff])], generation: 0 });
    c.submit(job(2));
    const [bad, good] = await results(c, 2);
    expect(bad!.module).toBeUndefined();
    expect(bad!.error).toContain('does not decode');
    expect(good!.module).toBeInstanceOf(WebAssembly.Module);
    expect(c.stats()).toMatchObject({ threadsStarted: 1, threadFailures: 0 });
  });

  it('takes up to three batches before it is no longer ready', async () => {
    const c = compiler({ entry: thread('answer(message)') });
    expect(c.ready).toBe(true);
    for (const n of [1, 2, 3]) c.submit(job(n));
    expect(c.ready).toBe(false);
    expect((await results(c, 3)).map((r) => r.job.requests[0]!.id)).toEqual([1, 2, 3]);
    expect(c.ready).toBe(true);
  });
});

describe('a compiling thread that fails', () => {
  it.each([
    ['throws', 'throw new Error("wires crossed")', 'wires crossed'],
    ['exits', 'process.exit(3)', 'exit code 3'],
  ])('one that %s fails the batch it worked on; another does the rest', async (_, body, why) => {
    const said: string[] = [];
    const entry = thread(`if (ids(message).includes(13)) ${body}; else answer(message);`);
    const c = compiler({ entry, onTrouble: (text) => said.push(text) });
    for (const n of [12, 13, 14]) c.submit(job(n));
    const all = await results(c, 3);
    const failed = all.filter((r) => r.error !== undefined);
    expect(failed.map((r) => r.job.requests[0]!.id)).toEqual([13]);
    expect(failed[0]!.error).toContain(why);
    expect(all.filter((r) => r.module).map((r) => r.job.requests[0]!.id)).toEqual([12, 14]);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(why);
    expect(c.stats()).toMatchObject({ threadsStarted: 2, threadFailures: 1 });
  });

  it('one whose Binaryen broke is replaced', async () => {
    const entry = thread(
      'answer(message, ids(message).includes(13) ? { module: undefined, error: "trap", broken: true } : {})',
    );
    const c = compiler({ entry });
    for (const n of [13, 14]) c.submit(job(n));
    const all = await results(c, 2);
    expect(all.map((r) => [r.job.requests[0]!.id, r.error, r.broken])).toEqual([
      [13, 'trap', true],
      [14, undefined, false],
    ]);
    expect(c.stats()).toMatchObject({ threadsStarted: 2, threadFailures: 1 });
  });

  it('one that hangs is given up', async () => {
    const entry = thread('if (ids(message).includes(13)) for (;;); answer(message);');
    const c = compiler({ entry, patience: 500 });
    for (const n of [13, 14]) c.submit(job(n));
    const all = await results(c, 2);
    expect(all.map((r) => [r.job.requests[0]!.id, r.error !== undefined])).toEqual([
      [13, true],
      [14, false],
    ]);
  });

  it('one that fails over and over is not started for ever: every batch fails, and at once', async () => {
    const said: string[] = [];
    const c = compiler({ entry: thread('process.exit(1)'), onTrouble: (text) => said.push(text) });
    for (let n = 0; n < 8; n++) c.submit(job(n));
    const all = await results(c, 8);
    expect(all.every((r) => r.error !== undefined)).toBe(true);
    expect(c.stats()).toMatchObject({ threadsStarted: 6, threadFailures: 6 });
    expect(said.at(-1)).toContain('interpreting only');
    expect(c.ready).toBe(true);
    c.submit(job(99));
    expect(c.take()!.error).toContain('too often');
    expect(c.stats()['threadsStarted']).toBe(6);
  });

  it('an entry that does not load is such a thread', async () => {
    const c = compiler({ entry: new URL('./no-such-file.mjs', import.meta.url) });
    c.submit(job(1));
    const [result] = await results(c, 1);
    expect(result!.error).toContain('no-such-file');
  });
});

describe('the bound on memory', () => {
  it('past it another thread takes over, and nothing is lost', async () => {
    const entry = thread('answer(message, { heapBytes: ids(message)[0] * 100 })');
    const c = compiler({ entry, heapLimit: 350 });
    const order: number[] = [];
    for (let n = 1; n <= 6; n++) {
      c.submit(job(n));
      order.push(...(await results(c, 1)).map((r) => r.job.requests[0]!.id));
    }
    expect(order).toEqual([1, 2, 3, 4, 5, 6]);
    // 400, 500 and 600 were over it.
    expect(c.stats()).toMatchObject({ threadsStarted: 4, threadFailures: 0 });
  });

  it('batches under way are finished by the thread that has them', async () => {
    const entry = thread('answer(message, { heapBytes: ids(message)[0] === 1 ? 1000 : 0 })');
    const c = compiler({ entry, heapLimit: 350 });
    for (const n of [1, 2, 3]) c.submit(job(n));
    expect((await results(c, 3)).every((r) => r.module)).toBe(true);
    c.submit(job(4));
    expect((await results(c, 1))[0]!.module).toBeDefined();
    expect(c.stats()).toMatchObject({ threadsStarted: 2, threadFailures: 0 });
  });
});

describe('disposal', () => {
  it('ends the thread; nothing comes any more', async () => {
    const c = compiler({ entry: thread('answer(message)') });
    c.submit(job(1));
    c.dispose();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(c.take()).toBeUndefined();
    c.submit(job(2));
    expect(c.take()!.error).toContain('disposed');
    expect(c.stats()['threadsStarted']).toBe(1);
  });

  it('a thread at work does not keep the process', async () => {
    const program = `
      const { WorkerCompiler } = await import(${JSON.stringify(new URL('../../src/host/worker-compiler.ts', import.meta.url).href)});
      const c = new WorkerCompiler({ translator: {}, entry: new URL(${JSON.stringify(thread('for (;;);').href)}) });
      c.submit({ requests: [], generation: 0 });
      setTimeout(() => console.log('over'), 200);`;
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const args = ['--import', 'tsx', '--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, timeout: 20_000 });
    expect(stdout.trim()).toBe('over');
  });
});
