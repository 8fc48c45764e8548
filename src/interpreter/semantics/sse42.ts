/**
 * SSE4.2's string comparisons, PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM
 * (SDM vol. 2 section 4.1).
 *
 * The immediate: bits 0-1 the element (unsigned byte, unsigned word, signed
 * byte, signed word), 2-3 the aggregation, 4-5 the polarity, 6 which end the
 * index is taken from, or whether the mask is of bits or of elements.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import * as L from '../../cpu/layout.ts';
import { CF, EAX, ECX, EDX, FLAGS_ARITH, OF, SF, ZF } from '../../cpu/registers.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Handler, Semantics } from '../handler.ts';
import { load16, requireSse, xmm } from './simd-operands.ts';

const EQUAL_ANY = 0;
const RANGES = 1;
const EQUAL_EACH = 2;

/** Element `e` of the operand at word index `s`. */
function element(cpu: Cpu, s: number, e: number, format: number): number {
  if ((format & 1) !== 0) {
    const half = cpu.u16[2 * s + e]!;
    return (format & 2) !== 0 ? (half << 16) >> 16 : half;
  }
  const byte = cpu.u8[4 * s + e]!;
  return (format & 2) !== 0 ? (byte << 24) >> 24 : byte;
}

/** Elements before the first zero. */
function implicitLength(cpu: Cpu, s: number, format: number, count: number): number {
  for (let e = 0; e < count; e++) if (element(cpu, s, e, format) === 0) return e;
  return count;
}
/** A length register's magnitude, no more than all. */
function explicitLength(value: number, count: number): number {
  const magnitude = Math.abs(value);
  return magnitude > count ? count : magnitude;
}

/** One bit for each element of the second operand, before polarity. */
function aggregate(
  cpu: Cpu,
  a: number,
  b: number,
  lengthA: number,
  lengthB: number,
  count: number,
  imm: number,
): number {
  const format = imm & 3;
  const mode = (imm >> 2) & 3;
  let bits = 0;
  for (let j = 0; j < count; j++) {
    let hit = false;
    if (mode === EQUAL_EACH) {
      // Past both ends elements are equal, past one they differ.
      hit =
        j < lengthA && j < lengthB
          ? element(cpu, a, j, format) === element(cpu, b, j, format)
          : j >= lengthA && j >= lengthB;
    } else if (mode === EQUAL_ANY) {
      const x = element(cpu, b, j, format);
      for (let k = 0; j < lengthB && k < lengthA && !hit; k++) hit = element(cpu, a, k, format) === x;
    } else if (mode === RANGES) {
      const x = element(cpu, b, j, format);
      for (let k = 0; j < lengthB && k + 1 < lengthA && !hit; k += 2) {
        hit = element(cpu, a, k, format) <= x && x <= element(cpu, a, k + 1, format);
      }
    } else {
      // Equal ordered: the first operand occurs here, as far as the register reaches.
      hit = true;
      for (let k = 0; k < lengthA && j + k < count && hit; k++) {
        hit = j + k < lengthB && element(cpu, a, k, format) === element(cpu, b, j + k, format);
      }
    }
    if (hit) bits |= 1 << j;
  }
  return bits;
}

/** Sets the flags and returns the final bits. */
function compare(cpu: Cpu, i: Instruction, s: number, explicit: boolean): number {
  const imm = i.imm;
  const count = (imm & 1) !== 0 ? 8 : 16;
  const all = (1 << count) - 1;
  const d = xmm(i.r0);
  const lengthA = explicit ? explicitLength(cpu.gpr[EAX]!, count) : implicitLength(cpu, d, imm & 3, count);
  const lengthB = explicit ? explicitLength(cpu.gpr[EDX]!, count) : implicitLength(cpu, s, imm & 3, count);
  const raw = aggregate(cpu, d, s, lengthA, lengthB, count, imm);
  const polarity = (imm >> 4) & 3;
  const valid = (1 << lengthB) - 1;
  const bits = polarity === 1 ? ~raw & all : polarity === 3 ? raw ^ valid : raw;
  const flags =
    (bits !== 0 ? CF : 0) | (lengthB < count ? ZF : 0) | (lengthA < count ? SF : 0) | ((bits & 1) !== 0 ? OF : 0);
  const m = cpu.s32;
  m[L.EFLAGS >> 2] = (m[L.EFLAGS >> 2]! & ~FLAGS_ARITH) | flags;
  return bits;
}

function index(explicit: boolean): Handler {
  return (cpu, i) => {
    requireSse(cpu);
    const bits = compare(cpu, i, i.k1 === K.Mem ? load16(cpu, i) : xmm(i.r1), explicit);
    const last = (i.imm & 0x40) !== 0;
    const none = (i.imm & 1) !== 0 ? 8 : 16;
    cpu.gpr[ECX] = bits === 0 ? none : last ? 31 - Math.clz32(bits) : 31 - Math.clz32(bits & -bits);
  };
}

function mask(explicit: boolean): Handler {
  return (cpu, i) => {
    requireSse(cpu);
    const bits = compare(cpu, i, i.k1 === K.Mem ? load16(cpu, i) : xmm(i.r1), explicit);
    const d = xmm(0);
    if ((i.imm & 0x40) !== 0) {
      const size = (i.imm & 1) !== 0 ? 2 : 1;
      for (let b = 0; b < 16; b++) cpu.u8[4 * d + b] = ((bits >> Math.floor(b / size)) & 1) !== 0 ? 0xff : 0;
      return;
    }
    const m = cpu.s32;
    m[d] = bits;
    m[d + 1] = 0;
    m[d + 2] = 0;
    m[d + 3] = 0;
  };
}

const EXPLICIT_INDEX = index(true);
const EXPLICIT_MASK = mask(true);
const IMPLICIT_INDEX = index(false);
const IMPLICIT_MASK = mask(false);

export const SSE42: Semantics = {
  pcmpestri: () => EXPLICIT_INDEX,
  pcmpestrm: () => EXPLICIT_MASK,
  pcmpistri: () => IMPLICIT_INDEX,
  pcmpistrm: () => IMPLICIT_MASK,
};
