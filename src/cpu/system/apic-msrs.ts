/**
 * The local APIC's model-specific registers: IA32_APIC_BASE, which places it and
 * switches it on and off, and IA32_TSC_DEADLINE, which sets its timer (SDM vol. 3, "Local APIC" and "TSC-Deadline Mode").
 *
 * Both are kept with the other MSRs; the APIC, a device, is told through the environment.
 */
import type { Cpu } from '../cpu.ts';
import { TSC_OFFSET } from '../layout.ts';
import { MSR_APIC_BASE, MSR_BY_ADDRESS, MSR_TSC_ADJUST, MSR_TSC_DEADLINE } from './msr-table.ts';

const GLOBAL_ENABLE = 1 << 11;
const BASE_AT = MSR_BY_ADDRESS.get(MSR_APIC_BASE)!.storage >> 2;
const DEADLINE_AT = MSR_BY_ADDRESS.get(MSR_TSC_DEADLINE)!.storage >> 2;

/** Whether the local APIC is switched on: CPUID reports it only then. */
export function apicEnabled(cpu: Cpu): boolean {
  return (cpu.s32[BASE_AT]! & GLOBAL_ENABLE) !== 0;
}

/** After a WRMSR has stored: tells the APIC what concerns it. */
export function apicMsrWritten(cpu: Cpu, address: number): void {
  const { apic } = cpu.environment;
  if (address === MSR_APIC_BASE) apic?.setBase(cpu.s32[BASE_AT]!);
  else if (address === MSR_TSC_DEADLINE || address === MSR_TSC_ADJUST) armDeadline(cpu);
}

/** Whether a WRMSR of an APIC's MSR has an effect: a deadline has none in another mode of the timer. */
export function acceptsApicMsr(cpu: Cpu, address: number): boolean {
  return address !== MSR_TSC_DEADLINE || cpu.environment.apic?.inDeadlineMode() === true;
}

/** Tells the timer its deadline in the clock's time: again, too, when the time-stamp counter was set. */
export function armDeadline(cpu: Cpu): void {
  const { s32 } = cpu;
  const deadline = wide(s32, DEADLINE_AT);
  if (deadline === 0n) {
    cpu.environment.apic?.setDeadline(0);
    return;
  }
  // What has passed counts as 1: the clock does not go below.
  const at = BigInt.asIntN(64, deadline - wide(s32, TSC_OFFSET >> 2));
  cpu.environment.apic?.setDeadline(at < 1n ? 1 : Number(at));
}

/** The deadline has passed, or was given up: its MSR reads 0. */
export function clearDeadline(cpu: Cpu): void {
  cpu.s32[DEADLINE_AT] = 0;
  cpu.s32[DEADLINE_AT + 1] = 0;
}

function wide(words: Int32Array, at: number): bigint {
  return (BigInt(words[at + 1]! >>> 0) << 32n) | BigInt(words[at]! >>> 0);
}
