/**
 * Resolves one operand of a row: where it is by ModR/M, opcode or bytes that follow,
 * and how many bytes it has.
 */
import { i8, i16, i32, u8, u16 } from './code-reader.ts';
import { FIXED_REGISTERS, MEMORY_SIZES, OPERAND_SOURCES, REGISTER_SIZES } from './decode-tables.ts';
import type { Instruction } from './instruction.ts';
import { K } from './instruction.ts';
import { SIZE_BY_OPERAND_SIZE, Source } from './operand-codes.ts';

function sizeOf(size: number, operandSize: number): number {
  return size >= 0 ? size : (SIZE_BY_OPERAND_SIZE[(-size << 1) | (operandSize >> 2)] as number);
}

/**
 * Reads operand `i` of a row into `out`; immediates come off the bytes in operand order.
 * @param slot row * 4 + i
 */
export function operand(out: Instruction, slot: number, i: number): void {
  const size = sizeOf(REGISTER_SIZES[slot] as number, out.operandSize);
  const rm = out.modrm & 7;
  const reg = (out.modrm >> 3) & 7;
  const source = OPERAND_SOURCES[slot] as number;
  switch (source) {
    case Source.GprRm:
    case Source.MmRm:
    case Source.XmmRm:
    case Source.Mem:
      if (out.modrm < 0xc0) {
        out.setOperand(i, K.Mem, 0, sizeOf(MEMORY_SIZES[slot] as number, out.operandSize));
      } else {
        const kind = source === Source.GprRm ? K.Reg : source === Source.MmRm ? K.Mm : K.Xmm;
        out.setOperand(i, kind, rm, size);
      }
      return;
    case Source.GprReg:
      out.setOperand(i, K.Reg, reg, size);
      return;
    case Source.MmReg:
      out.setOperand(i, K.Mm, reg, size);
      return;
    case Source.XmmReg:
      out.setOperand(i, K.Xmm, reg, size);
      return;
    case Source.GprRmOnly:
      out.setOperand(i, K.Reg, rm, size);
      return;
    case Source.MmRmOnly:
      out.setOperand(i, K.Mm, rm, size);
      return;
    case Source.XmmRmOnly:
      out.setOperand(i, K.Xmm, rm, size);
      return;
    case Source.GprOpcode:
      out.setOperand(i, K.Reg, out.opcode & 7, size);
      return;
    case Source.GprFixed:
      out.setOperand(i, K.Reg, FIXED_REGISTERS[slot] as number, size);
      return;
    case Source.SregReg:
      out.setOperand(i, K.Sreg, reg, size);
      return;
    case Source.SregFixed:
      out.setOperand(i, K.Sreg, FIXED_REGISTERS[slot] as number, size);
      return;
    case Source.CregReg:
      out.setOperand(i, K.Creg, reg, size);
      return;
    case Source.DregReg:
      out.setOperand(i, K.Dreg, reg, size);
      return;
    case Source.StRm:
      out.setOperand(i, K.St, rm, size);
      return;
    case Source.StTop:
      out.setOperand(i, K.St, 0, size);
      return;
    case Source.XmmZero:
      out.setOperand(i, K.Xmm, 0, size);
      return;
    case Source.One:
      out.imm = 1;
      out.setOperand(i, K.One, 0, size);
      return;
    case Source.Element:
      out.s0 = size;
      return;
    default:
      immediate(out, source, i, size);
  }
}

function immediate(out: Instruction, source: number, i: number, size: number): void {
  let kind: number = K.Imm;
  switch (source) {
    case Source.Imm8:
      // ENTER's second immediate follows its first.
      if (i === 1 && out.k0 === K.Imm) out.imm2 = u8();
      else out.imm = u8();
      break;
    case Source.Imm8Signed:
      out.imm = i8();
      break;
    case Source.Imm16:
      out.imm = u16();
      break;
    case Source.ImmZ:
      out.imm = size === 2 ? u16() : i32();
      break;
    case Source.Rel8:
      kind = K.Rel;
      out.imm = i8();
      break;
    case Source.RelZ:
      kind = K.Rel;
      out.imm = size === 2 ? i16() : i32();
      break;
    case Source.Far:
      kind = K.Far;
      out.imm = size === 4 ? u16() : i32();
      out.imm2 = u16();
      break;
    default:
      // Source.Moffs: an address of the address size, and no ModR/M byte.
      kind = K.Mem;
      out.disp = out.addressSize === 2 ? i16() : i32();
      break;
  }
  out.setOperand(i, kind, 0, size);
}
