/**
 * Implicit supervisor accesses to linear memory, whatever the CPL: descriptor
 * tables, task-state segments, inner stacks (SDM vol. 3 section 4.6). The common
 * case is served from the supervisor delta tables without changing the
 * current rights.
 */
import type { Cpu } from '../cpu.ts';

export function supervisorRead8(cpu: Cpu, linear: number): number {
  const delta = cpu.tlb.readSupervisor[linear >>> 12]!;
  if ((delta & 1) === 0) return cpu.u8[(linear + delta) >>> 0]!;
  return cpu.systemRead8(linear);
}

export function supervisorRead16(cpu: Cpu, linear: number): number {
  const delta = cpu.tlb.readSupervisor[linear >>> 12]!;
  if (((linear | delta) & 1) === 0) return cpu.u16[(linear + delta) >>> 1]!;
  return cpu.systemRead16(linear);
}

export function supervisorRead32(cpu: Cpu, linear: number): number {
  const delta = cpu.tlb.readSupervisor[linear >>> 12]!;
  if (((linear | delta) & 3) === 0) return cpu.s32[(linear + delta) >>> 2]!;
  return cpu.systemRead32(linear);
}

export function supervisorWrite8(cpu: Cpu, linear: number, value: number): void {
  const delta = cpu.tlb.writeSupervisor[linear >>> 12]!;
  if ((delta & 1) === 0) cpu.u8[(linear + delta) >>> 0] = value;
  else cpu.systemWrite8(linear, value);
}

export function supervisorWrite16(cpu: Cpu, linear: number, value: number): void {
  const delta = cpu.tlb.writeSupervisor[linear >>> 12]!;
  if (((linear | delta) & 1) === 0) cpu.u16[(linear + delta) >>> 1] = value;
  else cpu.systemWrite16(linear, value);
}

export function supervisorWrite32(cpu: Cpu, linear: number, value: number): void {
  const delta = cpu.tlb.writeSupervisor[linear >>> 12]!;
  if (((linear | delta) & 3) === 0) cpu.s32[(linear + delta) >>> 2] = value;
  else cpu.systemWrite32(linear, value);
}

/** Makes sure that `size` bytes (1 to 4096) can be written. @throws #PF */
export function supervisorProbeWrite(cpu: Cpu, linear: number, size: number): void {
  const table = cpu.tlb.writeSupervisor;
  const last = (linear + size - 1) | 0;
  if ((table[linear >>> 12]! & 1) === 0 && (table[last >>> 12]! & 1) === 0) return;
  cpu.asSupervisor(() => cpu.probeWrite(linear, size));
}
