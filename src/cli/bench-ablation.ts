/**
 * `transvisor bench --ablate`: which mechanisms can be switched off, read from the options of `run`, so that a new
 * switch takes part without being named here.
 */
import type { Contestant } from '../../bench/contestant.ts';
import { PASS_NAMES } from '../translator/passes/pass-names.ts';
import { RUN_OPTION_GROUPS } from './run-options.ts';

/** Switches of the engine that begin with `no-` and turn no mechanism off. */
const OTHERS = new Set(['no-reboot', 'no-pass']);

/** Ourselves, then ourselves without each pass, each mechanism that has a switch, and with regions of one block. */
export function ablationContestants(): Contestant[] {
  const engine = RUN_OPTION_GROUPS.find((group) => group.title === 'Engine and time')?.options ?? [];
  const flags = engine.filter((o) => /^no-/.test(o.name) && o.value === undefined && !OTHERS.has(o.name));
  const without = (name: string, ...switches: string[]): Contestant => ({ name, kind: 'ours', switches });
  return [
    without('ours'),
    ...PASS_NAMES.map((pass) => without(`no-pass-${pass}`, '--no-pass', pass)),
    ...flags.map((flag) => without(flag.name, `--${flag.name}`)),
    without('max-region-1', '--max-region', '1'),
    without('compile-threads-0', '--compile-threads', '0'),
  ];
}
