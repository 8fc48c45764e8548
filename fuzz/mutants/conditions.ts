/** What rules do with conditions: a part left out, turned round, a boundary moved by one. */
import { type Edit, edit } from './family.ts';
import type { Range, Source } from './source.ts';

const BOUNDARIES: Readonly<Record<string, string>> = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };
const OPPOSITES: Readonly<Record<string, string>> = { '===': '!==', '!==': '===' };

/** Tokens of a range that stand in no bracket of it. */
function outer(source: Source, { start, end }: Range): number[] {
  const out: number[] = [];
  for (let n = source.tokenAt(start); n < source.tokens.length && source.tokens[n]!.end <= end; n++) {
    out.push(n);
    if (source.partner[n]! > n) n = source.partner[n]!;
  }
  return out;
}

/** The range cut at an operator that stands in no bracket of it. */
function cut(source: Source, range: Range, operator: string): Range[] {
  const out: Range[] = [];
  let from = range.start;
  for (const n of outer(source, range)) {
    if (source.tokens[n]!.text !== operator) continue;
    out.push({ start: from, end: source.tokens[n - 1]!.end });
    from = source.tokens[n + 1]!.start;
  }
  return [...out, { start: from, end: range.end }];
}

/**
 * Whether a part of a condition only says what kind of node something is, so that the parts behind it may look at its
 * fields: of another kind they look at nothing, and nothing changes.
 */
function onlyNarrows(source: Source, range: Range, part: Range): boolean {
  const node = /^(\S+)\.k [!=]== '/.exec(source.slice(part))?.[1];
  const rest = source.slice({ start: part.end, end: range.end });
  return node !== undefined && (rest.includes(`${node}.`) || rest.includes(`(${node})`));
}

/** A part of `a && b` or `a || b` left out, each in turn. */
export function partsDropped(source: Source, range: Range): Edit[] {
  const out: Edit[] = [];
  const alternatives = cut(source, range, '||');
  if (outer(source, range).some((n) => /^(?:\?|=>)$/.test(source.tokens[n]!.text))) return [];
  if (alternatives.length > 1) {
    for (const part of alternatives) {
      if (!onlyNarrows(source, range, part)) out.push(edit(part, 'false', 'a case dropped'));
    }
  }
  for (const part of alternatives) {
    const conditions = cut(source, part, '&&');
    if (conditions.length === 1) continue;
    for (const one of conditions) {
      if (!onlyNarrows(source, range, one)) out.push(edit(one, 'true', 'a check dropped'));
    }
  }
  return out;
}

/** Comparisons anywhere in a range: boundaries moved, equality turned round. */
export function comparisons(source: Source, range: Range): Edit[] {
  const out: Edit[] = [];
  for (let n = source.tokenAt(range.start); n < source.tokens.length && source.tokens[n]!.end <= range.end; n++) {
    const token = source.tokens[n]!;
    // With a blank on either side it is no bracket of a type.
    const spaced = source.text[token.start - 1] === ' ' && source.text[token.end] === ' ';
    if (token.kind !== 'sign' || !spaced) continue;
    const boundary = BOUNDARIES[token.text];
    const opposite = OPPOSITES[token.text];
    if (boundary) out.push(edit(token, boundary, 'boundary moved by one'));
    else if (opposite) out.push(edit(token, opposite, 'the opposite condition'));
  }
  return out;
}

/** All that can be done with the condition of an `if`: dropped in part, turned round, never. */
export function conditionEdits(source: Source, range: Range): Edit[] {
  return [
    ...partsDropped(source, range),
    ...comparisons(source, range),
    edit(range, `!(${source.slice(range)})`, 'the opposite condition'),
  ];
}
