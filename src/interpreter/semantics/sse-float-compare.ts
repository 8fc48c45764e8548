/**
 * Comparisons of SSE and SSE2: CMPccPS and its kind, which give masks, and
 * (U)COMISS/SD, which set EFLAGS.
 */

import type { Cpu } from '../../cpu/cpu.ts';
import * as L from '../../cpu/layout.ts';
import { CF, FLAGS_ARITH, PF, ZF } from '../../cpu/registers.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import type { Comparison } from '../softfloat/ieee-compare.ts';
import { compare32, compare64, EQUAL, GREATER, LESS, UNORDERED } from '../softfloat/ieee-compare.ts';
import { load4, load8, load16Aligned, MXCSR, requireSse, xmm } from './simd-operands.ts';
import { commit, settle, target } from './sse-float-forms.ts';

/** Which outcomes make predicate 0..7 true: EQ LT LE UNORD NEQ NLT NLE ORD. */
const TRUE_FOR: readonly number[] = [
  EQUAL,
  LESS,
  LESS | EQUAL,
  UNORDERED,
  LESS | GREATER | UNORDERED,
  EQUAL | GREATER | UNORDERED,
  GREATER | UNORDERED,
  LESS | EQUAL | GREATER,
];

/** Predicates LT, LE, NLT and NLE find quiet NaNs invalid too. */
function quietIsInvalid(predicate: number): boolean {
  return (0b0110_0110 & (1 << predicate)) !== 0;
}

/** Compares `count` elements of `step` words each, giving masks. */
function mask(cpu: Cpu, i: Instruction, s: number, compare: Comparison, step: number, count: number): void {
  const m = cpu.s32;
  const d = xmm(i.r0);
  const mxcsr = m[MXCSR]!;
  const out = target(mxcsr, d);
  const predicate = i.imm & 7;
  const wanted = TRUE_FOR[predicate]!;
  const strict = quietIsInvalid(predicate);
  let flags = 0;
  for (let e = 0; e < count; e++) {
    const w = e * step;
    const outcome = compare(cpu.memory, d + w, s + w, mxcsr, strict);
    flags |= outcome >> 8;
    const value = (outcome & wanted) !== 0 ? -1 : 0;
    m[out + w] = value;
    m[out + w + step - 1] = value;
  }
  settle(cpu, mxcsr, flags);
  commit(cpu, d, out, step * count);
}

function comparing(compare: Comparison, step: 1 | 2, packed: boolean): Binder {
  const load = packed ? load16Aligned : step === 1 ? load4 : load8;
  const count = packed ? 4 / step : 1;
  const register: Handler = (cpu, i) => {
    requireSse(cpu);
    mask(cpu, i, xmm(i.r1), compare, step, count);
  };
  const memory: Handler = (cpu, i) => {
    requireSse(cpu);
    mask(cpu, i, load(cpu, i), compare, step, count);
  };
  return (i) => (i.k1 === K.Mem ? memory : register);
}

/** EFLAGS of an outcome: ZF PF CF = 000 greater, 001 less, 100 equal, 111 unordered. */
function flagsOf(outcome: number): number {
  if ((outcome & UNORDERED) !== 0) return ZF | PF | CF;
  return (outcome & LESS) !== 0 ? CF : (outcome & EQUAL) !== 0 ? ZF : 0;
}

function ordering(compare: Comparison, step: 1 | 2, quiet: boolean): Binder {
  const load = step === 1 ? load4 : load8;
  const run = (cpu: Cpu, a: number, b: number): void => {
    const mxcsr = cpu.s32[MXCSR]!;
    const outcome = compare(cpu.memory, a, b, mxcsr, !quiet);
    settle(cpu, mxcsr, outcome >> 8);
    cpu.s32[L.EFLAGS >> 2] = (cpu.s32[L.EFLAGS >> 2]! & ~FLAGS_ARITH) | flagsOf(outcome);
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

export const SSE_FLOAT_COMPARE: Semantics = {
  cmpps: comparing(compare32, 1, true),
  cmppd: comparing(compare64, 2, true),
  cmpss: comparing(compare32, 1, false),
  cmpsd: comparing(compare64, 2, false),
  comiss: ordering(compare32, 1, false),
  comisd: ordering(compare64, 2, false),
  ucomiss: ordering(compare32, 1, true),
  ucomisd: ordering(compare64, 2, true),
};
