/**
 * The pipeline: requests -> decode -> lift -> passes -> lowering -> bytes of one
 * WebAssembly module with a function for each region. A pure function of its
 * arguments, so it can run on any thread.
 */
import { decode } from '../decoder/decode.ts';
import { Instruction } from '../decoder/instruction.ts';
import { type ControlGraph, controlGraph } from './control-graph.ts';
import type { IrBlock } from './ir.ts';
import { liftBlock } from './lift/lift.ts';
import { BinaryenEmitter } from './lower/binaryen-emitter.ts';
import type { Raw } from './lower/binaryen-raw.ts';
import { DirectEmitter } from './lower/direct/direct-emitter.ts';
import type { Emitter } from './lower/emitter.ts';
import { lowerRegion } from './lower/region-lowering.ts';
import { deadFlagsPass } from './passes/dead-flags.ts';
import { foldPass } from './passes/fold.ts';
import {
  type BlockRequest,
  type RegionRequest,
  regionName,
  type TranslatedModule,
  type TranslatorOptions,
} from './region.ts';

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

function newEmitter(raw: Raw | undefined, options: TranslatorOptions, names: boolean): Emitter {
  if (options.codeGenerator === 'direct') return new DirectEmitter(names);
  if (raw === undefined) throw new Error('code generator binaryen: Binaryen is not loaded');
  return new BinaryenEmitter(raw, names);
}

/**
 * Translates a batch of regions; their functions are exported as r0, r1, ...
 * @param raw needed where Binaryen is to build the module; ignored otherwise
 */
export function translate(
  raw: Raw | undefined,
  requests: readonly RegionRequest[],
  options: TranslatorOptions,
): TranslatedModule {
  const names = options.names === true;
  const m = newEmitter(raw, options, names);
  try {
    let x87 = false;
    const regions = requests.map((request, n) => {
      const { blocks, graph } = liftWithGraph(request, options);
      x87 ||= blocks.some((b) => b.stmts.some((s) => s.k === 'fcall'));
      const name = names ? regionName(request.id) : `r${n}`;
      const sites = lowerRegion(m, name, `r${n}`, request, blocks, options, graph);
      return { id: request.id, sites, guestInstructions: blocks.reduce((sum, b) => sum + b.eips.length, 0) };
    });
    return { wasm: m.finish(), regions, x87 };
  } finally {
    m.dispose();
  }
}

/** WebAssembly text of one region, for people. */
export function regionText(raw: Raw, request: RegionRequest, options: TranslatorOptions): string {
  const m = new BinaryenEmitter(raw);
  try {
    lowerRegion(m, 'region', undefined, request, liftRegion(request, options), options);
    return m.text();
  } finally {
    m.dispose();
  }
}
