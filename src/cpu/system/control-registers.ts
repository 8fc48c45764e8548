/**
 * Control registers: MOV, LMSW, SMSW, CLTS (SDM vol. 3 section 2.5, vol. 2), with what a change of
 * paging does to the TLB (vol. 3 section 4.10.4).
 */
import type { Cpu } from '../cpu.ts';
import type { CpuFeature } from '../cpu-features.ts';
import { VEC_GP, VEC_UD } from '../exceptions.ts';
import { CR0, CR2, CR3, CR4 } from '../layout.ts';
import {
  CR0_AM,
  CR0_CD,
  CR0_EM,
  CR0_ET,
  CR0_MP,
  CR0_NE,
  CR0_NW,
  CR0_PE,
  CR0_PG,
  CR0_TS,
  CR0_WP,
  CR4_DE,
  CR4_MCE,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_PAE,
  CR4_PCE,
  CR4_PGE,
  CR4_PSE,
  CR4_PVI,
  CR4_SMAP,
  CR4_SMEP,
  CR4_TSD,
  CR4_UMIP,
  CR4_VME,
} from '../registers.ts';
import { requireRing0 } from './mode.ts';
import { loadPdptes } from './page-directory-pointers.ts';

const CR0_DEFINED = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;

const CR4_OF_FEATURES: readonly (readonly [CpuFeature, number])[] = [
  ['vme', CR4_VME | CR4_PVI],
  ['tsc', CR4_TSD],
  ['de', CR4_DE],
  ['pse', CR4_PSE],
  ['pae', CR4_PAE],
  ['mce', CR4_MCE],
  ['pge', CR4_PGE],
  ['fxsr', CR4_OSFXSR],
  ['sse', CR4_OSXMMEXCPT],
  ['umip', CR4_UMIP],
  ['smep', CR4_SMEP],
  ['smap', CR4_SMAP],
];

/** Bits of CR4 that the CPU model has; none: it has no CR4. */
function cr4Defined({ model }: Cpu): number {
  let bits = model.family >= 6 ? CR4_PCE : 0;
  for (const [name, some] of CR4_OF_FEATURES) if (model.features.has(name)) bits |= some;
  return bits;
}

/** @throws #UD for a register that does not exist */
function requireControl(cpu: Cpu, register: number): void {
  const exists = register === 0 || register === 2 || register === 3 || (register === 4 && cr4Defined(cpu) !== 0);
  if (!exists) cpu.raise(VEC_UD);
}

/** MOV r32, CRn. @throws #UD for a register that does not exist, #GP(0) outside ring 0 */
export function readControl(cpu: Cpu, register: number): number {
  requireControl(cpu, register);
  requireRing0(cpu);
  switch (register) {
    case 0:
      return cpu.s32[CR0 >> 2]!;
    case 2:
      return cpu.s32[CR2 >> 2]!;
    case 3:
      return cpu.s32[CR3 >> 2]!;
    default:
      return cpu.s32[CR4 >> 2]!;
  }
}

/** MOV CRn, r32. @throws #UD for a register that does not exist, #GP(0) outside ring 0 or for invalid bits */
export function writeControl(cpu: Cpu, register: number, value: number): void {
  requireControl(cpu, register);
  requireRing0(cpu);
  switch (register) {
    case 0:
      writeCr0(cpu, value);
      return;
    case 2:
      cpu.s32[CR2 >> 2] = value;
      return;
    case 3:
      writeCr3(cpu, value);
      return;
    default:
      writeCr4(cpu, value);
  }
}

/** @throws #GP(0) for PG without PE, NW without CD, or bad PAE pointers */
export function writeCr0(cpu: Cpu, value: number): void {
  const now = (value & CR0_DEFINED) | CR0_ET;
  if ((now & CR0_PG) !== 0 && (now & CR0_PE) === 0) cpu.raise(VEC_GP, 0);
  if ((now & CR0_NW) !== 0 && (now & CR0_CD) === 0) cpu.raise(VEC_GP, 0);
  const changed = cpu.s32[CR0 >> 2]! ^ now;
  if ((now & CR0_PG) !== 0 && (changed & (CR0_PG | CR0_CD | CR0_NW)) !== 0) reloadPdptes(cpu, cpu.s32[CR4 >> 2]!);
  cpu.s32[CR0 >> 2] = now;
  cpu.modeVersion++;
  if ((changed & CR0_PG) !== 0) cpu.tlb.flush(false);
  else if ((changed & CR0_WP) !== 0) cpu.tlb.dropAllDeltas();
  cpu.leaveBlock = true;
}

/** @throws #GP(0) for bad PAE pointers */
export function writeCr3(cpu: Cpu, value: number): void {
  const cr4 = cpu.s32[CR4 >> 2]!;
  if ((cpu.s32[CR0 >> 2]! & CR0_PG) !== 0 && (cr4 & CR4_PAE) !== 0 && !loadPdptes(cpu, value)) cpu.raise(VEC_GP, 0);
  cpu.s32[CR3 >> 2] = value;
  cpu.tlb.flush((cr4 & CR4_PGE) !== 0);
  cpu.leaveBlock = true;
}

/** @throws #GP(0) for bits the processor lacks or bad PAE pointers */
export function writeCr4(cpu: Cpu, value: number): void {
  const old = cpu.s32[CR4 >> 2]!;
  if ((value & ~cr4Defined(cpu)) !== 0) cpu.raise(VEC_GP, 0);
  const paging = (old ^ value) & (CR4_PAE | CR4_PGE | CR4_PSE);
  if (paging !== 0 && (cpu.s32[CR0 >> 2]! & CR0_PG) !== 0) reloadPdptes(cpu, value);
  cpu.s32[CR4 >> 2] = value;
  cpu.modeVersion++;
  if (paging !== 0 || (~old & value & CR4_SMEP) !== 0) cpu.tlb.flush(false);
  cpu.guardsChanged();
  if (((old ^ value) & CR4_DE) !== 0) cpu.breakpoints.changed();
  cpu.leaveBlock = true;
}

/** Loads the PAE pointers where `cr4` says PAE. @throws #GP(0) */
function reloadPdptes(cpu: Cpu, cr4: number): void {
  if ((cr4 & CR4_PAE) !== 0 && !loadPdptes(cpu, cpu.s32[CR3 >> 2]!)) cpu.raise(VEC_GP, 0);
}

/** CLTS. @throws #GP(0) outside ring 0 */
export function clearTaskSwitched(cpu: Cpu): void {
  requireRing0(cpu);
  cpu.s32[CR0 >> 2]! &= ~CR0_TS;
  cpu.leaveBlock = true;
}

/** LMSW: loads PE, MP, EM and TS; cannot clear PE. @throws #GP(0) outside ring 0 */
export function loadMachineStatus(cpu: Cpu, value: number): void {
  requireRing0(cpu);
  writeCr0(cpu, (cpu.s32[CR0 >> 2]! & ~(CR0_MP | CR0_EM | CR0_TS)) | (value & (CR0_PE | CR0_MP | CR0_EM | CR0_TS)));
}

/** SMSW: CR0, of which a 16-bit destination takes the low half. Allowed at any level. */
export function machineStatus(cpu: Cpu): number {
  return cpu.s32[CR0 >> 2]!;
}
