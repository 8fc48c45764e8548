/**
 * Non-temporal moves and masked stores of MMX and XMM registers (MOVNTI is with the integer moves). Memory is coherent here, so these are plain
 * stores with the checks of their kind (SDM vol. 1 section 10.4.6).
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { EDI } from '../../cpu/registers.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import {
  copy16,
  enterMmx,
  load16Aligned,
  mm,
  mmxReady,
  requireSse,
  store8,
  store16Aligned,
  xmm,
} from './simd-operands.ts';

const storeXmm: Handler = (cpu, i) => {
  requireSse(cpu);
  store16Aligned(cpu, i, xmm(i.r1));
};
const storeMmx: Handler = (cpu, i) => {
  if (!mmxReady(cpu)) return;
  store8(cpu, i, mm(i.r1));
  enterMmx(cpu);
};
const loadXmm: Handler = (cpu, i) => {
  requireSse(cpu);
  copy16(cpu, xmm(i.r0), load16Aligned(cpu, i));
};

/**
 * Stores the bytes at word index `s` whose mask byte has its top bit set to segment:[e]di. The segment is checked
 * for the whole operand, pages only where a byte is written, all before the first one.
 */
function maskedStore(cpu: Cpu, i: Instruction, s: number, mask: number, size: number): void {
  const offset = i.addressSize === 2 ? cpu.gpr[EDI]! & 0xffff : cpu.gpr[EDI]!;
  const linear = cpu.linearForWrite(i.segment, offset, size);
  // 16 bytes need not be aligned.
  if (size === 8) cpu.checkAlignment(linear, size);
  const u8 = cpu.u8;
  for (let b = 0; b < size; b++) if (u8[4 * mask + b]! >= 0x80) cpu.probeWrite((linear + b) | 0, 1);
  for (let b = 0; b < size; b++) {
    if (u8[4 * mask + b]! >= 0x80) cpu.writeLinear8((linear + b) | 0, u8[4 * s + b]!);
  }
}
const maskedMmx: Handler = (cpu, i) => {
  if (!mmxReady(cpu)) return;
  maskedStore(cpu, i, mm(i.r0), mm(i.r1), 8);
  enterMmx(cpu);
};
const maskedXmm: Handler = (cpu, i) => {
  requireSse(cpu);
  maskedStore(cpu, i, xmm(i.r0), xmm(i.r1), 16);
};

const xmmStore: Binder = (i) => (i.k0 === K.Mem ? storeXmm : undefined);

export const SSE_NONTEMPORAL: Semantics = {
  movntps: xmmStore,
  movntpd: xmmStore,
  movntdq: xmmStore,
  movntq: () => storeMmx,
  movntdqa: () => loadXmm,
  maskmovq: () => maskedMmx,
  maskmovdqu: () => maskedXmm,
};
