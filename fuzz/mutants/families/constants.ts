/** Constants of generated code: a bit more, a bit less, another mask. */
import { computes, type Edit, edit, type Family, matters } from '../family.ts';
import type { Range, Source } from '../source.ts';

/** What a constant becomes, and what that is called; nothing for what has no neighbour that means something. */
function neighbours(text: string): (readonly [string, string])[] {
  const minusOne = /^(.*) - 1$/.exec(text);
  if (minusOne) return [[minusOne[1]!, 'one more']];
  if (/^-?(?:0x[\da-f_]+|\d[\d_]*)$/i.test(text)) {
    const value = Number(text.replaceAll('_', ''));
    if (value === 0) return [['1', 'one more']];
    if (value === 1) return [['0', 'one less']];
    // Masks of whole bytes lose or win a byte; other numbers move by one.
    if (value === 0xffff) return [['0xff', 'a narrower mask']];
    if (value === 0xff) return [['0xffff', 'a wider mask']];
    if (value === -1) return [['1', 'another constant']];
    return [[`${value - 1}`, 'one less']];
  }
  if (/^\w+$/.test(text) || /^\w+\.\w+$/.test(text)) return [[`${text} + 1`, 'one more']];
  if (/^~\w+$/.test(text)) return [[text.slice(1), 'the complement of a mask']];
  return [];
}

function ofCalls(source: Source): Edit[] {
  const out: Edit[] = [];
  const add = (range: Range) => {
    for (const [text, rule] of neighbours(source.slice(range))) out.push(edit(range, text, rule));
  };
  for (const { name, args, receiver } of source.calls()) {
    const [first, second] = args;
    if (name === 'con' && first && args.length === 1) add(first);
    if ((name === 'shl' || name === 'shr') && receiver === '' && second) add(second);
    if (name === 'stackOffset' && first) add(first);
  }
  return out.filter(({ start }) => matters(source, start));
}

export const constants: Family = {
  name: 'constants',
  does: 'constants of generated code off by one, masks of another width',
  files: /^src\/translator\/(?:lift|lower|runtime)\/(?!emitter|select-target)/,
  edits: (source) => ofCalls(source).filter(({ start }) => computes(source, start)),
};
