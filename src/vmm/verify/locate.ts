/**
 * The report of a difference: where it arose, what differs, and the instruction
 * behind it with its IR and WebAssembly.
 */
import { functionText, irStagesText, listingText } from '../../translator/explain.ts';
import { loadBinaryen } from '../../translator/lower/binaryen-raw.ts';
import type { TranslatorOptions } from '../../translator/region.ts';
import type { Difference } from './comparison.ts';
import { type Culprit, findCulprit } from './culprit.ts';
import type { MakeMachine } from './pair.ts';
import type { Finding } from './verifier.ts';
import type { VerifyOptions } from './windows.ts';

/** Looks for the instruction behind a finding. Returns the report's lines. */
export async function locate(
  make: MakeMachine,
  options: VerifyOptions,
  finding: Finding,
  translator: TranslatorOptions,
): Promise<string[]> {
  const { good, bad, differences } = finding;
  const lines = [`verify: the machines were equal after ${good} instructions and differ after ${bad}:`];
  lines.push(...differences.map(differenceLine));
  const raw = await loadBinaryen();
  const culprit = await findCulprit(make, options, finding, raw, translator);
  if (culprit === undefined) {
    lines.push('verify: no block of this stretch shows a difference by itself: it comes from how regions were linked,');
    lines.push(
      '  published or thrown away. See -d link,inval for this stretch, and try --no-chain, --max-region 1, --no-pass.',
    );
    return lines;
  }
  return [...lines, ...culpritLines(culprit), ...codeLines(culprit, raw, translator)];
}

function differenceLine({ what, a, b }: Difference): string {
  return `  ${what}: translated ${a}, interpreted ${b}`;
}

function culpritLines({ probe, count }: Culprit): string[] {
  const listing = listingText(probe.request).split('\n');
  return [
    `verify: the instruction is the last of these, executed after ${count} instructions:`,
    ...listing.map((line) => `  ${line}`),
    'verify: behind it',
    ...probe.differences.map(differenceLine),
  ];
}

function codeLines(
  { probe }: Culprit,
  raw: Parameters<typeof functionText>[0],
  translator: TranslatorOptions,
): string[] {
  const ir = irStagesText(probe.request, translator);
  const wat = functionText(raw, probe.request, translator);
  return ['IR:', ...ir.split('\n'), 'WebAssembly:', ...wat.split('\n')];
}
