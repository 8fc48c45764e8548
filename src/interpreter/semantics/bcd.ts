/**
 * Decimal arithmetic: DAA DAS AAA AAS AAM AAD (SDM vol. 1 section 7.3.3).
 * Undefined flags: docs/undefined-flags.md.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { VEC_DE } from '../../cpu/exceptions.ts';
import { AF, CF } from '../../cpu/registers.ts';
import { add8 } from '../alu.ts';
import { FLAGS, resultFlags8, setArithmeticFlags } from '../flags.ts';
import type { Handler, Semantics } from '../handler.ts';

const AL = 0;
const AH = 1;
const AX = 0;

/** DAA and DAS: adds or subtracts 6 and 60h as the digits and flags ask. */
function decimalAdjust(cpu: Cpu, sign: 1 | -1): void {
  const flags = cpu.s32[FLAGS]!;
  const al = cpu.gpr8[AL]!;
  const low = (al & 15) > 9 || (flags & AF) !== 0;
  const high = al > 0x99 || (flags & CF) !== 0;
  // DAS borrows out of the first step too.
  const borrow = sign < 0 && low && al < 6;
  const result = (al + sign * ((low ? 6 : 0) + (high ? 0x60 : 0))) & 0xff;
  cpu.gpr8[AL] = result;
  setArithmeticFlags(cpu, resultFlags8(result) | (low ? AF : 0) | (high || borrow ? CF : 0));
}
const daa: Handler = (cpu) => decimalAdjust(cpu, 1);
const das: Handler = (cpu) => decimalAdjust(cpu, -1);

/** AAA and AAS: to one unpacked digit; AX is adjusted as a whole. */
function asciiAdjust(cpu: Cpu, sign: 1 | -1): void {
  const adjust = (cpu.gpr8[AL]! & 15) > 9 || (cpu.s32[FLAGS]! & AF) !== 0;
  if (adjust) cpu.gpr16[AX] = cpu.gpr16[AX]! + sign * 0x106;
  // SF, ZF and PF follow AL before its high digit is cleared.
  const flags = resultFlags8(cpu.gpr8[AL]!);
  cpu.gpr8[AL] = cpu.gpr8[AL]! & 15;
  setArithmeticFlags(cpu, flags | (adjust ? AF | CF : 0));
}
const aaa: Handler = (cpu) => asciiAdjust(cpu, 1);
const aas: Handler = (cpu) => asciiAdjust(cpu, -1);

const aam: Handler = (cpu, i) => {
  const base = i.imm & 0xff;
  if (base === 0) cpu.raise(VEC_DE);
  const al = cpu.gpr8[AL]!;
  const low = al % base;
  cpu.gpr8[AH] = (al - low) / base;
  cpu.gpr8[AL] = low;
  setArithmeticFlags(cpu, resultFlags8(low));
};

/** Flags are those of the 8-bit addition AL + AH * base. */
const aad: Handler = (cpu, i) => {
  const sum = add8(cpu, cpu.gpr8[AL]!, (cpu.gpr8[AH]! * (i.imm & 0xff)) & 0xff);
  cpu.gpr16[AX] = sum & 0xff;
};

export const BCD: Semantics = {
  daa: () => daa,
  das: () => das,
  aaa: () => aaa,
  aas: () => aas,
  aam: () => aam,
  aad: () => aad,
};
