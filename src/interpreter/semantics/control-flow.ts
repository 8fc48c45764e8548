/**
 * Near jumps, calls, returns, loops, and BOUND (SDM vol. 1 section 7.3.8).
 *
 * A target is checked against the code segment's limit before anything is
 * pushed or popped; with a 16-bit operand size it has 16 bits.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { VEC_BR, VEC_GP } from '../../cpu/exceptions.ts';
import { EIP, SEG_LIMIT, SEGMENT_SIZE, SEGMENTS } from '../../cpu/layout.ts';
import { CF, CS, ECX, ESP, OF, PF, SF, SS, ZF } from '../../cpu/registers.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import { isLess } from '../conditions.ts';
import { FLAGS } from '../flags.ts';
import type { Handler, Semantics } from '../handler.ts';
import { ea, first16, first32 } from '../operands.ts';

const NEXT = EIP >> 2;
const CS_LIMIT = (SEGMENTS + CS * SEGMENT_SIZE + SEG_LIMIT) >> 2;
const CX = ECX * 2;

/** @throws #GP(0) when `target` is outside the code segment */
function checkTarget(cpu: Cpu, target: number): void {
  if (target >>> 0 > cpu.s32[CS_LIMIT]! >>> 0) cpu.raise(VEC_GP, 0);
}

/** Where a relative branch goes. */
function relativeTarget(cpu: Cpu, i: Instruction): number {
  const target = (cpu.s32[NEXT]! + i.imm) | 0;
  return i.operandSize === 2 ? target & 0xffff : target;
}

function branch(cpu: Cpu, i: Instruction): void {
  const target = relativeTarget(cpu, i);
  checkTarget(cpu, target);
  cpu.s32[NEXT] = target;
}

/** One handler a condition, in the order of the condition codes. */
const jumps: readonly Handler[] = [
  (cpu, i) => (cpu.s32[FLAGS]! & OF) !== 0 && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & OF) === 0 && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & CF) !== 0 && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & CF) === 0 && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & ZF) !== 0 && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & ZF) === 0 && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & (CF | ZF)) !== 0 && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & (CF | ZF)) === 0 && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & SF) !== 0 && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & SF) === 0 && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & PF) !== 0 && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & PF) === 0 && branch(cpu, i),
  (cpu, i) => isLess(cpu.s32[FLAGS]!) && branch(cpu, i),
  (cpu, i) => !isLess(cpu.s32[FLAGS]!) && branch(cpu, i),
  (cpu, i) => ((cpu.s32[FLAGS]! & ZF) !== 0 || isLess(cpu.s32[FLAGS]!)) && branch(cpu, i),
  (cpu, i) => (cpu.s32[FLAGS]! & ZF) === 0 && !isLess(cpu.s32[FLAGS]!) && branch(cpu, i),
];

const jumpRelative: Handler = (cpu, i) => branch(cpu, i);
const jumpIndirect32: Handler = (cpu, i) => {
  const target = first32(cpu, i);
  checkTarget(cpu, target);
  cpu.s32[NEXT] = target;
};
const jumpIndirect16: Handler = (cpu, i) => {
  const target = first16(cpu, i);
  checkTarget(cpu, target);
  cpu.s32[NEXT] = target;
};

function callTo32(cpu: Cpu, target: number): void {
  checkTarget(cpu, target);
  cpu.push32(cpu.s32[NEXT]!);
  cpu.s32[NEXT] = target;
}
function callTo16(cpu: Cpu, target: number): void {
  checkTarget(cpu, target);
  cpu.push16(cpu.s32[NEXT]! & 0xffff);
  cpu.s32[NEXT] = target;
}
const callRelative32: Handler = (cpu, i) => callTo32(cpu, relativeTarget(cpu, i));
const callRelative16: Handler = (cpu, i) => callTo16(cpu, relativeTarget(cpu, i));
const callIndirect32: Handler = (cpu, i) => callTo32(cpu, first32(cpu, i));
const callIndirect16: Handler = (cpu, i) => callTo16(cpu, first16(cpu, i));

/** Pops the target, and `i.imm` further bytes (0 in the form without an immediate). */
const return32: Handler = (cpu, i) => {
  const esp = cpu.gpr[ESP]!;
  const mask = cpu.stackMask;
  const target = cpu.read32(SS, esp & mask);
  checkTarget(cpu, target);
  cpu.gpr[ESP] = (esp & ~mask) | ((esp + 4 + i.imm) & mask);
  cpu.s32[NEXT] = target;
};
const return16: Handler = (cpu, i) => {
  const esp = cpu.gpr[ESP]!;
  const mask = cpu.stackMask;
  const target = cpu.read16(SS, esp & mask);
  checkTarget(cpu, target);
  cpu.gpr[ESP] = (esp & ~mask) | ((esp + 2 + i.imm) & mask);
  cpu.s32[NEXT] = target;
};

/** The count register of LOOP and JCXZ goes by the address size. */
function count(cpu: Cpu, i: Instruction): number {
  return i.addressSize === 2 ? cpu.gpr16[CX]! : cpu.gpr[ECX]!;
}
function setCount(cpu: Cpu, i: Instruction, value: number): void {
  if (i.addressSize === 2) cpu.gpr16[CX] = value;
  else cpu.gpr[ECX] = value;
}
function loopIf(cpu: Cpu, i: Instruction, condition: boolean): void {
  const left = (count(cpu, i) - 1) | 0;
  if (left !== 0 && condition) branch(cpu, i);
  setCount(cpu, i, left);
}
const loop: Handler = (cpu, i) => loopIf(cpu, i, true);
const loope: Handler = (cpu, i) => loopIf(cpu, i, (cpu.s32[FLAGS]! & ZF) !== 0);
const loopne: Handler = (cpu, i) => loopIf(cpu, i, (cpu.s32[FLAGS]! & ZF) === 0);
const jcxz: Handler = (cpu, i) => {
  if (count(cpu, i) === 0) branch(cpu, i);
};

/** Offset of the upper bound. */
function upperOffset(cpu: Cpu, i: Instruction, size: number): number {
  const offset = ea(cpu, i) + size;
  return i.addressSize === 2 ? offset & 0xffff : offset | 0;
}
const bound32: Handler = (cpu, i) => {
  const value = cpu.gpr[i.r0]!;
  const low = cpu.read32(i.segment, ea(cpu, i));
  const high = cpu.read32(i.segment, upperOffset(cpu, i, 4));
  if (value < low || value > high) cpu.raise(VEC_BR);
};
const bound16: Handler = (cpu, i) => {
  const value = (cpu.gpr16[i.r0 << 1]! << 16) >> 16;
  const low = (cpu.read16(i.segment, ea(cpu, i)) << 16) >> 16;
  const high = (cpu.read16(i.segment, upperOffset(cpu, i, 2)) << 16) >> 16;
  if (value < low || value > high) cpu.raise(VEC_BR);
};

export const CONTROL_FLOW: Semantics = {
  jcc: (i) => jumps[i.cond],
  jmp: (i) => (i.k0 === K.Rel ? jumpRelative : i.operandSize === 2 ? jumpIndirect16 : jumpIndirect32),
  call: (i) => {
    if (i.k0 === K.Rel) return i.operandSize === 2 ? callRelative16 : callRelative32;
    return i.operandSize === 2 ? callIndirect16 : callIndirect32;
  },
  ret: (i) => (i.operandSize === 2 ? return16 : return32),
  loop: () => loop,
  loope: () => loope,
  loopne: () => loopne,
  jcxz: () => jcxz,
  bound: (i) => (i.operandSize === 2 ? bound16 : bound32),
};
