/** Privileged and other processor control: flags, HLT, machine status, TLB, MSRs, CPUID. */
import { VEC_UD } from '../../cpu/exceptions.ts';
import { clearTaskSwitched, loadMachineStatus, machineStatus } from '../../cpu/system/control-registers.ts';
import { cpuid } from '../../cpu/system/cpuid.ts';
import {
  clearInterruptFlag,
  popFlags,
  pushFlags,
  setAccessFlag,
  setInterruptFlag,
} from '../../cpu/system/flags-access.ts';
import { requireRing0, requireUnguarded } from '../../cpu/system/mode.ts';
import {
  readMsr,
  readPerformanceCounter,
  readTimeStamp,
  readTimeStampAndProcessor,
  writeMsr,
} from '../../cpu/system/msr.ts';
import { flushCaches, halt, invalidatePage } from '../../cpu/system/processor-control.ts';
import { K } from '../../decoder/instruction.ts';
import type { Handler, Semantics } from '../handler.ts';
import { ea, first16, setFirst16 } from '../operands.ts';

const pushf: Handler = (cpu, i) => pushFlags(cpu, i.operandSize);
const popf: Handler = (cpu, i) => popFlags(cpu, i.operandSize);
const undefinedOpcode: Handler = (cpu) => cpu.raise(VEC_UD);

const smsw: Handler = (cpu, i) => {
  requireUnguarded(cpu);
  if (i.k0 === K.Reg && i.operandSize === 4) cpu.gpr[i.r0] = machineStatus(cpu);
  else setFirst16(cpu, i, machineStatus(cpu) & 0xffff);
};
const lmsw: Handler = (cpu, i) => {
  requireRing0(cpu);
  loadMachineStatus(cpu, first16(cpu, i));
};
/** The operand is an address only: neither limit nor rights are checked. */
const invlpg: Handler = (cpu, i) => invalidatePage(cpu, (cpu.segBase(i.segment) + ea(cpu, i)) | 0);

export const SYSTEM_CONTROL: Semantics = {
  pushf: () => pushf,
  popf: () => popf,
  cli: () => clearInterruptFlag,
  sti: () => setInterruptFlag,
  hlt: () => halt,
  clts: () => clearTaskSwitched,
  smsw: () => smsw,
  lmsw: () => lmsw,
  invlpg: () => invlpg,
  invd: () => flushCaches,
  wbinvd: () => flushCaches,
  rdtsc: () => readTimeStamp,
  rdtscp: () => readTimeStampAndProcessor,
  rdpmc: () => readPerformanceCounter,
  rdmsr: () => readMsr,
  wrmsr: () => writeMsr,
  cpuid: () => cpuid,
  clac: () => (cpu) => setAccessFlag(cpu, false),
  stac: () => (cpu) => setAccessFlag(cpu, true),
  // Not offered by CPUID, and system management mode is never entered.
  monitor: () => undefinedOpcode,
  mwait: () => undefinedOpcode,
  rsm: () => undefinedOpcode,
};
