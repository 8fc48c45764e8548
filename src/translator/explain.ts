/**
 * A region as text, stage by stage: for `explain`, `-d in_asm,ir,wat` and the
 * golden tests. Nothing here is used to run a guest.
 */
import { formatLine } from '../decoder/listing.ts';
import { format } from '../decoder/print.ts';
import { formHandling } from './form-handling.ts';
import type { IrBlock } from './ir.ts';
import type { Raw } from './lower/binaryen-raw.ts';
import { decodeBlock, liftRegion, regionText, translate } from './pipeline.ts';
import { irText, sitesText } from './print-ir.ts';
import type { RegionRequest, TranslatorOptions } from './region.ts';
import { layOutFunction } from './wat-text.ts';

/** The guest code of a region: a line an instruction, with what the translator does with it. */
export function listingText(request: RegionRequest): string {
  const lines: string[] = [];
  for (const block of request.blocks) {
    let at = 0;
    for (const i of decodeBlock(block, request.mode.code32)) {
      const address = (block.eip + at) >>> 0;
      const bytes = block.bytes.subarray(at, at + i.length);
      const text = formatLine({ address, bytes, text: format(i, address) });
      lines.push(`${text.padEnd(80)}  ${formHandling(request.mode, i)}`);
      at += i.length;
    }
  }
  return lines.join('\n');
}

export interface Stage {
  /** `lift` or the name of a pass. */
  readonly name: string;
  readonly text: string;
  /** Whether the text differs from that of the stage before. */
  readonly changed: boolean;
}

/** The IR of a region after lifting and after each pass that is on. */
export function irStages(request: RegionRequest, options: TranslatorOptions): Stage[] {
  const stages: Stage[] = [];
  liftRegion(request, options, (name, blocks: readonly IrBlock[]) => {
    const text = irText(blocks);
    stages.push({ name, text, changed: text !== stages.at(-1)?.text });
  });
  return stages;
}

/** The stages one below the other, those that changed nothing as one line. */
export function irStagesText(request: RegionRequest, options: TranslatorOptions): string {
  return irStages(request, options)
    .map(({ name, text, changed }) => (changed ? `after ${name}:\n${text}` : `after ${name}: as before`))
    .join('\n');
}

/** The function of a region in WebAssembly's text format, without the imports that all modules share. */
export function functionText(raw: Raw, request: RegionRequest, options: TranslatorOptions): string {
  const module = regionText(raw, request, options);
  const start = module.indexOf('\n (func $region');
  const end = module.lastIndexOf('\n)');
  return layOutFunction(module.slice(start + 1, end));
}

/** Where a region can be left before an instruction, and with what flag state. */
export function coldExitsText(raw: Raw, request: RegionRequest, options: TranslatorOptions): string {
  return sitesText(translate(raw, [request], options).regions[0]!.sites);
}

/** Callouts of a region: what the monitor or the interpreter carries out, in place or behind it. */
export function calloutsText(request: RegionRequest, options: TranslatorOptions): string {
  const lines: string[] = [];
  const blocks = liftRegion(request, options);
  blocks.forEach((block, n) => {
    const instructions = decodeBlock(request.blocks[n]!, request.mode.code32);
    const line = (index: number, how: string) => {
      const eip = block.eips[index]! >>> 0;
      lines.push(`${eip.toString(16).padStart(8, '0')} ${format(instructions[index]!, eip)}: ${how}`);
    };
    let index = 0;
    for (const s of block.stmts) {
      if (s.k === 'insn') index = s.index;
      else if (s.k === 'callout') line(index, 'in place');
    }
    if (block.ending.k === 'callout') line(block.eips.length - 1, 'ends the block');
  });
  return lines.join('\n');
}
