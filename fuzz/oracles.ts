/** All oracles by the names that `--oracle` takes. */
import { ENGINES, TRANSLATOR_SETTINGS } from './engines/index.ts';
import type { Oracle, OracleMaker } from './oracle.ts';

/** Those that judge by what this project has not made; their code is loaded when one is wanted. */
const OUTSIDE: ReadonlyMap<string, OracleMaker> = new Map<string, OracleMaker>([
  ['host', async () => (await import('./outside/host/host-oracle.ts')).makeHostOracle()],
  ['unicorn', async () => (await import('./outside/unicorn/oracle.ts')).makeUnicornOracle()],
]);

/** What everything else is held against. */
export const REFERENCE = 'interpreter';

export const ORACLE_NAMES: readonly string[] = [...ENGINES.keys(), ...OUTSIDE.keys()];
export const OUTSIDE_NAMES: readonly string[] = [...OUTSIDE.keys()];

/**
 * Names of oracles, spelt out: `all` stands for the translator and those from outside, `translator:*` for all settings
 * of the translator. The reference comes first, named or not; each comes once.
 * @throws RangeError for a name that is none
 */
export function oracleNames(names: readonly string[]): readonly string[] {
  const all = names.flatMap((name) =>
    name === 'all'
      ? ['translator', ...OUTSIDE_NAMES]
      : name === 'translator:*'
        ? [...TRANSLATOR_SETTINGS.keys()]
        : [name],
  );
  const unknown = all.find((name) => !ORACLE_NAMES.includes(name));
  if (unknown !== undefined) throw new RangeError(`there is no oracle '${unknown}'`);
  return [...new Set([REFERENCE, ...all])];
}

export function isKnown(name: string): boolean {
  return ORACLE_NAMES.includes(name);
}

/**
 * Makes an oracle, or says in one line why there is none here.
 * @throws RangeError for a name that is none
 */
export async function makeOracle(name: string): Promise<Oracle | { readonly missing: string }> {
  const make = ENGINES.get(name) ?? OUTSIDE.get(name);
  if (make === undefined) throw new RangeError(`there is no oracle '${name}'`);
  return make();
}

/** Oracles that could be made, in order, and why others could not. */
export interface Available {
  readonly oracles: readonly Oracle[];
  readonly missing: readonly string[];
}

/** Makes oracles by name; those that were given as objects are taken as they are. */
export async function makeOracles(wanted: readonly (string | Oracle)[]): Promise<Available> {
  const oracles: Oracle[] = [];
  const missing: string[] = [];
  for (const one of wanted) {
    const made = typeof one === 'string' ? await makeOracle(one) : one;
    if ('missing' in made) missing.push(`${String(one)}: ${made.missing}`);
    else oracles.push(made);
  }
  return { oracles, missing };
}
