/**
 * One decoded IA-32 instruction.
 *
 * What holds here: after a successful decode every operand is resolved to a
 * kind, a register number and a size, so that nobody above the decoder looks
 * at raw opcode bytes again. The object is plain and of one shape, because the
 * interpreter reads it in its innermost loop; it is never changed after
 * decoding, so it may be kept and shared.
 */
import type { OpcodeRow } from './opcode-row.ts';

/** What an operand is. */
export const K = {
  None: 0,
  /** General register of `size` bytes; 8-bit numbering is al cl dl bl ah ch dh bh. */
  Reg: 1,
  /** Memory at segment:base+index*scale+disp; at most one operand of an instruction. */
  Mem: 2,
  /** Immediate: `imm`, for the second immediate of ENTER/EXTRQ-like forms `imm2`. */
  Imm: 3,
  /** Branch displacement, sign-extended, in `imm`; relative to the next instruction. */
  Rel: 4,
  /** Far pointer: offset in `imm`, selector in `imm2`. */
  Far: 5,
  /** Segment register 0..5: es cs ss ds fs gs. */
  Sreg: 6,
  /** Control register. */
  Creg: 7,
  /** Debug register. */
  Dreg: 8,
  /** x87 stack register st(n). */
  St: 9,
  /** MMX register. */
  Mm: 10,
  /** XMM register. */
  Xmm: 11,
  /** The constant 1 of the D0/D1 shifts. */
  One: 12,
} as const;

/** Bits of {@link Instruction.prefixes}. */
export const Prefix = {
  Lock: 1,
  Repne: 2,
  Rep: 4,
  Segment: 8,
  OperandSize: 16,
  AddressSize: 32,
} as const;

/** Index of the register that always reads zero: "no base", "no index". */
export const NO_REG = 8;

export class Instruction {
  /** The row of the opcode table this was decoded by. */
  row!: OpcodeRow;
  /** Length in bytes, prefixes included: 1 to 15. */
  length = 0;
  /** Effective operand size in bytes: 2 or 4. */
  operandSize = 4;
  /** Effective address size in bytes: 2 or 4. */
  addressSize = 4;
  /** Which prefixes were there: bits of {@link Prefix}. */
  prefixes = 0;
  /** Last opcode byte (for x87 the escape byte D8..DF). */
  opcode = 0;
  /** ModR/M byte, or 0 where the row has none. */
  modrm = 0;
  /** Condition code 0..15 of jcc, setcc, cmovcc (low nibble of the opcode). */
  cond = 0;
  /** Number of operands: 0 to 4. */
  count = 0;

  /** Kinds (a value of {@link K}), register numbers, and sizes in bytes of the operands, in Intel order. */
  k0 = 0;
  k1 = 0;
  k2 = 0;
  k3 = 0;
  r0 = 0;
  r1 = 0;
  r2 = 0;
  r3 = 0;
  s0 = 0;
  s1 = 0;
  s2 = 0;
  s3 = 0;

  /** Memory operand: segment register 0..5 (override or default). */
  segment = 3;
  /** Memory operand: base register 0..7 or {@link NO_REG}. */
  base = NO_REG;
  /** Memory operand: index register 0..7 or {@link NO_REG}. */
  index = NO_REG;
  /** Memory operand: shift count of the index: 0 to 3. */
  scale = 0;
  /** Memory operand: displacement, sign-extended (also the moffs of A0..A3). */
  disp = 0;

  /**
   * Immediate (int32). Codes Ib, Iw and 16-bit Iz are zero-extended, sIb and
   * branch displacements sign-extended to 32 bits: mask with the operand's size.
   */
  imm = 0;
  /** Second immediate: ENTER's nesting level, a far pointer's selector. */
  imm2 = 0;
}
