/**
 * What the repeated string instructions share: count and index registers, and the
 * accounting of iterations.
 *
 * Every completed iteration counts as one retired instruction. The run loop
 * counts the last one; the handler the others, as they complete, so that a
 * fault in the middle leaves registers and count exact. An instruction that is not
 * finished (budget, or something to look at) leaves EIP at itself.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { EIP } from '../cpu/layout.ts';
import { DF, ECX, EDI, ESI, TF } from '../cpu/registers.ts';
import type { Instruction } from '../decoder/instruction.ts';
import { Prefix } from '../decoder/instruction.ts';
import { FLAGS } from './flags.ts';
import type { Handler } from './handler.ts';

const NEXT = EIP >> 2;

/** One element: all of its accesses are checked before a register changes. */
export type Step = (cpu: Cpu, i: Instruction) => void;
/** Does up to `most` iterations at once and returns how many; 0 = the next one must be done by itself. Never faults. */
export type Bulk = (cpu: Cpu, i: Instruction, most: number) => number;

/** ESI or SI. */
export function sourceIndex(cpu: Cpu, i: Instruction): number {
  return i.addressSize === 2 ? cpu.gpr16[ESI << 1]! : cpu.gpr[ESI]!;
}
/** EDI or DI. */
export function targetIndex(cpu: Cpu, i: Instruction): number {
  return i.addressSize === 2 ? cpu.gpr16[EDI << 1]! : cpu.gpr[EDI]!;
}
/** Moves ESI or SI by `count` elements, down when DF is set. */
export function moveSource(cpu: Cpu, i: Instruction, count: number): void {
  const by = (cpu.s32[FLAGS]! & DF) !== 0 ? -count * i.s0 : count * i.s0;
  if (i.addressSize === 2) cpu.gpr16[ESI << 1] = cpu.gpr16[ESI << 1]! + by;
  else cpu.gpr[ESI] = cpu.gpr[ESI]! + by;
}
/** Moves EDI or DI by `count` elements, down when DF is set. */
export function moveTarget(cpu: Cpu, i: Instruction, count: number): void {
  const by = (cpu.s32[FLAGS]! & DF) !== 0 ? -count * i.s0 : count * i.s0;
  if (i.addressSize === 2) cpu.gpr16[EDI << 1] = cpu.gpr16[EDI << 1]! + by;
  else cpu.gpr[EDI] = cpu.gpr[EDI]! + by;
}

/** ECX or CX, unsigned. */
function counter(cpu: Cpu, i: Instruction): number {
  return i.addressSize === 2 ? cpu.gpr16[ECX << 1]! : cpu.gpr[ECX]! >>> 0;
}
function setCounter(cpu: Cpu, i: Instruction, value: number): void {
  if (i.addressSize === 2) cpu.gpr16[ECX << 1] = value;
  else cpu.gpr[ECX] = value;
}

/** Whether the instruction has F3 or F2. */
export function isRepeated(i: Instruction): boolean {
  return (i.prefixes & (Prefix.Rep | Prefix.Repne)) !== 0;
}

/**
 * Repeats `step` while the count register is not zero and, where `stopFlag` is
 * not 0, while that flag equals `stopWhen` no more (REPE, REPNE).
 *
 * @param bulk tried before each single step, or undefined
 * @param stopFlag EFLAGS bit that ends the repetition, or 0
 * @param stopWhen value of the flag (the bit itself, or 0) on which it ends
 */
export function repeat(
  cpu: Cpu,
  i: Instruction,
  step: Step,
  bulk: Bulk | undefined,
  stopFlag: number,
  stopWhen: number,
): void {
  let left = counter(cpu, i);
  if (left === 0) return;
  // A single step traps after each iteration.
  let budget = (cpu.s32[FLAGS]! & TF) !== 0 ? 1 : cpu.remaining;
  for (;;) {
    let done = bulk === undefined ? 0 : bulk(cpu, i, left < budget ? left : budget);
    if (done === 0) {
      step(cpu, i);
      done = 1;
    }
    left -= done;
    budget -= done;
    setCounter(cpu, i, left);
    cpu.remaining -= done;
    if (left === 0 || (stopFlag !== 0 && (cpu.s32[FLAGS]! & stopFlag) === stopWhen)) break;
    if (budget <= 0 || cpu.leaveBlock) {
      cpu.s32[NEXT] = cpu.instructionEip;
      cpu.leaveBlock = true;
      break;
    }
  }
  cpu.remaining++;
}

/** A handler for a string instruction without a condition. */
export function unconditional(step: Step, bulk?: Bulk): Handler {
  return (cpu, i) => {
    if (isRepeated(i)) repeat(cpu, i, step, bulk, 0, 0);
    else step(cpu, i);
  };
}
