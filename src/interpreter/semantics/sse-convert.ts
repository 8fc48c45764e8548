/**
 * Conversions of SSE and SSE2 among integers (general, MMX, XMM), binary32
 * and binary64.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import type { Operation } from '../softfloat/ieee-arithmetic.ts';
import {
  from32Integer,
  from64Integer,
  integerFrom32,
  integerFrom32Truncated,
  integerFrom64,
  integerFrom64Truncated,
  narrow,
  widen,
} from '../softfloat/ieee-convert.ts';
import {
  enterMmx,
  load4,
  load8,
  load16Aligned,
  MXCSR,
  mm,
  mmxWritten,
  RESULT,
  requireSse,
  SOURCE,
  sseAndMmxReady,
  xmm,
} from './simd-operands.ts';
import { commit, packedFloat, scalarFloat, settle, target } from './sse-float-forms.ts';

/** CVTSI2SS, CVTSI2SD. */
function fromGeneral(op: Operation, resultStep: 1 | 2): Binder {
  const run = (cpu: Cpu, d: number, s: number): void => {
    const mxcsr = cpu.s32[MXCSR]!;
    const out = target(mxcsr, d);
    settle(cpu, mxcsr, op(cpu.memory, out, d, s, mxcsr));
    commit(cpu, d, out, resultStep);
  };
  const register: Handler = (cpu, i) => {
    requireSse(cpu);
    cpu.s32[SOURCE] = cpu.gpr[i.r1]!;
    run(cpu, xmm(i.r0), SOURCE);
  };
  const memory: Handler = (cpu, i) => {
    requireSse(cpu);
    run(cpu, xmm(i.r0), load4(cpu, i));
  };
  return (i) => (i.k1 === K.Mem ? memory : register);
}

/** CVT(T)SS2SI, CVT(T)SD2SI. */
function toGeneral(op: Operation, step: 1 | 2): Binder {
  const load = step === 1 ? load4 : load8;
  return () => (cpu, i) => {
    requireSse(cpu);
    const s = i.k1 === K.Mem ? load(cpu, i) : xmm(i.r1);
    const mxcsr = cpu.s32[MXCSR]!;
    settle(cpu, mxcsr, op(cpu.memory, RESULT, s, s, mxcsr));
    cpu.gpr[i.r0] = cpu.s32[RESULT]!;
  };
}

/** Two elements that become narrower (step 2 to 1) or wider (1 to 2), by way of scratch. */
function two(cpu: Cpu, op: Operation, s: number, from: number, to: number): void {
  const mxcsr = cpu.s32[MXCSR]!;
  const first = op(cpu.memory, RESULT, s, s, mxcsr);
  settle(cpu, mxcsr, first | op(cpu.memory, RESULT + to, s + from, s + from, mxcsr));
}

/** Two elements of 8 bytes to two of 4 with zeros above: CVTPD2PS, CVT(T)PD2DQ. */
function narrowing(op: Operation): Binder {
  return () => (cpu, i) => {
    requireSse(cpu);
    two(cpu, op, i.k1 === K.Mem ? load16Aligned(cpu, i) : xmm(i.r1), 2, 1);
    const m = cpu.s32;
    const d = xmm(i.r0);
    m[d] = m[RESULT]!;
    m[d + 1] = m[RESULT + 1]!;
    m[d + 2] = 0;
    m[d + 3] = 0;
  };
}
/** Two elements of 4 bytes to two of 8: CVTPS2PD, CVTDQ2PD. */
function widening(op: Operation): Binder {
  return () => (cpu, i) => {
    requireSse(cpu);
    two(cpu, op, i.k1 === K.Mem ? load8(cpu, i) : xmm(i.r1), 1, 2);
    commit(cpu, xmm(i.r0), RESULT, 4);
  };
}

/** CVT(T)PS2PI, CVT(T)PD2PI. */
function toMmx(op: Operation, step: 1 | 2): Binder {
  const load = step === 1 ? load8 : load16Aligned;
  return () => (cpu, i) => {
    if (!sseAndMmxReady(cpu)) return;
    two(cpu, op, i.k1 === K.Mem ? load(cpu, i) : xmm(i.r1), step, 1);
    enterMmx(cpu);
    commit(cpu, mm(i.r0), RESULT, 2);
    mmxWritten(cpu, mm(i.r0));
  };
}

/** CVTPI2PS: even its memory form is an MMX instruction. */
const singlesFromMmx: Handler = (cpu, i) => {
  if (!sseAndMmxReady(cpu)) return;
  two(cpu, from32Integer, mmxSource(cpu, i), 1, 1);
  enterMmx(cpu);
  commit(cpu, xmm(i.r0), RESULT, 2);
};
/** CVTPI2PD: its memory form leaves MMX state alone. */
const doublesFromMmx: Handler = (cpu, i) => {
  if (i.k1 === K.Mem) requireSse(cpu);
  else if (!sseAndMmxReady(cpu)) return;
  two(cpu, from64Integer, mmxSource(cpu, i), 1, 2);
  if (i.k1 !== K.Mem) enterMmx(cpu);
  commit(cpu, xmm(i.r0), RESULT, 4);
};
function mmxSource(cpu: Cpu, i: Instruction): number {
  return i.k1 === K.Mem ? load8(cpu, i) : mm(i.r1);
}

export const SSE_CONVERT: Semantics = {
  cvtsi2ss: fromGeneral(from32Integer, 1),
  cvtsi2sd: fromGeneral(from64Integer, 2),
  cvtss2si: toGeneral(integerFrom32, 1),
  cvttss2si: toGeneral(integerFrom32Truncated, 1),
  cvtsd2si: toGeneral(integerFrom64, 2),
  cvttsd2si: toGeneral(integerFrom64Truncated, 2),
  cvtss2sd: scalarFloat(widen, 1, 2),
  cvtsd2ss: scalarFloat(narrow, 2, 1),
  cvtps2pd: widening(widen),
  cvtpd2ps: narrowing(narrow),
  cvtdq2ps: packedFloat(from32Integer, 1),
  cvtdq2pd: widening(from64Integer),
  cvtps2dq: packedFloat(integerFrom32, 1),
  cvttps2dq: packedFloat(integerFrom32Truncated, 1),
  cvtpd2dq: narrowing(integerFrom64),
  cvttpd2dq: narrowing(integerFrom64Truncated),
  cvtpi2ps: () => singlesFromMmx,
  cvtpi2pd: () => doublesFromMmx,
  cvtps2pi: toMmx(integerFrom32, 1),
  cvttps2pi: toMmx(integerFrom32Truncated, 1),
  cvtpd2pi: toMmx(integerFrom64, 2),
  cvttpd2pi: toMmx(integerFrom64Truncated, 2),
};
