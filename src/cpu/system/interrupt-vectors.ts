/**
 * Interrupts through a table of real-mode vectors: in real mode, and in
 * virtual-8086 mode where CR4.VME redirects INT n (SDM vol. 3 sections 20.1.4, 20.3.3.4).
 */
import type { Cpu } from '../cpu.ts';
import { VEC_GP } from '../exceptions.ts';
import { IDTR_BASE, IDTR_LIMIT } from '../layout.ts';
import { AC, CS, ESP, IF, RF, TF, VIF } from '../registers.ts';
import { loadRealSegment, loadVirtual8086Segment } from './segment-load.ts';
import { frame } from './stack-frame.ts';
import { supervisorRead16 } from './supervisor-access.ts';

/** @throws #SS(0), #PF */
function pushReturn(cpu: Cpu, flags: number): void {
  frame.useCurrent(cpu, 2);
  frame.add(flags);
  frame.add(cpu.segSelector(CS));
  frame.add(cpu.eip);
  frame.checkRoom(cpu, 3, 0);
  frame.probe(cpu);
  cpu.gpr[ESP] = frame.write(cpu);
}

/**
 * Real mode: through the table at IDTR. Error codes are not pushed.
 * @throws #GP beyond the table's limit, #SS when the stack has no room
 */
export function deliverReal(cpu: Cpu, vector: number, flags: number): void {
  if (vector * 4 + 3 > cpu.s32[IDTR_LIMIT >> 2]!) cpu.raise(VEC_GP, vector * 8 + 2);
  const at = (cpu.s32[IDTR_BASE >> 2]! + vector * 4) | 0;
  const offset = supervisorRead16(cpu, at);
  const selector = supervisorRead16(cpu, (at + 2) | 0);
  pushReturn(cpu, flags);
  loadRealSegment(cpu, CS, selector);
  cpu.eip = offset;
  cpu.eflags &= ~(IF | TF | AC | RF);
}

/**
 * Virtual-8086 mode with redirection: through the table at linear address 0, staying in virtual-8086 mode.
 * @param virtual IOPL is below 3: VIF stands in for IF
 * @throws #SS, #PF
 */
export function deliverVirtual8086(cpu: Cpu, vector: number, flags: number, virtual: boolean): void {
  const offset = supervisorRead16(cpu, vector * 4);
  const selector = supervisorRead16(cpu, vector * 4 + 2);
  pushReturn(cpu, flags);
  loadVirtual8086Segment(cpu, CS, selector);
  cpu.eip = offset;
  cpu.eflags &= ~(TF | RF | (virtual ? VIF : IF));
}
