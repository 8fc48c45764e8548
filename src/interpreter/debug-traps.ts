/**
 * Debug exceptions around an instruction (SDM vol. 3 section 17.3): the fault of an instruction breakpoint in front of it, the trap of
 * data and port breakpoints and of single steps behind it.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { VEC_DB } from '../cpu/exceptions.ts';
import { EFLAGS, EIP } from '../cpu/layout.ts';
import { CS, RF, TF } from '../cpu/registers.ts';
import { DR6_BS, raiseDebugStatus, stepsByBranches } from '../cpu/system/debug-registers.ts';
import { deliverException } from '../cpu/system/interrupts.ts';
import type { DecodedBlock } from './decoded-block.ts';
import { isRepeated } from './repeat.ts';

const FLAGS = EFLAGS >> 2;
const NEXT = EIP >> 2;

/** Software interrupts clear TF on their way in, so no trap follows them. */
const SOFTWARE_INTERRUPTS: ReadonlySet<string> = new Set(['int', 'int3', 'int1', 'into']);
/** Branches that are always taken; others are where they go elsewhere than to the next instruction. */
const BRANCHES: ReadonlySet<string> = new Set(['jmp', 'jmpf', 'call', 'callf', 'ret', 'retf', 'iret']);

/** Whether a repeated string instruction, the last of its block, has stopped between two iterations. */
function isUnfinished(cpu: Cpu, block: DecodedBlock): boolean {
  return cpu.s32[NEXT] === cpu.instructionEip && isRepeated(block.instructions[block.instructions.length - 1]!);
}

/** Whether the instruction just executed, the first of its block, was a branch that was taken. */
function hasBranched(cpu: Cpu, block: DecodedBlock): boolean {
  const i = block.instructions[0]!;
  if (BRANCHES.has(i.row.mnemonic)) return true;
  return cpu.s32[NEXT] !== ((cpu.instructionEip + i.length) | 0) && !isUnfinished(cpu, block);
}

/** The fault of an instruction breakpoint at EIP: it comes before anything that fetching could find. @throws #DB */
export function breakBefore(cpu: Cpu): void {
  const eip = cpu.s32[NEXT]!;
  const status = cpu.breakpoints.atInstruction((eip + cpu.segBase(CS)) | 0);
  if (status === 0) return;
  cpu.instructionEip = eip;
  raiseDebugStatus(cpu, status);
  cpu.raise(VEC_DB);
}

/**
 * Whether a single-step trap follows the instruction just executed, the first of its block.
 * @param flags EFLAGS before it
 * @returns DR6.BS or 0
 */
export function stepStatus(cpu: Cpu, block: DecodedBlock, flags: number): number {
  if ((flags & TF) === 0) return 0;
  const { mnemonic } = block.instructions[0]!.row;
  if (SOFTWARE_INTERRUPTS.has(mnemonic) && (cpu.s32[FLAGS]! & TF) === 0) return 0;
  return stepsByBranches(cpu) && !hasBranched(cpu, block) ? 0 : DR6_BS;
}

/**
 * The debug trap behind an instruction, if there is cause. Loading SS holds it off for one instruction.
 * @param status bits of DR6 besides those of data and port breakpoints that have been met
 * @param block in which the instruction is; a repeated string instruction is its last
 */
export function trapAfter(cpu: Cpu, block: DecodedBlock, status: number): void {
  const bits = status | cpu.breakpoints.met;
  if (bits === 0 || cpu.stackShadow) return;
  cpu.breakpoints.met = 0;
  raiseDebugStatus(cpu, bits);
  // RF keeps the handler's return from meeting an instruction breakpoint there.
  if (isUnfinished(cpu, block)) cpu.s32[FLAGS] = cpu.s32[FLAGS]! | RF;
  deliverException(cpu, VEC_DB, 0);
}
