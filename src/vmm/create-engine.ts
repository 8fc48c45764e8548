/**
 * The engines by name.
 */
import { InlineCompiler } from '../cache/inline-compiler.ts';
import type { Cpu } from '../cpu/cpu.ts';
import { DEFAULT_TRANSLATOR_OPTIONS } from '../translator/region.ts';
import { createInterpreterEngine, type Engine, type TranslatorOptions } from './engine.ts';
import type { EngineName } from './machine-options.ts';
import type { TraceLog } from './trace-log.ts';
import { TranslatingEngine } from './translating-engine.ts';

const DEFAULT_THRESHOLD = 100;
const DEFAULT_CACHE_BYTES = 64 * 2 ** 20;

/** @throws RangeError for an engine that does not exist */
export function createEngine(name: EngineName, cpu: Cpu, options: TranslatorOptions, _log: TraceLog): Engine {
  if (name === 'interpret') return createInterpreterEngine(cpu);
  if (name !== 'translate') throw new RangeError(`engine '${String(name)}': not available`);
  const translator = {
    ...DEFAULT_TRANSLATOR_OPTIONS,
    noPass: options.disabledPasses ?? [],
    chain: options.chain ?? true,
    maxRegion: options.maxRegion ?? DEFAULT_TRANSLATOR_OPTIONS.maxRegion,
    countChains: true,
  };
  return new TranslatingEngine(cpu, new InlineCompiler(translator), {
    translator,
    threshold: options.threshold ?? DEFAULT_THRESHOLD,
    capacity: options.cacheBytes ?? DEFAULT_CACHE_BYTES,
  });
}
