/** Far transfers and software interrupts: what crosses segments and levels, handed to src/cpu/system. */
import type { Cpu } from '../../cpu/cpu.ts';
import { VEC_BP, VEC_DB, VEC_OF } from '../../cpu/exceptions.ts';
import { OF } from '../../cpu/registers.ts';
import { farReturn } from '../../cpu/system/far-return.ts';
import { farCall, farJump } from '../../cpu/system/far-transfer.ts';
import { systemCall, systemEnter, systemExit, systemReturn } from '../../cpu/system/fast-system-call.ts';
import { INT_1, INT_N, INT_TRAP, softwareInterrupt } from '../../cpu/system/interrupts.ts';
import { interruptReturn } from '../../cpu/system/iret.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Handler, Semantics } from '../handler.ts';
import { ea } from '../operands.ts';

/** Offset of a far pointer in memory. */
function pointerOffset(cpu: Cpu, i: Instruction): number {
  const at = ea(cpu, i);
  return i.operandSize === 2 ? cpu.read16(i.segment, at) : cpu.read32(i.segment, at);
}
/** Selector of a far pointer in memory. */
function pointerSelector(cpu: Cpu, i: Instruction): number {
  const at = ea(cpu, i) + i.operandSize;
  return cpu.read16(i.segment, i.addressSize === 2 ? at & 0xffff : at | 0);
}

const jumpDirect: Handler = (cpu, i) => farJump(cpu, i.imm2, i.imm);
const jumpIndirect: Handler = (cpu, i) => {
  const offset = pointerOffset(cpu, i);
  farJump(cpu, pointerSelector(cpu, i), offset);
};
const callDirect: Handler = (cpu, i) => farCall(cpu, i.imm2, i.imm, i.operandSize);
const callIndirect: Handler = (cpu, i) => {
  const offset = pointerOffset(cpu, i);
  farCall(cpu, pointerSelector(cpu, i), offset, i.operandSize);
};
const returnFar: Handler = (cpu, i) => farReturn(cpu, i.operandSize, i.imm & 0xffff);
const returnInterrupt: Handler = (cpu, i) => interruptReturn(cpu, i.operandSize);

const interrupt: Handler = (cpu, i) => softwareInterrupt(cpu, i.imm & 0xff, INT_N);
const breakpoint: Handler = (cpu) => softwareInterrupt(cpu, VEC_BP, INT_TRAP);
const overflow: Handler = (cpu) => {
  if ((cpu.eflags & OF) !== 0) softwareInterrupt(cpu, VEC_OF, INT_TRAP);
};
const int1: Handler = (cpu) => softwareInterrupt(cpu, VEC_DB, INT_1);

export const SYSTEM_TRANSFERS: Semantics = {
  jmpf: (i) => (i.k0 === K.Far ? jumpDirect : jumpIndirect),
  callf: (i) => (i.k0 === K.Far ? callDirect : callIndirect),
  retf: () => returnFar,
  iret: () => returnInterrupt,
  int: () => interrupt,
  int3: () => breakpoint,
  into: () => overflow,
  int1: () => int1,
  sysenter: () => systemEnter,
  sysexit: () => systemExit,
  syscall: () => (cpu) => systemCall(cpu, cpu.eip),
  sysret: () => systemReturn,
};
