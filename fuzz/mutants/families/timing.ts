/**
 * Counts and interrupts: the budget off by an instruction, not checked in a loop, an interrupt taken one
 * instruction late or while it is held off, a refund of a cold exit wrong.
 */
import { comparisons, conditionEdits, partsDropped } from '../conditions.ts';
import { type Edit, edit, type Family, matters } from '../family.ts';
import type { Source } from '../source.ts';

const COUNTS = /^(?:need|block\.count|ahead|site\.refund|budget - 1|this\.block\.count - this\.instruction)$/;

/** Numbers of instructions. */
function counts(source: Source): Edit[] {
  const out: Edit[] = [];
  for (const { name, args } of source.calls()) {
    const [first] = args;
    if (name !== 'con' || !first || !COUNTS.test(source.slice(first))) continue;
    out.push(edit(first, `${source.slice(first)} + 1`, 'one instruction more'));
    out.push(edit(first, `${source.slice(first)} - 1`, 'one instruction less'));
  }
  source.tokens.forEach((token, n) => {
    const [before, behind] = [source.tokens[n - 1]?.text, source.tokens[n + 1]?.text];
    if (token.text === 'refund' && behind === ':') {
      const [from, to] = [source.tokens[n + 2]!, source.tokens[n + 1]!];
      out.push(edit({ start: to.start, end: from.start }, ': 1 + ', 'refund of a cold exit one too many'));
    }
    const statistics = source.tokens[n - 4]?.text === 'inRegions';
    if (token.text === 'refund' && before === '.' && !statistics)
      out.push(edit(token, 'refund - 1', 'refund of a cold exit one too few'));
    if (token.text === 'count' && behind === '++' && source.within(token.start) === 'liftAll') {
      out.push(
        edit({ start: token.start, end: source.tokens[n + 1]!.end }, 'count += 2', 'an instruction counted twice'),
      );
    }
  });
  return out;
}

/** What is done about interrupts, halts and steps in the dispatcher, and in the rules for IF. */
function conditions(source: Source): Edit[] {
  const out: Edit[] = [];
  const here = source.file.includes('translating-engine');
  for (const { range } of source.conditions()) {
    const text = source.slice(range);
    const within = source.within(range.start);
    if (here && !/interrupt|TF|slot|remaining|flags|leave\b|region|site/i.test(text)) continue;
    if (
      text === 'slot !== 0' ||
      /debug|trace|late|publication|impatience|queue|row\b/.test(text) ||
      !matters(source, range.start)
    )
      continue;
    if (/^(?:hot|tick|stats|recordRegions|byMnemonic)$/.test(within)) continue;
    // A case ends where the processor halts, whatever the dispatcher thinks.
    const edits = here
      ? [...partsDropped(source, range), ...comparisons(source, range)].filter(
          (e) => !/halted|shutdown/.test(source.slice(e)),
        )
      : conditionEdits(source, range);
    out.push(...edits);
  }
  return out;
}

/** State that is put in place when a region is left. */
function effects(source: Source): Edit[] {
  const out: Edit[] = [];
  for (const { name, receiver, statement, start } of source.calls()) {
    if (!statement || !matters(source, start)) continue;
    if (/^(?:materializeFlags|requireLevel0|stepFor)$/.test(name) || (name === 'copyWithin' && receiver === 's32')) {
      out.push(edit(statement, ';', `${name} left out`));
    }
    if (name === 'guard' && receiver === 'c') out.push(edit(statement, ';', 'a pending interrupt not looked at'));
  }
  source.tokens.forEach((token, n) => {
    const behind = source.tokens[n + 1]?.text;
    if (token.text === 'leave' && behind === '=' && source.tokens[n - 1]?.text !== 'let') {
      let last = n;
      while (source.tokens[last]!.text !== ';') last++;
      const range = { start: source.tokens[n + 2]!.start, end: source.tokens[last - 1]!.end };
      if (source.slice(range).includes('||')) out.push(...partsDropped(source, range));
    }
  });
  return out;
}

export const timing: Family = {
  name: 'timing',
  does: 'budgets and counts off by one, interrupts one instruction late or not held off, wrong state where a region leaves',
  files:
    /^src\/(?:translator\/(?:lower\/(?:region-lowering|block-lowering)|lift\/(?:interrupt-flag|lift)|control-graph)|vmm\/translating-engine)\.ts$/,
  edits: (source) => [
    ...counts(source),
    ...(/interrupt-flag|translating-engine|control-graph/.test(source.file) ? conditions(source) : []),
    ...(/interrupt-flag|translating-engine/.test(source.file) ? effects(source) : []),
  ],
};
