/**
 * Packed integer shifts of MMX and SSE2: by an immediate, or by the low 64
 * bits of a register or memory operand. Counts beyond the element's width
 * give zero, or copies of the sign.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import { enterMmx, load8, load16Aligned, mm, mmxReady, mmxWritten, requireSse, xmm } from './simd-operands.ts';

/** Shifts `n` words at `d`; `count` is 0 to 255. */
type Shift = (m: Int32Array, d: number, count: number, n: number) => void;

const leftHalves: Shift = (m, d, count, n) => {
  const low = count > 15 ? 0 : (0xffff << count) & 0xffff;
  const mask = low | (low << 16);
  for (let w = 0; w < n; w++) m[d + w] = (m[d + w]! << (count & 15)) & mask;
};
const rightHalves: Shift = (m, d, count, n) => {
  const low = count > 15 ? 0 : 0xffff >> count;
  const mask = low | (low << 16);
  for (let w = 0; w < n; w++) m[d + w] = (m[d + w]! >>> (count & 15)) & mask;
};
const signedHalves: Shift = (m, d, count, n) => {
  const by = count > 15 ? 15 : count;
  for (let w = 0; w < n; w++) {
    const x = m[d + w]!;
    m[d + w] = ((((x << 16) >> 16) >> by) & 0xffff) | (((x >> 16) >> by) << 16);
  }
};
const leftWords: Shift = (m, d, count, n) => {
  for (let w = 0; w < n; w++) m[d + w] = count > 31 ? 0 : m[d + w]! << count;
};
const rightWords: Shift = (m, d, count, n) => {
  for (let w = 0; w < n; w++) m[d + w] = count > 31 ? 0 : m[d + w]! >>> count;
};
const signedWords: Shift = (m, d, count, n) => {
  for (let w = 0; w < n; w++) m[d + w]! >>= count > 31 ? 31 : count;
};
const leftQuads: Shift = (m, d, count, n) => {
  for (let w = 0; w < n; w += 2) {
    const low = m[d + w]!;
    const high = m[d + w + 1]!;
    if (count > 31) m[d + w + 1] = count > 63 ? 0 : low << (count - 32);
    else if (count > 0) m[d + w + 1] = (high << count) | (low >>> (32 - count));
    m[d + w] = count > 31 ? 0 : low << count;
  }
};
const rightQuads: Shift = (m, d, count, n) => {
  for (let w = 0; w < n; w += 2) {
    const low = m[d + w]!;
    const high = m[d + w + 1]!;
    if (count > 31) m[d + w] = count > 63 ? 0 : high >>> (count - 32);
    else if (count > 0) m[d + w] = (low >>> count) | (high << (32 - count));
    m[d + w + 1] = count > 31 ? 0 : high >>> count;
  }
};

/** The 64-bit count at index `s`, with all that is too large made 255. */
function countAt(cpu: Cpu, s: number): number {
  const low = cpu.s32[s]! >>> 0;
  return cpu.s32[s + 1] !== 0 || low > 255 ? 255 : low;
}

function shift(op: Shift): Binder {
  const xmmImm: Handler = (cpu, i) => {
    requireSse(cpu);
    op(cpu.s32, xmm(i.r0), i.imm & 0xff, 4);
  };
  const xmmReg: Handler = (cpu, i) => {
    requireSse(cpu);
    op(cpu.s32, xmm(i.r0), countAt(cpu, xmm(i.r1)), 4);
  };
  const xmmMem: Handler = (cpu, i) => {
    requireSse(cpu);
    op(cpu.s32, xmm(i.r0), countAt(cpu, load16Aligned(cpu, i)), 4);
  };
  const mmx = (cpu: Cpu, r: number, count: number): void => {
    enterMmx(cpu);
    op(cpu.s32, mm(r), count, 2);
    mmxWritten(cpu, mm(r));
  };
  const mmImm: Handler = (cpu, i) => {
    if (!mmxReady(cpu)) return;
    mmx(cpu, i.r0, i.imm & 0xff);
  };
  const mmReg: Handler = (cpu, i) => {
    if (!mmxReady(cpu)) return;
    mmx(cpu, i.r0, countAt(cpu, mm(i.r1)));
  };
  const mmMem: Handler = (cpu, i) => {
    if (!mmxReady(cpu)) return;
    mmx(cpu, i.r0, countAt(cpu, load8(cpu, i)));
  };
  return (i) => {
    if (i.k0 === K.Xmm) return i.k1 === K.Imm ? xmmImm : i.k1 === K.Mem ? xmmMem : xmmReg;
    if (i.k0 === K.Mm) return i.k1 === K.Imm ? mmImm : i.k1 === K.Mem ? mmMem : mmReg;
    return undefined;
  };
}

const leftBytes: Handler = (cpu, i) => {
  requireSse(cpu);
  const u8 = cpu.u8;
  const d = 4 * xmm(i.r0);
  const by = i.imm & 0xff;
  for (let b = 15; b >= 0; b--) u8[d + b] = b >= by ? u8[d + b - by]! : 0;
};
const rightBytes: Handler = (cpu, i) => {
  requireSse(cpu);
  const u8 = cpu.u8;
  const d = 4 * xmm(i.r0);
  const by = i.imm & 0xff;
  for (let b = 0; b < 16; b++) u8[d + b] = b + by < 16 ? u8[d + b + by]! : 0;
};

export const SSE_INTEGER_SHIFT: Semantics = {
  psllw: shift(leftHalves),
  pslld: shift(leftWords),
  psllq: shift(leftQuads),
  psrlw: shift(rightHalves),
  psrld: shift(rightWords),
  psrlq: shift(rightQuads),
  psraw: shift(signedHalves),
  psrad: shift(signedWords),
  pslldq: () => leftBytes,
  psrldq: () => rightBytes,
};
