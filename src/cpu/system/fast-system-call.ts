/** SYSENTER and SYSEXIT (SDM vol. 2; vol. 3 section 5.8.7): flat segments by fiat, no descriptors are read. */
import type { Cpu } from '../cpu.ts';
import { ATTR_ACCESSED, ATTR_CODE, ATTR_DB, ATTR_G, ATTR_P, ATTR_RW, ATTR_S } from '../descriptors.ts';
import { VEC_GP } from '../exceptions.ts';
import { SYSENTER_CS, SYSENTER_EIP, SYSENTER_ESP } from '../layout.ts';
import { CS, ECX, EDX, ESP, IF, RF, SS, VM } from '../registers.ts';
import { isReal, requireRing0 } from './mode.ts';

/** A present, accessed, 32-bit segment of 4 GB at level 0. */
const FLAT = ATTR_P | ATTR_S | ATTR_RW | ATTR_ACCESSED | ATTR_DB | ATTR_G;

/** Code segment `selector` and the stack segment after it, both flat, at `level`. */
function loadFlatPair(cpu: Cpu, selector: number, level: number): void {
  const dpl = level << 13;
  cpu.setSegment(CS, (selector & 0xfffc) | level, 0, -1, FLAT | ATTR_CODE | dpl);
  cpu.setSegment(SS, ((selector + 8) & 0xfffc) | level, 0, -1, FLAT | dpl);
  cpu.setCpl(level);
  cpu.leaveBlock = true;
}

/** @throws #GP(0) in real mode, or when IA32_SYSENTER_CS is null */
export function systemEnter(cpu: Cpu): void {
  const selector = cpu.s32[SYSENTER_CS >> 2]!;
  if (isReal(cpu) || (selector & 0xfffc) === 0) cpu.raise(VEC_GP, 0);
  cpu.eflags &= ~(VM | IF | RF);
  loadFlatPair(cpu, selector, 0);
  cpu.gpr[ESP] = cpu.s32[SYSENTER_ESP >> 2]!;
  cpu.eip = cpu.s32[SYSENTER_EIP >> 2]!;
}

/** @throws #GP(0) in real mode, outside ring 0, or when IA32_SYSENTER_CS is null */
export function systemExit(cpu: Cpu): void {
  const selector = cpu.s32[SYSENTER_CS >> 2]!;
  if (isReal(cpu) || (selector & 0xfffc) === 0) cpu.raise(VEC_GP, 0);
  requireRing0(cpu);
  loadFlatPair(cpu, selector + 16, 3);
  cpu.gpr[ESP] = cpu.gpr[ECX]!;
  cpu.eip = cpu.gpr[EDX]!;
}
