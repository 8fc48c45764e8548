/**
 * Operands of integer instructions: effective addresses, and operands 0 and 1
 * wherever they are. Values of 8 and 16 bits are read zero-extended; writing
 * takes the low bits.
 */
import type { Cpu } from '../cpu/cpu.ts';
import type { Instruction } from '../decoder/instruction.ts';
import { K } from '../decoder/instruction.ts';

/** Index into `gpr8` of 8-bit register r: al cl dl bl ah ch dh bh. */
export function byteOf(r: number): number {
  return ((r & 3) << 2) | (r >> 2);
}

/** Offset of the memory operand in its segment. */
export function ea(cpu: Cpu, i: Instruction): number {
  const offset = (cpu.gpr[i.base]! + (cpu.gpr[i.index]! << i.scale) + i.disp) | 0;
  return i.addressSize === 2 ? offset & 0xffff : offset;
}

/** Operand 0, a register or memory. */
export function first8(cpu: Cpu, i: Instruction): number {
  return i.k0 === K.Reg ? cpu.gpr8[byteOf(i.r0)]! : cpu.read8(i.segment, ea(cpu, i));
}
export function first16(cpu: Cpu, i: Instruction): number {
  return i.k0 === K.Reg ? cpu.gpr16[i.r0 << 1]! : cpu.read16(i.segment, ea(cpu, i));
}
export function first32(cpu: Cpu, i: Instruction): number {
  return i.k0 === K.Reg ? cpu.gpr[i.r0]! : cpu.read32(i.segment, ea(cpu, i));
}

/** Operand 1, a register, memory or an immediate. */
export function second8(cpu: Cpu, i: Instruction): number {
  if (i.k1 === K.Reg) return cpu.gpr8[byteOf(i.r1)]!;
  return i.k1 === K.Mem ? cpu.read8(i.segment, ea(cpu, i)) : i.imm & 0xff;
}
export function second16(cpu: Cpu, i: Instruction): number {
  if (i.k1 === K.Reg) return cpu.gpr16[i.r1 << 1]!;
  return i.k1 === K.Mem ? cpu.read16(i.segment, ea(cpu, i)) : i.imm & 0xffff;
}
export function second32(cpu: Cpu, i: Instruction): number {
  if (i.k1 === K.Reg) return cpu.gpr[i.r1]!;
  return i.k1 === K.Mem ? cpu.read32(i.segment, ea(cpu, i)) : i.imm;
}

/** Writes operand 0, a register or memory. */
export function setFirst8(cpu: Cpu, i: Instruction, value: number): void {
  if (i.k0 === K.Reg) cpu.gpr8[byteOf(i.r0)] = value;
  else cpu.write8(i.segment, ea(cpu, i), value);
}
export function setFirst16(cpu: Cpu, i: Instruction, value: number): void {
  if (i.k0 === K.Reg) cpu.gpr16[i.r0 << 1] = value;
  else cpu.write16(i.segment, ea(cpu, i), value);
}
export function setFirst32(cpu: Cpu, i: Instruction, value: number): void {
  if (i.k0 === K.Reg) cpu.gpr[i.r0] = value;
  else cpu.write32(i.segment, ea(cpu, i), value);
}

/** Linear address of the memory operand, all checks for reading and writing it done. */
export function updateAddress(cpu: Cpu, i: Instruction, size: number): number {
  return cpu.linearForUpdate(i.segment, ea(cpu, i), size);
}
