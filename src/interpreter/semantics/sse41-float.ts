/**
 * SSE4.1's floating-point instructions: ROUNDPS and its kind, dot products,
 * INSERTPS.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import { PE, RC_SHIFT } from '../softfloat/ieee.ts';
import type { Operation } from '../softfloat/ieee-arithmetic.ts';
import { add32, add64, multiply32, multiply64 } from '../softfloat/ieee-arithmetic.ts';
import { integral32, integral64 } from '../softfloat/ieee-convert.ts';
import { LEFT, load4, load8, load16Aligned, MXCSR, RIGHT, requireSse, xmm } from './simd-operands.ts';
import { commit, settle, target } from './sse-float-forms.ts';

/** `count` elements of `step` words; the immediate: bit 3 suppresses precision, bit 2 takes MXCSR's rounding. */
function rounding(integral: typeof integral32, step: 1 | 2, packed: boolean): Binder {
  const load = packed ? load16Aligned : step === 1 ? load4 : load8;
  const size = packed ? 4 : step;
  return () => (cpu, i) => {
    requireSse(cpu);
    const s = i.k1 === K.Mem ? load(cpu, i) : xmm(i.r1);
    const d = xmm(i.r0);
    const mxcsr = cpu.s32[MXCSR]!;
    const rc = (i.imm & 4) !== 0 ? (mxcsr >> RC_SHIFT) & 3 : i.imm & 3;
    const inexact = (i.imm & 8) !== 0 ? 0 : PE;
    const out = target(mxcsr, d);
    let flags = 0;
    for (let w = 0; w < size; w += step) flags |= integral(cpu.memory, out + w, s + w, mxcsr, rc, inexact);
    settle(cpu, mxcsr, flags);
    commit(cpu, d, out, size);
  };
}

/**
 * DPPS, DPPD: products of the elements chosen by the immediate's high bits, summed in pairs, into the elements
 * chosen by its low bits; zero elsewhere. Exceptions are settled after the products and after each sum.
 */
function dotProduct(multiply: Operation, add: Operation, step: 1 | 2): Binder {
  const run = (cpu: Cpu, d: number, s: number, imm: number): void => {
    const m = cpu.s32;
    const mxcsr = m[MXCSR]!;
    let flags = 0;
    for (let w = 0; w < 4; w += step) {
      m[LEFT + w] = 0;
      m[LEFT + w + step - 1] = 0;
      if (((imm >> (4 + w / step)) & 1) !== 0) flags |= multiply(cpu.memory, LEFT + w, d + w, s + w, mxcsr);
    }
    settle(cpu, mxcsr, flags);
    let sticky = m[MXCSR]!;
    if (step === 1) {
      flags = add(cpu.memory, RIGHT, LEFT, LEFT + 1, sticky);
      flags |= add(cpu.memory, RIGHT + 2, LEFT + 2, LEFT + 3, sticky);
      settle(cpu, sticky, flags);
      sticky = m[MXCSR]!;
      settle(cpu, sticky, add(cpu.memory, RIGHT, RIGHT, RIGHT + 2, sticky));
    } else {
      settle(cpu, sticky, add(cpu.memory, RIGHT, LEFT, LEFT + 2, sticky));
    }
    for (let w = 0; w < 4; w++) m[d + w] = ((imm >> Math.floor(w / step)) & 1) !== 0 ? m[RIGHT + (w % step)]! : 0;
  };
  const handler: Handler = (cpu, i) => {
    requireSse(cpu);
    run(cpu, xmm(i.r0), i.k1 === K.Mem ? load16Aligned(cpu, i) : xmm(i.r1), i.imm);
  };
  return () => handler;
}

const insert: Handler = (cpu, i) => {
  requireSse(cpu);
  const m = cpu.s32;
  const value = i.k1 === K.Mem ? m[load4(cpu, i)]! : m[xmm(i.r1) + ((i.imm >> 6) & 3)]!;
  const d = xmm(i.r0);
  m[d + ((i.imm >> 4) & 3)] = value;
  for (let w = 0; w < 4; w++) if (((i.imm >> w) & 1) !== 0) m[d + w] = 0;
};

export const SSE41_FLOAT: Semantics = {
  roundps: rounding(integral32, 1, true),
  roundpd: rounding(integral64, 2, true),
  roundss: rounding(integral32, 1, false),
  roundsd: rounding(integral64, 2, false),
  dpps: dotProduct(multiply32, add32, 1),
  dppd: dotProduct(multiply64, add64, 2),
  insertps: () => insert,
};
