/**
 * Exceptions, external interrupts and software interrupts (SDM vol. 3 chapter 6,
 * vol. 2 INT n): how they reach the guest's handler, and what happens when that
 * faults too.
 */
import type { Cpu } from '../cpu.ts';
import {
  ERR_EXT,
  GuestException,
  pushesErrorCode,
  VEC_DB,
  VEC_DF,
  VEC_GP,
  VEC_NMI,
  VEC_PF,
  VEC_TS,
} from '../exceptions.ts';
import { CR4_VME, IF, IOPL, RF, VIF } from '../registers.ts';
import { allowDebugAccess, raiseDebugStatus } from './debug-registers.ts';
import { deliverProtected } from './interrupt-gates.ts';
import { deliverReal, deliverVirtual8086 } from './interrupt-vectors.ts';
import { redirectsInterrupt } from './io-permission.ts';
import { cr4Has, ioPrivilegeLevel, isReal, isVirtual8086 } from './mode.ts';

/** What caused a software interrupt. */
export const INT_N = 0;
/** CC and CE: not subject to IOPL in virtual-8086 mode. */
export const INT_TRAP = 1;
/** F1: no DPL check, and external to the program. */
export const INT_1 = 2;

/** Vectors whose faults make a double fault of a second contributory one: #DE, #TS, #NP, #SS, #GP. */
function isContributory(vector: number): boolean {
  return vector === 0 || (vector >= VEC_TS && vector <= VEC_GP);
}

/** Whether a second fault while a first is being delivered is a double fault (SDM vol. 3 table 6-5). */
function makesDoubleFault(first: number, second: number): boolean {
  if (isContributory(first)) return isContributory(second);
  return first === VEC_PF && (second === VEC_PF || isContributory(second));
}

/** Faults push RF set: all exceptions but #DB (the caller's affair), NMI, #BP, #OF, #DF and #MC. */
function isFault(vector: number): boolean {
  return vector !== 1 && vector !== 2 && vector !== 3 && vector !== 4 && vector !== VEC_DF && vector !== 18;
}

function deliver(
  cpu: Cpu,
  vector: number,
  software: boolean,
  external: number,
  hasError: boolean,
  errorCode: number,
  flags: number,
): void {
  cpu.environment.delivering?.(vector, software, hasError ? errorCode : undefined);
  if (isReal(cpu)) deliverReal(cpu, vector, flags);
  else deliverProtected(cpu, vector, software, external, hasError, errorCode, flags);
}

function awake(cpu: Cpu): void {
  cpu.halted = false;
  cpu.interruptShadow = false;
  cpu.stackShadow = false;
  cpu.leaveBlock = true;
  cpu.breakpoints.met = 0;
}

/**
 * The trap of data breakpoints that the pushes of a delivery have met: in front of the handler's first instruction.
 * Pushes of the debug exception itself make none, or there would be no end.
 */
function trapPushes(cpu: Cpu, vector: number): void {
  const { met } = cpu.breakpoints;
  cpu.breakpoints.met = 0;
  if (met === 0 || vector === VEC_DB) return;
  raiseDebugStatus(cpu, met);
  deliverException(cpu, VEC_DB, 0);
}

/**
 * Delivers an exception that the processor found. EIP is what is pushed: for a
 * fault the caller has set it to `instructionEip`. A fault while delivering is delivered in its
 * place or becomes a double fault; a third one shuts the processor down.
 * Never throws.
 * @param vector 0 to 31
 * @param errorCode ignored where the vector pushes none
 */
export function deliverException(cpu: Cpu, vector: number, errorCode: number): void {
  awake(cpu);
  let current = vector;
  let code = errorCode;
  for (;;) {
    const flags = isFault(current) ? cpu.eflags | RF : cpu.eflags;
    try {
      deliver(cpu, current, false, ERR_EXT, pushesErrorCode(current), code, flags);
      if (current === VEC_DB) allowDebugAccess(cpu);
      trapPushes(cpu, current);
      return;
    } catch (error) {
      if (!(error instanceof GuestException)) throw error;
      const second = error.vector;
      if (current === VEC_DF) {
        cpu.shutdown = true;
        return;
      }
      code = makesDoubleFault(current, second) ? 0 : error.errorCode;
      current = makesDoubleFault(current, second) ? VEC_DF : second;
    }
  }
}

/**
 * Delivers an external (maskable or non-maskable) interrupt at an instruction
 * boundary; whether it may be taken is the caller's affair. Never throws.
 */
export function deliverInterrupt(cpu: Cpu, vector: number): void {
  awake(cpu);
  try {
    deliver(cpu, vector, false, ERR_EXT, false, 0, cpu.eflags);
    trapPushes(cpu, vector);
  } catch (error) {
    if (!(error instanceof GuestException)) throw error;
    deliverException(cpu, error.vector, error.errorCode);
  }
}

/** Delivers NMI, after which the next one waits until an IRET (SDM vol. 3 section 6.7.1). Never throws. */
export function deliverNmi(cpu: Cpu): void {
  cpu.nmiPending = false;
  cpu.nmiBlocked = true;
  deliverInterrupt(cpu, VEC_NMI);
}

/**
 * INT n, INT3, INTO, INT1. EIP must point to the next instruction: that is pushed.
 * @param kind INT_N, INT_TRAP (INT3, INTO) or INT_1
 * @throws #GP, #NP, #SS, #TS, #PF with nothing changed
 */
export function softwareInterrupt(cpu: Cpu, vector: number, kind: number): void {
  if (kind === INT_N && isVirtual8086(cpu)) {
    const iopl = ioPrivilegeLevel(cpu);
    if (cr4Has(cpu, CR4_VME) && redirectsInterrupt(cpu, vector)) {
      const flags = cpu.eflags;
      const virtual = iopl < 3;
      const pushed = virtual ? (flags & ~IF) | IOPL | ((flags & VIF) !== 0 ? IF : 0) : flags;
      deliverVirtual8086(cpu, vector, pushed, virtual);
      cpu.leaveBlock = true;
      return;
    }
    if (iopl < 3) cpu.raise(VEC_GP, 0);
  }
  const external = kind === INT_1 ? ERR_EXT : 0;
  deliver(cpu, vector, kind !== INT_1, external, false, 0, cpu.eflags);
  cpu.leaveBlock = true;
}
