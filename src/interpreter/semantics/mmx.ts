/**
 * MMX state: EMMS. The arithmetic of MMX is in the sse-integer-*.ts files,
 * because SSE2 gave the same instructions XMM forms.
 */
import * as L from '../../cpu/layout.ts';
import type { Handler, Semantics } from '../handler.ts';
import { enterMmx, mmxReady } from './simd-operands.ts';

/** All registers empty, for the x87 code that follows. */
const emms: Handler = (cpu) => {
  if (!mmxReady(cpu)) return;
  enterMmx(cpu);
  cpu.s32[L.FPU_TAGS >> 2] = 0xffff;
};

export const MMX: Semantics = { emms: () => emms };
