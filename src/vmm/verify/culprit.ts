/**
 * Finds the instruction behind a difference: both machines are brought to where
 * they were equal last, by the very run that found it; from there each block that the
 * reference executes is tried, translated and interpreted, from the same state.
 *
 * A difference that no block shows by itself comes from the run as a whole: from links,
 * from invalidation, from when a region was published.
 */
import type { Raw } from '../../translator/lower/binaryen-raw.ts';
import type { TranslatorOptions } from '../../translator/region.ts';
import { BlockProbe, type Probe } from './block-probe.ts';
import type { MakeMachine } from './pair.ts';
import { type Finding, Verifier } from './verifier.ts';
import type { VerifyOptions } from './windows.ts';

/** Blocks tried in one window at most. */
const MAX_PROBES = 100_000;

export interface Culprit {
  /** The shortest beginning of a block that shows the difference: the last instruction is the one. */
  readonly probe: Probe;
  /** Instructions retired before the block. */
  readonly count: number;
}

/** @returns undefined where no block shows a difference by itself */
export async function findCulprit(
  make: MakeMachine,
  options: VerifyOptions,
  finding: Finding,
  raw: Raw,
  translator: TranslatorOptions,
): Promise<Culprit | undefined> {
  const verifier = new Verifier(make, options);
  verifier.stopAt = finding.good;
  const { a, b } = verifier.machines;
  try {
    if (finding.good > 0) await verifier.run();
    verifier.machines.interpretB(true);
    const probe = new BlockProbe(a.inspect(), b.inspect(), raw, translator);
    let count = finding.good;
    for (let tries = 0; count < finding.bad && tries < MAX_PROBES; tries++) {
      probe.follow();
      const block = probe.block(finding.bad - count);
      const tried = block.length === 0 ? undefined : probe.compare(block);
      if (tried !== undefined && tried.differences.length > 0) return { probe: shortest(probe, block), count };
      const behind = tried === undefined ? 1 : tried.retired + (tried.left ? 1 : 0);
      const arrival = await b.runTo(count + Math.max(1, behind));
      if (arrival.ended !== undefined) return undefined;
      count = arrival.count;
    }
    return undefined;
  } finally {
    verifier.machines.dispose();
  }
}

/** The shortest beginning that still differs. */
function shortest(probe: BlockProbe, block: readonly Uint8Array[]): Probe {
  for (let length = 1; length < block.length; length++) {
    const tried = probe.compare(block.slice(0, length));
    if (tried.differences.length > 0) return tried;
  }
  return probe.compare(block);
}
