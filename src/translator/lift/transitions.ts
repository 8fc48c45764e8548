/**
 * Which callouts change the level and are usually carried out without the dispatcher: INT n, IRETD, SYSENTER and SYSEXIT of 32-bit code
 * (SDM vol. 2). Whether one is usual is found out when it is executed.
 */
import type { Instruction } from '../../decoder/instruction.ts';
import { TRANSITION_INT, TRANSITION_IRET, TRANSITION_SYSENTER, TRANSITION_SYSEXIT, transitionWord } from '../abi.ts';
import type { Mode } from '../mode.ts';

/** The word for the stub that carries the instruction out; undefined for any other instruction. */
export function transitionOf(mode: Mode, i: Instruction): number | undefined {
  if (!mode.code32 || i.operandSize !== 4) return undefined;
  const { index, mnemonic } = i.row;
  if (mnemonic === 'int') return transitionWord(TRANSITION_INT, i.length, index, i.imm & 0xff);
  if (mnemonic === 'iret') return transitionWord(TRANSITION_IRET, i.length, index);
  if (mnemonic === 'sysenter') return transitionWord(TRANSITION_SYSENTER, i.length, index);
  if (mnemonic === 'sysexit') return transitionWord(TRANSITION_SYSEXIT, i.length, index);
  return undefined;
}
