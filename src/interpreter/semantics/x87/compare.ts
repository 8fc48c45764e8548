/**
 * x87 semantics: FCOM, FUCOM, FICOM, FTST with their popping forms, FCOMI and
 * FUCOMI, FXAM, and FCMOVcc.
 */
import type { Cpu } from '../../../cpu/cpu.ts';
import { AF, CF, OF, PF, SF as SIGN, ZF } from '../../../cpu/registers.ts';
import { K } from '../../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../../handler.ts';
import { ea } from '../../operands.ts';
import { C0, C2, C3, compare, examine, UNORDERED } from '../../softfloat/compare.ts';
import { DE, IE } from '../../softfloat/context.ts';
import { fromFloat32, fromFloat64 } from '../../softfloat/convert-float.ts';
import { fromInt32 } from '../../softfloat/convert-integer.ts';
import { READ, read64 } from './memory.ts';
import {
  A,
  B,
  begin,
  COND1,
  finish,
  isEmpty,
  loadRegister,
  physical,
  point,
  pointData,
  pop,
  ready,
  setConditions,
  storeRegister,
  underflow,
} from './state.ts';

/** Compares st(0) with B, sets the conditions and pops `pops` times. `denormal`: B was a denormal in memory. */
function conditions(cpu: Cpu, second: boolean, quiet: boolean, pops: number, denormal: boolean): void {
  const top = physical(cpu, 0);
  if (isEmpty(cpu, top) || second) {
    const masked = underflow(cpu);
    setConditions(cpu, UNORDERED);
    if (!masked) return;
  } else {
    loadRegister(cpu, top, A);
    const c = begin(cpu);
    const result = compare(c, A, B, quiet);
    if (denormal && result !== UNORDERED) c.flags |= DE;
    const stopped = finish(cpu, IE | DE);
    setConditions(cpu, result);
    if (stopped) return;
  }
  for (let k = 0; k < pops; k++) pop(cpu);
}

function withRegister(quiet: boolean, pops: number, index = -1): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    const other = physical(cpu, index < 0 ? i.r1 : index);
    loadRegister(cpu, other, B);
    conditions(cpu, isEmpty(cpu, other), quiet, pops, false);
  };
}

function withMemory(size: number, isInteger: boolean, pops: number): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    const offset = ea(cpu, i);
    let denormal = false;
    if (size === 2) fromInt32((cpu.read16(i.segment, offset) << 16) >> 16, B);
    else if (size === 4) {
      const value = cpu.read32(i.segment, offset);
      if (isInteger) fromInt32(value, B);
      else denormal = fromFloat32(value, B);
    } else {
      read64(cpu, i.segment, offset);
      denormal = fromFloat64(READ[1]!, READ[0]!, B);
    }
    pointData(cpu, i, offset);
    conditions(cpu, false, false, pops, denormal);
  };
}

function floats(pops: number): Binder {
  const register = withRegister(false, pops);
  const single = withMemory(4, false, pops);
  const double = withMemory(8, false, pops);
  return (i) => (i.k0 === K.Mem ? (i.s0 === 4 ? single : double) : register);
}

function integers(pops: number): Binder {
  const word = withMemory(2, true, pops);
  const doubleword = withMemory(4, true, pops);
  return (i) => (i.s0 === 2 ? word : doubleword);
}

const ftst: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  point(cpu, i);
  B.setZero(0);
  conditions(cpu, false, false, 0, false);
};

const fxam: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  point(cpu, i);
  const top = physical(cpu, 0);
  loadRegister(cpu, top, A);
  if (isEmpty(cpu, top)) setConditions(cpu, C3 | C0 | ((A.se & 0x8000) !== 0 ? COND1 : 0));
  else setConditions(cpu, examine(A));
};

/** FCOMI and kin: the result in ZF, PF, CF; OF, SF, AF cleared. */
function toFlags(quiet: boolean, popping: boolean): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    const top = physical(cpu, 0);
    const other = physical(cpu, i.r1);
    let result = UNORDERED;
    let stopped = false;
    if (isEmpty(cpu, top) || isEmpty(cpu, other)) stopped = !underflow(cpu);
    else {
      loadRegister(cpu, top, A);
      loadRegister(cpu, other, B);
      result = compare(begin(cpu), A, B, quiet);
      stopped = finish(cpu, IE | DE);
    }
    const flags = ((result & C3) !== 0 ? ZF : 0) | ((result & C2) !== 0 ? PF : 0) | ((result & C0) !== 0 ? CF : 0);
    cpu.eflags = (cpu.eflags & ~(OF | SIGN | ZF | AF | PF | CF)) | flags;
    if (popping && !stopped) pop(cpu);
  };
}

/** FCMOVcc: st(0) = st(r1) when (EFLAGS & mask) is not zero, or is zero for the negated ones. */
function conditionalMove(mask: number, negated: boolean): Binder {
  const handler: Handler = (cpu, i) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    const top = physical(cpu, 0);
    const from = physical(cpu, i.r1);
    if (isEmpty(cpu, top) || isEmpty(cpu, from)) {
      if (!underflow(cpu)) return;
      A.setIndefinite();
      storeRegister(cpu, top, A);
      return;
    }
    if (((cpu.eflags & mask) !== 0) === negated) return;
    loadRegister(cpu, from, A);
    storeRegister(cpu, top, A);
  };
  return () => handler;
}

const always =
  (handler: Handler): Binder =>
  () =>
    handler;

export const X87_COMPARE: Semantics = {
  fcom: floats(0),
  fcomp: floats(1),
  fcompp: always(withRegister(false, 2, 1)),
  fucom: always(withRegister(true, 0)),
  fucomp: always(withRegister(true, 1)),
  fucompp: always(withRegister(true, 2, 1)),
  ficom: integers(0),
  ficomp: integers(1),
  ftst: always(ftst),
  fxam: always(fxam),
  fcomi: always(toFlags(false, false)),
  fcomip: always(toFlags(false, true)),
  fucomi: always(toFlags(true, false)),
  fucomip: always(toFlags(true, true)),
  fcmovb: conditionalMove(CF, false),
  fcmove: conditionalMove(ZF, false),
  fcmovbe: conditionalMove(CF | ZF, false),
  fcmovu: conditionalMove(PF, false),
  fcmovnb: conditionalMove(CF, true),
  fcmovne: conditionalMove(ZF, true),
  fcmovnbe: conditionalMove(CF | ZF, true),
  fcmovnu: conditionalMove(PF, true),
};
