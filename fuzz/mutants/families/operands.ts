/** Operands swapped: of operations for which the order counts. */
import { computes, type Edit, edit, type Family } from '../family.ts';
import type { Range, Source } from '../source.ts';

const ORDERED = new Set(
  'sub shl shr sar rotl rotr ltu lts leu les gtu gts geu ges divu remu'.split(' ').map((name) => `'${name}'`),
);
/** WebAssembly instructions on vectors by the last part of their names. */
const ORDERED_VECTORS = /\.(?:sub|andnot|narrow|gt|lt|ge|le|pmin|pmax|div|swizzle|sub_saturate|shr|shl)/;

function swap(source: Source, a: Range, b: Range): Edit[] {
  const [x, y] = [source.slice(a), source.slice(b)];
  if (x === y) return [];
  const between = source.slice({ start: a.end, end: b.start });
  return [edit({ start: a.start, end: b.end }, y + between + x, 'operands swapped')];
}

function ofCalls(source: Source): Edit[] {
  return source.calls().flatMap(({ name, args }) => {
    const [first, second, third] = args;
    if (!first || !second) return [];
    if (name === 'sub' && args.length === 2) return swap(source, first, second);
    if (name === 'shuffle' && args.length === 3) return swap(source, first, second);
    if (third && name === 'bin' && ORDERED.has(source.slice(first))) return swap(source, second, third);
    if (third && name === 'select') return swap(source, second, third);
    if (name !== 'op' || !ORDERED_VECTORS.test(source.slice(first)) || !source.slice(second).startsWith('[')) return [];
    const [a, b] = source.parts(source.tokenAt(second.start));
    return a && b ? swap(source, a, b) : [];
  });
}

/** Of `{ k: 'select', ... }`, `{ k: 'flags', ... }` and their like. */
function ofNodes(source: Source): Edit[] {
  return source.objects().flatMap(({ properties }) => {
    const [a, b] = [properties.get('a'), properties.get('b')];
    if (!a || !b) return [];
    const [x, y] = [source.slice(a.value), source.slice(b.value)];
    if (x === y) return [];
    const between = source.slice({ start: a.whole.end, end: b.whole.start });
    return [edit({ start: a.whole.start, end: b.whole.end }, `a: ${y}${between}b: ${x}`, 'operands swapped')];
  });
}

export const operands: Family = {
  name: 'operands',
  does: 'operands swapped where their order counts',
  files: /^src\/translator\/(?:lift|lower|runtime)\//,
  edits: (source) => [...ofCalls(source), ...ofNodes(source)].filter(({ start }) => computes(source, start)),
};
