/**
 * Moves between XMM registers and memory: whole registers, halves and
 * scalars, and the duplicating moves of SSE3. Nothing is interpreted as a
 * number, so signalling NaNs pass unchanged.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import type { Lanes } from './simd-forms.ts';
import { packed, partial } from './simd-forms.ts';
import {
  copy16,
  load4,
  load8,
  load16,
  load16Aligned,
  requireSse,
  store4,
  store8,
  store16,
  store16Aligned,
  xmm,
} from './simd-operands.ts';

type Load = (cpu: Cpu, i: Instruction) => number;
type Store = (cpu: Cpu, i: Instruction, s: number) => void;

function whole(load: Load, store: Store): Binder {
  const register: Handler = (cpu, i) => {
    requireSse(cpu);
    copy16(cpu, xmm(i.r0), xmm(i.r1));
  };
  const loading: Handler = (cpu, i) => {
    requireSse(cpu);
    copy16(cpu, xmm(i.r0), load(cpu, i));
  };
  const storing: Handler = (cpu, i) => {
    requireSse(cpu);
    store(cpu, i, xmm(i.r1));
  };
  return (i) => (i.k0 === K.Mem ? storing : i.k1 === K.Mem ? loading : register);
}

const ALIGNED = whole(load16Aligned, store16Aligned);
const UNALIGNED = whole(load16, store16);

/** MOVSS, MOVSD: a load clears the rest of the register, a register move keeps it. */
const singleRegister: Handler = (cpu, i) => {
  requireSse(cpu);
  cpu.s32[xmm(i.r0)] = cpu.s32[xmm(i.r1)]!;
};
const singleLoad: Handler = (cpu, i) => {
  requireSse(cpu);
  const m = cpu.s32;
  const d = xmm(i.r0);
  m[d] = m[load4(cpu, i)]!;
  m[d + 1] = 0;
  m[d + 2] = 0;
  m[d + 3] = 0;
};
const singleStore: Handler = (cpu, i) => {
  requireSse(cpu);
  store4(cpu, i, cpu.s32[xmm(i.r1)]!);
};
const doubleRegister: Handler = (cpu, i) => {
  requireSse(cpu);
  copy8(cpu, xmm(i.r0), xmm(i.r1));
};
const doubleLoad: Handler = (cpu, i) => {
  requireSse(cpu);
  const d = xmm(i.r0);
  copy8(cpu, d, load8(cpu, i));
  cpu.s32[d + 2] = 0;
  cpu.s32[d + 3] = 0;
};
const lowStore: Handler = (cpu, i) => {
  requireSse(cpu);
  store8(cpu, i, xmm(i.r1));
};

function copy8(cpu: Cpu, d: number, s: number): void {
  const m = cpu.s32;
  m[d] = m[s]!;
  m[d + 1] = m[s + 1]!;
}

const lowLoad: Handler = (cpu, i) => {
  requireSse(cpu);
  copy8(cpu, xmm(i.r0), load8(cpu, i));
};
const highLoad: Handler = (cpu, i) => {
  requireSse(cpu);
  copy8(cpu, xmm(i.r0) + 2, load8(cpu, i));
};
const highStore: Handler = (cpu, i) => {
  requireSse(cpu);
  store8(cpu, i, xmm(i.r1) + 2);
};
const highToLow: Handler = (cpu, i) => {
  requireSse(cpu);
  copy8(cpu, xmm(i.r0), xmm(i.r1) + 2);
};
const lowToHigh: Handler = (cpu, i) => {
  requireSse(cpu);
  copy8(cpu, xmm(i.r0) + 2, xmm(i.r1));
};

const LOW: Binder = (i) => (i.k0 === K.Mem ? lowStore : lowLoad);
const HIGH: Binder = (i) => (i.k0 === K.Mem ? highStore : highLoad);

const duplicateEven: Lanes = (cpu, d, s) => {
  const m = cpu.s32;
  const a = m[s]!;
  const b = m[s + 2]!;
  m[d] = a;
  m[d + 1] = a;
  m[d + 2] = b;
  m[d + 3] = b;
};
const duplicateOdd: Lanes = (cpu, d, s) => {
  const m = cpu.s32;
  const a = m[s + 1]!;
  const b = m[s + 3]!;
  m[d] = a;
  m[d + 1] = a;
  m[d + 2] = b;
  m[d + 3] = b;
};
const duplicateDouble: Lanes = (cpu, d, s) => {
  copy8(cpu, d, s);
  copy8(cpu, d + 2, s);
};

export const SSE_MOVES: Semantics = {
  movaps: ALIGNED,
  movapd: ALIGNED,
  movdqa: ALIGNED,
  movups: UNALIGNED,
  movupd: UNALIGNED,
  movdqu: UNALIGNED,
  lddqu: UNALIGNED,
  movss: (i) => (i.k0 === K.Mem ? singleStore : i.k1 === K.Mem ? singleLoad : singleRegister),
  movsd: (i) => (i.k0 === K.Mem ? lowStore : i.k1 === K.Mem ? doubleLoad : doubleRegister),
  movlps: LOW,
  movlpd: LOW,
  movhps: HIGH,
  movhpd: HIGH,
  movhlps: () => highToLow,
  movlhps: () => lowToHigh,
  movsldup: packed(duplicateEven),
  movshdup: packed(duplicateOdd),
  movddup: partial(duplicateDouble, 8),
};
