/**
 * Which kinds of case a campaign has, and how often each: as a list from which one is drawn, and as text
 * ("single:85,sequence:14,system").
 */
import type { Mode } from './case.ts';
import { HOST_MODES, PROFILES, type Profile } from './generate/cases.ts';

/** Weights that a text may give. */
const MAX_WEIGHT = 100;

const times = (count: number, kind: Profile): Profile[] => new Array<Profile>(count).fill(kind);

/** A whole-system case takes as long as a hundred single instructions. */
const EVERYWHERE: readonly Profile[] = [
  ...times(50, 'single'),
  ...times(25, 'corner'),
  ...times(10, 'warm'),
  ...times(14, 'sequence'),
  'system',
];
/** For the host's processor, which takes nothing else. */
const HOST: readonly Profile[] = [...times(60, 'user'), ...times(25, 'user-corner'), ...times(15, 'user-sequence')];

/** Kinds that the oracles can judge, those that pay more often than others. */
export function defaultKinds(oracles: readonly string[], modes: readonly Mode[]): readonly Profile[] {
  const host = oracles.includes('host') && modes.some((mode) => HOST_MODES.includes(mode));
  const others = oracles.some((name) => name !== 'host' && name !== 'interpreter');
  return [...(others || !host ? EVERYWHERE : []), ...(host ? HOST : [])];
}

/** A list of kinds as text. */
export function kindsText(kinds: readonly Profile[]): string {
  const counts = new Map<Profile, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => (count === 1 ? kind : `${kind}:${count}`)).join();
}

/**
 * Kinds from a word of such a text: a name, or name:weight.
 * @throws RangeError naming what is wrong
 */
export function kindsOf(word: string): readonly Profile[] {
  const [name = '', weight = '1'] = word.split(':');
  const kind = PROFILES.find((known) => known === name);
  if (kind === undefined) throw new RangeError(`there is no kind of case '${name}': ${PROFILES.join(', ')}`);
  const count = /^\d+$/.test(weight) ? Number(weight) : Number.NaN;
  if (!(count >= 1 && count <= MAX_WEIGHT)) {
    throw new RangeError(`the weight of '${name}' is '${weight}', must be a whole number from 1 to ${MAX_WEIGHT}`);
  }
  return times(count, kind);
}
