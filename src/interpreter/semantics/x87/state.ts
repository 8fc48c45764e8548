/**
 * The x87 register stack, tags, status word and pointers in the vCPU state,
 * and what every x87 instruction does with them: the checks before it, the
 * stack faults, the pending exceptions after it (SDM vol. 1 chapter 8).
 *
 * FPU_TAGS holds 11b for an empty register and 00b for any other; the classes
 * that FSTENV shows are worked out when it is executed.
 */
import type { Cpu } from '../../../cpu/cpu.ts';
import { VEC_MF, VEC_NM } from '../../../cpu/exceptions.ts';
import * as L from '../../../cpu/layout.ts';
import { CR0_EM, CR0_NE, CR0_TS, CS, IF } from '../../../cpu/registers.ts';
import type { Instruction } from '../../../decoder/instruction.ts';
import { EXCEPTIONS, FloatContext, IE } from '../../softfloat/context.ts';
import { Float80 } from '../../softfloat/float80.ts';

/** Word indices of the state. */
export const CONTROL = L.FPU_CONTROL >> 2;
export const STATUS = L.FPU_STATUS >> 2;
export const TAGS = L.FPU_TAGS >> 2;
const OPCODE = L.FPU_OPCODE >> 2;
const IP = L.FPU_IP >> 2;
const IP_CS = L.FPU_CS >> 2;
const DP = L.FPU_DP >> 2;
const DP_DS = L.FPU_DS >> 2;
const REGISTERS = L.FPU_REGISTERS >> 2;
const CR0 = L.CR0 >> 2;
const CS_SELECTOR = (L.SEGMENTS + CS * L.SEGMENT_SIZE + L.SEG_SELECTOR) >> 2;
const SELECTORS = (L.SEGMENTS + L.SEG_SELECTOR) >> 2;

/** Status word: stack fault, error summary, condition 1, busy. */
export const SF = 0x40;
export const ES = 0x80;
export const COND1 = 0x200;
export const BUSY = 0x8000;
/** C0 to C3. */
export const CONDITIONS = 0x4700;

/** The context of the operation under way, and its operands and result. */
export const context = new FloatContext();
export const A = new Float80();
export const B = new Float80();
export const OUT = new Float80();

/** #NM when the FPU is absent or not this task's. */
export function checkAvailable(cpu: Cpu): void {
  if ((cpu.s32[CR0]! & (CR0_EM | CR0_TS)) !== 0) cpu.raise(VEC_NM);
}

/**
 * What a waiting instruction does first: #NM, then any pending exception.
 * @returns false when the instruction must not go on: it will be executed again after an interrupt
 */
export function ready(cpu: Cpu): boolean {
  const s32 = cpu.s32;
  if ((s32[CR0]! & (CR0_EM | CR0_TS)) !== 0) cpu.raise(VEC_NM);
  return (s32[STATUS]! & ES) === 0 || pendingError(cpu);
}

/**
 * Reports the pending exception: #MF, or FERR# where CR0.NE is clear. The
 * processor would then freeze until an interrupt comes; here the instruction
 * goes on, as if IGNNE# were asserted, when none can be taken.
 */
export function pendingError(cpu: Cpu): boolean {
  if ((cpu.s32[CR0]! & CR0_NE) !== 0) cpu.raise(VEC_MF);
  cpu.environment.signalFpuError();
  if (!cpu.interruptPending || (cpu.eflags & IF) === 0) return true;
  cpu.eip = cpu.instructionEip;
  cpu.remaining++;
  cpu.leaveBlock = true;
  return false;
}

/** Notes the instruction for the pointers; every instruction but the control ones does. */
export function point(cpu: Cpu, i: Instruction): void {
  const s32 = cpu.s32;
  s32[IP] = cpu.instructionEip;
  s32[IP_CS] = s32[CS_SELECTOR]!;
  s32[OPCODE] = ((i.opcode & 7) << 8) | i.modrm;
}

/** As {@link point}, with a memory operand. */
export function pointData(cpu: Cpu, i: Instruction, offset: number): void {
  point(cpu, i);
  cpu.s32[DP] = offset;
  cpu.s32[DP_DS] = cpu.s32[SELECTORS + i.segment * (L.SEGMENT_SIZE >> 2)]!;
}

/** Physical number of st(n). */
export function physical(cpu: Cpu, n: number): number {
  return ((cpu.s32[STATUS]! >>> 11) + n) & 7;
}

export function isEmpty(cpu: Cpu, register: number): boolean {
  return ((cpu.s32[TAGS]! >>> (register << 1)) & 1) !== 0;
}

/** Whether either of two registers is empty. */
export function eitherEmpty(cpu: Cpu, first: number, second: number): boolean {
  const tags = cpu.s32[TAGS]!;
  return (((tags >>> (first << 1)) | (tags >>> (second << 1))) & 1) !== 0;
}

export function loadRegister(cpu: Cpu, register: number, to: Float80): void {
  to.load(cpu.s32, REGISTERS + (register << 2));
}

/** Writes a register and marks it in use. */
export function storeRegister(cpu: Cpu, register: number, value: Float80): void {
  value.store(cpu.s32, REGISTERS + (register << 2));
  cpu.s32[TAGS] = cpu.s32[TAGS]! & ~(3 << (register << 1));
}

/** Empties the top and moves it. */
export function pop(cpu: Cpu): void {
  const s32 = cpu.s32;
  const status = s32[STATUS]!;
  s32[TAGS] = s32[TAGS]! | (3 << ((status >>> 10) & 14));
  s32[STATUS] = (status & ~0x3800) | ((status + 0x800) & 0x3800);
}

export function setTop(cpu: Cpu, top: number): void {
  cpu.s32[STATUS] = (cpu.s32[STATUS]! & ~0x3800) | ((top & 7) << 11);
}

/** Starts an operation under the control word (to which the context's own is equal till the next); its flags are clear. */
export function begin(cpu: Cpu): FloatContext {
  context.begin(cpu.s32[CONTROL]!);
  return context;
}

/**
 * Puts an operation's flags into the status word, C1 from its rounding.
 * @returns true when an exception is unmasked that keeps the result from being written (`deciding` says which can)
 */
export function finish(cpu: Cpu, deciding: number): boolean {
  const s32 = cpu.s32;
  const flags = context.flags;
  const status = (s32[STATUS]! & ~COND1) | flags | (context.roundedUp << 9);
  const unmasked = flags & ~context.control;
  s32[STATUS] = unmasked === 0 ? status : status | ES | BUSY;
  return (unmasked & deciding) !== 0;
}

/**
 * Stack underflow: an operand is empty.
 * @returns true when IE is masked, and the indefinite takes the result's place
 */
export function underflow(cpu: Cpu): boolean {
  return stackFault(cpu, 0);
}

/** Stack overflow: the register to be pushed into is in use. Returns as {@link underflow}. */
export function overflow(cpu: Cpu): boolean {
  return stackFault(cpu, COND1);
}

function stackFault(cpu: Cpu, cond1: number): boolean {
  const s32 = cpu.s32;
  const masked = (s32[CONTROL]! & IE) !== 0;
  s32[STATUS] = (s32[STATUS]! & ~COND1) | IE | SF | cond1 | (masked ? 0 : ES | BUSY);
  return masked;
}

/** Pushes a value, or after a masked overflow the indefinite. C1 is left to the caller where there is no overflow. */
export function push(cpu: Cpu, value: Float80): void {
  const register = physical(cpu, 7);
  if (!isEmpty(cpu, register)) {
    if (!overflow(cpu)) return;
    value.setIndefinite();
  }
  setTop(cpu, register);
  storeRegister(cpu, register, value);
}

/** Clears C1. */
export function clearCond1(cpu: Cpu): void {
  cpu.s32[STATUS] = cpu.s32[STATUS]! & ~COND1;
}

/** Replaces the condition bits. */
export function setConditions(cpu: Cpu, bits: number): void {
  cpu.s32[STATUS] = (cpu.s32[STATUS]! & ~CONDITIONS) | bits;
}

/** Makes ES and B say whether an unmasked exception is flagged, after the status or control word was loaded. */
export function summarize(cpu: Cpu): void {
  const s32 = cpu.s32;
  const pending = (s32[STATUS]! & ~s32[CONTROL]! & EXCEPTIONS) !== 0;
  s32[STATUS] = pending ? s32[STATUS]! | ES | BUSY : s32[STATUS]! & ~(ES | BUSY);
}
