/** Lifting of moves between XMM registers, MMX registers, general registers and memory. */
import { type Instruction, K } from '../../decoder/instruction.ts';
import { type Expr, op, xmm } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lift, Lifts } from './semantics.ts';
import {
  elements,
  enterMmx,
  loadVector,
  mmx,
  mmxReady,
  shuffle,
  storeVector,
  writeMmx,
  writeXmm,
  xmmForm,
  xmmSource,
  zero,
} from './sse-operands.ts';
import { ORDINARY_F32, ORDINARY_F64 } from './vector-state.ts';

/** From operands `a` and `b`: the low or high half of each, the first named becoming the low half. */
const LOW_B_HIGH_A = elements(8, [2, 1]);
const LOW_A_LOW_B = elements(8, [0, 2]);
const LOW_A = elements(8, [0, 2]);
const HIGH_B_HIGH_A = elements(8, [3, 1]);
const HIGH = elements(8, [1, 1]);

function whole(aligned: boolean): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    if (i.k0 === K.Mem) {
      storeVector(c, i, 16, xmm(i.r1), aligned);
    } else if (i.k1 === K.Mem) {
      writeXmm(c, i.r0, loadVector(c, i, 16, aligned));
    } else {
      c.stmts.push({ k: 'xmm', r: i.r0, e: xmm(i.r1) });
      c.vectors.copy(i.r0, i.r1);
    }
    return true;
  };
}

/** MOVSS, MOVSD: a load clears the rest of the register, a register move keeps it. */
function scalar(size: 4 | 8): Lift {
  const ordinary = size === 4 ? ORDINARY_F32 : ORDINARY_F64;
  const merge = size === 4 ? elements(4, [4, 1, 2, 3]) : LOW_B_HIGH_A;
  return (c, i) => {
    if (!c.mode.sse) return false;
    if (i.k0 === K.Mem) storeVector(c, i, size, xmm(i.r1));
    else if (i.k1 === K.Mem) writeXmm(c, i.r0, loadVector(c, i, size));
    else writeXmm(c, i.r0, shuffle(xmm(i.r0), xmm(i.r1), merge), c.vectors.known(i.r1) & ordinary);
    return true;
  };
}

/** MOVLPS, MOVHPS and their kind. */
function half(high: boolean): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    if (i.k0 === K.Mem) {
      storeVector(c, i, 8, high ? shuffle(xmm(i.r1), xmm(i.r1), HIGH) : xmm(i.r1));
    } else {
      const low = high ? c.vectors.known(i.r0) & (ORDINARY_F64 | ORDINARY_F32) : 0;
      writeXmm(c, i.r0, shuffle(xmm(i.r0), loadVector(c, i, 8), high ? LOW_A_LOW_B : LOW_B_HIGH_A), low);
    }
    return true;
  };
}

/** A general register or memory of four bytes as a vector, zeros above. */
function fromGeneral(c: Lifter, i: Instruction): Expr {
  if (i.k1 === K.Mem) return loadVector(c, i, 4);
  return op('i32x4.replace_lane', [zero, c.readReg(i.r1, 4)], 0);
}

const movd: Lift = (c, i) => {
  if (i.k0 === K.Xmm) {
    if (!c.mode.sse) return false;
    writeXmm(c, i.r0, fromGeneral(c, i));
    return true;
  }
  if (i.k0 === K.Mm) {
    if (!c.mode.fpu) return false;
    mmxReady(c);
    writeMmx(c, i.r0, fromGeneral(c, i));
    return true;
  }
  const isMmx = i.k1 === K.Mm;
  if (isMmx ? !c.mode.fpu : !c.mode.sse) return false;
  if (isMmx) mmxReady(c);
  const value = isMmx ? mmx(i.r1) : xmm(i.r1);
  if (i.k0 === K.Mem) storeVector(c, i, 4, value);
  else c.writeReg(i.r0, 4, op('i32x4.extract_lane', [value], 0));
  if (isMmx) enterMmx(c);
  return true;
};

const movq: Lift = (c, i) => {
  if (i.k0 === K.Mm || i.k1 === K.Mm) {
    if (!c.mode.fpu) return false;
    mmxReady(c);
    if (i.k0 === K.Mem) {
      storeVector(c, i, 8, mmx(i.r1));
      enterMmx(c);
    } else {
      writeMmx(c, i.r0, i.k1 === K.Mem ? loadVector(c, i, 8) : mmx(i.r1));
    }
    return true;
  }
  if (!c.mode.sse) return false;
  if (i.k0 === K.Mem) storeVector(c, i, 8, xmm(i.r1));
  else if (i.k1 === K.Mem) writeXmm(c, i.r0, loadVector(c, i, 8));
  else writeXmm(c, i.r0, shuffle(xmm(i.r1), zero, LOW_A), c.vectors.known(i.r1) & (ORDINARY_F64 | ORDINARY_F32));
  return true;
};

const nonTemporal: Lift = (c, i) => {
  if (!c.mode.sse || i.k0 !== K.Mem) return false;
  storeVector(c, i, 16, xmm(i.r1), true);
  return true;
};

/** pinsrw. */
const insert: Lift = (c, i) => {
  const isMmx = i.k0 === K.Mm;
  if (isMmx ? !c.mode.fpu : !c.mode.sse) return false;
  if (isMmx) mmxReady(c);
  const value = i.k1 === K.Mem ? c.load(c.address(i, 2), 2) : c.readReg(i.r1, 4);
  const put = (into: Expr, lane: number) => op('i16x8.replace_lane', [into, value], lane);
  if (isMmx) writeMmx(c, i.r0, put(mmx(i.r0), i.imm & 3));
  else writeXmm(c, i.r0, put(xmm(i.r0), i.imm & 7));
  return true;
};

/** From a vector register to a general one, or to two bytes of memory: pextrw and the masks. */
function extract(xmmOp: (c: Lifter, i: Instruction, v: Expr) => Expr): Lift {
  return (c, i) => {
    const isMmx = i.k1 === K.Mm;
    if (isMmx ? !c.mode.fpu : !c.mode.sse) return false;
    if (isMmx) mmxReady(c);
    const value = xmmOp(c, i, isMmx ? mmx(i.r1) : xmm(i.r1));
    if (i.k0 === K.Mem) c.store(c.address(i, 2, true), 2, value);
    else c.writeReg(i.r0, 4, value);
    if (isMmx) enterMmx(c);
    return true;
  };
}

const mask = (name: string): Lift => extract((_c, _i, v) => op(name, [v]));

export const sseMoves: Lifts = {
  movaps: whole(true),
  movapd: whole(true),
  movdqa: whole(true),
  movups: whole(false),
  movupd: whole(false),
  movdqu: whole(false),
  lddqu: whole(false),
  movss: scalar(4),
  movsd: scalar(8),
  movlps: half(false),
  movlpd: half(false),
  movhps: half(true),
  movhpd: half(true),
  movhlps: xmmForm((a, b) => shuffle(a, b, HIGH_B_HIGH_A)),
  movlhps: xmmForm((a, b) => shuffle(a, b, LOW_A_LOW_B)),
  movsldup: xmmForm((_a, b) => shuffle(b, b, elements(4, [0, 0, 2, 2]))),
  movshdup: xmmForm((_a, b) => shuffle(b, b, elements(4, [1, 1, 3, 3]))),
  movddup: (c, i) => {
    if (!c.mode.sse) return false;
    const b = xmmSource(c, i, 8);
    writeXmm(c, i.r0, shuffle(b, b, elements(8, [0, 0])));
    return true;
  },
  movd,
  movq,
  movq2dq: (c, i) => {
    if (!c.mode.sse) return false;
    mmxReady(c);
    enterMmx(c);
    writeXmm(c, i.r0, mmx(i.r1));
    return true;
  },
  movdq2q: (c, i) => {
    if (!c.mode.sse) return false;
    mmxReady(c);
    writeMmx(c, i.r0, xmm(i.r1));
    return true;
  },
  movntps: nonTemporal,
  movntpd: nonTemporal,
  movntdq: nonTemporal,
  movntq: (c, i) => {
    if (!c.mode.fpu || i.k0 !== K.Mem) return false;
    mmxReady(c);
    storeVector(c, i, 8, mmx(i.r1));
    enterMmx(c);
    return true;
  },
  pinsrw: insert,
  pextrw: extract((_c, i, v) => op('i16x8.extract_lane_u', [v], i.imm & (i.k1 === K.Mm ? 3 : 7))),
  pmovmskb: mask('i8x16.bitmask'),
  movmskps: mask('i32x4.bitmask'),
  movmskpd: mask('i64x2.bitmask'),
};
