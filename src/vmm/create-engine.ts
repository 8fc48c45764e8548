/**
 * The engines by name.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { createInterpreterEngine, type Engine, type TranslatorOptions } from './engine.ts';
import type { EngineName } from './machine-options.ts';
import type { TraceLog } from './trace-log.ts';

/** @throws RangeError for an engine that does not exist */
export function createEngine(name: EngineName, cpu: Cpu, _options: TranslatorOptions, _log: TraceLog): Engine {
  if (name === 'interpret') return createInterpreterEngine(cpu);
  throw new RangeError(`engine '${name}': not available`);
}
