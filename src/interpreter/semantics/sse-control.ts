/**
 * MXCSR: LDMXCSR and STMXCSR (SDM vol. 1 section 10.2.3).
 */
import { VEC_GP } from '../../cpu/exceptions.ts';
import type { Handler, Semantics } from '../handler.ts';
import { MXCSR, load4, requireSse, store4 } from './simd-operands.ts';

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

export const SSE_CONTROL: Semantics = { ldmxcsr: () => load, stmxcsr: () => store };
