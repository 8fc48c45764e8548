/** What the monitor's thread and the compiling thread say to each other. All of it can be cloned. */
import type { MessagePort } from 'node:worker_threads';
import type { TranslatorOptions } from '../translator/region.ts';
import type { PackedRegions } from './region-codec.ts';
import type { PackedRequests } from './request-codec.ts';

/** What a compiling thread is started with. */
export interface CompileThreadData {
  /** Jobs come and replies go here. */
  readonly port: MessagePort;
  readonly options: TranslatorOptions;
  /** One word that goes up, with a wake-up, whenever a reply has been sent. */
  readonly signal: Int32Array<SharedArrayBuffer>;
}

export interface CompileMessage {
  readonly id: number;
  readonly requests: PackedRequests;
}

/** One for each job, in the order of the jobs. */
export interface CompileReply {
  readonly id: number;
  /** All three are there, or `error` is. */
  readonly module?: WebAssembly.Module;
  /** The x87 runtime, where the module imports it. */
  readonly x87?: WebAssembly.Module;
  readonly regions?: PackedRegions;
  readonly byteLength?: number;
  readonly error?: string;
  /** Binaryen itself failed: nothing it does from now on can be trusted. */
  readonly broken: boolean;
  readonly translateMs: number;
  readonly compileMs: number;
  /** Bytes that the thread holds, Binaryen's heap included. */
  readonly heapBytes: number;
}
