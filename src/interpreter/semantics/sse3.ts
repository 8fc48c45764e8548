/**
 * SSE3's arithmetic: alternating add and subtract, horizontal add and
 * subtract. Its moves are in sse-moves.ts.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import type { Operation } from '../softfloat/ieee-arithmetic.ts';
import { add32, add64, subtract32, subtract64 } from '../softfloat/ieee-arithmetic.ts';
import { LEFT, load16Aligned, MXCSR, RIGHT, requireSse, xmm } from './simd-operands.ts';
import { commit, settle, target } from './sse-float-forms.ts';

/** Runs `compute(cpu, out, d, s, mxcsr)`, which returns flags, on xmm, xmm/m128. */
function form(compute: (cpu: Cpu, out: number, d: number, s: number, mxcsr: number) => number): Binder {
  const run = (cpu: Cpu, d: number, s: number): void => {
    const mxcsr = cpu.s32[MXCSR]!;
    const out = target(mxcsr, d);
    settle(cpu, mxcsr, compute(cpu, out, d, s, mxcsr));
    commit(cpu, d, out, 4);
  };
  const register: Handler = (cpu, i) => {
    requireSse(cpu);
    run(cpu, xmm(i.r0), xmm(i.r1));
  };
  const memory: Handler = (cpu, i) => {
    requireSse(cpu);
    run(cpu, xmm(i.r0), load16Aligned(cpu, i));
  };
  return (i) => (i.k1 === K.Mem ? memory : register);
}

/** Subtracts even elements, adds odd ones. */
function alternating(subtract: Operation, add: Operation, step: 1 | 2): Binder {
  return form((cpu, out, d, s, mxcsr) => {
    let flags = 0;
    for (let w = 0; w < 4; w += step) {
      const op = (w / step) % 2 === 0 ? subtract : add;
      flags |= op(cpu.memory, out + w, d + w, s + w, mxcsr);
    }
    return flags;
  });
}

/** Neighbours of the first operand, then of the second, gathered into even (LEFT) and odd (RIGHT) elements. */
function horizontal(op: Operation, step: 1 | 2): Binder {
  return form((cpu, out, d, s, mxcsr) => {
    const m = cpu.s32;
    for (let w = 0; w < 4; w++) {
      const element = Math.floor(w / step);
      const from = (w < 2 ? d : s) + (element % (2 / step)) * 2 * step + (w % step);
      m[LEFT + w] = m[from]!;
      m[RIGHT + w] = m[from + step]!;
    }
    let flags = 0;
    for (let w = 0; w < 4; w += step) flags |= op(cpu.memory, out + w, LEFT + w, RIGHT + w, mxcsr);
    return flags;
  });
}

export const SSE3: Semantics = {
  addsubps: alternating(subtract32, add32, 1),
  addsubpd: alternating(subtract64, add64, 2),
  haddps: horizontal(add32, 1),
  haddpd: horizontal(add64, 2),
  hsubps: horizontal(subtract32, 1),
  hsubpd: horizontal(subtract64, 2),
};
