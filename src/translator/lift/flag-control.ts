/** Lifting of the instructions that set single flags. */
import { EFLAGS } from '../../cpu/layout.ts';
import { DF } from '../../cpu/registers.ts';
import { and, bin, con, cond, or, state } from '../ir.ts';
import type { Lifts } from './semantics.ts';

export const flagControl: Lifts = {
  clc: (c) => {
    c.stmts.push({ k: 'override', cf: con(0) });
    return true;
  },
  stc: (c) => {
    c.stmts.push({ k: 'override', cf: con(1) });
    return true;
  },
  cmc: (c) => {
    const cf = c.hold(bin('eq', cond(2), con(0)));
    c.stmts.push({ k: 'override', cf });
    return true;
  },
  cld: (c) => {
    c.stmts.push({ k: 'state', offset: EFLAGS, e: and(state(EFLAGS), con(~DF)) });
    return true;
  },
  std: (c) => {
    c.stmts.push({ k: 'state', offset: EFLAGS, e: or(state(EFLAGS), con(DF)) });
    return true;
  },
};
