/**
 * The task-state segment in memory, 16- and 32-bit: reading all of one and saving
 * the current task into one (SDM vol. 3 sections 7.2.1 and 7.6).
 */
import type { Cpu } from '../cpu.ts';
import {
  supervisorProbeWrite,
  supervisorRead16,
  supervisorRead32,
  supervisorWrite16,
  supervisorWrite32,
} from './supervisor-access.ts';

/** Lowest limit a TSS may have. */
export const TSS32_MIN_LIMIT = 0x67;
export const TSS16_MIN_LIMIT = 0x2b;

/** The new task as read from its TSS. */
export interface TaskState {
  cr3: number;
  eip: number;
  eflags: number;
  readonly gpr: Int32Array;
  /** ES CS SS DS FS GS. */
  readonly selectors: Int32Array;
  ldt: number;
  /** T: raise #DB when the task is entered. */
  trap: boolean;
}

/** The one object that {@link readTask} fills. */
export const task: TaskState = {
  cr3: 0,
  eip: 0,
  eflags: 0,
  gpr: new Int32Array(8),
  selectors: new Int32Array(6),
  ldt: 0,
  trap: false,
};

/** Reads the TSS at `base` into {@link task}. Registers a 16-bit TSS lacks the upper half of read as ones there. @throws #PF */
export function readTask(cpu: Cpu, base: number, wide: boolean): void {
  if (wide) {
    task.cr3 = supervisorRead32(cpu, (base + 0x1c) | 0);
    task.eip = supervisorRead32(cpu, (base + 0x20) | 0);
    task.eflags = supervisorRead32(cpu, (base + 0x24) | 0);
    for (let r = 0; r < 8; r++) task.gpr[r] = supervisorRead32(cpu, (base + 0x28 + r * 4) | 0);
    for (let s = 0; s < 6; s++) task.selectors[s] = supervisorRead16(cpu, (base + 0x48 + s * 4) | 0);
    task.ldt = supervisorRead16(cpu, (base + 0x60) | 0);
    task.trap = (supervisorRead16(cpu, (base + 0x64) | 0) & 1) !== 0;
    return;
  }
  task.cr3 = 0;
  task.eip = supervisorRead16(cpu, (base + 0x0e) | 0);
  task.eflags = supervisorRead16(cpu, (base + 0x10) | 0);
  for (let r = 0; r < 8; r++) task.gpr[r] = supervisorRead16(cpu, (base + 0x12 + r * 2) | 0) | 0xffff_0000;
  task.selectors.fill(0);
  for (let s = 0; s < 4; s++) task.selectors[s] = supervisorRead16(cpu, (base + 0x22 + s * 2) | 0);
  task.ldt = supervisorRead16(cpu, (base + 0x2a) | 0);
  task.trap = false;
}

/** Makes sure that {@link saveTask} cannot fault. @throws #PF */
export function probeSave(cpu: Cpu, base: number, wide: boolean): void {
  if (wide) supervisorProbeWrite(cpu, (base + 0x20) | 0, 0x40);
  else supervisorProbeWrite(cpu, (base + 0x0e) | 0, 0x1c);
}

/** Saves the current task into its TSS at `base`, with this flags image. EIP is the current one. */
export function saveTask(cpu: Cpu, base: number, wide: boolean, flags: number): void {
  if (wide) {
    supervisorWrite32(cpu, (base + 0x20) | 0, cpu.eip);
    supervisorWrite32(cpu, (base + 0x24) | 0, flags);
    for (let r = 0; r < 8; r++) supervisorWrite32(cpu, (base + 0x28 + r * 4) | 0, cpu.gpr[r]!);
    for (let s = 0; s < 6; s++) supervisorWrite16(cpu, (base + 0x48 + s * 4) | 0, cpu.segSelector(s));
    return;
  }
  supervisorWrite16(cpu, (base + 0x0e) | 0, cpu.eip & 0xffff);
  supervisorWrite16(cpu, (base + 0x10) | 0, flags & 0xffff);
  for (let r = 0; r < 8; r++) supervisorWrite16(cpu, (base + 0x12 + r * 2) | 0, cpu.gpr[r]! & 0xffff);
  for (let s = 0; s < 4; s++) supervisorWrite16(cpu, (base + 0x22 + s * 2) | 0, cpu.segSelector(s));
}
