/**
 * What a search for the cause of a difference starts from, and how it brings both
 * machines to where they were equal last: by the very run that found it.
 */
import type { Raw } from '../../translator/lower/binaryen-raw.ts';
import type { TranslatorOptions } from '../../translator/region.ts';
import type { RegionRecord } from '../region-record.ts';
import type { MachinePair, MakeMachine } from './pair.ts';
import { type Finding, Verifier } from './verifier.ts';
import type { Window } from './windows.ts';

export interface Search {
  readonly make: MakeMachine;
  /** The windows of the run, as far as the finding. */
  readonly plan: readonly Window[];
  readonly finding: Finding;
  readonly raw: Raw;
  readonly translator: TranslatorOptions;
}

/** Both machines where they were equal last, B interpreting, and what A has published so far. The caller disposes of them. */
export async function replay(
  search: Search,
): Promise<{ readonly machines: MachinePair; readonly record: RegionRecord }> {
  const { make, plan, finding } = search;
  const verifier = new Verifier(make, plan, finding.step);
  verifier.stopAt = finding.good;
  const { machines } = verifier;
  const record = machines.a.recordRegions();
  if (finding.good > 0) await verifier.run();
  machines.interpretB(true);
  return { machines, record };
}
