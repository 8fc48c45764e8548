/**
 * What a family of mutants is: a rule that finds places in the source, and what it puts there. Families
 * are in families/, one file each.
 */
import type { Range, Source } from './source.ts';

/** A change of a source file. */
export interface Edit extends Range {
  readonly text: string;
  /** What is done, in a few words: "carry in dropped". */
  readonly rule: string;
}

export interface Family {
  readonly name: string;
  /** One line for people. */
  readonly does: string;
  /** Files it looks at, by their path below the project's folder. */
  readonly files: RegExp;
  /** Every place in a file at which it can make a mutant. */
  edits(source: Source): readonly Edit[];
}

/**
 * What no mutant is made of, by function: it decides how fast, how much or what is written in a log, never what a guest
 * sees. A mutant there would live for ever and say nothing.
 */
export const BOOKKEEPING: ReadonlySet<string> = new Set([
  'explain',
  'makeRoom',
  'isRestless',
  'forgive',
  'dropLinearPage',
  'count',
  'countInline',
  'stats',
  'size',
  'used',
  // What is taken into a region.
  'successors',
  'include',
  'isExecuted',
  'follow',
  'isSmall',
  'likely',
  'returns',
  'returnBlocks',
  'usesCode',
  'step',
  'debugged',
  'hot',
  'tick',
  'recordRegions',
  // How targets are spread over a table: each is compared with where it leads before it is gone to.
  'perfectHash',
  'byMnemonic',
  // For whoever puts one piece of code after another into the same memory: no machine does.
  'revive',
  // Tiers: when the other one comes, and what is counted for that.
  'countHeat',
  'sampleTarget',
  'countChained',
  'improve',
  'newRegion',
]);

/**
 * Code that only decides whether the interpreter is asked, by file and, where given, function: what asks it more often
 * makes a guest slower, no more. Only the rules that drop checks work there.
 */
const DECIDES: readonly (readonly [RegExp, RegExp])[] = [
  [/lift\/(?:float-checks|segment-load)\.ts$/, /^/],
  [/lift\/sse-convert\.ts$/, /^narrows$/],
  [/lower\/region-lowering\.ts$/, /^(?:exitIndirect|tlbWord|checkEntry|checkPages|exitTo)$/],
  [/lower\/(?:word|simd|x87)-memory\.ts$/, /^(?:access|access80)$/],
];

/** Whether a change may be for the worse; not so where it may only ask the interpreter more often, or as often. */
export function computes(source: Source, at: number): boolean {
  return !DECIDES.some(([file, within]) => file.test(source.file) && within.test(source.within(at)));
}

/** Whether a place belongs to what guests can see. */
export function matters(source: Source, at: number): boolean {
  return !BOOKKEEPING.has(source.within(at));
}

export const edit = (range: Range, text: string, rule: string): Edit => ({
  start: range.start,
  end: range.end,
  text,
  rule,
});
