/** Where an instruction reads and writes, as exclusions need to know it (exclusions.ts). */
import type { Executed } from './engines/trace.ts';

/** Bytes at a linear address. */
export interface Range {
  readonly at: number;
  readonly length: number;
}

/** Bytes of the x87's and FXSAVE's images in memory, and of operands that are moved in several parts. */
export function imageSize({ insn }: Executed): number {
  const wide = insn.operandSize === 4;
  switch (insn.row.mnemonic) {
    case 'fnstenv':
    case 'fldenv':
      return wide ? 28 : 14;
    case 'fnsave':
    case 'frstor':
      return wide ? 108 : 94;
    case 'fxsave':
    case 'fxrstor':
      return 512;
    default:
      return 10;
  }
}

/** Bytes of the memory operand. */
export const operandBytes = (step: Executed, from: number, length: number): readonly Range[] =>
  step.linear === undefined ? [] : [{ at: (step.linear + from) >>> 0, length }];

/** All of an image. */
export const image = (step: Executed) => operandBytes(step, 0, imageSize(step));

/** Bytes on the stack, from `from` above the stack pointer as it was before. */
export function onStack({ stack }: Executed, from: number, length: number): readonly Range[] {
  const out: Range[] = [];
  const mask = stack.wide ? 0xffff_ffff : 0xffff;
  for (let n = from; n < from + length; n++) {
    out.push({ at: (stack.base + (((stack.pointer + n) & mask) >>> 0)) >>> 0, length: 1 });
  }
  return out;
}

/** Selectors that Linux has descriptors for: 64-bit user code; thread-local storage, and the processor's number. */
export const LINUX_ONLY: ReadonlySet<number> = new Set([0x30, 0x60, 0x68, 0x70, 0x78]);

/** Near enough to the end of all addresses that an access may go round it. */
export function near4G(address: number | undefined): boolean {
  return address !== undefined && (address + 0x200) % 2 ** 32 < 0x400;
}

/** A repetition goes on as another instruction. */
export function repeatsOverItself({ insn, eip }: Executed, next: Executed | undefined): boolean {
  if ((insn.prefixes & 6) === 0 || next === undefined || next.eip !== eip) return false;
  const now = next.insn;
  return (['row', 'prefixes', 'length', 'segment', 'operandSize', 'addressSize'] as const).some(
    (field) => insn[field] !== now[field],
  );
}
