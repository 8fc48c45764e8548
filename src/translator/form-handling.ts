/**
 * What the translator does with one decoded instruction, found out by lifting
 * it: the truth that the opcode table's `handling` column has to match.
 */
import type { Instruction } from '../decoder/instruction.ts';
import type { Handling } from '../decoder/opcode-row.ts';
import { liftBlock } from './lift/lift.ts';
import type { Mode } from './mode.ts';

/**
 * `translated`: lifted to IR in this mode. Otherwise the monitor carries the
 * instruction out: `callout` where it is sensitive, `interpreted` where the
 * translator merely has no rule for this form.
 */
export function formHandling(mode: Mode, instruction: Instruction): Handling {
  const block = liftBlock(mode, 0, [instruction]);
  const left =
    block.ending.k === 'callout' ||
    block.stmts.some((s) => s.k === 'callout' || (s.k === 'guard' && s.e.k === 'const' && s.e.value !== 0));
  if (!left) return 'translated';
  return instruction.row.sensitive ? 'callout' : 'interpreted';
}
