/**
 * The usual operand forms of MMX and SSE instructions, as binders around a
 * routine that knows only word indices: destination and first operand `d`,
 * second operand `s`, number of words (2 for MMX, 4 for XMM), immediate.
 * The routine must give the right result when `d` and `s` are the same.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler } from '../handler.ts';
import { enterMmx, load4, load8, load16Aligned, mm, mmxReady, mmxWritten, requireSse, xmm } from './simd-operands.ts';

export type Lanes = (cpu: Cpu, d: number, s: number, words: number, imm: number) => void;

/** mm, mm/m64 and xmm, xmm/m128 (an immediate may follow). `mmxMemory` is the size of the MMX form's memory operand. */
export function packed(op: Lanes, mmxMemory: 4 | 8 = 8): Binder {
  const loadMmx = mmxMemory === 4 ? load4 : load8;
  const xmmReg: Handler = (cpu, i) => {
    requireSse(cpu);
    op(cpu, xmm(i.r0), xmm(i.r1), 4, i.imm);
  };
  const xmmMem: Handler = (cpu, i) => {
    requireSse(cpu);
    op(cpu, xmm(i.r0), load16Aligned(cpu, i), 4, i.imm);
  };
  const mmReg: Handler = (cpu, i) => {
    if (!mmxReady(cpu)) return;
    enterMmx(cpu);
    const d = mm(i.r0);
    op(cpu, d, mm(i.r1), 2, i.imm);
    mmxWritten(cpu, d);
  };
  const mmMem: Handler = (cpu, i) => {
    if (!mmxReady(cpu)) return;
    const s = loadMmx(cpu, i);
    enterMmx(cpu);
    const d = mm(i.r0);
    op(cpu, d, s, 2, i.imm);
    mmxWritten(cpu, d);
  };
  return (i) => {
    if (i.k0 === K.Xmm) return i.k1 === K.Mem ? xmmMem : i.k1 === K.Xmm ? xmmReg : undefined;
    if (i.k0 === K.Mm) return i.k1 === K.Mem ? mmMem : i.k1 === K.Mm ? mmReg : undefined;
    return undefined;
  };
}

/** xmm, xmm/mem where memory is shorter than 16 bytes and of any alignment. */
export function partial(op: Lanes, memory: 4 | 8): Binder {
  const load = memory === 4 ? load4 : load8;
  const reg: Handler = (cpu, i) => {
    requireSse(cpu);
    op(cpu, xmm(i.r0), xmm(i.r1), 4, i.imm);
  };
  const mem: Handler = (cpu, i) => {
    requireSse(cpu);
    op(cpu, xmm(i.r0), load(cpu, i), 4, i.imm);
  };
  return (i) => (i.k0 !== K.Xmm ? undefined : i.k1 === K.Mem ? mem : i.k1 === K.Xmm ? reg : undefined);
}

/** A function of two 32-bit words, applied to each pair of words. */
export function words(f: (a: number, b: number) => number): Lanes {
  return (cpu, d, s, n) => {
    const m = cpu.s32;
    for (let w = 0; w < n; w++) m[d + w] = f(m[d + w]!, m[s + w]!);
  };
}

/** A function of two signed 16-bit values, applied to each pair. */
export function halves(f: (a: number, b: number) => number): Lanes {
  return (cpu, d, s, n) => {
    const m = cpu.s32;
    for (let w = 0; w < n; w++) {
      const a = m[d + w]!;
      const b = m[s + w]!;
      m[d + w] = (f((a << 16) >> 16, (b << 16) >> 16) & 0xffff) | (f(a >> 16, b >> 16) << 16);
    }
  };
}

/** A function of two unsigned 16-bit values, applied to each pair. */
export function unsignedHalves(f: (a: number, b: number) => number): Lanes {
  return (cpu, d, s, n) => {
    const m = cpu.u16;
    for (let h = 0; h < 2 * n; h++) m[2 * d + h] = f(m[2 * d + h]!, m[2 * s + h]!);
  };
}

/** A function of two signed bytes, applied to each pair. */
export function bytes(f: (a: number, b: number) => number): Lanes {
  return (cpu, d, s, n) => {
    const m = cpu.u8;
    for (let b = 0; b < 4 * n; b++) m[4 * d + b] = f((m[4 * d + b]! << 24) >> 24, (m[4 * s + b]! << 24) >> 24);
  };
}

/** A function of two unsigned bytes, applied to each pair. */
export function unsignedBytes(f: (a: number, b: number) => number): Lanes {
  return (cpu, d, s, n) => {
    const m = cpu.u8;
    for (let b = 0; b < 4 * n; b++) m[4 * d + b] = f(m[4 * d + b]!, m[4 * s + b]!);
  };
}
