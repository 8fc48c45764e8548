/** Which kinds of case a campaign has, by the oracles that judge them. */
import type { Mode } from './case.ts';
import { HOST_MODES, type Profile } from './generate/cases.ts';

const EVERYWHERE: readonly Profile[] = ['single', 'single', 'single', 'sequence', 'system'];
/** For the host's processor, which takes nothing else. */
const HOST: readonly Profile[] = ['user', 'user', 'user', 'user-sequence'];

/** Kinds that the oracles can judge, those that pay more often than others. */
export function defaultKinds(oracles: readonly string[], modes: readonly Mode[]): readonly Profile[] {
  const host = oracles.includes('host') && modes.some((mode) => HOST_MODES.includes(mode));
  const others = oracles.some((name) => name !== 'host' && name !== 'interpreter');
  return [...(others || !host ? EVERYWHERE : []), ...(host ? HOST : [])];
}
