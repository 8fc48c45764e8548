/**
 * MUL, IMUL, DIV and IDIV (SDM vol. 1 section 7.3.2).
 *
 * A multiplication sets CF and OF when the high half says more than the low
 * one; it leaves the other flags as they were, and so do divisions with all of them. Products and quotients of
 * 64 bits are made of 16-bit pieces, exact in a double.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { VEC_DE } from '../../cpu/exceptions.ts';
import { CF, EAX, EDX, OF } from '../../cpu/registers.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { FLAGS } from '../flags.ts';
import { bySize } from '../forms.ts';
import type { Handler, Semantics } from '../handler.ts';
import { first8, first16, first32, second16, second32 } from '../operands.ts';

const AX = EAX * 2;
const DX = EDX * 2;

function setOverflow(cpu: Cpu, overflow: boolean): void {
  cpu.s32[FLAGS] = (cpu.s32[FLAGS]! & ~(CF | OF)) | (overflow ? CF | OF : 0);
}

/** High 32 bits of the unsigned product. */
export function highProduct(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const middle = ah * bl + ((al * bl) >>> 16);
  const other = al * bh + (middle % 0x1_0000);
  return (ah * bh + Math.floor(middle / 0x1_0000) + Math.floor(other / 0x1_0000)) | 0;
}

/** High 32 bits of the signed product. */
export function highSignedProduct(a: number, b: number): number {
  return (highProduct(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
}

const mul8: Handler = (cpu, i) => {
  const product = cpu.gpr8[0]! * first8(cpu, i);
  cpu.gpr16[AX] = product;
  setOverflow(cpu, product > 0xff);
};
const mul16: Handler = (cpu, i) => {
  const product = Math.imul(cpu.gpr16[AX]!, first16(cpu, i));
  cpu.gpr16[AX] = product;
  cpu.gpr16[DX] = product >>> 16;
  setOverflow(cpu, product >>> 16 !== 0);
};
const mul32: Handler = (cpu, i) => {
  const a = cpu.gpr[EAX]!;
  const b = first32(cpu, i);
  const high = highProduct(a, b);
  cpu.gpr[EAX] = Math.imul(a, b);
  cpu.gpr[EDX] = high;
  setOverflow(cpu, high !== 0);
};

const imulWide8: Handler = (cpu, i) => {
  const product = Math.imul((cpu.gpr8[0]! << 24) >> 24, (first8(cpu, i) << 24) >> 24);
  cpu.gpr16[AX] = product;
  setOverflow(cpu, product !== (product << 24) >> 24);
};
const imulWide16: Handler = (cpu, i) => {
  const product = Math.imul((cpu.gpr16[AX]! << 16) >> 16, (first16(cpu, i) << 16) >> 16);
  cpu.gpr16[AX] = product;
  cpu.gpr16[DX] = product >>> 16;
  setOverflow(cpu, product !== (product << 16) >> 16);
};
const imulWide32: Handler = (cpu, i) => {
  const a = cpu.gpr[EAX]!;
  const b = first32(cpu, i);
  const low = Math.imul(a, b);
  const high = highSignedProduct(a, b);
  cpu.gpr[EAX] = low;
  cpu.gpr[EDX] = high;
  setOverflow(cpu, high !== low >> 31);
};

/** Stores the low half of a signed product in the register of operand 0. */
function storeProduct16(cpu: Cpu, i: Instruction, a: number, b: number): void {
  const product = Math.imul((a << 16) >> 16, (b << 16) >> 16);
  cpu.gpr16[i.r0 << 1] = product;
  setOverflow(cpu, product !== (product << 16) >> 16);
}
function storeProduct32(cpu: Cpu, i: Instruction, a: number, b: number): void {
  const low = Math.imul(a, b);
  setOverflow(cpu, highSignedProduct(a, b) !== low >> 31);
  cpu.gpr[i.r0] = low;
}
const imulTwo16: Handler = (cpu, i) => storeProduct16(cpu, i, cpu.gpr16[i.r0 << 1]!, second16(cpu, i));
const imulTwo32: Handler = (cpu, i) => storeProduct32(cpu, i, cpu.gpr[i.r0]!, second32(cpu, i));
const imulThree16: Handler = (cpu, i) => storeProduct16(cpu, i, second16(cpu, i), i.imm);
const imulThree32: Handler = (cpu, i) => storeProduct32(cpu, i, second32(cpu, i), i.imm);

const div8: Handler = (cpu, i) => {
  const divisor = first8(cpu, i);
  const dividend = cpu.gpr16[AX]!;
  if (dividend >>> 8 >= divisor) cpu.raise(VEC_DE);
  const quotient = (dividend / divisor) | 0;
  cpu.gpr16[AX] = quotient | ((dividend - quotient * divisor) << 8);
};
const div16: Handler = (cpu, i) => {
  const divisor = first16(cpu, i);
  const high = cpu.gpr16[DX]!;
  if (high >= divisor) cpu.raise(VEC_DE);
  const dividend = high * 0x1_0000 + cpu.gpr16[AX]!;
  const quotient = Math.floor(dividend / divisor);
  cpu.gpr16[AX] = quotient;
  cpu.gpr16[DX] = dividend - quotient * divisor;
};

/** Remainder of the last {@link quotient64}. */
let remainder = 0;

/** high:low / divisor, all unsigned, for high < divisor; the remainder is left in `remainder`. */
function quotient64(high: number, low: number, divisor: number): number {
  // Two digits of 16 bits; both dividends stay below 2^48, where a double's quotient cannot round up to the next integer.
  const first = high * 0x1_0000 + (low >>> 16);
  const digit1 = Math.floor(first / divisor);
  const second = (first - digit1 * divisor) * 0x1_0000 + (low & 0xffff);
  const digit0 = Math.floor(second / divisor);
  remainder = second - digit0 * divisor;
  return digit1 * 0x1_0000 + digit0;
}

const div32: Handler = (cpu, i) => {
  const divisor = first32(cpu, i) >>> 0;
  const high = cpu.gpr[EDX]! >>> 0;
  const low = cpu.gpr[EAX]! >>> 0;
  if (high >= divisor) cpu.raise(VEC_DE);
  if (high === 0) {
    cpu.gpr[EAX] = low / divisor;
    cpu.gpr[EDX] = low % divisor;
    return;
  }
  cpu.gpr[EAX] = quotient64(high, low, divisor);
  cpu.gpr[EDX] = remainder;
};

const idiv8: Handler = (cpu, i) => {
  const divisor = (first8(cpu, i) << 24) >> 24;
  const dividend = (cpu.gpr16[AX]! << 16) >> 16;
  if (divisor === 0) cpu.raise(VEC_DE);
  const quotient = (dividend / divisor) | 0;
  if (quotient !== (quotient << 24) >> 24) cpu.raise(VEC_DE);
  cpu.gpr16[AX] = (quotient & 0xff) | ((dividend - quotient * divisor) << 8);
};
const idiv16: Handler = (cpu, i) => {
  const divisor = (first16(cpu, i) << 16) >> 16;
  const dividend = (cpu.gpr16[DX]! << 16) | cpu.gpr16[AX]!;
  if (divisor === 0) cpu.raise(VEC_DE);
  const quotient = Math.trunc(dividend / divisor);
  if (quotient < -0x8000 || quotient > 0x7fff) cpu.raise(VEC_DE);
  cpu.gpr16[AX] = quotient;
  cpu.gpr16[DX] = dividend - quotient * divisor;
};
const idiv32: Handler = (cpu, i) => {
  const divisor = first32(cpu, i);
  const high = cpu.gpr[EDX]!;
  const low = cpu.gpr[EAX]!;
  const size = divisor < 0 ? -divisor : divisor;
  let absHigh = high >>> 0;
  let absLow = low >>> 0;
  if (high < 0) {
    absLow = -low >>> 0;
    absHigh = (~high + (low === 0 ? 1 : 0)) >>> 0;
  }
  if (absHigh >= size) cpu.raise(VEC_DE);
  const quotient = quotient64(absHigh, absLow, size);
  const negative = high < 0 !== divisor < 0;
  if (quotient > (negative ? 0x8000_0000 : 0x7fff_ffff)) cpu.raise(VEC_DE);
  cpu.gpr[EAX] = negative ? -quotient : quotient;
  cpu.gpr[EDX] = high < 0 ? -remainder : remainder;
};

export const MULTIPLY: Semantics = {
  mul: (i) => bySize(i.s0, [mul8, mul16, mul32]),
  imul: (i) => {
    if (i.count === 1) return bySize(i.s0, [imulWide8, imulWide16, imulWide32]);
    if (i.count === 2) return i.s0 === 2 ? imulTwo16 : imulTwo32;
    return i.s0 === 2 ? imulThree16 : imulThree32;
  },
  div: (i) => bySize(i.s0, [div8, div16, div32]),
  idiv: (i) => bySize(i.s0, [idiv8, idiv16, idiv32]),
};
