/**
 * RDMSR, WRMSR, RDTSC and RDPMC. An MSR that does not exist raises #GP(0), as on hardware, and is
 * reported as unimplemented.
 */
import type { Cpu } from '../cpu.ts';
import { VEC_GP } from '../exceptions.ts';
import { GPR, PAT, TSC_OFFSET } from '../layout.ts';
import { CR4_PCE, CR4_TSD, EAX, ECX, EDX } from '../registers.ts';
import { acceptsApicMsr, apicMsrWritten, armDeadline } from './apic-msrs.ts';
import { cr4Has, requireRing0 } from './mode.ts';
import {
  eferDefined,
  MSR_BY_ADDRESS,
  MSR_EFER,
  MSR_PAT,
  MSR_TABLE,
  MSR_TSC,
  type MsrRow,
  TSC_AUX,
} from './msr-table.ts';

const TWO_32 = 0x1_0000_0000;
/** BIOS_UPDT_TRIG: loads microcode; nothing to load. */
const MSR_MICROCODE_UPDATE = 0x79;
/** High word of IA32_PAT after reset. */
const PAT_RESET_HIGH = 0x0007_0406;

/** Puts the TSC, offset included, into two words of the memory, by their indices. */
export function storeTsc(cpu: Cpu, lowAt: number, highAt: number): void {
  const tsc = cpu.environment.readTsc();
  const low = (tsc % TWO_32) + (cpu.s32[TSC_OFFSET >> 2]! >>> 0);
  const high = Math.floor(tsc / TWO_32) + cpu.s32[(TSC_OFFSET >> 2) + 1]! + (low >= TWO_32 ? 1 : 0);
  cpu.s32[lowAt] = low;
  cpu.s32[highAt] = high;
}

function tscToRegisters(cpu: Cpu): void {
  storeTsc(cpu, (GPR >> 2) + EAX, (GPR >> 2) + EDX);
}

/** Makes the TSC read `high:low` now. */
function setTsc(cpu: Cpu, low: number, high: number): void {
  const tsc = cpu.environment.readTsc();
  const difference = (low >>> 0) - (tsc % TWO_32);
  cpu.s32[TSC_OFFSET >> 2] = difference;
  cpu.s32[(TSC_OFFSET >> 2) + 1] = high - Math.floor(tsc / TWO_32) - (difference < 0 ? 1 : 0);
  armDeadline(cpu);
}

/** Whether RDTSC is for ring 0 only, and this is another. */
export function forbidsTsc(cpu: Cpu): boolean {
  return cpu.cpl !== 0 && cr4Has(cpu, CR4_TSD);
}

/** RDTSC. @throws #GP(0) outside ring 0 with CR4.TSD */
export function readTimeStamp(cpu: Cpu): void {
  if (forbidsTsc(cpu)) cpu.raise(VEC_GP, 0);
  tscToRegisters(cpu);
}

/** RDTSCP: the processor's number in ECX too. @throws #GP(0) outside ring 0 with CR4.TSD */
export function readTimeStampAndProcessor(cpu: Cpu): void {
  readTimeStamp(cpu);
  cpu.gpr[ECX] = cpu.s32[TSC_AUX >> 2]!;
}

/** RDPMC: there are no counters. @throws #GP(0) always */
export function readPerformanceCounter(cpu: Cpu): void {
  if (cpu.cpl === 0 || cr4Has(cpu, CR4_PCE)) cpu.environment.unimplemented('rdpmc', cpu.gpr[ECX]! >>> 0);
  cpu.raise(VEC_GP, 0);
}

/** The MSR of a number, where this processor has it. */
function rowOf({ model }: Cpu, address: number): MsrRow | undefined {
  const row = MSR_BY_ADDRESS.get(address);
  if (address === MSR_EFER && eferDefined(model.features) === 0) return undefined;
  const needs = row?.needs ?? 0;
  return (typeof needs === 'number' ? model.family >= needs : model.features.has(needs)) ? row : undefined;
}

/** RDMSR. @throws #GP(0) outside ring 0 and where there is no such MSR */
export function readMsr(cpu: Cpu): void {
  requireRing0(cpu);
  const address = cpu.gpr[ECX]!;
  if (address === MSR_TSC) {
    tscToRegisters(cpu);
    return;
  }
  const row = rowOf(cpu, address);
  if (row === undefined) {
    cpu.environment.unimplemented('rdmsr', address >>> 0);
    cpu.raise(VEC_GP, 0);
  }
  cpu.gpr[EAX] = row.storage < 0 ? row.reset : cpu.s32[row.storage >> 2]!;
  cpu.gpr[EDX] = row.words === 2 ? cpu.s32[(row.storage >> 2) + 1]! : 0;
}

/** Whether what an MSR holds as memory types are some: 0, 1, 4, 5, 6, and 7 in the PAT (SDM vol. 3 sections 11.11, 11.12). */
function validTypes({ address, types = 0 }: MsrRow, low: number, high: number): boolean {
  for (let i = 0; i < types; i++) {
    const type = ((i < 4 ? low : high) >>> (8 * (i & 3))) & 0xff;
    if (type > 7 || type === 2 || type === 3 || (type === 7 && address !== MSR_PAT)) return false;
  }
  return true;
}

/** WRMSR. @throws #GP(0) outside ring 0, where there is no such MSR, and for reserved bits */
export function writeMsr(cpu: Cpu): void {
  requireRing0(cpu);
  const address = cpu.gpr[ECX]!;
  const low = cpu.gpr[EAX]!;
  const high = cpu.gpr[EDX]!;
  if (address === MSR_TSC) {
    setTsc(cpu, low, high);
    return;
  }
  if (address === MSR_MICROCODE_UPDATE && cpu.model.family >= 6) return;
  const row = rowOf(cpu, address);
  if (row === undefined) {
    cpu.environment.unimplemented('wrmsr', address >>> 0);
    cpu.raise(VEC_GP, 0);
  }
  // A 32-bit MSR drops the high word, as 32-bit processors do.
  if ((low & ~row.writableLow) !== 0 || (row.words === 2 && (high & ~row.writableHigh) !== 0)) {
    cpu.environment.unimplemented(`wrmsr ${row.name}`, low >>> 0);
    cpu.raise(VEC_GP, 0);
  }
  if (address === MSR_EFER && ((low & ~eferDefined(cpu.model.features)) | high) !== 0) cpu.raise(VEC_GP, 0);
  if (!validTypes(row, low, high)) cpu.raise(VEC_GP, 0);
  if (row.storage < 0 || !acceptsApicMsr(cpu, address)) return;
  cpu.s32[row.storage >> 2] = low;
  if (row.words === 2) cpu.s32[(row.storage >> 2) + 1] = high;
  apicMsrWritten(cpu, address);
  // NXE decides what cached translations mean.
  if (address === MSR_EFER) {
    cpu.tlb.flush(false);
    cpu.leaveBlock = true;
  }
}

/** MSRs after power-on. */
export function resetMsrs(cpu: Cpu): void {
  for (const row of MSR_TABLE) {
    if (row.storage < 0) continue;
    cpu.s32[row.storage >> 2] = row.reset;
    if (row.words === 2) cpu.s32[(row.storage >> 2) + 1] = 0;
  }
  cpu.s32[(PAT >> 2) + 1] = PAT_RESET_HIGH;
  cpu.s32[TSC_OFFSET >> 2] = 0;
  cpu.s32[(TSC_OFFSET >> 2) + 1] = 0;
}
