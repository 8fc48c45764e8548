/**
 * The report of a difference: where it arose, what differs, the guest's code and
 * what became of it, and both states.
 */
import { functionText, irStagesText, listingText } from '../../translator/explain.ts';
import type { Raw } from '../../translator/lower/binaryen-raw.ts';
import { decodeBlock } from '../../translator/pipeline.ts';
import type { RegionRequest, TranslatorOptions } from '../../translator/region.ts';
import type { PublishedRegion } from '../region-record.ts';
import { hex32 } from '../trace-log.ts';
import type { Difference } from './comparison.ts';
import type { Culprit } from './culprit.ts';
import type { Narrowed } from './narrow.ts';
import type { Finding } from './verifier.ts';

/** Regions listed in full, and named, where several may be meant. */
const MAX_LISTED = 2;
const MAX_NAMED = 40;

const indented = (text: string) => text.split('\n').map((line) => `  ${line}`);

function differenceLine({ what, a, b }: Difference): string {
  return `  ${what}: translated ${a}, interpreted ${b}`;
}

export function findingLines({ good, bad, differences }: Finding): string[] {
  return [
    `verify: the machines were equal after ${good} instructions and differ after ${bad}:`,
    ...differences.map(differenceLine),
  ];
}

/** The line of a region's listing that stands for the instruction at `eip`. */
function instructionLine(request: RegionRequest, eip: number): string {
  return (
    listingText(request)
      .split('\n')
      .find((line) => line.startsWith(hex32(eip))) ?? hex32(eip)
  );
}

function statesLines(before: string, translated: string, interpreted: string): string[] {
  return [
    'state before:',
    ...indented(before),
    'state behind, translated:',
    ...indented(translated),
    'state behind, interpreted:',
    ...indented(interpreted),
  ];
}

function codeLines(request: RegionRequest, raw: Raw, translator: TranslatorOptions): string[] {
  return [
    'guest code:',
    ...indented(listingText(request)),
    'IR:',
    ...indented(irStagesText(request, translator)),
    'WebAssembly:',
    ...indented(functionText(raw, request, translator)),
  ];
}

/** A difference that a piece of code shows by itself. */
export function culpritLines({ probe, eip, count, pass }: Culprit, raw: Raw, translator: TranslatorOptions): string[] {
  const { request, states } = probe;
  const first = `executed after ${count} instructions`;
  const named =
    eip === undefined
      ? [`verify: only the whole region at ${hex32(request.blocks[0]!.eip)} shows it, ${first}`]
      : [`verify: the instruction, in code ${first}:`, ...indented(instructionLine(request, eip))];
  return [
    ...named,
    ...(pass === undefined ? [] : [`verify: without the pass ${pass} (--no-pass ${pass}) there is no difference`]),
    'verify: that code alone, translated and interpreted from the same state, differs in',
    ...probe.differences.map(differenceLine),
    ...(states === undefined ? [] : statesLines(states.before, states.translated, states.interpreted)),
    ...codeLines(request, raw, translator),
  ];
}

function regionLine({ request, count }: PublishedRegion): string {
  const instructions = request.blocks.reduce((sum, b) => sum + decodeBlock(b, request.mode.code32).length, 0);
  const entry = hex32(request.blocks[0]!.eip);
  return `  region ${request.id} at ${entry}: ${request.blocks.length} blocks, ${instructions} instructions, published at ${count}`;
}

function regionLines(title: string, regions: readonly PublishedRegion[]): string[] {
  if (regions.length === 0) return [`${title}: none`];
  const more = regions.length > MAX_NAMED ? [`  and ${regions.length - MAX_NAMED} more`] : [];
  return [`${title}:`, ...regions.slice(0, MAX_NAMED).map(regionLine), ...more];
}

/** A difference that comes from the run as a whole. Undefined: repeated, the run did not show it. */
export function narrowedLines(found: Narrowed | undefined, raw: Raw, translator: TranslatorOptions): string[] {
  if (found === undefined) {
    return ['verify: run again, the machines do not differ: the run is not deterministic, which is a fault by itself'];
  }
  const { good, bad, differences, instruction, regions, stale, published } = found;
  const text = instruction === undefined ? ['  (not mapped)'] : indented(listingText(instruction));
  return [
    'verify: no block or region shows it by itself: it comes from how regions were linked, published or thrown away.',
    `verify: cut after ${good} instructions the machines are equal, cut after ${bad} they differ. Translated code is cut`,
    '  between blocks only, so the cause may lie up to a few blocks before. The instruction there:',
    ...text,
    'verify: what differs then',
    ...differences.map(differenceLine),
    ...statesLines(found.before, found.translated, found.interpreted),
    ...regionLines('regions in use whose code is not in memory any more as it was translated', stale),
    ...regionLines('regions in use that hold the instruction', regions),
    ...regionLines('regions published in this stretch', published),
    ...regions.slice(0, MAX_LISTED).flatMap(({ request }) => codeLines(request, raw, translator)),
    'verify: -d link,inval with this stretch tells more; so do --no-chain, --max-region 1 and --no-pass',
  ];
}
