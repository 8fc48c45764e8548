/**
 * The two-operand operations of the arithmetic-logic unit, by size: each takes
 * the operands, sets the flags, and returns the result (the bits above the
 * operand's size are not to be used). AF is cleared where it is undefined.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { CF } from '../cpu/registers.ts';
import {
  borrowsOfDifference,
  carriesOfSum,
  carryFlags8,
  carryFlags16,
  carryFlags32,
  FLAGS,
  resultFlags8,
  resultFlags16,
  resultFlags32,
  setArithmeticFlags,
} from './flags.ts';

/** An operation of two operands. */
export type Operation = (cpu: Cpu, a: number, b: number) => number;

export function add32(cpu: Cpu, a: number, b: number): number {
  const r = (a + b) | 0;
  setArithmeticFlags(cpu, carryFlags32(carriesOfSum(a, b, r), r));
  return r;
}
export function add16(cpu: Cpu, a: number, b: number): number {
  const r = (a + b) | 0;
  setArithmeticFlags(cpu, carryFlags16(carriesOfSum(a, b, r), r));
  return r;
}
export function add8(cpu: Cpu, a: number, b: number): number {
  const r = (a + b) | 0;
  setArithmeticFlags(cpu, carryFlags8(carriesOfSum(a, b, r), r));
  return r;
}

export function adc32(cpu: Cpu, a: number, b: number): number {
  const r = (a + b + (cpu.s32[FLAGS]! & CF)) | 0;
  setArithmeticFlags(cpu, carryFlags32(carriesOfSum(a, b, r), r));
  return r;
}
export function adc16(cpu: Cpu, a: number, b: number): number {
  const r = (a + b + (cpu.s32[FLAGS]! & CF)) | 0;
  setArithmeticFlags(cpu, carryFlags16(carriesOfSum(a, b, r), r));
  return r;
}
export function adc8(cpu: Cpu, a: number, b: number): number {
  const r = (a + b + (cpu.s32[FLAGS]! & CF)) | 0;
  setArithmeticFlags(cpu, carryFlags8(carriesOfSum(a, b, r), r));
  return r;
}

export function sub32(cpu: Cpu, a: number, b: number): number {
  const r = (a - b) | 0;
  setArithmeticFlags(cpu, carryFlags32(borrowsOfDifference(a, b, r), r));
  return r;
}
export function sub16(cpu: Cpu, a: number, b: number): number {
  const r = (a - b) | 0;
  setArithmeticFlags(cpu, carryFlags16(borrowsOfDifference(a, b, r), r));
  return r;
}
export function sub8(cpu: Cpu, a: number, b: number): number {
  const r = (a - b) | 0;
  setArithmeticFlags(cpu, carryFlags8(borrowsOfDifference(a, b, r), r));
  return r;
}

export function sbb32(cpu: Cpu, a: number, b: number): number {
  const r = (a - b - (cpu.s32[FLAGS]! & CF)) | 0;
  setArithmeticFlags(cpu, carryFlags32(borrowsOfDifference(a, b, r), r));
  return r;
}
export function sbb16(cpu: Cpu, a: number, b: number): number {
  const r = (a - b - (cpu.s32[FLAGS]! & CF)) | 0;
  setArithmeticFlags(cpu, carryFlags16(borrowsOfDifference(a, b, r), r));
  return r;
}
export function sbb8(cpu: Cpu, a: number, b: number): number {
  const r = (a - b - (cpu.s32[FLAGS]! & CF)) | 0;
  setArithmeticFlags(cpu, carryFlags8(borrowsOfDifference(a, b, r), r));
  return r;
}

export function and32(cpu: Cpu, a: number, b: number): number {
  const r = a & b;
  setArithmeticFlags(cpu, resultFlags32(r));
  return r;
}
export function and16(cpu: Cpu, a: number, b: number): number {
  const r = a & b;
  setArithmeticFlags(cpu, resultFlags16(r));
  return r;
}
export function and8(cpu: Cpu, a: number, b: number): number {
  const r = a & b;
  setArithmeticFlags(cpu, resultFlags8(r));
  return r;
}

export function or32(cpu: Cpu, a: number, b: number): number {
  const r = a | b;
  setArithmeticFlags(cpu, resultFlags32(r));
  return r;
}
export function or16(cpu: Cpu, a: number, b: number): number {
  const r = a | b;
  setArithmeticFlags(cpu, resultFlags16(r));
  return r;
}
export function or8(cpu: Cpu, a: number, b: number): number {
  const r = a | b;
  setArithmeticFlags(cpu, resultFlags8(r));
  return r;
}

export function xor32(cpu: Cpu, a: number, b: number): number {
  const r = a ^ b;
  setArithmeticFlags(cpu, resultFlags32(r));
  return r;
}
export function xor16(cpu: Cpu, a: number, b: number): number {
  const r = a ^ b;
  setArithmeticFlags(cpu, resultFlags16(r));
  return r;
}
export function xor8(cpu: Cpu, a: number, b: number): number {
  const r = a ^ b;
  setArithmeticFlags(cpu, resultFlags8(r));
  return r;
}

/** INC and DEC leave CF as it was; `b` is not used. */
export function inc32(cpu: Cpu, a: number): number {
  const r = (a + 1) | 0;
  setArithmeticFlags(cpu, (cpu.s32[FLAGS]! & CF) | (carryFlags32(carriesOfSum(a, 1, r), r) & ~CF));
  return r;
}
export function inc16(cpu: Cpu, a: number): number {
  const r = (a + 1) | 0;
  setArithmeticFlags(cpu, (cpu.s32[FLAGS]! & CF) | (carryFlags16(carriesOfSum(a, 1, r), r) & ~CF));
  return r;
}
export function inc8(cpu: Cpu, a: number): number {
  const r = (a + 1) | 0;
  setArithmeticFlags(cpu, (cpu.s32[FLAGS]! & CF) | (carryFlags8(carriesOfSum(a, 1, r), r) & ~CF));
  return r;
}
export function dec32(cpu: Cpu, a: number): number {
  const r = (a - 1) | 0;
  setArithmeticFlags(cpu, (cpu.s32[FLAGS]! & CF) | (carryFlags32(borrowsOfDifference(a, 1, r), r) & ~CF));
  return r;
}
export function dec16(cpu: Cpu, a: number): number {
  const r = (a - 1) | 0;
  setArithmeticFlags(cpu, (cpu.s32[FLAGS]! & CF) | (carryFlags16(borrowsOfDifference(a, 1, r), r) & ~CF));
  return r;
}
export function dec8(cpu: Cpu, a: number): number {
  const r = (a - 1) | 0;
  setArithmeticFlags(cpu, (cpu.s32[FLAGS]! & CF) | (carryFlags8(borrowsOfDifference(a, 1, r), r) & ~CF));
  return r;
}

export function neg32(cpu: Cpu, a: number): number {
  return sub32(cpu, 0, a);
}
export function neg16(cpu: Cpu, a: number): number {
  return sub16(cpu, 0, a);
}
export function neg8(cpu: Cpu, a: number): number {
  return sub8(cpu, 0, a);
}

/** NOT changes no flag. */
export function not(_cpu: Cpu, a: number): number {
  return ~a;
}
