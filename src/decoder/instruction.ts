/**
 * One decoded IA-32 instruction.
 *
 * What holds here: after a successful decode every operand is resolved to a
 * kind, a register number and a size, so that nobody above the decoder looks
 * at raw opcode bytes again. The object is small and of one shape, because the
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
  // What is small lies packed in four words: a system has hundreds of thousands of instructions decoded at a time,
  // and what interpreting code for the first few times costs is reading them from memory.
  /** length 4 bits, operandSize 3, addressSize 3, prefixes 6, cond 4, count 2, segment 3, scale 2. */
  private shape = 0;
  /** opcode 8, modrm 8, base 4, index 4. */
  private code = 0;
  /** k0 to k2 and r0 to r2, 4 bits each. */
  private where = 0;
  /** s0 to s2, 10 bits each. */
  private sizes = 0;
  /** Memory operand: displacement, sign-extended (also the moffs of A0..A3). */
  disp = 0;
  /**
   * Immediate (int32). Codes Ib, Iw and 16-bit Iz are zero-extended, sIb and
   * branch displacements sign-extended to 32 bits: mask with the operand's size.
   */
  imm = 0;
  /** Second immediate: ENTER's nesting level, a far pointer's selector. */
  imm2 = 0;

  /** Everything but the row as it is before decoding: no prefixes, operands, base or index. */
  clear(): void {
    this.shape = 0;
    this.code = (NO_REG << 16) | (NO_REG << 20);
    this.where = 0;
    this.sizes = 0;
    this.disp = 0;
    this.imm = 0;
    this.imm2 = 0;
  }

  /** Length in bytes, prefixes included: 1 to 15. */
  get length(): number {
    return this.shape & 0xf;
  }
  set length(value: number) {
    this.shape = (this.shape & ~0xf) | value;
  }

  /** Effective operand size in bytes: 2 or 4. */
  get operandSize(): number {
    return (this.shape >>> 4) & 0x7;
  }
  set operandSize(value: number) {
    this.shape = (this.shape & ~0x70) | (value << 4);
  }

  /** Effective address size in bytes: 2 or 4. */
  get addressSize(): number {
    return (this.shape >>> 7) & 0x7;
  }
  set addressSize(value: number) {
    this.shape = (this.shape & ~0x380) | (value << 7);
  }

  /** Which prefixes were there: bits of {@link Prefix}. */
  get prefixes(): number {
    return (this.shape >>> 10) & 0x3f;
  }
  set prefixes(value: number) {
    this.shape = (this.shape & ~0xfc00) | (value << 10);
  }

  /** Condition code 0..15 of jcc, setcc, cmovcc (low nibble of the opcode). */
  get cond(): number {
    return (this.shape >>> 16) & 0xf;
  }
  set cond(value: number) {
    this.shape = (this.shape & ~0xf0000) | (value << 16);
  }

  /** Number of operands: 0 to 3. */
  get count(): number {
    return (this.shape >>> 20) & 0x3;
  }
  set count(value: number) {
    this.shape = (this.shape & ~0x300000) | (value << 20);
  }

  /** Memory operand: segment register 0..5 (override or default). */
  get segment(): number {
    return (this.shape >>> 22) & 0x7;
  }
  set segment(value: number) {
    this.shape = (this.shape & ~0x1c00000) | (value << 22);
  }

  /** Memory operand: shift count of the index: 0 to 3. */
  get scale(): number {
    return (this.shape >>> 25) & 0x3;
  }
  set scale(value: number) {
    this.shape = (this.shape & ~0x6000000) | (value << 25);
  }

  /** Last opcode byte (for x87 the escape byte D8..DF). */
  get opcode(): number {
    return this.code & 0xff;
  }
  set opcode(value: number) {
    this.code = (this.code & ~0xff) | value;
  }

  /** ModR/M byte, or 0 where the row has none. */
  get modrm(): number {
    return (this.code >>> 8) & 0xff;
  }
  set modrm(value: number) {
    this.code = (this.code & ~0xff00) | (value << 8);
  }

  /** Memory operand: base register 0..7 or {@link NO_REG}. */
  get base(): number {
    return (this.code >>> 16) & 0xf;
  }
  set base(value: number) {
    this.code = (this.code & ~0xf0000) | (value << 16);
  }

  /** Memory operand: index register 0..7 or {@link NO_REG}. */
  get index(): number {
    return (this.code >>> 20) & 0xf;
  }
  set index(value: number) {
    this.code = (this.code & ~0xf00000) | (value << 20);
  }

  /** What the operands are (a value of {@link K}), in Intel order. */
  get k0(): number {
    return this.where & 0xf;
  }
  set k0(value: number) {
    this.where = (this.where & ~0xf) | value;
  }

  get k1(): number {
    return (this.where >>> 4) & 0xf;
  }
  set k1(value: number) {
    this.where = (this.where & ~0xf0) | (value << 4);
  }

  get k2(): number {
    return (this.where >>> 8) & 0xf;
  }
  set k2(value: number) {
    this.where = (this.where & ~0xf00) | (value << 8);
  }

  /** Register numbers of the operands. */
  get r0(): number {
    return (this.where >>> 12) & 0xf;
  }
  set r0(value: number) {
    this.where = (this.where & ~0xf000) | (value << 12);
  }

  get r1(): number {
    return (this.where >>> 16) & 0xf;
  }
  set r1(value: number) {
    this.where = (this.where & ~0xf0000) | (value << 16);
  }

  get r2(): number {
    return (this.where >>> 20) & 0xf;
  }
  set r2(value: number) {
    this.where = (this.where & ~0xf00000) | (value << 20);
  }

  /** Sizes of the operands in bytes. */
  get s0(): number {
    return this.sizes & 0x3ff;
  }
  set s0(value: number) {
    this.sizes = (this.sizes & ~0x3ff) | value;
  }

  get s1(): number {
    return (this.sizes >>> 10) & 0x3ff;
  }
  set s1(value: number) {
    this.sizes = (this.sizes & ~0xffc00) | (value << 10);
  }

  get s2(): number {
    return (this.sizes >>> 20) & 0x3ff;
  }
  set s2(value: number) {
    this.sizes = (this.sizes & ~0x3ff00000) | (value << 20);
  }

  /** Sets kind, register number and size of operand `n`: 0 to 2; it must be clear. */
  setOperand(n: number, kind: number, register: number, size: number): void {
    this.where |= (kind << (4 * n)) | (register << (12 + 4 * n));
    this.sizes |= size << (10 * n);
  }

  /**
   * Whether another instruction differs from this one in its displacement and its immediates at most; those are
   * taken over then.
   */
  takesConstantsOf(other: Instruction): boolean {
    if (this.row !== other.row || this.shape !== other.shape || this.code !== other.code) return false;
    if (this.where !== other.where || this.sizes !== other.sizes) return false;
    this.disp = other.disp;
    this.imm = other.imm;
    this.imm2 = other.imm2;
    return true;
  }
}
