/**
 * The state of the processor after power-on (SDM vol. 3 section 9.1), and the flat
 * protected mode in which boot protocols enter a kernel.
 */
import type { Cpu } from '../cpu.ts';
import { signature } from '../cpu-model.ts';
import {
  ATTR_ACCESSED,
  ATTR_CODE,
  ATTR_DB,
  ATTR_G,
  ATTR_P,
  ATTR_REAL_DATA,
  ATTR_RW,
  ATTR_S,
  TYPE_LDT,
  TYPE_TSS32_BUSY,
} from '../descriptors.ts';
import * as L from '../layout.ts';
import { CR0_CD, CR0_ET, CR0_NW, CR0_PE, CS, DS, EDX, ES, FLAGS_FIXED, FS, GS, LDTR, SS, TR } from '../registers.ts';
import { DR6_FIXED, DR7_FIXED } from './debug-registers.ts';
import { resetMsrs } from './msr.ts';

/** A present, accessed, 32-bit data segment of 4 GB at level 0; code with ATTR_CODE added. */
export const ATTR_FLAT_DATA: number = ATTR_P | ATTR_S | ATTR_RW | ATTR_ACCESSED | ATTR_DB | ATTR_G;

/** Power-on or RESET: real mode at F000:FFF0, base FFFF0000h. Memory stays as it is; the TLB is emptied. */
export function resetCpu(cpu: Cpu): void {
  cpu.gpr.fill(0, 0, 8);
  cpu.gpr[EDX] = signature(cpu.model);
  cpu.eip = 0xfff0;
  cpu.instructionEip = 0xfff0;
  cpu.eflags = FLAGS_FIXED;
  const s = cpu.s32;
  s[L.CR0 >> 2] = CR0_ET | CR0_NW | CR0_CD;
  s[L.CR2 >> 2] = 0;
  s[L.CR3 >> 2] = 0;
  s[L.CR4 >> 2] = 0;
  s.fill(0, L.DR >> 2, (L.DR >> 2) + 8);
  s[(L.DR >> 2) + 6] = DR6_FIXED;
  s[(L.DR >> 2) + 7] = DR7_FIXED;
  cpu.setSegment(CS, 0xf000, 0xffff_0000 | 0, 0xffff, ATTR_REAL_DATA);
  for (const seg of [ES, SS, DS, FS, GS]) cpu.setSegment(seg, 0, 0, 0xffff, ATTR_REAL_DATA);
  cpu.setSegment(LDTR, 0, 0, 0xffff, ATTR_P | (TYPE_LDT << 8));
  cpu.setSegment(TR, 0, 0, 0xffff, ATTR_P | (TYPE_TSS32_BUSY << 8));
  s[L.GDTR_BASE >> 2] = 0;
  s[L.GDTR_LIMIT >> 2] = 0xffff;
  s[L.IDTR_BASE >> 2] = 0;
  s[L.IDTR_LIMIT >> 2] = 0xffff;
  cpu.breakpoints.changed();
  cpu.breakpoints.met = 0;
  s[L.XCR0 >> 2] = 1;
  resetMsrs(cpu);
  resetFpu(cpu);
  cpu.pdpte.fill(0);
  cpu.tlb.flush(false);
  cpu.setCpl(0);
  cpu.halted = false;
  cpu.shutdown = false;
  cpu.interruptShadow = false;
  cpu.stackShadow = false;
  cpu.nmiPending = false;
  cpu.nmiBlocked = false;
  cpu.leaveBlock = true;
}

/** x87 and SSE after RESET (not FINIT): all exceptions unmasked, registers zero. */
function resetFpu(cpu: Cpu): void {
  const s = cpu.s32;
  s[L.FPU_CONTROL >> 2] = 0x40;
  s[L.FPU_STATUS >> 2] = 0;
  // No register is empty (FNSTENV shows 01 for each: a zero).
  s[L.FPU_TAGS >> 2] = 0;
  for (const at of [L.FPU_OPCODE, L.FPU_IP, L.FPU_CS, L.FPU_DP, L.FPU_DS]) s[at >> 2] = 0;
  s[L.MXCSR >> 2] = 0x1f80;
  s.fill(0, L.FPU_REGISTERS >> 2, (L.FPU_REGISTERS >> 2) + 8 * 4);
  s.fill(0, L.XMM >> 2, (L.XMM >> 2) + 8 * 4);
}

/**
 * Protected mode without paging, flat 4 GB segments at level 0, interrupts off: how the
 * 32-bit Linux and the Multiboot protocol enter a kernel. General registers stay as they are.
 */
export function enterFlatProtected(cpu: Cpu, eip: number, codeSelector: number, dataSelector: number): void {
  cpu.s32[L.CR0 >> 2] = CR0_PE | CR0_ET;
  cpu.s32[L.CR4 >> 2] = 0;
  cpu.eflags = FLAGS_FIXED;
  cpu.setSegment(CS, codeSelector, 0, -1, ATTR_FLAT_DATA | ATTR_CODE);
  for (const seg of [ES, SS, DS, FS, GS]) cpu.setSegment(seg, dataSelector, 0, -1, ATTR_FLAT_DATA);
  cpu.setCpl(0);
  cpu.tlb.flush(false);
  cpu.eip = eip;
  cpu.leaveBlock = true;
}
