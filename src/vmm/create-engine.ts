/**
 * The engines by name.
 */

import type { Compiler } from '../cache/compiler.ts';
import { InlineCompiler } from '../cache/inline-compiler.ts';
import type { Cpu } from '../cpu/cpu.ts';
import { DEFAULT_TRANSLATOR_OPTIONS, type TranslatorOptions as PipelineOptions } from '../translator/region.ts';
import { createInterpreterEngine, type Engine, type TranslatorOptions } from './engine.ts';
import type { HostServices } from './host-services.ts';
import type { EngineName } from './machine-options.ts';
import { SwitchingEngine } from './switching-engine.ts';
import type { TraceLog } from './trace-log.ts';
import { TranslatingEngine } from './translating-engine.ts';

const DEFAULT_THRESHOLD = 100;
/** What an engine is made from, besides its own options. */
export interface EngineParts {
  readonly cpu: Cpu;
  readonly log: TraceLog;
  readonly host: HostServices;
  /** In a deterministic machine: instructions retired so far. Nothing the engine does may depend on the host's time then. */
  readonly retired?: () => number;
  /** Instructions retired so far, for the log. */
  readonly count: () => number;
}

const DEFAULT_CACHE_BYTES = 64 * 2 ** 20;

/** @throws RangeError for an engine that does not exist, or threads that cannot be */
export function createEngine(name: EngineName, parts: EngineParts, options: TranslatorOptions): Engine {
  const { cpu, log } = parts;
  if (name === 'interpret') return createInterpreterEngine(cpu);
  if (name === 'switching') {
    return new SwitchingEngine(createEngine('translate', parts, options), createInterpreterEngine(cpu));
  }
  if (name !== 'translate') throw new RangeError(`engine '${String(name)}': not available`);
  const translator = translatorOptions(options);
  return new TranslatingEngine(cpu, createCompiler(parts, translator, options.compileThreads ?? 1), log, {
    translator,
    threshold: options.threshold ?? DEFAULT_THRESHOLD,
    capacity: options.cacheBytes ?? DEFAULT_CACHE_BYTES,
    count: parts.count,
    ...(parts.retired && { retired: parts.retired }),
  });
}

/** What the pipeline is told. */
export function translatorOptions(options: TranslatorOptions): PipelineOptions {
  return {
    ...DEFAULT_TRANSLATOR_OPTIONS,
    noPass: options.disabledPasses ?? [],
    chain: options.chain ?? true,
    maxRegion: options.maxRegion ?? DEFAULT_TRANSLATOR_OPTIONS.maxRegion,
    hotTurns: options.hotTurns ?? DEFAULT_TRANSLATOR_OPTIONS.hotTurns,
    codeGenerator: options.codeGenerator ?? DEFAULT_TRANSLATOR_OPTIONS.codeGenerator,
    countChains: options.countChains ?? false,
    ...(options.names === true && { names: true }),
  };
}

function createCompiler(parts: EngineParts, translator: PipelineOptions, threads: number): Compiler {
  if (threads !== 0 && threads !== 1) throw new RangeError(`compile threads ${threads}: must be 0 or 1`);
  const { host, log } = parts;
  if (threads === 0 || !host.createCompiler) return new InlineCompiler(translator);
  return host.createCompiler({ translator, onTrouble: (text) => log.write('unimp', text) });
}
