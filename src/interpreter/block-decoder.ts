/**
 * Bytes of one page to the instructions of a basic block, with the functions that execute them. What the arrays hold
 * from an earlier decoding of the same place is used again: where only constants have changed, nothing is allocated.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { VEC_GP, VEC_UD } from '../cpu/exceptions.ts';
import { DecodeStatus, decode } from '../decoder/decode.ts';
import { ALL_TABLES, type DecodeTables } from '../decoder/decode-tables.ts';
import { Instruction, Prefix } from '../decoder/instruction.ts';
import type { OpcodeRow } from '../decoder/opcode-row.ts';
import { OPCODES } from '../decoder/opcode-table.ts';
import { bind } from './bind.ts';
import type { Handler } from './handler.ts';

/** Longest block, in instructions. */
const MAX_INSTRUCTIONS = 64;

const raiseUd: Handler = (cpu: Cpu) => cpu.raise(VEC_UD);
const raiseGp: Handler = (cpu: Cpu) => cpu.raise(VEC_GP, 0);
const UD_ROW = OPCODES.find((row) => row.mnemonic === 'ud2') as OpcodeRow;
/** Repeated instructions end a block: how much of the budget they take is not known before. */
const STRING_MNEMONICS: ReadonlySet<string> = new Set(['movs', 'cmps', 'stos', 'lods', 'scas', 'ins', 'outs']);

/** Instructions for use; at most so many. */
const spares: Instruction[] = [];
const MAX_SPARES = 64;

function endsBlock(i: Instruction): boolean {
  if (i.row.endsBlock) return true;
  return (i.prefixes & (Prefix.Rep | Prefix.Repne)) !== 0 && STRING_MNEMONICS.has(i.row.mnemonic);
}

/** What executes an instruction; one that could not be decoded raises #UD, or #GP(0) when it is too long. */
export function handlerFor(i: Instruction, status: number): Handler {
  if (status === DecodeStatus.Ok) return bind(i);
  i.row = UD_ROW;
  return status === DecodeStatus.Invalid ? raiseUd : raiseGp;
}

/**
 * Decodes from `bytes[start]` to the end of the block, the page's end at `limit`, or the last instruction that is whole
 * in front of it. The two arrays are made as long as the block.
 * @returns bytes that the block has; 0 when already its first instruction runs on past the limit
 */
export function decodeBlock(
  bytes: Uint8Array,
  start: number,
  limit: number,
  code32: boolean,
  instructions: Instruction[],
  handlers: Handler[],
  tables: DecodeTables = ALL_TABLES,
): number {
  let at = start;
  let count = 0;
  while (count < MAX_INSTRUCTIONS && at < limit) {
    const i = spares.pop() ?? new Instruction();
    const status = decode(bytes, at, limit, code32, i, tables);
    // What is no whole instruction is a block of its own, if it is ever reached.
    if (status !== DecodeStatus.Ok && (count > 0 || status === DecodeStatus.NeedMore)) {
      spares.push(i);
      break;
    }
    at += i.length;
    const old = count < instructions.length ? instructions[count]! : undefined;
    // Handlers do not depend on constants; UD2's row also stands for what could not be decoded.
    const same = old !== undefined && status === DecodeStatus.Ok && old.row !== UD_ROW && old.takesConstantsOf(i);
    if (same) spares.push(i);
    else {
      instructions[count] = i;
      handlers[count] = handlerFor(i, status);
      if (old !== undefined) spares.push(old);
    }
    count++;
    if (status !== DecodeStatus.Ok || endsBlock(i)) break;
  }
  while (instructions.length > count) {
    const rest = instructions.pop()!;
    handlers.pop();
    if (spares.length < MAX_SPARES) spares.push(rest);
  }
  return at - start;
}
