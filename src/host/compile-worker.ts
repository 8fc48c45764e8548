/**
 * Entry of the compiling thread: takes batches of regions, builds and compiles a
 * module of each, and sends the module back. The bytes stay here.
 */
import { workerData } from 'node:worker_threads';
import { compileBatch } from '../cache/inline-compiler.ts';
import { loadBinaryen } from '../translator/lower/binaryen-raw.ts';
import type { CompileMessage, CompileReply, CompileThreadData } from './compile-messages.ts';

const { port, options, signal } = workerData as CompileThreadData;
const raw = await loadBinaryen();

/** Batches between two looks at what the thread holds: they cost as much as translating a few regions. */
const HEAP_CHECK = 16;
let batches = 0;
let heapBytes = 0;

port.on('message', ({ id, requests }: CompileMessage) => {
  const result = compileBatch(raw, { requests, generation: 0 }, options);
  if (batches++ % HEAP_CHECK === 0) {
    const { heapUsed, external } = process.memoryUsage();
    heapBytes = heapUsed + external;
  }
  const reply: CompileReply = {
    id,
    ...(result.module && { module: result.module }),
    ...(result.x87 && { x87: result.x87 }),
    ...(result.translated && { regions: result.translated.regions, byteLength: result.translated.byteLength }),
    ...(result.error !== undefined && { error: result.error }),
    broken: result.broken,
    translateMs: result.translateMs,
    compileMs: result.compileMs,
    heapBytes,
  };
  port.postMessage(reply);
  Atomics.add(signal, 0, 1);
  Atomics.notify(signal, 0);
});
