/**
 * What hints (hints.ts, system-hints.ts) are written with.
 */
import { type Instruction, K } from '../../src/decoder/instruction.ts';
import type { Draw } from './draw.ts';
import { isData, linearOf, placeStack } from './places.ts';
import { le16, le32, type Registers } from './registers.ts';
import type { World } from './world.ts';

const ESP = 4;

/** What a hint has to work with. */
export interface Hinted {
  readonly draw: Draw;
  readonly world: World;
  readonly insn: Instruction;
  /** Its memory operand, linear, or -1. */
  readonly linear: number;
  readonly registers: Registers;
  readonly eip: number;
}

export type Hint = (h: Hinted) => void;

/** Linear address of the instruction. */
export function codeOf({ world, eip }: Hinted): number {
  return (world.segments[1]!.base + eip) >>> 0;
}

/** Makes the operand that is a general register or memory hold a value of its size. */
export function setOperand(h: Hinted, value: number, size: number): void {
  const { insn, registers } = h;
  if (insn.k0 === K.Mem || insn.k1 === K.Mem) poke(h, h.linear, size === 2 ? le16(value) : le32(value));
  else registers.want(insn.k1 === K.Reg && insn.k0 !== K.Reg ? insn.r1 : insn.r0 & 7, value);
}

/** Bytes at a linear address, where that is the data. */
export function poke(h: Hinted, linear: number, bytes: Uint8Array | readonly number[]): void {
  if (isData(linear, bytes.length)) h.registers.poke(linear, bytes);
}

/** Puts the stack somewhere and gives its linear address. */
export function setStack(h: Hinted): number {
  const { draw, world, registers } = h;
  const known = registers.get(ESP);
  const offset = placeStack(draw, world, codeOf(h));
  registers.want(ESP, offset);
  const wide = (world.segments[2]!.attributes & 0x40_0000) !== 0;
  const now = registers.get(ESP) ?? known ?? 0;
  return linearOf(world, 2, wide ? now : now & 0xffff);
}
