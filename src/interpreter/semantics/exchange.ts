/**
 * XCHG, XADD, CMPXCHG, CMPXCHG8B (SDM vol. 1 section 7.3.1.2). One vCPU runs at a
 * time, so LOCK adds nothing to them.
 */
import { EAX, EBX, ECX, EDX, ZF } from '../../cpu/registers.ts';
import { K } from '../../decoder/instruction.ts';
import { add8, add16, add32, sub8, sub16, sub32 } from '../alu.ts';
import { FLAGS } from '../flags.ts';
import { bySize } from '../forms.ts';
import type { Handler, Semantics } from '../handler.ts';
import { byteOf, updateAddress } from '../operands.ts';

const xchg8: Handler = (cpu, i) => {
  // The table has the register in either place; memory is operand 0.
  const r1 = byteOf(i.r1);
  const value = cpu.gpr8[r1]!;
  if (i.k0 === K.Reg) {
    const r0 = byteOf(i.r0);
    cpu.gpr8[r1] = cpu.gpr8[r0]!;
    cpu.gpr8[r0] = value;
    return;
  }
  const linear = updateAddress(cpu, i, 1);
  cpu.gpr8[r1] = cpu.readLinear8(linear);
  cpu.writeLinear8(linear, value);
};
const xchg16: Handler = (cpu, i) => {
  const value = cpu.gpr16[i.r1 << 1]!;
  if (i.k0 === K.Reg) {
    cpu.gpr16[i.r1 << 1] = cpu.gpr16[i.r0 << 1]!;
    cpu.gpr16[i.r0 << 1] = value;
    return;
  }
  const linear = updateAddress(cpu, i, 2);
  cpu.gpr16[i.r1 << 1] = cpu.readLinear16(linear);
  cpu.writeLinear16(linear, value);
};
const xchg32: Handler = (cpu, i) => {
  const value = cpu.gpr[i.r1]!;
  if (i.k0 === K.Reg) {
    cpu.gpr[i.r1] = cpu.gpr[i.r0]!;
    cpu.gpr[i.r0] = value;
    return;
  }
  const linear = updateAddress(cpu, i, 4);
  cpu.gpr[i.r1] = cpu.readLinear32(linear);
  cpu.writeLinear32(linear, value);
};

const xadd8: Handler = (cpu, i) => {
  const r1 = byteOf(i.r1);
  if (i.k0 === K.Reg) {
    const r0 = byteOf(i.r0);
    const old = cpu.gpr8[r0]!;
    const sum = add8(cpu, old, cpu.gpr8[r1]!);
    cpu.gpr8[r1] = old;
    cpu.gpr8[r0] = sum;
    return;
  }
  const linear = updateAddress(cpu, i, 1);
  const old = cpu.readLinear8(linear);
  cpu.writeLinear8(linear, add8(cpu, old, cpu.gpr8[r1]!) & 0xff);
  cpu.gpr8[r1] = old;
};
const xadd16: Handler = (cpu, i) => {
  if (i.k0 === K.Reg) {
    const old = cpu.gpr16[i.r0 << 1]!;
    const sum = add16(cpu, old, cpu.gpr16[i.r1 << 1]!);
    cpu.gpr16[i.r1 << 1] = old;
    cpu.gpr16[i.r0 << 1] = sum;
    return;
  }
  const linear = updateAddress(cpu, i, 2);
  const old = cpu.readLinear16(linear);
  cpu.writeLinear16(linear, add16(cpu, old, cpu.gpr16[i.r1 << 1]!) & 0xffff);
  cpu.gpr16[i.r1 << 1] = old;
};
const xadd32: Handler = (cpu, i) => {
  if (i.k0 === K.Reg) {
    const old = cpu.gpr[i.r0]!;
    const sum = add32(cpu, old, cpu.gpr[i.r1]!);
    cpu.gpr[i.r1] = old;
    cpu.gpr[i.r0] = sum;
    return;
  }
  const linear = updateAddress(cpu, i, 4);
  const old = cpu.readLinear32(linear);
  cpu.writeLinear32(linear, add32(cpu, old, cpu.gpr[i.r1]!));
  cpu.gpr[i.r1] = old;
};

/** The destination is written in any case, with its own value where the comparison fails. */
const cmpxchg8: Handler = (cpu, i) => {
  const value = cpu.gpr8[byteOf(i.r1)]!;
  const accumulator = cpu.gpr8[0]!;
  if (i.k0 === K.Reg) {
    const old = cpu.gpr8[byteOf(i.r0)]!;
    sub8(cpu, accumulator, old);
    if (old === accumulator) cpu.gpr8[byteOf(i.r0)] = value;
    else cpu.gpr8[0] = old;
    return;
  }
  const linear = updateAddress(cpu, i, 1);
  const old = cpu.readLinear8(linear);
  cpu.writeLinear8(linear, old === accumulator ? value : old);
  sub8(cpu, accumulator, old);
  if (old !== accumulator) cpu.gpr8[0] = old;
};
const cmpxchg16: Handler = (cpu, i) => {
  const value = cpu.gpr16[i.r1 << 1]!;
  const accumulator = cpu.gpr16[EAX << 1]!;
  if (i.k0 === K.Reg) {
    const old = cpu.gpr16[i.r0 << 1]!;
    sub16(cpu, accumulator, old);
    if (old === accumulator) cpu.gpr16[i.r0 << 1] = value;
    else cpu.gpr16[EAX << 1] = old;
    return;
  }
  const linear = updateAddress(cpu, i, 2);
  const old = cpu.readLinear16(linear);
  cpu.writeLinear16(linear, old === accumulator ? value : old);
  sub16(cpu, accumulator, old);
  if (old !== accumulator) cpu.gpr16[EAX << 1] = old;
};
const cmpxchg32: Handler = (cpu, i) => {
  const value = cpu.gpr[i.r1]!;
  const accumulator = cpu.gpr[EAX]!;
  if (i.k0 === K.Reg) {
    const old = cpu.gpr[i.r0]!;
    sub32(cpu, accumulator, old);
    if (old === accumulator) cpu.gpr[i.r0] = value;
    else cpu.gpr[EAX] = old;
    return;
  }
  const linear = updateAddress(cpu, i, 4);
  const old = cpu.readLinear32(linear);
  cpu.writeLinear32(linear, old === accumulator ? value : old);
  sub32(cpu, accumulator, old);
  if (old !== accumulator) cpu.gpr[EAX] = old;
};

const cmpxchg8b: Handler = (cpu, i) => {
  const linear = updateAddress(cpu, i, 8);
  const high = (linear + 4) | 0;
  const oldLow = cpu.readLinear32(linear);
  const oldHigh = cpu.readLinear32(high);
  if (oldLow === cpu.gpr[EAX] && oldHigh === cpu.gpr[EDX]) {
    cpu.writeLinear32(linear, cpu.gpr[EBX]!);
    cpu.writeLinear32(high, cpu.gpr[ECX]!);
    cpu.s32[FLAGS] = cpu.s32[FLAGS]! | ZF;
  } else {
    cpu.writeLinear32(linear, oldLow);
    cpu.writeLinear32(high, oldHigh);
    cpu.gpr[EAX] = oldLow;
    cpu.gpr[EDX] = oldHigh;
    cpu.s32[FLAGS] = cpu.s32[FLAGS]! & ~ZF;
  }
};

export const EXCHANGE: Semantics = {
  xchg: (i) => bySize(i.s0, [xchg8, xchg16, xchg32]),
  xadd: (i) => bySize(i.s0, [xadd8, xadd16, xadd32]),
  cmpxchg: (i) => bySize(i.s0, [cmpxchg8, cmpxchg16, cmpxchg32]),
  cmpxchg8b: () => cmpxchg8b,
};
