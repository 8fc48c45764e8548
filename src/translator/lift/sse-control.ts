/**
 * Lifting of fences and prefetches, which do nothing here (memory is coherent
 * and in order), and of the non-temporal store of a general register.
 */
import { K } from '../../decoder/instruction.ts';
import type { Lifts } from './semantics.ts';

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
};
