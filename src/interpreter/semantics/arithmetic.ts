/**
 * ADD, ADC, SUB, SBB, CMP, INC, DEC and NEG (SDM vol. 1 section 7.3.2).
 *
 * The 32-bit forms that programs are full of are written out, so that each is
 * one function with the operation inlined; the others are made by forms.ts.
 */

import { K } from '../../decoder/instruction.ts';
import {
  adc8,
  adc16,
  adc32,
  add8,
  add16,
  add32,
  dec8,
  dec16,
  dec32,
  inc8,
  inc16,
  inc32,
  neg8,
  neg16,
  neg32,
  sbb8,
  sbb16,
  sbb32,
  sub8,
  sub16,
  sub32,
} from '../alu.ts';
import type { FormHandlers } from '../forms.ts';
import { byForm, compare, update, updateOne } from '../forms.ts';
import type { Handler, Semantics } from '../handler.ts';
import { byteOf, ea, updateAddress } from '../operands.ts';

const addForms: FormHandlers = [
  (cpu, i) => {
    cpu.gpr[i.r0] = add32(cpu, cpu.gpr[i.r0]!, cpu.gpr[i.r1]!);
  },
  (cpu, i) => {
    cpu.gpr[i.r0] = add32(cpu, cpu.gpr[i.r0]!, cpu.read32(i.segment, ea(cpu, i)));
  },
  (cpu, i) => {
    const linear = updateAddress(cpu, i, 4);
    cpu.writeLinear32(linear, add32(cpu, cpu.readLinear32(linear), cpu.gpr[i.r1]!));
  },
  (cpu, i) => {
    cpu.gpr[i.r0] = add32(cpu, cpu.gpr[i.r0]!, i.imm);
  },
  (cpu, i) => {
    const linear = updateAddress(cpu, i, 4);
    cpu.writeLinear32(linear, add32(cpu, cpu.readLinear32(linear), i.imm));
  },
];

const subForms: FormHandlers = [
  (cpu, i) => {
    cpu.gpr[i.r0] = sub32(cpu, cpu.gpr[i.r0]!, cpu.gpr[i.r1]!);
  },
  (cpu, i) => {
    cpu.gpr[i.r0] = sub32(cpu, cpu.gpr[i.r0]!, cpu.read32(i.segment, ea(cpu, i)));
  },
  (cpu, i) => {
    const linear = updateAddress(cpu, i, 4);
    cpu.writeLinear32(linear, sub32(cpu, cpu.readLinear32(linear), cpu.gpr[i.r1]!));
  },
  (cpu, i) => {
    cpu.gpr[i.r0] = sub32(cpu, cpu.gpr[i.r0]!, i.imm);
  },
  (cpu, i) => {
    const linear = updateAddress(cpu, i, 4);
    cpu.writeLinear32(linear, sub32(cpu, cpu.readLinear32(linear), i.imm));
  },
];

const cmpForms32: FormHandlers = [
  (cpu, i) => void sub32(cpu, cpu.gpr[i.r0]!, cpu.gpr[i.r1]!),
  (cpu, i) => void sub32(cpu, cpu.gpr[i.r0]!, cpu.read32(i.segment, ea(cpu, i))),
  (cpu, i) => void sub32(cpu, cpu.read32(i.segment, ea(cpu, i)), cpu.gpr[i.r1]!),
  (cpu, i) => void sub32(cpu, cpu.gpr[i.r0]!, i.imm),
  (cpu, i) => void sub32(cpu, cpu.read32(i.segment, ea(cpu, i)), i.imm),
];

const cmpForms8: FormHandlers = [
  (cpu, i) => void sub8(cpu, cpu.gpr8[byteOf(i.r0)]!, cpu.gpr8[byteOf(i.r1)]!),
  (cpu, i) => void sub8(cpu, cpu.gpr8[byteOf(i.r0)]!, cpu.read8(i.segment, ea(cpu, i))),
  (cpu, i) => void sub8(cpu, cpu.read8(i.segment, ea(cpu, i)), cpu.gpr8[byteOf(i.r1)]!),
  (cpu, i) => void sub8(cpu, cpu.gpr8[byteOf(i.r0)]!, i.imm & 0xff),
  (cpu, i) => void sub8(cpu, cpu.read8(i.segment, ea(cpu, i)), i.imm & 0xff),
];

const incRegister32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = inc32(cpu, cpu.gpr[i.r0]!);
};
const decRegister32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = dec32(cpu, cpu.gpr[i.r0]!);
};

const anyAdd = update([add8, add16, add32]);
const anySub = update([sub8, sub16, sub32]);
const anyCmp = compare([sub8, sub16, sub32]);
const anyInc = updateOne([inc8, inc16, inc32]);
const anyDec = updateOne([dec8, dec16, dec32]);

export const ARITHMETIC: Semantics = {
  add: (i) => (i.s0 === 4 ? byForm(i, addForms) : anyAdd(i)),
  adc: update([adc8, adc16, adc32]),
  sub: (i) => (i.s0 === 4 ? byForm(i, subForms) : anySub(i)),
  sbb: update([sbb8, sbb16, sbb32]),
  cmp: (i) => (i.s0 === 4 ? byForm(i, cmpForms32) : i.s0 === 1 ? byForm(i, cmpForms8) : anyCmp(i)),
  inc: (i) => (i.s0 === 4 && i.k0 === K.Reg ? incRegister32 : anyInc(i)),
  dec: (i) => (i.s0 === 4 && i.k0 === K.Reg ? decRegister32 : anyDec(i)),
  neg: updateOne([neg8, neg16, neg32]),
};
