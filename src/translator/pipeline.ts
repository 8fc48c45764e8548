/**
 * The pipeline: requests -> decode -> lift -> passes -> Binaryen -> bytes of one
 * WebAssembly module with a function for each region. A pure function of its
 * arguments, so it can run on any thread.
 */
import { decode } from '../decoder/decode.ts';
import { Instruction } from '../decoder/instruction.ts';
import * as abi from './abi.ts';
import { type ControlGraph, controlGraph } from './control-graph.ts';
import type { IrBlock } from './ir.ts';
import { liftBlock } from './lift/lift.ts';
import type { Raw } from './lower/binaryen-raw.ts';
import { Emitter } from './lower/emitter.ts';
import { DISPATCH, lowerRegion } from './lower/region-lowering.ts';
import { deadFlagsPass } from './passes/dead-flags.ts';
import { foldPass } from './passes/fold.ts';
import {
  type BlockRequest,
  type RegionRequest,
  regionName,
  type TranslatedModule,
  type TranslatorOptions,
} from './region.ts';
import { X87_FUNCTIONS, X87_MODULE } from './runtime/x87-module.ts';

export interface Pass {
  readonly name: string;
  /** One line for --help and docs. */
  readonly does: string;
  run(blocks: readonly IrBlock[], graph: ControlGraph): void;
}

/** All passes over the IR, in their order. Each can be switched off by name. */
export const PASSES: readonly Pass[] = [
  { name: 'fold', does: 'constants and address arithmetic', run: foldPass },
  { name: 'dead-flags', does: 'flag results that nobody can see', run: deadFlagsPass },
];

/** Decodes a block's bytes. They were decoded before, so they are valid. */
export function decodeBlock(block: BlockRequest, code32: boolean): Instruction[] {
  const out: Instruction[] = [];
  for (let at = 0; at < block.bytes.length; ) {
    const i = new Instruction();
    const status = decode(block.bytes, at, block.bytes.length, code32, i);
    if (status !== 0) throw new Error(`block at ${block.eip >>> 0}: byte ${at} does not decode (status ${status})`);
    out.push(i);
    at += i.length;
  }
  return out;
}

/** Lifts a region and runs the passes that are on; `after` sees the IR before the first pass and after each. */
export function liftRegion(
  request: RegionRequest,
  options: TranslatorOptions,
  after?: (pass: string, blocks: readonly IrBlock[]) => void,
): IrBlock[] {
  return liftWithGraph(request, options, after).blocks;
}

function liftWithGraph(
  request: RegionRequest,
  options: TranslatorOptions,
  after?: (pass: string, blocks: readonly IrBlock[]) => void,
): { readonly blocks: IrBlock[]; readonly graph: ControlGraph } {
  const blocks = request.blocks.map((b) => {
    const lifted = liftBlock(request.mode, b.eip, decodeBlock(b, request.mode.code32));
    lifted.checked = b.tlbWord !== 0 || b.tlbWordNext !== 0;
    if (lifted.ending.k === 'indirect' && b.targets !== undefined) lifted.ending.targets = b.targets;
    return lifted;
  });
  const graph = controlGraph(blocks);
  after?.('lift', blocks);
  for (const pass of PASSES) {
    if (options.noPass.includes(pass.name)) continue;
    pass.run(blocks, graph);
    after?.(pass.name, blocks);
  }
  return { blocks, graph };
}

/** Makes a module with what every module of regions imports. The caller disposes of it. */
function newModule(raw: Raw): Emitter {
  const { binaryen } = raw;
  const module = new binaryen.Module();
  const F = binaryen.Features;
  const floating = F.NontrappingFPToInt | F.SIMD128 | F.Multivalue;
  module.setFeatures(F.MVP | F.SignExt | F.MutableGlobals | F.TailCall | F.BulkMemory | floating);
  module.addMemoryImport('0', abi.IMPORT_MODULE, abi.IMPORT_MEMORY, false);
  module.addFunctionImport(DISPATCH, abi.IMPORT_MODULE, abi.IMPORT_DISPATCH, binaryen.i32, binaryen.none);
  return new Emitter(raw, module);
}

/** Imports of what the module's code calls. */
function importCalled(m: Emitter): void {
  const { binaryen, module } = m;
  for (const [name, count] of Object.entries(abi.IMPORTS)) {
    if (!m.called.has(name)) continue;
    const params = binaryen.createType(new Array<number>(count).fill(binaryen.i32));
    module.addFunctionImport(name, abi.IMPORT_MODULE, name, params, binaryen.i32);
  }
}

/** Imports of the x87 runtime, for modules that call it. */
function importX87(m: Emitter): void {
  const { binaryen, module } = m;
  for (const [name, { params, number }] of Object.entries(X87_FUNCTIONS)) {
    const types = [...params].map((p) => (p === 'l' ? binaryen.i64 : binaryen.i32));
    const result = number ? binaryen.createType([binaryen.i64, binaryen.i32]) : binaryen.i32;
    module.addFunctionImport(name, X87_MODULE, name, binaryen.createType(types), result);
  }
}

/** Translates a batch of regions; their functions are exported as r0, r1, ... */
export function translate(raw: Raw, requests: readonly RegionRequest[], options: TranslatorOptions): TranslatedModule {
  const m = newModule(raw);
  try {
    let x87 = false;
    const regions = requests.map((request, n) => {
      const { blocks, graph } = liftWithGraph(request, options);
      x87 ||= blocks.some((b) => b.stmts.some((s) => s.k === 'fcall'));
      const name = options.names === true ? regionName(request.id) : `r${n}`;
      const sites = lowerRegion(m, name, request, blocks, options, graph);
      m.module.addFunctionExport(name, `r${n}`);
      return { id: request.id, sites, guestInstructions: blocks.reduce((sum, b) => sum + b.eips.length, 0) };
    });
    importCalled(m);
    if (x87) importX87(m);
    // A switch of the whole of Binaryen.
    raw.binaryen.setDebugInfo(options.names === true);
    return { wasm: m.module.emitBinary(), regions, x87 };
  } finally {
    m.module.dispose();
  }
}

/** WebAssembly text of one region, for people. */
export function regionText(raw: Raw, request: RegionRequest, options: TranslatorOptions): string {
  const m = newModule(raw);
  try {
    lowerRegion(m, 'region', request, liftRegion(request, options), options);
    importCalled(m);
    return m.module.emitText();
  } finally {
    m.module.dispose();
  }
}
