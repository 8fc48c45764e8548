/**
 * BT, BTS, BTR, BTC, BSF, BSR, POPCNT, CRC32 (SDM vol. 1 section 7.3.7).
 *
 * A register as bit offset into memory addresses a bit string: it reaches
 * bytes before and after the operand's own. Undefined flags: docs/undefined-flags.md.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { CF, ZF } from '../../cpu/registers.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import { FLAGS, PARITY, setArithmeticFlags } from '../flags.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import { ea, second8, second16, second32 } from '../operands.ts';

/** The operand with the bit `mask` tested: as it was, set, reset, complemented. */
type BitOperation = (value: number, mask: number) => number;

function setCarry(cpu: Cpu, carry: boolean): void {
  cpu.s32[FLAGS] = (cpu.s32[FLAGS]! & ~CF) | (carry ? CF : 0);
}

/** Offset in the segment of the word that holds the bit; `bit` is signed. */
function wordOffset(cpu: Cpu, i: Instruction, bit: number): number {
  if (i.k1 === K.Imm) return ea(cpu, i);
  const offset = (ea(cpu, i) + (i.s0 === 4 ? (bit >> 5) << 2 : (bit >> 4) << 1)) | 0;
  return i.addressSize === 2 ? offset & 0xffff : offset;
}

function bitOperation(operation: BitOperation | undefined): Binder {
  const handler32: Handler = (cpu, i) => {
    const bit = i.k1 === K.Imm ? i.imm : cpu.gpr[i.r1]!;
    const mask = 1 << (bit & 31);
    if (i.k0 === K.Reg) {
      const value = cpu.gpr[i.r0]!;
      setCarry(cpu, (value & mask) !== 0);
      if (operation) cpu.gpr[i.r0] = operation(value, mask);
      return;
    }
    const offset = wordOffset(cpu, i, bit);
    if (!operation) {
      setCarry(cpu, (cpu.read32(i.segment, offset) & mask) !== 0);
      return;
    }
    const linear = cpu.linearForUpdate(i.segment, offset, 4);
    const value = cpu.readLinear32(linear);
    cpu.writeLinear32(linear, operation(value, mask));
    setCarry(cpu, (value & mask) !== 0);
  };
  const handler16: Handler = (cpu, i) => {
    const bit = i.k1 === K.Imm ? i.imm : (cpu.gpr16[i.r1 << 1]! << 16) >> 16;
    const mask = 1 << (bit & 15);
    if (i.k0 === K.Reg) {
      const value = cpu.gpr16[i.r0 << 1]!;
      setCarry(cpu, (value & mask) !== 0);
      if (operation) cpu.gpr16[i.r0 << 1] = operation(value, mask);
      return;
    }
    const offset = wordOffset(cpu, i, bit);
    if (!operation) {
      setCarry(cpu, (cpu.read16(i.segment, offset) & mask) !== 0);
      return;
    }
    const linear = cpu.linearForUpdate(i.segment, offset, 2);
    const value = cpu.readLinear16(linear);
    cpu.writeLinear16(linear, operation(value, mask) & 0xffff);
    setCarry(cpu, (value & mask) !== 0);
  };
  return (i) => (i.s0 === 2 ? handler16 : handler32);
}

/** BSF and BSR of zero leave the destination as it was. */
function setScanFlags(cpu: Cpu, source: number, index: number): void {
  setArithmeticFlags(cpu, source === 0 ? ZF | PARITY[0]! : PARITY[index]!);
}
function lowestBit(value: number): number {
  return 31 - Math.clz32(value & -value);
}
const bsf32: Handler = (cpu, i) => {
  const source = second32(cpu, i);
  const index = lowestBit(source);
  setScanFlags(cpu, source, index);
  if (source !== 0) cpu.gpr[i.r0] = index;
};
const bsf16: Handler = (cpu, i) => {
  const source = second16(cpu, i);
  const index = lowestBit(source);
  setScanFlags(cpu, source, index);
  if (source !== 0) cpu.gpr16[i.r0 << 1] = index;
};
const bsr32: Handler = (cpu, i) => {
  const source = second32(cpu, i);
  const index = 31 - Math.clz32(source);
  setScanFlags(cpu, source, index);
  if (source !== 0) cpu.gpr[i.r0] = index;
};
const bsr16: Handler = (cpu, i) => {
  const source = second16(cpu, i);
  const index = 31 - Math.clz32(source);
  setScanFlags(cpu, source, index);
  if (source !== 0) cpu.gpr16[i.r0 << 1] = index;
};

function ones(value: number): number {
  let v = value - ((value >>> 1) & 0x5555_5555);
  v = (v & 0x3333_3333) + ((v >>> 2) & 0x3333_3333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
const popcnt32: Handler = (cpu, i) => {
  const source = second32(cpu, i);
  setArithmeticFlags(cpu, source === 0 ? ZF : 0);
  cpu.gpr[i.r0] = ones(source);
};
const popcnt16: Handler = (cpu, i) => {
  const source = second16(cpu, i);
  setArithmeticFlags(cpu, source === 0 ? ZF : 0);
  cpu.gpr16[i.r0 << 1] = ones(source);
};

/** The remainders of the CRC32C polynomial (11EDC6F41h, bits reversed) for each byte. */
const CRC = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ ((remainder & 1) !== 0 ? 0x82f6_3b78 : 0);
  CRC[byte] = remainder;
}
function crc(start: number, value: number, size: number): number {
  let remainder = start;
  for (let k = 0; k < size; k++) remainder = (remainder >>> 8) ^ CRC[(remainder ^ (value >>> (8 * k))) & 0xff]!;
  return remainder;
}
const crc32: Handler = (cpu, i) => {
  const value = i.s1 === 1 ? second8(cpu, i) : i.s1 === 2 ? second16(cpu, i) : second32(cpu, i);
  cpu.gpr[i.r0] = crc(cpu.gpr[i.r0]!, value, i.s1);
};

export const BITS: Semantics = {
  bt: bitOperation(undefined),
  bts: bitOperation((value, mask) => value | mask),
  btr: bitOperation((value, mask) => value & ~mask),
  btc: bitOperation((value, mask) => value ^ mask),
  bsf: (i) => (i.s0 === 2 ? bsf16 : bsf32),
  bsr: (i) => (i.s0 === 2 ? bsr16 : bsr32),
  popcnt: (i) => (i.s0 === 2 ? popcnt16 : popcnt32),
  crc32: () => crc32,
};
