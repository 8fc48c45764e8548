/**
 * Accesses in front of an instruction to the pages that it will work on: translations of their addresses are known
 * when it comes, as they are for most instructions of real programs.
 */
import type { Instruction } from '../../src/decoder/instruction.ts';
import type { Draw } from './draw.ts';
import { le16, le32 } from './registers.ts';
import type { World } from './world.ts';

const SS = 2;
const ES = 0;
const ESP = 4;
const ESI = 6;
const EDI = 7;
const SEGMENT_PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
/** Longest code that counts as one instruction. */
const ONE_INSTRUCTION = 15;
const NOP = 0x90;

/** TEST or OR of a byte with nothing: reads it, or writes it as it is. Flags of arithmetic change. */
function touch(world: World, segment: number, offset: number, write: boolean): number[] {
  const narrow = !world.code32 && offset >>> 0 <= 0xffff;
  const opcode = write ? [0x80, 0x08] : [0xf6, 0x00];
  const address = narrow ? [opcode[1]! | 6, ...le16(offset)] : [opcode[1]! | 5, ...le32(offset)];
  const prefix = narrow || world.code32 ? [] : [0x67];
  return [SEGMENT_PREFIXES[segment]!, ...prefix, opcode[0]!, ...address, 0];
}

/**
 * Code that touches what an instruction will access, and is longer than an instruction.
 * @param linear address of its memory operand, or -1
 */
export function touches(
  draw: Draw,
  world: World,
  insn: Instruction,
  linear: number,
  registers: readonly number[],
): number[] {
  const out: number[] = [];
  const near = (segment: number, offset: number) => {
    // Somewhere in the same page, most often the byte itself.
    const moved = draw.once(4) ? (offset & ~0xfff) | draw.below(0x1000) : offset;
    out.push(...touch(world, segment, moved | 0, !draw.once(3)));
  };
  const operands = insn.row.operands.join();
  if (linear >= 0) near(insn.segment, (linear - world.segments[insn.segment]!.base) | 0);
  else if (/X/.test(operands)) near(insn.segment, registers[ESI]!);
  if (/Y/.test(operands)) near(ES, registers[EDI]!);
  if (linear < 0 || draw.once(4)) near(SS, registers[ESP]! - draw.pick([0, 1, 2, 4]));
  while (out.length <= ONE_INSTRUCTION) out.unshift(NOP);
  return out;
}
