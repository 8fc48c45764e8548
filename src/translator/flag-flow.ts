/**
 * What is known of the lazy flags at a point of a region, and how statements
 * change it. Dataflow and lowering both use these rules, so they agree.
 *
 * A flag state is a kind word (abi.ts), or IN_MEMORY, or DYNAMIC (the kind word
 * is in a local).
 */
import { FLAGS_WORD, kindWord, OVERRIDE_CF, OVERRIDE_OF } from './abi.ts';
import type { Expr, IrBlock, Stmt } from './ir.ts';

/** The words in memory are right; nothing is in locals. */
export const IN_MEMORY = 0;
/** All six locals hold the state, the kind word included. */
export const DYNAMIC = -1;
/** Not reached yet (dataflow only). */
export const UNKNOWN = -2;

export const WORD_STATE: number = kindWord(FLAGS_WORD, 4);

/** Whether an expression asks for the flags. */
export function readsFlags(e: Expr): boolean {
  switch (e.k) {
    case 'cond':
    case 'flags':
      return true;
    case 'bin':
      return readsFlags(e.a) || readsFlags(e.b);
    case 'un':
      return readsFlags(e.a);
    case 'select':
      return readsFlags(e.c) || readsFlags(e.a) || readsFlags(e.b);
    case 'wide':
      return readsFlags(e.high) || readsFlags(e.low) || readsFlags(e.b);
    case 'op':
      return e.args.some(readsFlags);
    default:
      return false;
  }
}

/** Condition codes that look at CF alone: B and AE. */
const CARRY_CONDITION = 1;

/** Whether an expression asks for more of the flags than the carry. */
function readsMoreThanCarry(e: Expr): boolean {
  switch (e.k) {
    case 'cond':
      return e.cc >> 1 !== CARRY_CONDITION;
    case 'flags':
      return true;
    case 'bin':
      return readsMoreThanCarry(e.a) || readsMoreThanCarry(e.b);
    case 'un':
      return readsMoreThanCarry(e.a);
    case 'select':
      return [e.c, e.a, e.b].some(readsMoreThanCarry);
    case 'wide':
      return [e.high, e.low, e.b].some(readsMoreThanCarry);
    case 'op':
      return e.args.some(readsMoreThanCarry);
    default:
      return false;
  }
}

/** Whether a flag state has to become a flags word for these expressions; a carry is read from a dynamic state as it is. */
export function needsWord(state: number, expressions: readonly Expr[]): boolean {
  if (state === DYNAMIC) return expressions.some(readsMoreThanCarry);
  return state === IN_MEMORY && expressions.some(readsFlags);
}

/** The expressions of a statement. */
export function expressionsOf(s: Stmt): readonly Expr[] {
  switch (s.k) {
    case 'tmp':
    case 'reg':
    case 'state':
    case 'wtmp':
    case 'xmm':
    case 'state64':
    case 'fwiden':
      return [s.e];
    case 'guard':
      return s.unless ? [s.e, s.unless] : [s.e];
    case 'load':
    case 'rmwload':
    case 'vload':
    case 'fload':
      return [s.addr];
    case 'fput':
      return [s.s, s.w];
    case 'fstatus':
      return s.set ? [s.set] : [];
    case 'fcall':
      return s.args;
    case 'fstore':
      return [s.addr, s.s, s.w];
    case 'store':
    case 'vstore':
    case 'rmwstore':
      return [s.addr, s.value];
    case 'flags':
      return [s.a, s.b, s.r, s.c].filter((e): e is Expr => e !== undefined);
    case 'override':
      return [s.cf, s.of].filter((e): e is Expr => e !== undefined);
    case 'flagsif':
      return [s.e, ...expressionsOf(s.then)];
    default:
      return [];
  }
}

/** State after a statement. */
export function afterStatement(state: number, s: Stmt): number {
  if (s.k === 'insn') return state;
  if (s.k === 'callout') return IN_MEMORY;
  const read = needsWord(state, expressionsOf(s)) ? WORD_STATE : state;
  switch (s.k) {
    case 'flags':
      return kindWord(s.kind, s.size);
    case 'override': {
      const base = read === IN_MEMORY ? DYNAMIC : read;
      return base === DYNAMIC ? DYNAMIC : base | (s.cf ? OVERRIDE_CF : 0) | (s.of ? OVERRIDE_OF : 0);
    }
    case 'flagsif':
      return DYNAMIC;
    default:
      return read;
  }
}

/** State at the end of a block, its ending included. */
export function afterBlock(state: number, block: IrBlock): number {
  let s = state;
  for (const stmt of block.stmts) s = afterStatement(s, stmt);
  const e = block.ending;
  return (e.k === 'branch' || e.k === 'indirect' || e.k === 'repeat') && needsWord(s, [e.e]) ? WORD_STATE : s;
}

/** State at a block's entry given those of its predecessors' ends. */
export function join(a: number, b: number): number {
  if (a === UNKNOWN) return b;
  if (b === UNKNOWN || a === b) return a;
  return DYNAMIC;
}

/**
 * Flag states at the entries of a region's blocks; the first is entered with
 * the flags in memory.
 * @param successors for each block the indices of those it goes to within the region
 */
export function entryStates(blocks: readonly IrBlock[], successors: readonly (readonly number[])[]): number[] {
  const entry: number[] = blocks.map((_, n) => (n === 0 ? IN_MEMORY : UNKNOWN));
  const work = [0];
  while (work.length > 0) {
    const n = work.pop()!;
    const out = afterBlock(entry[n]!, blocks[n]!);
    const repeats = blocks[n]!.ending.k === 'repeat';
    for (const to of successors[n]!) {
      let joined = join(entry[to]!, out);
      // With nothing to repeat, the flags are those of the block's entry.
      if (repeats && to !== n) joined = join(joined, entry[n]!);
      if (joined !== entry[to]) {
        entry[to] = joined;
        work.push(to);
      }
    }
  }
  return entry;
}
