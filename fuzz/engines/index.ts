/** The oracles of this process: the interpreter, and the translator at each of its settings. */
import { PASSES } from '../../src/translator/pipeline.ts';
import type { OracleMaker } from '../oracle.ts';
import { InterpreterOracle } from './interpreter-oracle.ts';
import { type Setting, TranslatorOracle } from './translator-oracle.ts';

/** Blocks of the largest regions; their instructions are bounded besides. */
const HUGE = 1000;

/** Bytes of WebAssembly after which a small cache is emptied: a few modules. */
const SMALL = 6000;

/** Settings of the translator by name; the first is the one that machines start with. */
export const TRANSLATOR_SETTINGS: ReadonlyMap<string, Setting> = new Map<string, Setting>([
  ['translator', { hotTurns: 0 }],
  // The low tier, and after a few turns the high one in its place.
  ['translator:tiers', { hotTurns: 20 }],
  ['translator:binaryen', { hotTurns: 0, codeGenerator: 'binaryen' }],
  ...PASSES.map(({ name }): [string, Setting] => [`translator:no-${name}`, { hotTurns: 0, noPass: [name] }]),
  ['translator:no-passes', { hotTurns: 0, noPass: PASSES.map(({ name }) => name) }],
  ['translator:no-chain', { hotTurns: 0, chain: false }],
  ['translator:max-region-1', { hotTurns: 0, maxRegion: 1 }],
  ['translator:huge-regions', { hotTurns: 0, maxRegion: HUGE }],
  // Everything is evicted again and again.
  ['translator:small-cache', { hotTurns: 0, capacity: SMALL }],
  // Code is changed and mapped elsewhere while it is being translated.
  ['translator:late', { hotTurns: 0, late: true }],
  ['translator:late-tiers', { hotTurns: 20, late: true }],
]);

/** The engines as oracles, by name. */
export const ENGINES: ReadonlyMap<string, OracleMaker> = new Map<string, OracleMaker>([
  ['interpreter', () => Promise.resolve(new InterpreterOracle())],
  ...[...TRANSLATOR_SETTINGS].map(([name, options]): [string, OracleMaker] => [
    name,
    () => TranslatorOracle.make(name, options),
  ]),
]);
