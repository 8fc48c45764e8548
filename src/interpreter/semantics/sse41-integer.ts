/**
 * SSE4.1's integer instructions: blends, extending moves, products, minima and
 * maxima, PTEST, PHMINPOSUW, MPSADBW; and PCMPGTQ of SSE4.2. Insertions and
 * extractions are in sse-integer-moves.ts.
 */
import * as L from '../../cpu/layout.ts';
import { CF, FLAGS_ARITH, ZF } from '../../cpu/registers.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Semantics } from '../handler.ts';
import { ea } from '../operands.ts';
import type { Lanes } from './simd-forms.ts';
import { bytes, packed, partial, unsignedHalves, words } from './simd-forms.ts';
import { copy16, LEFT, requireSse, SOURCE, xmm } from './simd-operands.ts';
import { highProduct } from './sse-integer-multiply.ts';

/** Elements of `size` bytes whose mask in XMM0 has its top bit set come from the second operand. */
function variableBlend(size: 1 | 4 | 8): Lanes {
  return (cpu, d, s) => {
    const u8 = cpu.u8;
    // XMM0 may be the destination.
    copy16(cpu, LEFT, xmm(0));
    for (let b = 0; b < 16; b++) {
      const top = (b & ~(size - 1)) + size - 1;
      if (u8[4 * LEFT + top]! >= 0x80) u8[4 * d + b] = u8[4 * s + b]!;
    }
  };
}
/** Elements of `size` bytes whose bit in the immediate is set come from the second operand. */
function immediateBlend(size: 2 | 4 | 8): Lanes {
  return (cpu, d, s, _n, imm) => {
    const u8 = cpu.u8;
    for (let b = 0; b < 16; b++) if (((imm >> Math.floor(b / size)) & 1) !== 0) u8[4 * d + b] = u8[4 * s + b]!;
  };
}

/** PMOVSX and PMOVZX: low elements of `from` bytes become elements of `to` bytes. */
function extend(from: number, to: number, signed: boolean): Lanes {
  return (cpu, d, s) => {
    const u8 = cpu.u8;
    copy8(cpu.s32, LEFT, s, (16 / to) * from > 4 ? 2 : 1);
    for (let e = 0; e < 16 / to; e++) {
      const top = u8[4 * LEFT + e * from + from - 1]!;
      const fill = signed && top >= 0x80 ? 0xff : 0;
      for (let b = 0; b < to; b++) u8[4 * d + e * to + b] = b < from ? u8[4 * LEFT + e * from + b]! : fill;
    }
  };
}
function copy8(m: Int32Array, d: number, s: number, n: number): void {
  for (let w = 0; w < n; w++) m[d + w] = m[s + w]!;
}
/** The forms that read two bytes of memory. */
function extendFromHalf(op: Lanes): Binder {
  return () => (cpu, i) => {
    requireSse(cpu);
    let s = xmm(i.r1);
    if (i.k1 === K.Mem) {
      cpu.s32[SOURCE] = cpu.read16(i.segment, ea(cpu, i));
      s = SOURCE;
    }
    op(cpu, xmm(i.r0), s, 4, 0);
  };
}

const multiplySignedQuads: Lanes = (cpu, d, s) => {
  const m = cpu.s32;
  for (let w = 0; w < 4; w += 2) {
    const a = m[d + w]!;
    const b = m[s + w]!;
    // The unsigned product, less 2^32 times the other factor for each negative one.
    m[d + w] = Math.imul(a, b);
    m[d + w + 1] = highProduct(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0);
  }
};

const equalQuads: Lanes = (cpu, d, s) => {
  const m = cpu.s32;
  for (let w = 0; w < 4; w += 2) {
    const value = m[d + w] === m[s + w] && m[d + w + 1] === m[s + w + 1] ? -1 : 0;
    m[d + w] = value;
    m[d + w + 1] = value;
  }
};
const greaterQuads: Lanes = (cpu, d, s) => {
  const m = cpu.s32;
  for (let w = 0; w < 4; w += 2) {
    const a = m[d + w + 1]!;
    const b = m[s + w + 1]!;
    const value = a > b || (a === b && m[d + w]! >>> 0 > m[s + w]! >>> 0) ? -1 : 0;
    m[d + w] = value;
    m[d + w + 1] = value;
  }
};

const test: Lanes = (cpu, d, s) => {
  const m = cpu.s32;
  let both = 0;
  let only = 0;
  for (let w = 0; w < 4; w++) {
    both |= m[d + w]! & m[s + w]!;
    only |= ~m[d + w]! & m[s + w]!;
  }
  const flags = (both === 0 ? ZF : 0) | (only === 0 ? CF : 0);
  m[L.EFLAGS >> 2] = (m[L.EFLAGS >> 2]! & ~FLAGS_ARITH) | flags;
};

const minimumPosition: Lanes = (cpu, d, s) => {
  const u16 = cpu.u16;
  let at = 0;
  for (let h = 1; h < 8; h++) if (u16[2 * s + h]! < u16[2 * s + at]!) at = h;
  const m = cpu.s32;
  m[d] = u16[2 * s + at]! | (at << 16);
  m[d + 1] = 0;
  m[d + 2] = 0;
  m[d + 3] = 0;
};

/** Eight sums of four differences: one block of the second operand against a window sliding over the first. */
const slidingDifferences: Lanes = (cpu, d, s, _n, imm) => {
  const u8 = cpu.u8;
  copy16(cpu, LEFT, d);
  const block = 4 * s + 4 * (imm & 3);
  const b0 = u8[block]!;
  const b1 = u8[block + 1]!;
  const b2 = u8[block + 2]!;
  const b3 = u8[block + 3]!;
  const window = 4 * LEFT + (imm & 4);
  for (let h = 0; h < 8; h++) {
    const at = window + h;
    cpu.u16[2 * d + h] =
      Math.abs(u8[at]! - b0) + Math.abs(u8[at + 1]! - b1) + Math.abs(u8[at + 2]! - b2) + Math.abs(u8[at + 3]! - b3);
  }
};

export const SSE41_INTEGER: Semantics = {
  pblendvb: packed(variableBlend(1)),
  blendvps: packed(variableBlend(4)),
  blendvpd: packed(variableBlend(8)),
  pblendw: packed(immediateBlend(2)),
  blendps: packed(immediateBlend(4)),
  blendpd: packed(immediateBlend(8)),
  pmovsxbw: partial(extend(1, 2, true), 8),
  pmovsxbd: partial(extend(1, 4, true), 4),
  pmovsxbq: extendFromHalf(extend(1, 8, true)),
  pmovsxwd: partial(extend(2, 4, true), 8),
  pmovsxwq: partial(extend(2, 8, true), 4),
  pmovsxdq: partial(extend(4, 8, true), 8),
  pmovzxbw: partial(extend(1, 2, false), 8),
  pmovzxbd: partial(extend(1, 4, false), 4),
  pmovzxbq: extendFromHalf(extend(1, 8, false)),
  pmovzxwd: partial(extend(2, 4, false), 8),
  pmovzxwq: partial(extend(2, 8, false), 4),
  pmovzxdq: partial(extend(4, 8, false), 8),
  pmulld: packed(words((a, b) => Math.imul(a, b))),
  pmuldq: packed(multiplySignedQuads),
  pcmpeqq: packed(equalQuads),
  pcmpgtq: packed(greaterQuads),
  ptest: packed(test),
  phminposuw: packed(minimumPosition),
  mpsadbw: packed(slidingDifferences),
  pminsb: packed(bytes((a, b) => (a < b ? a : b))),
  pmaxsb: packed(bytes((a, b) => (a > b ? a : b))),
  pminuw: packed(unsignedHalves((a, b) => (a < b ? a : b))),
  pmaxuw: packed(unsignedHalves((a, b) => (a > b ? a : b))),
  pminsd: packed(words((a, b) => (a < b ? a : b))),
  pmaxsd: packed(words((a, b) => (a > b ? a : b))),
  pminud: packed(words((a, b) => (a >>> 0 < b >>> 0 ? a : b))),
  pmaxud: packed(words((a, b) => (a >>> 0 > b >>> 0 ? a : b))),
};
