/**
 * EFLAGS after arithmetic and logic, computed at once.
 *
 * Additions and subtractions are described by their carries: bit k of `carries`
 * is the carry (or borrow) out of bit k. CF, AF and OF all follow from it,
 * with or without a carry coming in, so one function a size serves add, adc,
 * sub, sbb, cmp, inc, dec and neg. Bits above the operand's size may hold anything.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { EFLAGS } from '../cpu/layout.ts';
import { AF, CF, FLAGS_ARITH, OF, SF, ZF } from '../cpu/registers.ts';

/** Index of EFLAGS in `cpu.s32`. */
export const FLAGS = EFLAGS >> 2;

/** PF of each byte: set when the number of ones is even. */
export const PARITY = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  let ones = 0;
  for (let bit = 0; bit < 8; bit++) ones += (byte >> bit) & 1;
  PARITY[byte] = ones % 2 === 0 ? 4 : 0;
}

/** Replaces the six status flags by `bits`. */
export function setArithmeticFlags(cpu: Cpu, bits: number): void {
  cpu.s32[FLAGS] = (cpu.s32[FLAGS]! & ~FLAGS_ARITH) | bits;
}

/** The carries of `a + b (+ carry) = result`. */
export function carriesOfSum(a: number, b: number, result: number): number {
  return (a & b) | ((a | b) & ~result);
}

/** The borrows of `a - b (- borrow) = result`. */
export function borrowsOfDifference(a: number, b: number, result: number): number {
  return (~a & b) | ((~a | b) & result);
}

/** The six status flags of a 32-bit sum or difference. */
export function carryFlags32(carries: number, result: number): number {
  return (
    (carries >>> 31) |
    PARITY[result & 0xff]! |
    ((carries << 1) & AF) |
    (result === 0 ? ZF : 0) |
    ((result >>> 24) & SF) |
    (((carries ^ (carries << 1)) >>> 20) & OF)
  );
}

/** The six status flags of a 16-bit sum or difference. */
export function carryFlags16(carries: number, result: number): number {
  return (
    ((carries >>> 15) & CF) |
    PARITY[result & 0xff]! |
    ((carries << 1) & AF) |
    ((result & 0xffff) === 0 ? ZF : 0) |
    ((result >>> 8) & SF) |
    (((carries ^ (carries << 1)) >>> 4) & OF)
  );
}

/** The six status flags of an 8-bit sum or difference. */
export function carryFlags8(carries: number, result: number): number {
  return (
    ((carries >>> 7) & CF) |
    PARITY[result & 0xff]! |
    ((carries << 1) & AF) |
    ((result & 0xff) === 0 ? ZF : 0) |
    (result & SF) |
    (((carries ^ (carries << 1)) << 4) & OF)
  );
}

/** SF, ZF and PF of a 32-bit result. */
export function resultFlags32(result: number): number {
  return PARITY[result & 0xff]! | (result === 0 ? ZF : 0) | ((result >>> 24) & SF);
}

/** SF, ZF and PF of a 16-bit result. */
export function resultFlags16(result: number): number {
  return PARITY[result & 0xff]! | ((result & 0xffff) === 0 ? ZF : 0) | ((result >>> 8) & SF);
}

/** SF, ZF and PF of an 8-bit result. */
export function resultFlags8(result: number): number {
  return PARITY[result & 0xff]! | ((result & 0xff) === 0 ? ZF : 0) | (result & SF);
}
