/** Guards and refusals of the lifting rules: limit, null, alignment and privilege checks dropped; forms lifted that must not be. */
import { partsDropped } from '../conditions.ts';
import { type Edit, edit, type Family } from '../family.ts';
import type { Source } from '../source.ts';

const GUARDS = /^(?:guard|requireLevel0|mmxReady|check|checkFinite|leave\w*)$/;

function calls(source: Source): Edit[] {
  return source.calls().flatMap((call): Edit[] => {
    if (!call.statement || !GUARDS.test(call.name)) return [];
    const out = [edit(call.statement, ';', 'check dropped')];
    const [first] = call.args;
    // `eq` of a register with zero and the like are small; a guard of several things loses one.
    if (call.name === 'guard' && first) out.push(...partsDropped(source, first));
    return out;
  });
}

/** `if (...) return false;`: the form is left to the interpreter. */
function refusals(source: Source): Edit[] {
  return source.conditions().flatMap(({ range, behind }): Edit[] => {
    const { tokens } = source;
    const refuses = tokens[behind]?.text === 'return' && tokens[behind + 1]?.text === 'false';
    if (!refuses) return [];
    const parts = partsDropped(source, range);
    return parts.length > 0 ? parts : [edit(range, 'false', 'lifted though it must not be')];
  });
}

/** Conjunctions of checks in conditions for the interpreter: `both(s, a, b)`. */
function conjunctions(source: Source): Edit[] {
  return source.calls().flatMap((call) => {
    const [, a, b] = call.args;
    if (call.name !== 'both' || !a || !b) return [];
    return [a, b].map((one) => edit(call, source.slice(one), 'a check dropped'));
  });
}

export const guards: Family = {
  name: 'guards',
  does: 'checks of lifting rules dropped: limits, null selectors, alignment, privilege; forms lifted that must not be',
  files: /^src\/translator\/lift\//,
  edits: (source) => [...calls(source), ...refusals(source), ...conjunctions(source)],
};
