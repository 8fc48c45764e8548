/** Vector instructions: signedness, lanes, halves and directions exchanged. */
import { computes, type Edit, edit, type Family } from '../family.ts';
import type { Source } from '../source.ts';

const CHANGES: readonly (readonly [RegExp, string, string])[] = [
  [/_s(?=$|\.)/, '_u', 'unsigned instead of signed'],
  [/_u(?=$|\.)/, '_s', 'signed instead of unsigned'],
  [/\.add(?=$|_)/, '.sub', 'another operation'],
  [/\.sub(?=$|_)/, '.add', 'another operation'],
  [/\.mul$/, '.add', 'another operation'],
  [/\.p?min/, '.max', 'another operation'],
  [/\.p?max/, '.min', 'another operation'],
  [/\.gt(?=$|_)/, '.ge', 'boundary moved by one'],
  [/\.lt(?=$|_)/, '.le', 'boundary moved by one'],
  [/\.ge(?=$|_)/, '.gt', 'boundary moved by one'],
  [/\.le(?=$|_)/, '.lt', 'boundary moved by one'],
  [/\.eq$/, '.ne', 'another operation'],
  [/\.ne$/, '.eq', 'another operation'],
  [/_low_/, '_high_', 'the other half'],
  [/_high_/, '_low_', 'the other half'],
  [/^i16x8\.(?=add$|sub$|eq$|shl$|shr|min|max|gt_s$)/, 'i8x16.', 'narrower elements'],
  [/^i8x16\.(?=add|sub|eq$|shl$|shr|min|max|gt_s$)/, 'i16x8.', 'wider elements'],
  [/^i32x4\.(?=add$|sub$|eq$|shl$|shr|gt_s$)/, 'i16x8.', 'narrower elements'],
  [/^f32x4\.(?=add$|sub$|mul$|div$|min$|max$|sqrt$)/, 'f64x2.', 'wider elements'],
  [/^f64x2\.(?=add$|sub$|mul$|div$|min$|max$|sqrt$)/, 'f32x4.', 'narrower elements'],
  [/^v128\.and$/, 'v128.or', 'another operation'],
  [/^v128\.or$/, 'v128.and', 'another operation'],
  [/^v128\.xor$/, 'v128.or', 'another operation'],
  [/^v128\.andnot$/, 'v128.and', 'complement dropped'],
  [/\.nearest$/, '.trunc', 'another rounding'],
  [/\.(?:floor|ceil)$/, '.trunc', 'another rounding'],
];
const NAME = /^'[if]?v?\d+(?:x\d+)?\.\w+(?:\.\w+)?'$/;

function ofNames(source: Source): Edit[] {
  return source.tokens.flatMap((token) => {
    if (token.kind !== 'text' || !NAME.test(token.text)) return [];
    const name = token.text.slice(1, -1);
    return CHANGES.flatMap(([pattern, to, rule]) => {
      if (!pattern.test(name)) return [];
      return [edit(token, `'${name.replace(pattern, to)}'`, rule)];
    });
  });
}

/** Lists of elements: `elements(2, [1, 3, ...])` begins one later. */
function ofShuffles(source: Source): Edit[] {
  return source.calls().flatMap(({ name, args }) => {
    const list = args[1];
    if (name !== 'elements' || !list || !source.slice(list).startsWith('[')) return [];
    const [first, second] = source.parts(source.tokenAt(list.start));
    if (!first || !second || source.slice(first) === source.slice(second)) return [];
    return [edit(first, source.slice(second), 'an element from the wrong place')];
  });
}

export const vectors: Family = {
  name: 'vectors',
  does: 'vector instructions with the other signedness, width, half or direction',
  files: /^src\/translator\/lift\/sse/,
  edits: (source) => [...ofNames(source), ...ofShuffles(source)].filter(({ start }) => computes(source, start)),
};
