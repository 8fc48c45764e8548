/**
 * Handlers made from an operation, for any operand kinds: what is not frequent
 * enough to have handlers of its own. An operation that is passed in cannot
 * be inlined, which is what this costs.
 */

import { K } from '../decoder/instruction.ts';
import type { Operation } from './alu.ts';
import type { Binder, Handler } from './handler.ts';
import { byteOf, first8, first16, first32, second8, second16, second32, updateAddress } from './operands.ts';

/** The operation in its three sizes. */
export type Sized = readonly [o8: Operation, o16: Operation, o32: Operation];

/** The one of three things that fits an operand size of 1, 2 or 4 bytes. */
export function bySize<T>(size: number, three: readonly [T, T, T]): T {
  return size === 4 ? three[2] : size === 2 ? three[1] : three[0];
}

/** operand 0 = operation(operand 0, operand 1) */
export function update([o8, o16, o32]: Sized): Binder {
  const handlers: readonly [Handler, Handler, Handler] = [
    (cpu, i) => {
      if (i.k0 === K.Reg) {
        const r = byteOf(i.r0);
        cpu.gpr8[r] = o8(cpu, cpu.gpr8[r]!, second8(cpu, i));
      } else {
        const linear = updateAddress(cpu, i, 1);
        cpu.writeLinear8(linear, o8(cpu, cpu.readLinear8(linear), second8(cpu, i)) & 0xff);
      }
    },
    (cpu, i) => {
      if (i.k0 === K.Reg) {
        cpu.gpr16[i.r0 << 1] = o16(cpu, cpu.gpr16[i.r0 << 1]!, second16(cpu, i));
      } else {
        const linear = updateAddress(cpu, i, 2);
        cpu.writeLinear16(linear, o16(cpu, cpu.readLinear16(linear), second16(cpu, i)) & 0xffff);
      }
    },
    (cpu, i) => {
      if (i.k0 === K.Reg) {
        cpu.gpr[i.r0] = o32(cpu, cpu.gpr[i.r0]!, second32(cpu, i));
      } else {
        const linear = updateAddress(cpu, i, 4);
        cpu.writeLinear32(linear, o32(cpu, cpu.readLinear32(linear), second32(cpu, i)));
      }
    },
  ];
  return (i) => bySize(i.s0, handlers);
}

/** operation(operand 0, operand 1), the result unused: CMP, TEST */
export function compare([o8, o16, o32]: Sized): Binder {
  const handlers: readonly [Handler, Handler, Handler] = [
    (cpu, i) => void o8(cpu, first8(cpu, i), second8(cpu, i)),
    (cpu, i) => void o16(cpu, first16(cpu, i), second16(cpu, i)),
    (cpu, i) => void o32(cpu, first32(cpu, i), second32(cpu, i)),
  ];
  return (i) => bySize(i.s0, handlers);
}

/** operand 0 = operation(operand 0): no second operand is read. */
export function updateOne([o8, o16, o32]: Sized): Binder {
  const handlers: readonly [Handler, Handler, Handler] = [
    (cpu, i) => {
      if (i.k0 === K.Reg) {
        const r = byteOf(i.r0);
        cpu.gpr8[r] = o8(cpu, cpu.gpr8[r]!, 0);
      } else {
        const linear = updateAddress(cpu, i, 1);
        cpu.writeLinear8(linear, o8(cpu, cpu.readLinear8(linear), 0) & 0xff);
      }
    },
    (cpu, i) => {
      if (i.k0 === K.Reg) {
        cpu.gpr16[i.r0 << 1] = o16(cpu, cpu.gpr16[i.r0 << 1]!, 0);
      } else {
        const linear = updateAddress(cpu, i, 2);
        cpu.writeLinear16(linear, o16(cpu, cpu.readLinear16(linear), 0) & 0xffff);
      }
    },
    (cpu, i) => {
      if (i.k0 === K.Reg) {
        cpu.gpr[i.r0] = o32(cpu, cpu.gpr[i.r0]!, 0);
      } else {
        const linear = updateAddress(cpu, i, 4);
        cpu.writeLinear32(linear, o32(cpu, cpu.readLinear32(linear), 0));
      }
    },
  ];
  return (i) => bySize(i.s0, handlers);
}

/** Which of the five operand forms an instruction has; handlers for each, in that order. */
export type FormHandlers = readonly [
  regReg: Handler,
  regMem: Handler,
  memReg: Handler,
  regImm: Handler,
  memImm: Handler,
];

/** Chooses among handlers for: register, register; register, memory; memory, register; register, immediate; memory, immediate. */
export function byForm(i: { k0: number; k1: number }, forms: FormHandlers): Handler | undefined {
  if (i.k0 === K.Reg) {
    if (i.k1 === K.Reg) return forms[0];
    if (i.k1 === K.Mem) return forms[1];
    if (i.k1 === K.Imm) return forms[3];
  } else if (i.k0 === K.Mem) {
    if (i.k1 === K.Reg) return forms[2];
    if (i.k1 === K.Imm) return forms[4];
  }
  return undefined;
}
