/**
 * The life of regions: links not cut and entries not removed after a write to code, code not watched, ranges
 * that end too soon, mappings not checked, one region found for another.
 */
import { comparisons, partsDropped } from '../conditions.ts';
import { type Edit, edit, type Family, matters } from '../family.ts';
import type { Range, Source } from '../source.ts';

/**
 * Calls for their effect that may be left out. Not among them is what only keeps books, gives room back, or
 * lets a region be found at all: without it a guest is slower and sees nothing else. Numbers of modes that are kept for longer
 * mean what they meant.
 */
const EFFECTS =
  /^(?:links\.(?:set|clear)|jumps\.(?:remove|clear)|index\.(?:delete|clear)|tlb\.dropWritesTo|mark|watch|drop|words\.fill|ranges\.push)$/;
/** Functions in which a comparison or a condition says whether a region is the right one. */
const FINDS =
  /^(?:overlaps|find|get|recent|intern|holds|holdsCode|usesCode|forgetCode|stillWanted|publish|drop|request|linkTargets|fetchable|remove|mark|addRanges|exists|delete|id)$/;

function effects(source: Source): Edit[] {
  return source.calls().flatMap(({ name, receiver, statement, start }): Edit[] => {
    const callee = [...receiver.split('.').filter((part) => !/^(?:this|cpu|memory|)$/.test(part)), name].join('.');
    // Link slots are cleared again when they are given out.
    const again = callee === 'words.fill' && source.file.endsWith('links.ts');
    if (!statement || again || !EFFECTS.test(callee) || !matters(source, start)) return [];
    return [edit(statement, ';', `${callee} left out`)];
  });
}

/** `x.y = ...;` as statements: assignments that mark something as gone. */
function assignments(source: Source): Edit[] {
  return source.tokens.flatMap((token, n): Edit[] => {
    if (!/^(?:dead|leaveBlock|version)$/.test(token.text) || source.tokens[n - 1]?.text !== '.') return [];
    if (source.tokens[n + 1]?.text !== '=') return [];
    let [first, last] = [n, n];
    while (source.tokens[first - 1]?.text === '.' || source.tokens[first - 1]?.kind === 'name') first--;
    while (source.tokens[last] && source.tokens[last]!.text !== ';') last++;
    const range: Range = { start: source.tokens[first]!.start, end: source.tokens[last]!.end };
    if (!/^[;{})]$/.test(source.tokens[first - 1]?.text ?? '') || !matters(source, range.start)) return [];
    if (!/^(?:drop|forgetCode|clear)$/.test(source.within(range.start))) return [];
    return [edit(range, ';', `${token.text} not set`)];
  });
}

/** Conditions and results that compare, where a region is looked for. */
function lookUps(source: Source): Edit[] {
  const out: Edit[] = [];
  for (const { range } of source.conditions()) {
    if (!FINDS.test(source.within(range.start)) || !matters(source, range.start)) continue;
    if (/\b(?:observer|filter|quick|before|stats)\b|slot [!=]== 0|undefined|MAX_/.test(source.slice(range))) continue;
    // What finds fewer regions than there are makes a guest slower, no more; what finds fewer to drop is wrong.
    out.push(...partsDropped(source, range));
    if (source.within(range.start) === 'overlaps') out.push(...comparisons(source, range));
  }
  return out;
}

/** The bytes a region was made from, and the parts of its key. */
function keys(source: Source): Edit[] {
  return source.tokens.flatMap((token, n): Edit[] => {
    const next = source.tokens[n + 1]?.text;
    if (token.text === 'LINK_TLB_MASK' && source.tokens[n - 1]?.text === '&')
      return [edit(token, '0xfff', 'the page not looked at')];
    if (token.text === 'samePage' && next === '?') return [edit(token, 'true', 'a mapping not checked')];
    if (token.text === 'last' && next === ':' && source.within(token.start) === 'addRanges') {
      return [edit(source.tokens[n + 1]!, ': -1 +', 'the last byte of code not watched')];
    }
    return [];
  });
}

export const lifetime: Family = {
  name: 'lifetime',
  does: 'links not cut after a code write, code not watched, mappings not checked, one region found for another',
  files:
    /^src\/cache\/(?:translation-cache|links|jump-cache|region-index|modes|function-table|region-former|block-scan|regions|code-pages)\.ts$/,
  edits: (source) => [...effects(source), ...assignments(source), ...lookUps(source), ...keys(source)],
};
