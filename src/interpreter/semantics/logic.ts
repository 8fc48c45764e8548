/**
 * AND, OR, XOR, TEST and NOT (SDM vol. 1 section 7.3.6). As in arithmetic.ts, the
 * frequent forms are written out.
 */
import { and8, and16, and32, not, or8, or16, or32, xor8, xor16, xor32 } from '../alu.ts';
import type { FormHandlers } from '../forms.ts';
import { byForm, compare, update, updateOne } from '../forms.ts';
import type { Semantics } from '../handler.ts';
import { byteOf, ea, updateAddress } from '../operands.ts';

const andForms: FormHandlers = [
  (cpu, i) => {
    cpu.gpr[i.r0] = and32(cpu, cpu.gpr[i.r0]!, cpu.gpr[i.r1]!);
  },
  (cpu, i) => {
    cpu.gpr[i.r0] = and32(cpu, cpu.gpr[i.r0]!, cpu.read32(i.segment, ea(cpu, i)));
  },
  (cpu, i) => {
    const linear = updateAddress(cpu, i, 4);
    cpu.writeLinear32(linear, and32(cpu, cpu.readLinear32(linear), cpu.gpr[i.r1]!));
  },
  (cpu, i) => {
    cpu.gpr[i.r0] = and32(cpu, cpu.gpr[i.r0]!, i.imm);
  },
  (cpu, i) => {
    const linear = updateAddress(cpu, i, 4);
    cpu.writeLinear32(linear, and32(cpu, cpu.readLinear32(linear), i.imm));
  },
];

const orForms: FormHandlers = [
  (cpu, i) => {
    cpu.gpr[i.r0] = or32(cpu, cpu.gpr[i.r0]!, cpu.gpr[i.r1]!);
  },
  (cpu, i) => {
    cpu.gpr[i.r0] = or32(cpu, cpu.gpr[i.r0]!, cpu.read32(i.segment, ea(cpu, i)));
  },
  (cpu, i) => {
    const linear = updateAddress(cpu, i, 4);
    cpu.writeLinear32(linear, or32(cpu, cpu.readLinear32(linear), cpu.gpr[i.r1]!));
  },
  (cpu, i) => {
    cpu.gpr[i.r0] = or32(cpu, cpu.gpr[i.r0]!, i.imm);
  },
  (cpu, i) => {
    const linear = updateAddress(cpu, i, 4);
    cpu.writeLinear32(linear, or32(cpu, cpu.readLinear32(linear), i.imm));
  },
];

const xorForms: FormHandlers = [
  (cpu, i) => {
    cpu.gpr[i.r0] = xor32(cpu, cpu.gpr[i.r0]!, cpu.gpr[i.r1]!);
  },
  (cpu, i) => {
    cpu.gpr[i.r0] = xor32(cpu, cpu.gpr[i.r0]!, cpu.read32(i.segment, ea(cpu, i)));
  },
  (cpu, i) => {
    const linear = updateAddress(cpu, i, 4);
    cpu.writeLinear32(linear, xor32(cpu, cpu.readLinear32(linear), cpu.gpr[i.r1]!));
  },
  (cpu, i) => {
    cpu.gpr[i.r0] = xor32(cpu, cpu.gpr[i.r0]!, i.imm);
  },
  (cpu, i) => {
    const linear = updateAddress(cpu, i, 4);
    cpu.writeLinear32(linear, xor32(cpu, cpu.readLinear32(linear), i.imm));
  },
];

const testForms32: FormHandlers = [
  (cpu, i) => void and32(cpu, cpu.gpr[i.r0]!, cpu.gpr[i.r1]!),
  (cpu, i) => void and32(cpu, cpu.gpr[i.r0]!, cpu.read32(i.segment, ea(cpu, i))),
  (cpu, i) => void and32(cpu, cpu.read32(i.segment, ea(cpu, i)), cpu.gpr[i.r1]!),
  (cpu, i) => void and32(cpu, cpu.gpr[i.r0]!, i.imm),
  (cpu, i) => void and32(cpu, cpu.read32(i.segment, ea(cpu, i)), i.imm),
];

const testForms8: FormHandlers = [
  (cpu, i) => void and8(cpu, cpu.gpr8[byteOf(i.r0)]!, cpu.gpr8[byteOf(i.r1)]!),
  (cpu, i) => void and8(cpu, cpu.gpr8[byteOf(i.r0)]!, cpu.read8(i.segment, ea(cpu, i))),
  (cpu, i) => void and8(cpu, cpu.read8(i.segment, ea(cpu, i)), cpu.gpr8[byteOf(i.r1)]!),
  (cpu, i) => void and8(cpu, cpu.gpr8[byteOf(i.r0)]!, i.imm & 0xff),
  (cpu, i) => void and8(cpu, cpu.read8(i.segment, ea(cpu, i)), i.imm & 0xff),
];

const anyAnd = update([and8, and16, and32]);
const anyOr = update([or8, or16, or32]);
const anyXor = update([xor8, xor16, xor32]);
const anyTest = compare([and8, and16, and32]);

export const LOGIC: Semantics = {
  and: (i) => (i.s0 === 4 ? byForm(i, andForms) : anyAnd(i)),
  or: (i) => (i.s0 === 4 ? byForm(i, orForms) : anyOr(i)),
  xor: (i) => (i.s0 === 4 ? byForm(i, xorForms) : anyXor(i)),
  test: (i) => (i.s0 === 4 ? byForm(i, testForms32) : i.s0 === 1 ? byForm(i, testForms8) : anyTest(i)),
  not: updateOne([not, not, not]),
};
