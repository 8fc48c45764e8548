/** HLT, INVLPG, WBINVD and INVD (SDM vol. 2). */
import type { Cpu } from '../cpu.ts';
import { requireRing0 } from './mode.ts';

/** HLT. @throws #GP(0) outside ring 0 */
export function halt(cpu: Cpu): void {
  requireRing0(cpu);
  cpu.halted = true;
  cpu.leaveBlock = true;
}

/** INVLPG: forgets the translation of one linear address. @throws #GP(0) outside ring 0 */
export function invalidatePage(cpu: Cpu, linear: number): void {
  requireRing0(cpu);
  cpu.tlb.flushPage(linear >>> 12);
  cpu.leaveBlock = true;
}

/** WBINVD, INVD: there are no caches to write back. @throws #GP(0) outside ring 0 */
export function flushCaches(cpu: Cpu): void {
  requireRing0(cpu);
}
