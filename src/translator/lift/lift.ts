/**
 * Lifts a decoded basic block to IR. Whatever has no rule becomes a callout:
 * in place where the block goes on behind it, as the block's ending otherwise.
 */
import { INLINE_COUNTS } from '../../cpu/layout.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { add, con, type IrBlock, state } from '../ir.ts';
import type { Mode } from '../mode.ts';
import { arithmetic } from './arithmetic.ts';
import { compareExchanges } from './compare-exchange.ts';
import { controlFlow } from './control-flow.ts';
import { dataMovement } from './data-movement.ts';
import { flagControl } from './flag-control.ts';
import { interruptFlag } from './interrupt-flag.ts';
import { Lifter } from './lifter.ts';
import { logic } from './logic.ts';
import type { Lift, Lifts } from './semantics.ts';
import { shifts } from './shifts.ts';
import { sseApproximate } from './sse-approximate.ts';
import { sseCompare } from './sse-compare.ts';
import { sseControl } from './sse-control.ts';
import { sseConvert } from './sse-convert.ts';
import { sseFloat } from './sse-float.ts';
import { sseInteger } from './sse-integer.ts';
import { sseMoves } from './sse-moves.ts';
import { sseShift } from './sse-shift.ts';
import { sseShuffle } from './sse-shuffle.ts';
import { sse4 } from './sse4.ts';
import { ssse3 } from './ssse3.ts';
import { stack } from './stack.ts';
import { isRepeated, strings } from './strings.ts';
import { timeStamp } from './time-stamp.ts';
import { transitionOf } from './transitions.ts';
import { x87Arithmetic } from './x87-arithmetic.ts';
import { x87Compare } from './x87-compare.ts';
import { x87Control } from './x87-control.ts';
import { x87Moves } from './x87-moves.ts';

const TOPICS: readonly Lifts[] = [
  arithmetic,
  compareExchanges,
  logic,
  shifts,
  dataMovement,
  stack,
  controlFlow,
  strings,
  flagControl,
  interruptFlag,
  timeStamp,
  sseControl,
  sseMoves,
  sseInteger,
  sseShuffle,
  sseShift,
  sseFloat,
  sseApproximate,
  sseCompare,
  sseConvert,
  ssse3,
  sse4,
  x87Arithmetic,
  x87Compare,
  x87Control,
  x87Moves,
];
const RULES: ReadonlyMap<string, Lift> = new Map(TOPICS.flatMap((rules) => Object.entries(rules)));

/** Mnemonics that have a lifting rule (some forms may still be callouts). */
export function liftedMnemonics(): readonly string[] {
  return [...RULES.keys()];
}

/** Instructions that may run long (they stop at the budget): the monitor runs them, outside the region. */
const REPEATABLE = new Set(['ins', 'outs']);

/** Counts a sensitive instruction that is emulated inline: behind all that can leave before it. */
function countInline(c: Lifter, row: number): void {
  const offset = INLINE_COUNTS + row * 4;
  c.stmts.push({ k: 'state', offset, e: add(state(offset), con(1)) });
}

/**
 * Lifts `instructions`, which lie one behind the other from `eip` (an offset in
 * the code segment). A block that ends without a transfer jumps to what follows.
 */
export function liftBlock(mode: Mode, eip: number, instructions: readonly Instruction[]): IrBlock {
  const block = liftAll(mode, eip, instructions, instructions.length - 1);
  // The block ended sooner than it seemed: an STI may be last in it, or before an instruction that is carried out behind it.
  const last = block.count - 1;
  return instructions[last]?.row.mnemonic === 'sti' ? liftAll(mode, eip, instructions, last) : block;
}

/** @param unshadowed the instruction that none follows within its block: number of it, or of a later one */
function liftAll(mode: Mode, eip: number, instructions: readonly Instruction[], unshadowed: number): IrBlock {
  const c = new Lifter(mode);
  const eips: number[] = [];
  let at = eip;
  let count = 0;
  // By an STI just before.
  let shadowed = false;
  for (let n = 0; n < instructions.length && !c.ending; n++) {
    const i = instructions[n]!;
    // A repeated string instruction is a loop, and needs a block of its own.
    if (n > 0 && isRepeated(i)) break;
    eips.push(at);
    c.begin(n, at, (at + i.length) | 0);
    const mark = c.stmts.length;
    c.shadowed = n < unshadowed;
    const behind = n === unshadowed ? instructions[n + 1] : undefined;
    c.shadowsCallout = behind !== undefined && transitionOf(mode, behind) !== undefined;
    const rule = RULES.get(i.row.mnemonic);
    if (rule?.(c, i)) {
      count++;
      shadowed = c.shadowsCallout && i.row.mnemonic === 'sti';
      if (i.row.sensitive) countInline(c, i.row.index);
      // MMX moves TOP and sets the tags.
      if (c.vectors.mmxEntered || i.row.mnemonic === 'emms') c.x87.forget();
    } else {
      c.stmts.length = mark;
      c.vectors.forget();
      c.x87.forget();
      if (i.row.endsBlock || REPEATABLE.has(i.row.mnemonic)) {
        const transition = transitionOf(mode, i);
        c.ending = {
          k: 'callout',
          eip: at,
          ...(transition !== undefined && { transition }),
          ...(shadowed && { shadowed }),
        };
      } else {
        c.stmts.push({ k: 'callout' });
        count++;
        shadowed = false;
      }
    }
    at = (at + i.length) | 0;
  }
  return { eip, count, eips, stmts: c.stmts, ending: c.ending ?? { k: 'jump', target: at }, checked: false };
}
