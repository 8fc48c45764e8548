/**
 * Lifting of fences and prefetches, which do nothing here (memory is coherent
 * and in order), of the non-temporal store of a general register, and of the
 * instructions on MXCSR and the MMX state.
 */
import { FPU_TAGS, MXCSR } from '../../cpu/layout.ts';
import { K } from '../../decoder/instruction.ts';
import { and, con, state } from '../ir.ts';
import type { Lifts } from './semantics.ts';
import { enterMmx, mmxReady } from './sse-operands.ts';

/** Bits that LDMXCSR must find clear. */
const RESERVED = ~0xffff;

export const sseControl: Lifts = {
  lfence: () => true,
  mfence: () => true,
  sfence: () => true,
  prefetchnta: () => true,
  prefetcht0: () => true,
  prefetcht1: () => true,
  prefetcht2: () => true,
  movnti: (c, i) => {
    if (i.k0 !== K.Mem) return false;
    c.store(c.address(i, 4, true), 4, c.readReg(i.r1, 4));
    return true;
  },
  ldmxcsr: (c, i) => {
    if (!c.mode.sse) return false;
    const value = c.load(c.address(i, 4), 4);
    c.guard(and(value, con(RESERVED)));
    c.stmts.push({ k: 'state', offset: MXCSR, e: value });
    c.vectors.arithmeticChecked = false;
    return true;
  },
  stmxcsr: (c, i) => {
    if (!c.mode.sse) return false;
    c.store(c.address(i, 4, true), 4, state(MXCSR));
    return true;
  },
  emms: (c) => {
    if (!c.mode.fpu) return false;
    mmxReady(c);
    enterMmx(c);
    c.stmts.push({ k: 'state', offset: FPU_TAGS, e: con(0xffff) });
    c.vectors.mmxEntered = false;
    return true;
  },
};
