/**
 * What a campaign has tried, cell by cell: how often at all, how often translated code was held against
 * the interpreter, and how often somebody from outside has judged.
 */
import { decode } from '../src/decoder/decode.ts';
import { Instruction } from '../src/decoder/instruction.ts';
import type { FuzzCase, Outcome } from './case.ts';
import { entryOf, isCode32, patchedBytes } from './case-bytes.ts';
import { type CellOutcome, cellKey, formOf, outcomeOf } from './cells.ts';
import type { Executed } from './engines/trace.ts';

/** Who has judged. `tried`: nobody, or anybody. */
export const JUDGES = ['tried', 'engines', 'outside'] as const;
export type Judge = (typeof JUDGES)[number];

/** Counts as data: for each judge a list of cell, count, cell, count. */
export type CoverageData = Readonly<Record<Judge, readonly number[]>>;

const insn = new Instruction();

/** What came of the first instruction; undefined where that cannot be told. */
function outcomeOfFirst(c: FuzzCase, outcome: Outcome, length: number): CellOutcome | undefined {
  const { ending, state } = outcome;
  if (ending.kind === 'failed' || ending.kind === 'shutdown') return undefined;
  if (ending.kind !== 'exception') return 'ok';
  const { initial } = c;
  if (ending.software) return state.eip === (initial.eip + length) >>> 0 ? 'int' : 'ok';
  if (insn.row.mnemonic === 'int1' && ending.vector === 1) return '#DB';
  // A trap behind it (single step, a breakpoint) says that it retired; of code that goes on, what faults is another.
  const here = state.eip === initial.eip;
  if (!here) return 'ok';
  if (ending.vector === 14 && fetched(c, state.cr2, length)) return undefined;
  if (ending.vector === 13 && initial.eip + length - 1 > initial.segments[1]!.limit) return undefined;
  // Between two iterations.
  if (ending.vector === 1 && insn.row.mnemonic !== 'mov') return 'ok';
  return outcomeOf(ending.vector);
}

/** Is the address of a page fault that of the instruction's second page, and not its operand's? */
function fetched(c: FuzzCase, address: number, length: number): boolean {
  const entry = entryOf(c);
  return address === entry || (address > entry && address < entry + length && (address & 0xfff) === 0);
}

export class Coverage {
  private readonly counts: Readonly<Record<Judge, Map<number, number>>> = {
    tried: new Map(),
    engines: new Map(),
    outside: new Map(),
  };

  private add(key: number, judges: readonly Judge[]): void {
    for (const judge of judges) {
      const map = this.counts[judge];
      map.set(key, (map.get(key) ?? 0) + 1);
    }
  }

  /**
   * Counts a case by its first instruction.
   * @param outcome of the reference
   * @param judged who has judged it
   */
  first(c: FuzzCase, outcome: Outcome, judged: readonly Judge[]): void {
    const bytes = patchedBytes(c, entryOf(c), 15);
    if (decode(bytes, 0, bytes.length, isCode32(c), insn) === 0) {
      const cell = outcomeOfFirst(c, outcome, insn.length);
      if (cell !== undefined) this.add(cellKey(insn.row.index, c.mode, formOf(insn), cell), judged);
      return;
    }
    // A LOCK that has no business there: it counts as #UD of the instruction behind it.
    const lock = bytes.indexOf(0xf0);
    if (lock < 0 || lock > 6) return;
    bytes.copyWithin(lock, lock + 1);
    if (decode(bytes, 0, bytes.length - 1, isCode32(c), insn) !== 0) return;
    if (outcomeOfFirst(c, outcome, insn.length) === '#UD') {
      this.add(cellKey(insn.row.index, c.mode, formOf(insn), '#UD'), judged);
    }
  }

  /** Counts all that a case has executed, each form once. */
  all(c: FuzzCase, executed: readonly Executed[], outcome: Outcome, judged: readonly Judge[]): void {
    const keys = new Set<number>();
    executed.forEach((step, n) => {
      const form = formOf(step.insn);
      if (step.retired) keys.add(cellKey(step.insn.row.index, c.mode, form, 'ok'));
      else if (n === executed.length - 1 && outcome.ending.kind === 'exception') {
        const cell = outcome.ending.software ? 'int' : outcomeOf(outcome.ending.vector);
        if (cell !== undefined) keys.add(cellKey(step.insn.row.index, c.mode, form, cell));
      }
    });
    for (const key of keys) this.add(key, judged);
  }

  /** How often a cell has come up. */
  count(key: number, judge: Judge): number {
    return this.counts[judge].get(key) ?? 0;
  }

  /** Cells that have come up. */
  keys(judge: Judge): Iterable<number> {
    return this.counts[judge].keys();
  }

  merge(data: CoverageData): void {
    for (const judge of JUDGES) {
      const list = data[judge];
      const map = this.counts[judge];
      for (let n = 0; n + 1 < list.length; n += 2) map.set(list[n]!, (map.get(list[n]!) ?? 0) + list[n + 1]!);
    }
  }

  data(): CoverageData {
    const list = (judge: Judge) => [...this.counts[judge]].flat();
    return { tried: list('tried'), engines: list('engines'), outside: list('outside') };
  }
}
