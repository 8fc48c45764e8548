/** Another operation: its opposite, the other signedness, the other side of a boundary. */
import { computes, type Edit, edit, type Family } from '../family.ts';
import type { Range, Source } from '../source.ts';

const OTHER: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  and: 'or',
  or: 'and',
  xor: 'or',
  shl: 'shr',
  shr: 'shl',
  sar: 'shr',
  rotl: 'rotr',
  rotr: 'rotl',
  eq: 'ne',
  ne: 'eq',
  clz: 'ctz',
  ctz: 'clz',
  popcnt: 'ctz',
  sext8: 'sext16',
  sext16: 'sext8',
  mulhs: 'mulhu',
  mulhu: 'mulhs',
  divu64: 'divs64',
  divs64: 'divu64',
  remu64: 'divu64',
  rems64: 'divs64',
  divu: 'remu',
  remu: 'divu',
};
const SIGNEDNESS: Readonly<Record<string, string>> = {
  ltu: 'lts',
  lts: 'ltu',
  leu: 'les',
  les: 'leu',
  gtu: 'gts',
  gts: 'gtu',
  geu: 'ges',
  ges: 'geu',
};
const BOUNDARY: Readonly<Record<string, string>> = {
  ltu: 'leu',
  lts: 'les',
  leu: 'ltu',
  les: 'lts',
  gtu: 'geu',
  gts: 'ges',
  geu: 'gtu',
  ges: 'gts',
};
const TABLES: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
  [OTHER, 'another operation'],
  [SIGNEDNESS, 'compared with the other sign'],
  [BOUNDARY, 'boundary moved by one'],
];
/** Helpers of the IR with operations' names. */
const HELPERS = /^(?:add|sub|and|or|xor)$/;

/** Boundaries moved so that more is left to the interpreter than has to be. */
const CAUTIOUS = /^[gl]t[us]$/;

/** The guards of lifting rules. */
function guardsOf(source: Source): readonly Range[] {
  return source.calls().filter(({ name }) => name === 'guard');
}

/** Names of operations in quotes, where one is an argument or the value of a property. */
function named(source: Source): Edit[] {
  const guards = guardsOf(source);
  const guarded = (at: number) => guards.some(({ start, end }) => start <= at && at < end);
  return source.tokens.flatMap((token, n) => {
    const before = source.tokens[n - 1]?.text ?? '';
    if (token.kind !== 'text' || !/^[(:?]$/.test(before)) return [];
    // The key of a `case`, or a pass's own knowledge of an operation: passes.ts.
    const name = token.text.slice(1, -1);
    return TABLES.flatMap(([table, rule]) => {
      const cautious = table === BOUNDARY && CAUTIOUS.test(name);
      if (!table[name] || (cautious && guarded(token.start))) return [];
      return [edit(token, `'${table[name]}'`, rule)];
    });
  });
}

function helpers(source: Source): Edit[] {
  const has = (name: string) => source.text.includes(`${name},`) || source.text.includes(`${name} }`);
  return source.calls().flatMap(({ name, receiver, args, start }) => {
    const other = OTHER[name];
    if (receiver !== '' || args.length !== 2 || !HELPERS.test(name) || other === undefined) return [];
    return has(other) ? [edit({ start, end: start + name.length }, other, 'another operation')] : [];
  });
}

export const operators: Family = {
  name: 'operators',
  does: 'another operation: its opposite, the other signedness, a boundary moved by one',
  files: /^src\/translator\/(?:lift|lower|runtime)\/(?!emitter)/,
  edits: (source) => [...named(source), ...helpers(source)].filter(({ start }) => computes(source, start)),
};
