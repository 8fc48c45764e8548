/**
 * Operands of lifted MMX and SSE instructions: v128 expressions for registers
 * and memory, and the forms most instructions share.
 */
import * as L from '../../cpu/layout.ts';
import { type Instruction, K } from '../../decoder/instruction.ts';
import { and, con, type Expr, op, or, state, type WideType, xmm } from '../ir.ts';
import type { Lifter } from './lifter.ts';
import type { Lift } from './semantics.ts';

const ERROR_SUMMARY = 0x80;
const TOP = 0x3800;
const ZEROS: readonly number[] = new Array<number>(16).fill(0);

/** A v128 of zeros. */
export const zero: Expr = op('v128.const', [], ZEROS);

/** Bytes of `a` (0..15) and `b` (16..31). */
export const shuffle = (a: Expr, b: Expr, bytes: readonly number[]): Expr => op('i8x16.shuffle', [a, b], bytes);

/** A byte mask for `shuffle` from elements of `width` bytes. */
export const elements = (width: number, numbers: readonly number[]): number[] =>
  numbers.flatMap((n) => Array.from({ length: width }, (_, k) => n * width + k));

/** The value in a temporary, so that it can be used more than once. */
export function hold(c: Lifter, type: WideType, e: Expr): Expr {
  if (e.k === 'xmm' || e.k === 'wtmp') return e;
  const id = c.vectors.temporary(type);
  c.stmts.push({ k: 'wtmp', id, type, e });
  return { k: 'wtmp', id, type };
}

/** `size` bytes at the memory operand, zeros above. */
export function loadVector(c: Lifter, i: Instruction, size: number, aligned = false): Expr {
  const addr = c.address(i, size);
  const id = c.vectors.temporary('v128');
  c.stmts.push({ k: 'vload', id, size, aligned, addr });
  return { k: 'wtmp', id, type: 'v128' };
}

export function storeVector(c: Lifter, i: Instruction, size: number, value: Expr, aligned = false): void {
  const addr = c.address(i, size, true);
  c.stmts.push({ k: 'vstore', size, aligned, addr, value });
}

/** Operand 1: an XMM register, or memory of `size` bytes (16 must be aligned). */
export function xmmSource(c: Lifter, i: Instruction, size = 16): Expr {
  return i.k1 === K.Mem ? loadVector(c, i, size, size === 16) : xmm(i.r1);
}

/** Writes an XMM register; `ordinary` says what is known of the value. */
export function writeXmm(c: Lifter, r: number, e: Expr, ordinary = 0): void {
  c.stmts.push({ k: 'xmm', r, e });
  c.vectors.assign(r, ordinary);
}

// ---- MMX ------------------------------------------------------------------------------------------

/** MMX register: the significand of the physical x87 register. */
export const mmx = (r: number): Expr => ({ k: 'state64', offset: L.FPU_REGISTERS + 16 * r });

/** Where an x87 exception is pending the interpreter reports it. To be called before any write. */
export function mmxReady(c: Lifter): void {
  if (!c.vectors.mmxEntered) c.guard(and(state(L.FPU_STATUS), con(ERROR_SUMMARY)));
}

/** TOP = 0 and all registers valid, as every MMX instruction leaves them. */
export function enterMmx(c: Lifter): void {
  if (c.vectors.mmxEntered) return;
  c.stmts.push({ k: 'state', offset: L.FPU_STATUS, e: and(state(L.FPU_STATUS), con(~TOP)) });
  c.stmts.push({ k: 'state', offset: L.FPU_TAGS, e: con(0) });
  c.vectors.mmxEntered = true;
}

/** Writes an MMX register, sign and exponent to ones. */
export function writeMmx(c: Lifter, r: number, e: Expr): void {
  enterMmx(c);
  const offset = L.FPU_REGISTERS + 16 * r;
  c.stmts.push({ k: 'state64', offset, e });
  c.stmts.push({ k: 'state', offset: offset + 8, e: or(state(offset + 8), con(0xffff)) });
}

// ---- forms ------------------------------------------------------------------------------------------

/** The result from both operands, which may be used more than once, and the immediate. */
export type Lanes = (a: Expr, b: Expr, imm: number) => Expr;

/** xmm, xmm/m128. */
export const xmmForm =
  (f: Lanes): Lift =>
  (c, i) => {
    if (!c.mode.sse || i.k0 !== K.Xmm) return false;
    const b = xmmSource(c, i);
    writeXmm(c, i.r0, f(xmm(i.r0), b, i.imm));
    return true;
  };

/** xmm, xmm/m128 and mm, mm/m64; of an MMX result only the low half counts, the operands' high halves are zero. */
export function packed(f: Lanes, mmxForm: Lanes = f, mmxMemory = 8): Lift {
  const wide = xmmForm(f);
  return (c, i) => {
    if (i.k0 === K.Xmm) return wide(c, i);
    if (!c.mode.fpu || i.k0 !== K.Mm) return false;
    mmxReady(c);
    const b = i.k1 === K.Mem ? loadVector(c, i, mmxMemory) : mmx(i.r1);
    writeMmx(c, i.r0, mmxForm(mmx(i.r0), b, i.imm));
    return true;
  };
}
