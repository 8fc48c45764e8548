/**
 * Who may use a port: IOPL and the TSS's I/O permission bitmap (SDM vol. 1
 * section 19.5), and the interrupt redirection bitmap below it (vol. 3 section 20.3.3).
 */
import type { Cpu } from '../cpu.ts';
import { attrType, TYPE_TSS32_BUSY } from '../descriptors.ts';
import { VEC_GP } from '../exceptions.ts';
import { CR0 } from '../layout.ts';
import { CR0_PE, TR, VM } from '../registers.ts';
import { ioPrivilegeLevel } from './mode.ts';
import { supervisorRead8, supervisorRead16 } from './supervisor-access.ts';

const IO_MAP_BASE = 0x66;

/**
 * Checks that `size` (1, 2, 4) ports from `port` on may be accessed now.
 * @throws #GP(0), #PF
 */
export function checkPort(cpu: Cpu, port: number, size: number): void {
  if ((cpu.s32[CR0 >> 2]! & CR0_PE) === 0) return;
  if ((cpu.eflags & VM) === 0 && cpu.cpl <= ioPrivilegeLevel(cpu)) return;
  if (attrType(cpu.segAttr(TR)) !== TYPE_TSS32_BUSY) cpu.raise(VEC_GP, 0);
  const limit = cpu.segLimit(TR) >>> 0;
  const base = cpu.segBase(TR);
  if (limit < IO_MAP_BASE + 1) cpu.raise(VEC_GP, 0);
  const offset = supervisorRead16(cpu, (base + IO_MAP_BASE) | 0) + (port >>> 3);
  // The processor always reads two bytes of the map.
  if (offset + 1 > limit) cpu.raise(VEC_GP, 0);
  const at = (base + offset) | 0;
  const bits = supervisorRead8(cpu, at) | (supervisorRead8(cpu, (at + 1) | 0) << 8);
  if (((bits >>> (port & 7)) & ((1 << size) - 1)) !== 0) cpu.raise(VEC_GP, 0);
}

/**
 * In virtual-8086 mode with CR4.VME: whether INT `vector` goes to the 8086
 * program's own handler (its bit in the redirection bitmap is clear).
 * @throws #PF
 */
export function redirectsInterrupt(cpu: Cpu, vector: number): boolean {
  if (attrType(cpu.segAttr(TR)) !== TYPE_TSS32_BUSY) return false;
  const limit = cpu.segLimit(TR) >>> 0;
  const base = cpu.segBase(TR);
  if (limit < IO_MAP_BASE + 1) return false;
  const offset = supervisorRead16(cpu, (base + IO_MAP_BASE) | 0) - 32 + (vector >>> 3);
  if (offset < 0 || offset > limit) return false;
  return ((supervisorRead8(cpu, (base + offset) | 0) >>> (vector & 7)) & 1) === 0;
}
