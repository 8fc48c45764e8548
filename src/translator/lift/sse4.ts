/** Lifting of SSE4.1 and SSE4.2: blends, extensions, minima, single elements, rounding, PTEST. */
import { type Instruction, K } from '../../decoder/instruction.ts';
import { FLAGS_WORD } from '../abi.ts';
import { con, type Expr, op, or, shl, un, xmm } from '../ir.ts';
import { checkOperands, F32, F32X4, F64, F64X2, requireArithmetic, type Shape } from './float-checks.ts';
import type { Lifter } from './lifter.ts';
import type { Lift, Lifts } from './semantics.ts';
import { learn, sourceOperand, writeResult } from './sse-float.ts';
import { elements, loadVector, shuffle, storeVector, writeXmm, xmmForm, xmmSource, zero } from './sse-operands.ts';

/** An instruction that WebAssembly has just so. */
const same = (name: string): Lift => xmmForm((a, b) => op(name, [a, b]));

/** The second operand where the top bits of the elements of XMM0 are set. */
const blendByRegister = (shape: string, width: number): Lift =>
  xmmForm((a, b) => op('v128.bitselect', [b, a, op(`${shape}.shr_s`, [xmm(0), con(width - 1)])]));

/** The second operand's elements of `width` bytes where the immediate's bits are set. */
const blend = (width: number): Lift =>
  xmmForm((a, b, imm) => {
    const count = 16 / width;
    const numbers = Array.from({ length: count }, (_, n) => (((imm >> n) & 1) !== 0 ? count + n : n));
    return shuffle(a, b, elements(width, numbers));
  });

const STEPS = ['i16x8.extend_low_i8x16', 'i32x4.extend_low_i16x8', 'i64x2.extend_low_i32x4'];

/** PMOVSX, PMOVZX: from elements of 2^`from` bytes to ones of 2^`to`; memory has no more than what is taken. */
function extend(from: number, to: number, sign: 's' | 'u'): Lift {
  const size = 16 >> (to - from);
  return (c, i) => {
    if (!c.mode.sse) return false;
    let value: Expr;
    if (i.k1 !== K.Mem) value = xmm(i.r1);
    else if (size === 2) value = op('i16x8.replace_lane', [zero, c.load(c.address(i, 2), 2)], 0);
    else value = loadVector(c, i, size);
    for (const step of STEPS.slice(from, to)) value = op(`${step}_${sign}`, [value]);
    writeXmm(c, i.r0, value);
    return true;
  };
}

const evenProducts: Lift = xmmForm((a, b) => {
  const even = (e: Expr) => shuffle(e, e, elements(4, [0, 2, 0, 2]));
  return op('i64x2.extmul_low_i32x4_s', [even(a), even(b)]);
});

/** ZF: no bit is set in both; CF: none of the second is clear in the first. The others are cleared. */
const ptest: Lift = (c, i) => {
  if (!c.mode.sse) return false;
  const b = xmmSource(c, i);
  const a = xmm(i.r0);
  const none = (e: Expr) => un('eqz', op('v128.any_true', [e]));
  const flags = or(shl(none(op('v128.and', [a, b])), 6), none(op('v128.andnot', [b, a])));
  c.stmts.push({ k: 'flags', kind: FLAGS_WORD, size: 4, a: flags });
  return true;
};

/** PEXTRB, PEXTRD, EXTRACTPS: an element of `size` bytes to a general register, zeros above, or to memory. */
function extract(name: string, size: 1 | 4): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    const value = op(name, [xmm(i.r1)], i.imm & (16 / size - 1));
    if (i.k0 !== K.Mem) c.writeReg(i.r0, 4, value);
    else if (size === 1) c.store(c.address(i, 1, true), 1, value);
    else storeVector(c, i, 4, op('i32x4.replace_lane', [zero, value], 0));
    return true;
  };
}

/** PINSRB, PINSRD. */
function insert(name: string, size: 1 | 4): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    const value = i.k1 === K.Mem ? c.load(c.address(i, size), size) : c.readReg(i.r1, 4);
    writeXmm(c, i.r0, op(name, [xmm(i.r0), value], i.imm & (16 / size - 1)));
    return true;
  };
}

/** INSERTPS: one element of the source, or the one that memory has, to any place; others become zero. */
const insertSingle: Lift = (c, i) => {
  if (!c.mode.sse) return false;
  const source = i.k1 === K.Mem ? loadVector(c, i, 4) : xmm(i.r1);
  const from = i.k1 === K.Mem ? 0 : (i.imm >> 6) & 3;
  const place = (i.imm >> 4) & 3;
  const inserted = shuffle(
    xmm(i.r0),
    source,
    elements(
      4,
      [0, 1, 2, 3].map((n) => (n === place ? 4 + from : n)),
    ),
  );
  const kept = elements(
    4,
    [0, 1, 2, 3].map((n) => (((i.imm >> n) & 1) !== 0 ? 4 : n)),
  );
  writeXmm(c, i.r0, (i.imm & 15) === 0 ? inserted : shuffle(inserted, zero, kept));
  return true;
};

const ROUNDINGS = ['nearest', 'floor', 'ceil', 'trunc'];

/**
 * ROUNDPS and its kind. Where the immediate says to round as MXCSR does (bit 2), or does not keep PE still (bit 3), MXCSR must
 * be what arithmetic wants.
 */
function round(s: Shape): Lift {
  return (c, i) => {
    if (!c.mode.sse) return false;
    const byMxcsr = (i.imm & 4) !== 0;
    if (byMxcsr || (i.imm & 8) === 0) requireArithmetic(c);
    const b = sourceOperand(c, s, i);
    checkOperands(c, s, [b]);
    learn(c, s, b);
    writeResult(c, s, i.r0, op(`${s.name}.${ROUNDINGS[byMxcsr ? 0 : i.imm & 3]}`, [b.value]));
    return true;
  };
}

const loadAligned: Lift = (c: Lifter, i: Instruction) => {
  if (!c.mode.sse || i.k1 !== K.Mem) return false;
  writeXmm(c, i.r0, loadVector(c, i, 16, true));
  return true;
};

export const sse4: Lifts = {
  pblendvb: blendByRegister('i8x16', 8),
  blendvps: blendByRegister('i32x4', 32),
  blendvpd: blendByRegister('i64x2', 64),
  blendps: blend(4),
  blendpd: blend(8),
  pblendw: blend(2),
  ptest,
  pmovsxbw: extend(0, 1, 's'),
  pmovsxbd: extend(0, 2, 's'),
  pmovsxbq: extend(0, 3, 's'),
  pmovsxwd: extend(1, 2, 's'),
  pmovsxwq: extend(1, 3, 's'),
  pmovsxdq: extend(2, 3, 's'),
  pmovzxbw: extend(0, 1, 'u'),
  pmovzxbd: extend(0, 2, 'u'),
  pmovzxbq: extend(0, 3, 'u'),
  pmovzxwd: extend(1, 2, 'u'),
  pmovzxwq: extend(1, 3, 'u'),
  pmovzxdq: extend(2, 3, 'u'),
  pmuldq: evenProducts,
  pmulld: same('i32x4.mul'),
  pcmpeqq: same('i64x2.eq'),
  pcmpgtq: same('i64x2.gt_s'),
  packusdw: same('i16x8.narrow_i32x4_u'),
  pminsb: same('i8x16.min_s'),
  pminsd: same('i32x4.min_s'),
  pminuw: same('i16x8.min_u'),
  pminud: same('i32x4.min_u'),
  pmaxsb: same('i8x16.max_s'),
  pmaxsd: same('i32x4.max_s'),
  pmaxuw: same('i16x8.max_u'),
  pmaxud: same('i32x4.max_u'),
  movntdqa: loadAligned,
  roundps: round(F32X4),
  roundpd: round(F64X2),
  roundss: round(F32),
  roundsd: round(F64),
  pextrb: extract('i8x16.extract_lane_u', 1),
  pextrd: extract('i32x4.extract_lane', 4),
  extractps: extract('i32x4.extract_lane', 4),
  pinsrb: insert('i8x16.replace_lane', 1),
  pinsrd: insert('i32x4.replace_lane', 4),
  insertps: insertSingle,
};
