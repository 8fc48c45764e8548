/**
 * Entry of the compiling thread: takes batches of regions, builds and compiles a
 * module of each, and sends the module back, in the order of the batches. The bytes stay here.
 */
import { workerData } from 'node:worker_threads';
import type { CompileResult } from '../cache/compiler.ts';
import { compileBatch } from '../cache/inline-compiler.ts';
import { loadBinaryen } from '../translator/lower/binaryen-raw.ts';
import type { CompileMessage, CompileReply, CompileThreadData } from './compile-messages.ts';
import { packRegions } from './region-codec.ts';
import { unpackRequests } from './request-codec.ts';

const { port, options, signal } = workerData as CompileThreadData;

/** Batches between two looks at what the thread holds: they cost as much as translating a few regions. */
const HEAP_CHECK = 16;
let batches = 0;
let heapBytes = 0;

async function compile(message: CompileMessage): Promise<CompileResult> {
  const requests = unpackRequests(message.requests);
  const raw = options.codeGenerator === 'binaryen' ? await loadBinaryen() : undefined;
  return compileBatch(raw, { requests, generation: 0 }, options);
}

async function answer(message: CompileMessage): Promise<void> {
  const result = await compile(message);
  if (batches++ % HEAP_CHECK === 0) {
    const { heapUsed, external } = process.memoryUsage();
    heapBytes = heapUsed + external;
  }
  const reply: CompileReply = {
    id: message.id,
    ...(result.module && { module: result.module }),
    ...(result.x87 && { x87: result.x87 }),
    ...(result.translated && {
      regions: packRegions(result.translated.regions),
      byteLength: result.translated.byteLength,
    }),
    ...(result.error !== undefined && { error: result.error }),
    broken: result.broken,
    translateMs: result.translateMs,
    compileMs: result.compileMs,
    heapBytes,
  };
  port.postMessage(reply, reply.regions ? [reply.regions.heads.buffer, reply.regions.sites.buffer] : []);
  Atomics.add(signal, 0, 1);
  Atomics.notify(signal, 0);
}

/** The batch before, which is answered first. A failure ends the thread, which its owner replaces. */
let last = Promise.resolve();
port.on('message', (message: CompileMessage) => {
  last = last.then(() => answer(message));
});
