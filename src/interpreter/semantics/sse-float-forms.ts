/**
 * How SSE's floating-point instructions apply an operation to their elements
 * and settle the exceptions: flags are sticky in MXCSR; when one is unmasked
 * the destination stays as it was and #XM follows (SDM vol. 1 section 11.5).
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { VEC_UD, VEC_XM } from '../../cpu/exceptions.ts';
import * as L from '../../cpu/layout.ts';
import { CR4_OSXMMEXCPT } from '../../cpu/registers.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler } from '../handler.ts';
import { ALL_MASKED, DE, IE, ZE } from '../softfloat/ieee.ts';
import type { Operation } from '../softfloat/ieee-arithmetic.ts';
import { load4, load8, load16Aligned, MXCSR, RESULT, requireSse, xmm } from './simd-operands.ts';

/** Where results go: straight to `d` when no exception can stop them, else to scratch. */
export function target(mxcsr: number, d: number): number {
  return (mxcsr & ALL_MASKED) === ALL_MASKED ? d : RESULT;
}

/**
 * Makes `flags` sticky. Where an unmasked exception was found before computing (invalid, denormal, divide by
 * zero), nothing was computed, so there are no flags of results.
 * @throws #XM when one is unmasked; #UD where the system does not handle #XM
 */
export function settle(cpu: Cpu, mxcsr: number, flags: number): void {
  if (flags === 0) return;
  const unmasked = flags & ~(mxcsr >>> 7) & 0x3f;
  const before = IE | DE | ZE;
  cpu.s32[MXCSR] = mxcsr | ((unmasked & before) !== 0 ? flags & before : flags);
  if (unmasked !== 0) cpu.raise((cpu.s32[L.CR4 >> 2]! & CR4_OSXMMEXCPT) !== 0 ? VEC_XM : VEC_UD);
}

/** Moves `n` words of result from scratch, if that is where they went. */
export function commit(cpu: Cpu, d: number, out: number, n: number): void {
  if (out !== d) for (let w = 0; w < n; w++) cpu.s32[d + w] = cpu.s32[out + w]!;
}

/** xmm, xmm/m128: each element of `step` words. */
export function packedFloat(op: Operation, step: 1 | 2): Binder {
  const run = (cpu: Cpu, d: number, s: number): void => {
    const m = cpu.memory;
    const mxcsr = cpu.s32[MXCSR]!;
    const out = target(mxcsr, d);
    let flags = 0;
    for (let w = 0; w < 4; w += step) flags |= op(m, out + w, d + w, s + w, mxcsr);
    settle(cpu, mxcsr, flags);
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

/**
 * xmm, xmm/mem: the lowest element alone. The source has `step` words, the result `resultStep`.
 */
export function scalarFloat(op: Operation, step: 1 | 2, resultStep: 1 | 2 = step): Binder {
  const load = step === 1 ? load4 : load8;
  const run = (cpu: Cpu, d: number, s: number): void => {
    const mxcsr = cpu.s32[MXCSR]!;
    const out = target(mxcsr, d);
    settle(cpu, mxcsr, op(cpu.memory, out, d, s, mxcsr));
    if (out !== d) commit(cpu, d, out, resultStep);
  };
  const register: Handler = (cpu, i) => {
    requireSse(cpu);
    run(cpu, xmm(i.r0), xmm(i.r1));
  };
  const memory: Handler = (cpu, i) => {
    requireSse(cpu);
    run(cpu, xmm(i.r0), load(cpu, i));
  };
  return (i) => (i.k1 === K.Mem ? memory : register);
}
