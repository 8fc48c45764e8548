/**
 * Initial contents of the x87 and of the XMM registers: values at which
 * floating point and packed integers behave in their own ways, and any others.
 */
import type { ArchState } from '../case.ts';
import type { Aim } from './aims.ts';
import { type Draw, drawOf } from './draw.ts';

type Fpu = ArchState['fpu'];

/** Exponent and significand of 80-bit numbers: zeroes, infinities, NaNs, denormals, unnormals, integers, limits of formats. */
const F80 = [
  '00000000000000000000',
  '80000000000000000000',
  '3fff8000000000000000',
  'bfff8000000000000000',
  '40008000000000000000',
  '3ffe8000000000000000',
  '7fff8000000000000000',
  'ffff8000000000000000',
  '7fffc000000000000000',
  'ffffc000000000000001',
  '7fff8000000000000001',
  '7fffa000000000000000',
  '7fff0000000000000001',
  '7fff4000000000000000',
  '7fff0000000000000000',
  '00000000000000000001',
  '80007fffffffffffffff',
  '00008000000000000000',
  '00018000000000000000',
  '7ffeffffffffffffffff',
  '3fff0000000000000001',
  '40010000000000000000',
  '403effffffffffffffff',
  '403dfffffffffffffffe',
  'c03e8000000000000000',
  '401dfffffffe00000000',
  '401effffffff80000000',
  '400dfffe000000000000',
  'c00e8000000000000000',
  '3f808000000000000000',
  '3c008000000000000000',
  '407effffff0000000000',
  '43fefffffffffffff800',
  '3fffffffffffffffffff',
  '4000c90fdaa22168c235',
  '3ffe93cd3a2c8198e269',
  '403abc16d674ec800000',
  '403b8ac7230489e7ffff',
  '3fffc000000000000000',
  'c0008000000000000001',
] as const;

/** 32-bit floats; as doubles' high halves they are extremes too. */
const F32: readonly number[] = [
  0, 0x8000_0000, 0x3f80_0000, 0xbf80_0000, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc0_0001, 0x7f80_0001,
  0x7fa0_0000, 0x0000_0001, 0x807f_ffff, 0x0080_0000, 0x7f7f_ffff, 0x4f00_0000, 0xcf00_0000, 0x4eff_ffff, 0x3f00_0000,
  0x4040_0000, 0x3fff_ffff, 0x0000_007f, 0x8080_8080, 0x7fff_7fff, 0x8000_7fff, 0xffff_ffff, 0x00ff_ff00,
];
const F64_HIGH: readonly number[] = [
  0, 0x8000_0000, 0x3ff0_0000, 0xbff0_0000, 0x7ff0_0000, 0xfff0_0000, 0x7ff8_0000, 0x7ff4_0000, 0x0010_0000,
  0x000f_ffff, 0x7fef_ffff, 0x41e0_0000, 0xc1e0_0000, 0x41df_ffff, 0x47ef_ffff, 0x3810_0000, 0x36a0_0000, 0x3fe0_0000,
];
const F64_LOW: readonly number[] = [0, 0, 0, 1, 0xffff_ffff, 0xffc0_0000, 0xe000_0000, 0x2000_0000, 0x8000_0000];

const SPECIAL_32 = [
  0, 0x8000_0000, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0x7fa0_0000, 1, 0x807f_ffff, 0x7f7f_ffff, 0x80_0000,
];
const SPECIAL_64 = [
  0, 0x8000_0000, 0x7ff0_0000, 0xfff0_0000, 0x7ff8_0000, 0xfff4_0000, 0xf_ffff, 0x7fef_ffff, 0x10_0000,
];

const hex8 = (word: number) => (word >>> 0).toString(16).padStart(8, '0');

/** Numbers of a middling size in every element, so that operations on them have something to round, and nothing else. */
function ordinaryDigits(draw: Draw): string {
  const sign = () => (draw.once(2) ? 0x8000_0000 : 0);
  const single = () =>
    hex8(sign() | (draw.between(0x78, 0x9d) << 23) | (draw.word() & (draw.once(3) ? 0x70_0000 : 0x7f_ffff)));
  const double = () =>
    hex8(sign() | (draw.between(0x3f8, 0x41d) << 20) | (draw.word() & 0xf_ffff)) + hex8(draw.once(3) ? 0 : draw.word());
  return draw.once(2) ? double() + double() : single() + single() + single() + single();
}

/** Zeros, infinities, NaNs, denormals and the largest number in every element. */
function specialDigits(draw: Draw): string {
  const single = () => hex8(draw.pick(SPECIAL_32));
  const double = () => hex8(draw.pick(SPECIAL_64)) + hex8(draw.pick([0, 0, 1, 0xffff_ffff]));
  return draw.once(2) ? double() + double() : single() + single() + single() + single();
}

function xmmDigits(draw: Draw): string {
  const word = () => (draw.once(3) ? draw.word() : draw.pick(F32));
  const double = () =>
    draw.once(3) ? hex8(draw.word()) + hex8(draw.word()) : hex8(draw.pick(F64_HIGH)) + hex8(draw.pick(F64_LOW));
  if (draw.once(3)) return ordinaryDigits(draw);
  if (draw.once(2)) return double() + double();
  return hex8(word()) + hex8(word()) + hex8(word()) + hex8(word());
}

function f80Digits(draw: Draw): string {
  const kind = draw.below(8);
  if (kind < 4) return draw.pick(F80);
  const significand = hex8(draw.word() | 0x8000_0000) + hex8(draw.word());
  // Any; of a middling size, so that sums and differences have something to round; with few bits; an integer.
  const sign = draw.below(2) << 15;
  const exponent =
    kind === 4 ? draw.below(0x8000) : kind === 5 ? draw.between(0x3ff0, 0x4010) : draw.between(0x3fff, 0x4040);
  const top = (sign | exponent).toString(16).padStart(4, '0');
  return kind === 7 ? `${top}${significand.slice(0, 4)}000000000000` : top + significand;
}

/** Drawn once: spelling numbers anew for each case would cost more than all the rest. */
const POOL = 512;
const poolDraw = drawOf(0x5eed, 0);
const XMM_POOL: readonly string[] = Array.from({ length: POOL }, () => xmmDigits(poolDraw));
const SPECIAL_POOL: readonly string[] = Array.from({ length: POOL }, () => specialDigits(poolDraw));
const F80_POOL: readonly string[] = Array.from({ length: POOL }, () => f80Digits(poolDraw));

function fromPool(draw: Draw, pool: readonly string[], fresh: (draw: Draw) => string): string {
  return draw.once(16) ? fresh(draw) : pool[draw.below(POOL)]!;
}

const registers = (draw: Draw, pool: readonly string[], fresh: (draw: Draw) => string) =>
  Array.from({ length: 8 }, () => fromPool(draw, pool, fresh));

export function randomXmm(draw: Draw): readonly string[] {
  // Zeros meet infinities and NaNs too seldom by themselves.
  if (draw.once(6)) return Array.from({ length: 8 }, () => SPECIAL_POOL[draw.below(POOL)]!);
  return registers(draw, XMM_POOL, xmmDigits);
}

/** As programs have it that have been computing: nothing is special, and something has been inexact. */
const MXCSR_COMPUTING = 0x1fa0;

/** All masked most often; rounding, flush to zero, denormals are zero; rarely some exceptions unmasked, or flags set. */
export function randomMxcsr(draw: Draw, unmasked = false): number {
  if (!unmasked && draw.once(2)) return MXCSR_COMPUTING | (draw.once(3) ? draw.below(64) : 0);
  const masks = unmasked ? 0 : draw.once(4) ? draw.below(64) << 7 : 0x1f80;
  const modes = (draw.below(4) << 13) | (draw.once(6) ? 0x8000 : 0) | (draw.once(6) ? 0x40 : 0);
  return masks | modes | (draw.once(4) ? draw.below(64) : 0);
}

/** For an aim: unmasked exceptions; nothing special where the instruction is to be refused before it computes. */
export function aimedMxcsr(draw: Draw, aim: Aim | undefined): number {
  if (aim === 'task-switched' || aim === 'emulated' || aim === 'no-fxsr') return MXCSR_COMPUTING;
  return randomMxcsr(draw, aim === 'unmasked');
}

const ZERO_80 = '00000000000000000000';

/** As FNINIT leaves it. */
export const FPU_INITIAL: Fpu = {
  control: 0x37f,
  status: 0,
  empty: 0xff,
  registers: Array.from({ length: 8 }, () => ZERO_80),
  opcode: 0,
  ip: 0,
  cs: 0,
  dp: 0,
  ds: 0,
};
export const XMM_INITIAL: readonly string[] = Array.from({ length: 8 }, () => '0'.repeat(32));
export const MXCSR_INITIAL = 0x1f80;

const SUMMARY = 0x8080;

/**
 * A state of the x87. The error summary is set when an unmasked exception is pending, as in a processor; that is rare,
 * for it lets nothing run.
 */
export function randomFpu(draw: Draw, aimed = false): Fpu {
  const masks = aimed ? draw.below(32) : draw.once(4) ? draw.below(64) : 0x3f;
  const precision = draw.once(3) ? draw.pick([0, 2, 2]) : 3;
  const control = 0x40 | masks | (precision << 8) | (draw.below(4) << 10);
  const flags = aimed ? draw.between(1, 63) | 0x20 : draw.once(4) ? draw.below(128) : 0;
  const pending = (flags & 0x3f & ~masks) !== 0;
  const kept = pending && !aimed && !draw.once(16) ? flags & (masks | 0x40) : flags;
  const summary = (kept & 0x3f & ~masks) !== 0 ? SUMMARY : 0;
  const conditions = draw.once(2) ? draw.below(8) << 8 : 0;
  const fill = draw.below(4);
  if (!aimed && draw.once(3)) {
    // As programs have it that have been computing.
    const top = draw.below(8);
    // Registers in use, from the top on.
    const used = (1 << draw.below(8)) - 1;
    const empty = ~((used << top) | (used >> (8 - top))) & 0xff;
    const status = 0x20 | (top << 11) | conditions;
    return { ...FPU_INITIAL, control: 0x37f, status, empty, registers: registers(draw, F80_POOL, f80Digits) };
  }
  return {
    control,
    status: kept | summary | conditions | (draw.once(4) ? 0x4000 : 0) | (draw.below(8) << 11),
    empty: fill < 2 ? 0 : fill === 2 ? 1 << draw.below(8) : draw.below(256),
    registers: registers(draw, F80_POOL, f80Digits),
    opcode: 0,
    ip: 0,
    cs: 0,
    dp: 0,
    ds: 0,
  };
}

/** 16 bytes for a memory operand that is read as numbers. */
export function numberBytes(draw: Draw): Uint8Array {
  const words = new Int32Array(4);
  const kind = draw.below(4);
  if (kind === 0) {
    const digits = F80_POOL[draw.below(POOL)]!;
    words[0] = Number.parseInt(digits.slice(12), 16);
    words[1] = Number.parseInt(digits.slice(4, 12), 16);
    words[2] = Number.parseInt(digits.slice(0, 4), 16);
  } else if (kind === 1) {
    // Packed BCD, with a digit out of range now and then.
    for (let n = 0; n < 3; n++) words[n] = draw.word() & (draw.once(3) ? -1 : 0x7777_7777);
  } else {
    for (let n = 0; n < 4; n++) {
      words[n] = kind === 2 ? draw.pick(F32) : (n & 1) === 0 ? draw.pick(F64_LOW) : draw.pick(F64_HIGH);
    }
  }
  return new Uint8Array(words.buffer);
}
