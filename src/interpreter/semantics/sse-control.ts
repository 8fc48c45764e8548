/**
 * MXCSR: LDMXCSR and STMXCSR (SDM vol. 1 section 10.2.3); and CLFLUSH, of which only the checks are left.
 */
import { VEC_GP } from '../../cpu/exceptions.ts';
import { ACCESS_READ } from '../../cpu/paging.ts';
import type { Handler, Semantics } from '../handler.ts';
import { ea } from '../operands.ts';
import { load4, MXCSR, requireSse, store4 } from './simd-operands.ts';

/** Bits that LDMXCSR and FXRSTOR accept; FXSAVE reports it as MXCSR_MASK. */
export const MXCSR_MASK = 0xffff;

const load: Handler = (cpu, i) => {
  requireSse(cpu);
  const value = cpu.s32[load4(cpu, i)]!;
  if ((value & ~MXCSR_MASK) !== 0) cpu.raise(VEC_GP, 0);
  cpu.s32[MXCSR] = value;
};
const store: Handler = (cpu, i) => {
  requireSse(cpu);
  store4(cpu, i, cpu.s32[MXCSR]!);
};

/** Memory is coherent: what remains is to fault as a load of a byte would, without touching a device. */
const flushLine: Handler = (cpu, i) => {
  cpu.translate(cpu.linearForRead(i.segment, ea(cpu, i), 1), ACCESS_READ, cpu.user);
};

export const SSE_CONTROL: Semantics = { ldmxcsr: () => load, stmxcsr: () => store, clflush: () => flushLine };
