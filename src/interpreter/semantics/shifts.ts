/**
 * Shifts and rotates: SHL SHR SAR ROL ROR RCL RCR SHLD SHRD (SDM vol. 1 section 7.3.6).
 *
 * Counts are taken modulo 32; a count of zero changes nothing, flags included.
 * Undefined results, as listed in docs/undefined-flags.md: OF follows one
 * formula for every count (to the left: top bit of the result XOR CF; to the
 * right: the two top bits of the result XORed; SAR: 0); AF is cleared. ROL and ROR by a multiple of the
 * width move nothing but set CF and OF from the operand; RCL and RCR by a multiple of width + 1 leave CF, and set OF.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { CF, ECX, OF } from '../../cpu/registers.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Operation } from '../alu.ts';
import { FLAGS, resultFlags8, resultFlags16, resultFlags32, setArithmeticFlags } from '../flags.ts';
import { update } from '../forms.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import { first16, first32, updateAddress } from '../operands.ts';

/** Sets CF and OF only. */
function setRotateFlags(cpu: Cpu, carry: number, overflow: number): void {
  cpu.s32[FLAGS] = (cpu.s32[FLAGS]! & ~(CF | OF)) | carry | (overflow !== 0 ? OF : 0);
}

function shl32(cpu: Cpu, a: number, b: number): number {
  const count = b & 31;
  if (count === 0) return a;
  const r = a << count;
  const carry = (a >>> (32 - count)) & 1;
  setArithmeticFlags(cpu, resultFlags32(r) | carry | (((r >>> 31) ^ carry) << 11));
  return r;
}
function shl16(cpu: Cpu, a: number, b: number): number {
  const count = b & 31;
  if (count === 0) return a;
  const carry = count > 16 ? 0 : (a >>> (16 - count)) & 1;
  const r = count > 15 ? 0 : (a << count) & 0xffff;
  setArithmeticFlags(cpu, resultFlags16(r) | carry | (((r >>> 15) ^ carry) << 11));
  return r;
}
function shl8(cpu: Cpu, a: number, b: number): number {
  const count = b & 31;
  if (count === 0) return a;
  const carry = count > 8 ? 0 : (a >>> (8 - count)) & 1;
  const r = count > 7 ? 0 : (a << count) & 0xff;
  setArithmeticFlags(cpu, resultFlags8(r) | carry | (((r >>> 7) ^ carry) << 11));
  return r;
}

function shr32(cpu: Cpu, a: number, b: number): number {
  const count = b & 31;
  if (count === 0) return a;
  const r = a >>> count;
  setArithmeticFlags(cpu, resultFlags32(r) | ((a >>> (count - 1)) & 1) | ((r >>> 30) << 11));
  return r;
}
function shr16(cpu: Cpu, a: number, b: number): number {
  const count = b & 31;
  if (count === 0) return a;
  const r = a >>> count;
  setArithmeticFlags(cpu, resultFlags16(r) | ((a >>> (count - 1)) & 1) | ((r >>> 14) << 11));
  return r;
}
function shr8(cpu: Cpu, a: number, b: number): number {
  const count = b & 31;
  if (count === 0) return a;
  const r = a >>> count;
  setArithmeticFlags(cpu, resultFlags8(r) | ((a >>> (count - 1)) & 1) | ((r >>> 6) << 11));
  return r;
}

function sar32(cpu: Cpu, a: number, b: number): number {
  const count = b & 31;
  if (count === 0) return a;
  const r = a >> count;
  setArithmeticFlags(cpu, resultFlags32(r) | ((a >> (count - 1)) & 1));
  return r;
}
function sar16(cpu: Cpu, a: number, b: number): number {
  const count = b & 31;
  if (count === 0) return a;
  const signed = (a << 16) >> 16;
  const r = signed >> count;
  setArithmeticFlags(cpu, resultFlags16(r) | ((signed >> (count - 1)) & 1));
  return r;
}
function sar8(cpu: Cpu, a: number, b: number): number {
  const count = b & 31;
  if (count === 0) return a;
  const signed = (a << 24) >> 24;
  const r = signed >> count;
  setArithmeticFlags(cpu, resultFlags8(r) | ((signed >> (count - 1)) & 1));
  return r;
}

function rol32(cpu: Cpu, a: number, b: number): number {
  const count = b & 31;
  if (count === 0) return a;
  const r = (a << count) | (a >>> (32 - count));
  setRotateFlags(cpu, r & 1, (r >>> 31) ^ (r & 1));
  return r;
}
function rol16(cpu: Cpu, a: number, b: number): number {
  if ((b & 31) === 0) return a;
  const count = b & 15;
  const r = ((a << count) | (a >>> (16 - count))) & 0xffff;
  setRotateFlags(cpu, r & 1, (r >>> 15) ^ (r & 1));
  return r;
}
function rol8(cpu: Cpu, a: number, b: number): number {
  if ((b & 31) === 0) return a;
  const count = b & 7;
  const r = ((a << count) | (a >>> (8 - count))) & 0xff;
  setRotateFlags(cpu, r & 1, (r >>> 7) ^ (r & 1));
  return r;
}

function ror32(cpu: Cpu, a: number, b: number): number {
  const count = b & 31;
  if (count === 0) return a;
  const r = (a >>> count) | (a << (32 - count));
  setRotateFlags(cpu, r >>> 31, (r ^ (r << 1)) & (1 << 31));
  return r;
}
function ror16(cpu: Cpu, a: number, b: number): number {
  if ((b & 31) === 0) return a;
  const count = b & 15;
  const r = ((a >>> count) | (a << (16 - count))) & 0xffff;
  setRotateFlags(cpu, r >>> 15, (r ^ (r << 1)) & 0x8000);
  return r;
}
function ror8(cpu: Cpu, a: number, b: number): number {
  if ((b & 31) === 0) return a;
  const count = b & 7;
  const r = ((a >>> count) | (a << (8 - count))) & 0xff;
  setRotateFlags(cpu, r >>> 7, (r ^ (r << 1)) & 0x80);
  return r;
}

/**
 * Rotates left by `count` (0 to `width`) through CF, the value and CF together
 * being `width` + 1 bits; sets CF, and returns the value.
 */
function rotateThroughCarry(cpu: Cpu, a: number, count: number, width: number): number {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  let carry = cpu.s32[FLAGS]! & CF;
  let r = a;
  for (let k = 0; k < count; k++) {
    const out = (r >>> (width - 1)) & 1;
    r = ((r << 1) | carry) & mask;
    carry = out;
  }
  cpu.s32[FLAGS] = (cpu.s32[FLAGS]! & ~CF) | carry;
  return r;
}

function rclOf(width: number): Operation {
  return (cpu, a, b) => {
    if ((b & 31) === 0) return a;
    const r = rotateThroughCarry(cpu, a, (b & 31) % (width + 1), width);
    const carry = cpu.s32[FLAGS]! & CF;
    setRotateFlags(cpu, carry, ((r >>> (width - 1)) & 1) ^ carry);
    return r;
  };
}

function rcrOf(width: number): Operation {
  return (cpu, a, b) => {
    if ((b & 31) === 0) return a;
    const right = (b & 31) % (width + 1);
    const r = rotateThroughCarry(cpu, a, right === 0 ? 0 : width + 1 - right, width);
    setRotateFlags(cpu, cpu.s32[FLAGS]! & CF, ((r >>> (width - 1)) ^ (r >>> (width - 2))) & 1);
    return r;
  };
}

function doubleCount(cpu: Cpu, i: Instruction): number {
  return (i.k2 === K.Imm ? i.imm : cpu.gpr[ECX]!) & 31;
}

function shld32(cpu: Cpu, a: number, b: number, count: number): number {
  const r = (a << count) | (b >>> (32 - count));
  const carry = (a >>> (32 - count)) & 1;
  setArithmeticFlags(cpu, resultFlags32(r) | carry | (((r >>> 31) ^ carry) << 11));
  return r;
}
function shrd32(cpu: Cpu, a: number, b: number, count: number): number {
  const r = (a >>> count) | (b << (32 - count));
  setArithmeticFlags(cpu, resultFlags32(r) | ((a >>> (count - 1)) & 1) | (((r ^ (r << 1)) >>> 31) << 11));
  return r;
}
/** Counts above 16 are undefined: the second operand follows itself, CF and OF of SHLD are cleared. */
function shld16(cpu: Cpu, a: number, b: number, count: number): number {
  const pair = (a << 16) | b;
  const r = (count > 16 ? (b << (count - 16)) | (b >>> (32 - count)) : pair >>> (32 - count - 16)) & 0xffff;
  const carry = count > 16 ? 0 : (a >>> (16 - count)) & 1;
  const overflow = count > 16 ? 0 : (r >>> 15) ^ carry;
  setArithmeticFlags(cpu, resultFlags16(r) | carry | (overflow << 11));
  return r;
}
function shrd16(cpu: Cpu, a: number, b: number, count: number): number {
  const r = (count > 16 ? (b >>> (count - 16)) | (b << (32 - count)) : ((b << 16) | a) >>> count) & 0xffff;
  const carry = count > 16 ? 0 : (a >>> (count - 1)) & 1;
  setArithmeticFlags(cpu, resultFlags16(r) | carry | ((((r ^ (r << 1)) >>> 15) & 1) << 11));
  return r;
}

type DoubleShift = (cpu: Cpu, a: number, b: number, count: number) => number;

function doubleShift(o16: DoubleShift, o32: DoubleShift): Binder {
  const handler16: Handler = (cpu, i) => {
    const count = doubleCount(cpu, i);
    if (i.k0 === K.Reg) {
      if (count !== 0) cpu.gpr16[i.r0 << 1] = o16(cpu, first16(cpu, i), cpu.gpr16[i.r1 << 1]!, count);
      return;
    }
    const linear = updateAddress(cpu, i, 2);
    const a = cpu.readLinear16(linear);
    cpu.writeLinear16(linear, count === 0 ? a : o16(cpu, a, cpu.gpr16[i.r1 << 1]!, count));
  };
  const handler32: Handler = (cpu, i) => {
    const count = doubleCount(cpu, i);
    if (i.k0 === K.Reg) {
      if (count !== 0) cpu.gpr[i.r0] = o32(cpu, first32(cpu, i), cpu.gpr[i.r1]!, count);
      return;
    }
    const linear = updateAddress(cpu, i, 4);
    const a = cpu.readLinear32(linear);
    cpu.writeLinear32(linear, count === 0 ? a : o32(cpu, a, cpu.gpr[i.r1]!, count));
  };
  return (i) => (i.s0 === 2 ? handler16 : handler32);
}

const shlRegImm32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = shl32(cpu, cpu.gpr[i.r0]!, i.imm);
};
const shrRegImm32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = shr32(cpu, cpu.gpr[i.r0]!, i.imm);
};
const sarRegImm32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = sar32(cpu, cpu.gpr[i.r0]!, i.imm);
};
const rolRegImm32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = rol32(cpu, cpu.gpr[i.r0]!, i.imm);
};
const rorRegImm32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = ror32(cpu, cpu.gpr[i.r0]!, i.imm);
};

/** The handler written out for a 32-bit register and a constant count, or the general one. */
function shift(constant32: Handler, general: Binder): Binder {
  return (i) => (i.s0 === 4 && i.k0 === K.Reg && i.k1 !== K.Reg ? constant32 : general(i));
}

export const SHIFTS: Semantics = {
  shl: shift(shlRegImm32, update([shl8, shl16, shl32])),
  shr: shift(shrRegImm32, update([shr8, shr16, shr32])),
  sar: shift(sarRegImm32, update([sar8, sar16, sar32])),
  rol: shift(rolRegImm32, update([rol8, rol16, rol32])),
  ror: shift(rorRegImm32, update([ror8, ror16, ror32])),
  rcl: update([rclOf(8), rclOf(16), rclOf(32)]),
  rcr: update([rcrOf(8), rcrOf(16), rcrOf(32)]),
  shld: doubleShift(shld16, shld32),
  shrd: doubleShift(shrd16, shrd32),
};
