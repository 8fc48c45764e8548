/**
 * What the translator does with one decoded instruction, found out by lifting
 * it: the truth that the opcode table's `handling` column has to match.
 */
import { decode } from '../decoder/decode.ts';
import { Instruction } from '../decoder/instruction.ts';
import type { Handling } from '../decoder/opcode-row.ts';
import { liftBlock } from './lift/lift.ts';
import type { Mode } from './mode.ts';

/** What stands behind it: STI is translated where another instruction follows. */
const NOP = new Instruction();
decode(Uint8Array.of(0x90), 0, 1, true, NOP);

/**
 * `translated`: lifted to IR in this mode. Otherwise the monitor carries the
 * instruction out: `callout` where it is sensitive, `interpreted` where the
 * translator merely has no rule for this form.
 */
export function formHandling(mode: Mode, instruction: Instruction): Handling {
  const block = liftBlock(mode, 0, [instruction, NOP]);
  const left =
    block.ending.k === 'callout' ||
    block.stmts.some((s) => s.k === 'callout' || (s.k === 'guard' && s.e.k === 'const' && s.e.value !== 0));
  if (!left) return 'translated';
  return instruction.row.sensitive ? 'callout' : 'interpreted';
}
