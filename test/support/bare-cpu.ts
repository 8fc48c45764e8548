/**
 * A vCPU with nothing around it but RAM: for tests of the interpreter. Its ports read all ones.
 */
import { Cpu } from '../../src/cpu/cpu.ts';
import { MAX_CPU_MODEL } from '../../src/cpu/cpu-models.ts';
import {
  ATTR_ACCESSED,
  ATTR_CODE,
  ATTR_DB,
  ATTR_G,
  ATTR_P,
  ATTR_REAL_DATA,
  ATTR_RW,
  ATTR_S,
} from '../../src/cpu/descriptors.ts';
import type { CpuEnvironment } from '../../src/cpu/environment.ts';
import { CR0 } from '../../src/cpu/layout.ts';
import { PhysicalMemory } from '../../src/cpu/physical-memory.ts';
import { CR0_ET, CR0_PE, CS, DS, ES, FS, GS, SS } from '../../src/cpu/registers.ts';

const SILENT: CpuEnvironment = {
  readPort: () => -1,
  writePort() {},
  readTsc: () => 0,
  signalFpuError() {},
  unimplemented() {},
};

/** Attributes of a flat 32-bit data segment. */
export const FLAT_DATA = ATTR_P | ATTR_S | ATTR_RW | ATTR_ACCESSED | ATTR_DB | ATTR_G;

/** What a bare vCPU begins as. */
export type Mode =
  /** Protected mode, flat 32-bit segments, CPL 0, no paging. */
  | 'flat32'
  /** Protected mode, flat but 16-bit code and stack. */
  | 'flat16'
  /** Real mode, all segments at 0. */
  | 'real';

/** A vCPU in `mode` with `megabytes` of RAM. EIP and ESP are 0, EFLAGS is 2. */
export function bareCpu(mode: Mode, megabytes = 2, environment: Partial<CpuEnvironment> = {}): Cpu {
  const memory = new PhysicalMemory(megabytes << 20, { read: () => -1, write() {} });
  const cpu = new Cpu(memory, { ...SILENT, ...environment });
  cpu.model = MAX_CPU_MODEL;
  cpu.eflags = 2;
  cpu.s32[CR0 >> 2] = CR0_ET | (mode === 'real' ? 0 : CR0_PE);
  for (const seg of [ES, SS, DS, FS, GS]) {
    if (mode === 'real') cpu.setSegment(seg, 0, 0, 0xffff, ATTR_REAL_DATA);
    else cpu.setSegment(seg, 0x10, 0, -1, mode === 'flat32' || seg !== SS ? FLAT_DATA : FLAT_DATA & ~ATTR_DB);
  }
  if (mode === 'real') cpu.setSegment(CS, 0, 0, 0xffff, ATTR_REAL_DATA | ATTR_CODE);
  else cpu.setSegment(CS, 8, 0, -1, (mode === 'flat32' ? FLAT_DATA : FLAT_DATA & ~ATTR_DB) | ATTR_CODE);
  return cpu;
}
