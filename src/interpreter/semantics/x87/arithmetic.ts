/**
 * x87 semantics: FADD, FSUB, FMUL, FDIV with their reversed, popping and
 * integer forms.
 */
import type { Cpu } from '../../../cpu/cpu.ts';
import type { Instruction } from '../../../decoder/instruction.ts';
import { K } from '../../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../../handler.ts';
import { ea } from '../../operands.ts';
import { add, subtract, subtractReversed } from '../../softfloat/add.ts';
import type { FloatContext } from '../../softfloat/context.ts';
import { DE, IE, ZE } from '../../softfloat/context.ts';
import { fromFloat32, fromFloat64 } from '../../softfloat/convert-float.ts';
import { fromInt32 } from '../../softfloat/convert-integer.ts';
import { divide, divideReversed } from '../../softfloat/divide.ts';
import { EXP_MAX, type Float80, isInfinity, isZero } from '../../softfloat/float80.ts';
import { multiply } from '../../softfloat/multiply.ts';
import { READ, read64 } from './memory.ts';
import {
  A,
  B,
  begin,
  eitherEmpty,
  finish,
  isEmpty,
  loadRegister,
  OUT,
  physical,
  point,
  pointData,
  pop,
  ready,
  storeRegister,
  underflow,
} from './state.ts';

/** out = a op b, where a is the destination's value. */
type Operation = (c: FloatContext, a: Float80, b: Float80, out: Float80) => void;

/** Unmasked, these leave the destination as it was. */
const DECIDING = IE | DE | ZE;

/** st(r0) = st(r0) op st(r1). */
function registers(operation: Operation, popping: boolean): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    const to = physical(cpu, i.r0);
    const from = physical(cpu, i.r1);
    if (eitherEmpty(cpu, to, from)) {
      if (!underflow(cpu)) return;
      OUT.setIndefinite();
    } else {
      loadRegister(cpu, to, A);
      loadRegister(cpu, from, B);
      operation(begin(cpu), A, B, OUT);
      if (finish(cpu, DECIDING)) return;
    }
    storeRegister(cpu, to, OUT);
    if (popping) pop(cpu);
  };
}

/** st(0) = st(0) op the number in B. `denormal`: it was a denormal in memory. */
function withMemory(cpu: Cpu, operation: Operation, denormal: boolean): void {
  const to = physical(cpu, 0);
  if (isEmpty(cpu, to)) {
    if (!underflow(cpu)) return;
    OUT.setIndefinite();
  } else {
    loadRegister(cpu, to, A);
    const c = begin(cpu);
    if (!denormal || !denormalOperand(c, operation)) operation(c, A, B, OUT);
    if (finish(cpu, DECIDING)) return;
  }
  storeRegister(cpu, to, OUT);
}

/** Raises DE for a denormal memory operand unless a NaN or a division by zero comes before it; true when unmasked. */
function denormalOperand(c: FloatContext, operation: Operation): boolean {
  if ((A.se & EXP_MAX) !== 0 && (A.hi >= 0 || ((A.se & EXP_MAX) === EXP_MAX && !isInfinity(A)))) return false;
  if (operation === divideReversed && isZero(A)) return false;
  return c.raise(DE);
}

function float32(operation: Operation): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    const offset = ea(cpu, i);
    const denormal = fromFloat32(cpu.read32(i.segment, offset), B);
    pointData(cpu, i, offset);
    withMemory(cpu, operation, denormal);
  };
}

function float64(operation: Operation): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    const offset = ea(cpu, i);
    read64(cpu, i.segment, offset);
    const denormal = fromFloat64(READ[1]!, READ[0]!, B);
    pointData(cpu, i, offset);
    withMemory(cpu, operation, denormal);
  };
}

function int32(operation: Operation): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    const offset = ea(cpu, i);
    fromInt32(cpu.read32(i.segment, offset), B);
    pointData(cpu, i, offset);
    withMemory(cpu, operation, false);
  };
}

function int16(operation: Operation): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    const offset = ea(cpu, i);
    fromInt32((cpu.read16(i.segment, offset) << 16) >> 16, B);
    pointData(cpu, i, offset);
    withMemory(cpu, operation, false);
  };
}

/** Binder of the plain form: memory of 4 or 8 bytes, or two registers. */
function plain(operation: Operation): Binder {
  const single = float32(operation);
  const double = float64(operation);
  const register = registers(operation, false);
  return (i: Instruction) => (i.k0 === K.Mem ? (i.s0 === 4 ? single : double) : register);
}

/** Binder of the integer form: memory of 2 or 4 bytes. */
function integer(operation: Operation): Binder {
  const word = int16(operation);
  const doubleword = int32(operation);
  return (i: Instruction) => (i.s0 === 2 ? word : doubleword);
}

function popping(operation: Operation): Binder {
  const register = registers(operation, true);
  return () => register;
}

export const X87_ARITHMETIC: Semantics = {
  fadd: plain(add),
  fsub: plain(subtract),
  fsubr: plain(subtractReversed),
  fmul: plain(multiply),
  fdiv: plain(divide),
  fdivr: plain(divideReversed),
  faddp: popping(add),
  fsubp: popping(subtract),
  fsubrp: popping(subtractReversed),
  fmulp: popping(multiply),
  fdivp: popping(divide),
  fdivrp: popping(divideReversed),
  fiadd: integer(add),
  fisub: integer(subtract),
  fisubr: integer(subtractReversed),
  fimul: integer(multiply),
  fidiv: integer(divide),
  fidivr: integer(divideReversed),
};
