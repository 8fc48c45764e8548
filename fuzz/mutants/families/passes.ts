/** The passes and the dataflow under them: flags taken for dead, states of flags joined wrongly, wrong folding. */
import { conditionEdits } from '../conditions.ts';
import { type Edit, edit, type Family } from '../family.ts';
import type { Source } from '../source.ts';

/** Members of the set of statements that can leave a region. */
function members(source: Source): Edit[] {
  return source.tokens.flatMap((token, n) => {
    const [before, behind] = [source.tokens[n - 1]?.text, source.tokens[n + 1]?.text];
    if (token.kind !== 'text' || !/^[[,]$/.test(before ?? '') || behind !== ',') return [];
    return [edit(token, "'never'", `dead flags too eager: ${token.text.slice(1, -1)} does not leave`)];
  });
}

function effects(source: Source): Edit[] {
  const out: Edit[] = [];
  for (const { name, statement } of source.calls()) {
    if (statement && /^(?:clear|add|push|usedTemporaries)$/.test(name))
      out.push(edit(statement, ';', `${name} left out`));
  }
  source.tokens.forEach((token, n) => {
    if (token.text === 'live' && source.tokens[n + 1]?.text === '=' && source.tokens[n + 2]?.text === 'true')
      out.push(edit(source.tokens[n + 2]!, 'live', 'dead flags too eager'));
    if (token.text === 'return' && source.tokens[n + 1]?.text === 'DYNAMIC')
      out.push(edit(source.tokens[n + 1]!, 'a', 'states of flags joined wrongly'));
    if (token.text === 'checked' && source.tokens[n + 1]?.text === '||')
      out.push(edit(token, 'checked && false', 'a way out not heeded'));
  });
  return out;
}

/** What folding computes. */
function computed(source: Source): Edit[] {
  if (!source.file.endsWith('fold.ts')) return [];
  const OTHER: Readonly<Record<string, string>> = {
    '+': '-',
    '-': '+',
    '&': '|',
    '|': '&',
    '<<': '>>',
    '>>': '>>>',
    '>>>': '>>',
  };
  return source.tokens.flatMap((token, n) => {
    const to = OTHER[token.text];
    // Of types.
    if (/^(?:undefined|[A-Z]\w*|')/.test(source.tokens[n + 1]?.text ?? '')) return [];
    const spaced = source.text[token.start - 1] === ' ' && source.text[token.end] === ' ';
    const line = source.text.slice(source.text.lastIndexOf('\n', token.start) + 1, token.start);
    return to && spaced && !/^(?:import|export type|type)|=>|Omit|Extract/.test(line) && token.kind === 'sign'
      ? [edit(token, to, 'folded to another value')]
      : [];
  });
}

export const passes: Family = {
  name: 'passes',
  does: 'dead flags too eager, states of flags joined wrongly, wrong folding',
  files: /^src\/translator\/(?:passes\/(?:dead-flags|fold)|flag-flow)\.ts$/,
  edits: (source) => [
    ...(source.file.endsWith('dead-flags.ts') ? members(source) : []),
    ...effects(source),
    ...computed(source),
    ...source.conditions().flatMap(({ range }) => {
      const edits = conditionEdits(source, range);
      // What folds less is slower; what folds more is wrong.
      return source.file.endsWith('fold.ts') ? edits.filter(({ text }) => text === 'true') : edits;
    }),
  ],
};
