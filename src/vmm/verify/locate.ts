/**
 * From a difference to its report: looks for the instruction behind it, by code
 * that shows it by itself, and where there is none by cutting the run.
 */
import { loadBinaryen } from '../../translator/lower/binaryen-raw.ts';
import type { TranslatorOptions } from '../../translator/region.ts';
import { findCulprit } from './culprit.ts';
import { narrow } from './narrow.ts';
import type { MakeMachine } from './pair.ts';
import { culpritLines, findingLines, narrowedLines } from './report.ts';
import type { Search } from './search.ts';
import { type Finding, Verifier } from './verifier.ts';
import { type VerifyOptions, type Window, windowsUntil } from './windows.ts';

/**
 * Looks for the instruction behind a finding.
 * @param say takes a line about what is being done; it can take as long as the run did, many times
 * @returns the report's lines, and the finding as narrow as it was made
 */
export async function locate(
  make: MakeMachine,
  options: VerifyOptions,
  first: Finding,
  translator: TranslatorOptions,
  say: (line: string) => void = () => {},
): Promise<{ readonly lines: string[]; readonly finding: Finding }> {
  const raw = await loadBinaryen();
  const { finding, plan } = await closer(make, options, first, say);
  const lines = findingLines(finding);
  const search: Search = { make, plan, finding, raw, translator };
  say(`verify: a difference between ${finding.good} and ${finding.bad}; looking for the instruction`);
  const culprit = await findCulprit(search);
  if (culprit !== undefined) return { lines: [...lines, ...culpritLines(culprit, raw, translator)], finding };
  say('verify: no block or region differs by itself; cutting the run');
  return { lines: [...lines, ...narrowedLines(await narrow(search), raw, translator)], finding };
}

/** Where the stretch lies between two windows, it is run again and looked at step by step. */
async function closer(make: MakeMachine, options: VerifyOptions, finding: Finding, say: (line: string) => void) {
  const plan = [...windowsUntil(options, finding.bad)];
  const { good, bad, step } = finding;
  if (bad - good <= step) return { finding, plan };
  say(`verify: a difference between ${good} and ${bad}; looking closer`);
  const closerPlan: Window[] = [...windowsUntil(options, good), { start: good, end: bad }];
  const verifier = new Verifier(make, closerPlan, step);
  const result = await verifier.run();
  verifier.machines.dispose();
  if (result.finding !== undefined) return { finding: result.finding, plan: closerPlan };
  return { finding, plan };
}
