/**
 * x87 semantics: what writes st(0) elsewhere: FST, FIST, FISTTP, FBSTP and
 * their popping forms. Memory is checked before anything changes, also where an unmasked exception then
 * leaves nothing to be written: a fault of memory comes before one of the x87.
 */
import type { Cpu } from '../../../cpu/cpu.ts';
import type { Instruction } from '../../../decoder/instruction.ts';
import { K } from '../../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../../handler.ts';
import { ea } from '../../operands.ts';
import type { FloatContext } from '../../softfloat/context.ts';
import { IE, OE, RC_CHOP, UE } from '../../softfloat/context.ts';
import { STORED, toFloat32, toFloat64 } from '../../softfloat/convert-float.ts';
import { INTEGER, toInteger } from '../../softfloat/convert-integer.ts';
import { toDecimal } from '../../softfloat/decimal.ts';
import type { Float80 } from '../../softfloat/float80.ts';
import { checkWrite, write64, write80 } from './memory.ts';
import {
  A,
  begin,
  CONTROL,
  clearCond1,
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

/** A format that st(0) can be stored in. */
interface Format {
  /** In bytes. */
  readonly size: number;
  /** Converts A; false when an unmasked exception leaves nothing to store. */
  convert(c: FloatContext, a: Float80): boolean;
  /** Sets the converted value to the format's indefinite. */
  indefinite(): void;
  write(cpu: Cpu, seg: number, offset: number): void;
}

const single: Format = {
  size: 4,
  convert: toFloat32,
  indefinite: () => {
    STORED[0] = 0xffc0_0000;
  },
  write: (cpu, seg, offset) => cpu.write32(seg, offset, STORED[0]!),
};

const double: Format = {
  size: 8,
  convert: toFloat64,
  indefinite: () => {
    STORED[0] = 0;
    STORED[1] = 0xfff8_0000;
  },
  write: (cpu, seg, offset) => write64(cpu, seg, offset, STORED[1]!, STORED[0]!),
};

const extended: Format = {
  size: 10,
  convert: (_c, a) => {
    OUT.copy(a);
    return true;
  },
  indefinite: () => OUT.setIndefinite(),
  write: (cpu, seg, offset) => write80(cpu, seg, offset, OUT),
};

const decimal: Format = {
  size: 10,
  convert: (c, a) => {
    toDecimal(c, a, OUT);
    return (c.flags & ~c.control & IE) === 0;
  },
  indefinite: () => OUT.set(0xffff, 0xc000_0000 | 0, 0),
  write: (cpu, seg, offset) => write80(cpu, seg, offset, OUT),
};

function integerFormat(bits: number, chop: boolean): Format {
  return {
    size: bits >>> 3,
    convert: (c, a) => {
      toInteger(c, a, bits, chop ? RC_CHOP : c.rounding);
      return (c.flags & ~c.control & IE) === 0;
    },
    indefinite: () => {
      INTEGER[0] = bits === 64 ? 0 : bits === 32 ? 0x8000_0000 : 0x8000;
      INTEGER[1] = 0x8000_0000;
    },
    write: (cpu, seg, offset) => {
      if (bits === 64) write64(cpu, seg, offset, INTEGER[1]!, INTEGER[0]!);
      else if (bits === 32) cpu.write32(seg, offset, INTEGER[0]!);
      else cpu.write16(seg, offset, INTEGER[0]! & 0xffff);
    },
  };
}

/** {@link store} of a double, the most frequent, with the common case written out. */
function storeDouble(popping: boolean): Handler {
  const general = store(double, popping);
  return (cpu, i) => {
    const from = physical(cpu, 0);
    if (isEmpty(cpu, from)) {
      general(cpu, i);
      return;
    }
    if (!ready(cpu)) return;
    const offset = ea(cpu, i);
    loadRegister(cpu, from, A);
    if (toFloat64(begin(cpu), A)) write64(cpu, i.segment, offset, STORED[1]!, STORED[0]!);
    else checkWrite(cpu, i.segment, offset, 8);
    pointData(cpu, i, offset);
    if (finish(cpu, IE | OE | UE)) return;
    if (popping) pop(cpu);
  };
}

function store(format: Format, popping: boolean): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    const offset = ea(cpu, i);
    const from = physical(cpu, 0);
    if (isEmpty(cpu, from)) {
      if ((cpu.s32[CONTROL]! & IE) !== 0) {
        format.indefinite();
        format.write(cpu, i.segment, offset);
      } else checkWrite(cpu, i.segment, offset, format.size);
      pointData(cpu, i, offset);
      if (!underflow(cpu)) return;
    } else {
      loadRegister(cpu, from, A);
      if (format.convert(begin(cpu), A)) format.write(cpu, i.segment, offset);
      else checkWrite(cpu, i.segment, offset, format.size);
      pointData(cpu, i, offset);
      if (finish(cpu, IE | OE | UE)) return;
    }
    if (popping) pop(cpu);
  };
}

/** st(r0) = st(0). */
function storeToRegister(popping: boolean): Handler {
  return (cpu: Cpu, i: Instruction) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    const from = physical(cpu, 0);
    if (isEmpty(cpu, from)) {
      if (!underflow(cpu)) return;
      A.setIndefinite();
    } else {
      clearCond1(cpu);
      loadRegister(cpu, from, A);
    }
    storeRegister(cpu, physical(cpu, i.r0), A);
    if (popping) pop(cpu);
  };
}

function floats(popping: boolean): Binder {
  const register = storeToRegister(popping);
  const s = store(single, popping);
  const d = storeDouble(popping);
  const x = store(extended, popping);
  return (i) => (i.k0 === K.St ? register : i.s0 === 4 ? s : i.s0 === 8 ? d : x);
}

function integers(popping: boolean, chop: boolean): Binder {
  const word = store(integerFormat(16, chop), popping);
  const doubleword = store(integerFormat(32, chop), popping);
  const quadword = store(integerFormat(64, chop), popping);
  return (i) => (i.s0 === 2 ? word : i.s0 === 4 ? doubleword : quadword);
}

const fbstp = store(decimal, true);

/** The undocumented D9 D8+i: as FSTP, but an empty st(0) is neither reported nor stored. */
const fstpnce: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  point(cpu, i);
  const from = physical(cpu, 0);
  if (!isEmpty(cpu, from)) {
    loadRegister(cpu, from, A);
    storeRegister(cpu, physical(cpu, i.r0), A);
  }
  clearCond1(cpu);
  pop(cpu);
};

export const X87_STORE: Semantics = {
  fst: floats(false),
  fstp: floats(true),
  fist: integers(false, false),
  fistp: integers(true, false),
  fisttp: integers(true, true),
  fbstp: () => fbstp,
  fstpnce: () => fstpnce,
};
