/**
 * Makes records to compare: every x87 instruction form on states whose
 * operands lean towards the extremes, under every rounding and precision
 * control and random masks. Deterministic for a seed.
 */
import {
  AT_CODE,
  AT_EAX,
  AT_EFLAGS,
  AT_IMAGE,
  AT_LENGTH,
  AT_MEMORY,
  AT_REGISTERS,
  MEMORY_SIZE,
  RECORD,
} from './record.ts';

/** A small generator of 32-bit numbers (xorshift). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0 || 1;
  }

  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return Math.imul(x, 0x9e37_79b1) >>> 0;
  }

  below(n: number): number {
    return Math.floor((this.next() / 4294967296) * n);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** 32 bits that are often all zeros, all ones, or a run of either. */
function word(random: Random): number {
  switch (random.below(8)) {
    case 0:
      return 0;
    case 1:
      return 0xffff_ffff;
    case 2:
      return (1 << random.below(32)) >>> 0;
    case 3:
      return (-1 << random.below(32)) >>> 0;
    case 4:
      return 0xffff_ffff >>> random.below(32);
    default:
      return random.next();
  }
}

const EXPONENTS = [
  0, 0, 1, 2, 0x20, 0x40, 0x3fbe, 0x3ffd, 0x3ffe, 0x3fff, 0x3fff, 0x4000, 0x4001, 0x400e, 0x401e, 0x403d, 0x403e,
  0x403f, 0x4040, 0x3f80, 0x3f81, 0x407e, 0x407f, 0x3c00, 0x3c01, 0x43fe, 0x43ff, 0x3bcd, 0x3f69, 0x7ffd, 0x7ffe,
  0x7fff, 0x7fff, 0x2000, 0x6000,
];

/** Writes an 80-bit operand. */
function operand80(random: Random, view: DataView, at: number): void {
  let hi = word(random);
  if (random.below(16) !== 0) hi |= 0x8000_0000;
  const kind = random.below(8);
  let exponent = random.pick(EXPONENTS);
  if (kind === 0) exponent = random.below(0x8000);
  else if (kind < 5) exponent = 0x3fff - 70 + random.below(140);
  if (exponent === 0 && random.below(4) !== 0) hi &= 0x7fff_ffff;
  let lo = word(random);
  if (random.below(20) === 0) {
    // Exact zero, infinity, or a small integer.
    const which = random.below(3);
    lo = 0;
    hi = which === 0 ? 0 : 0x8000_0000;
    if (which === 0) exponent = 0;
    if (which === 1) exponent = 0x7fff;
  }
  view.setUint32(at, lo, true);
  view.setUint32(at + 4, hi, true);
  view.setUint16(at + 8, exponent | (random.below(2) << 15), true);
}

function memoryOperand(random: Random, view: DataView, at: number): void {
  for (let k = 0; k < MEMORY_SIZE; k += 4) view.setUint32(at + k, word(random), true);
  switch (random.below(5)) {
    case 0: // a single near one, or extreme
      view.setUint32(
        at,
        (random.below(2) << 31) |
          ((random.below(2) ? 120 + random.below(16) : random.pick([0, 1, 254, 255])) << 23) |
          (word(random) >>> 9),
        true,
      );
      break;
    case 1: // a double near one, or extreme
      view.setUint32(
        at + 4,
        (random.below(2) << 31) |
          ((random.below(2) ? 1016 + random.below(16) : random.pick([0, 1, 2046, 2047])) << 20) |
          (word(random) >>> 12),
        true,
      );
      break;
    case 2: // an 80-bit number
      operand80(random, view, at);
      break;
    case 3: // a packed decimal
      for (let k = 0; k < 9; k++) view.setUint8(at + k, random.below(10) * 16 + random.below(10));
      view.setUint8(at + 9, random.below(2) * 128);
      break;
    default:
  }
}

/** What a generated state may contain. */
export interface StateOptions {
  /** Exceptions may be unmasked. */
  readonly unmasked: boolean;
  /** Registers may be empty, or all in use. */
  readonly stackFaults: boolean;
}

/** Writes a whole random record for `code`. */
export function makeRecord(
  random: Random,
  code: readonly number[],
  options: StateOptions,
  out: Uint8Array,
  at: number,
): void {
  const view = new DataView(out.buffer, out.byteOffset + at, RECORD);
  view.setUint8(AT_LENGTH, code.length);
  code.forEach((byte, k) => {
    view.setUint8(AT_CODE + k, byte);
  });
  view.setUint32(AT_EFLAGS, 2 | (random.next() & 0x8d5), true);
  view.setUint32(AT_EAX, random.next(), true);
  const masks = options.unmasked ? random.next() & 0x3f : 0x3f;
  const control = 0x40 | masks | (random.below(4) << 10) | (random.pick([0, 2, 3, 3]) << 8);
  const top = random.below(8);
  // Flags already set must be masked ones: nothing is pending.
  const flags = random.below(2) === 0 ? random.next() & masks & 0x3f : 0;
  const status = (top << 11) | flags | (random.next() & 0x4700) | (random.below(2) << 6);
  let tags = 0;
  for (let n = 0; n < 8; n++) {
    // Without stack faults: st(0) to st(3) in use, the others empty.
    const empty = options.stackFaults ? random.below(3) === 0 : n >= 4;
    if (empty) tags |= 3 << (((top + n) & 7) * 2);
  }
  view.setUint32(AT_IMAGE, 0xffff_0000 | control, true);
  view.setUint32(AT_IMAGE + 4, 0xffff_0000 | status, true);
  view.setUint32(AT_IMAGE + 8, 0xffff_0000 | tags, true);
  for (let n = 0; n < 8; n++) operand80(random, view, AT_REGISTERS + n * 10);
  // Sometimes equal magnitudes, for ties, cancellation and comparison.
  if (random.below(16) === 0) {
    for (let k = 0; k < 10; k++) view.setUint8(AT_REGISTERS + 10 + k, view.getUint8(AT_REGISTERS + k));
  }
  memoryOperand(random, view, AT_MEMORY);
}

const ST1 = 1;
const registerForms: readonly (readonly number[])[] = [
  ...[0xc0, 0xc8, 0xd0, 0xd8, 0xe0, 0xe8, 0xf0, 0xf8].flatMap((m) => [
    [0xd8, m],
    [0xd8, m + ST1],
    [0xdc, m + ST1],
    ...(m === 0xd8 ? [] : [[0xde, m + 2]]),
  ]),
  [0xde, 0xd9],
  [0xda, 0xe9],
  ...[0xda, 0xdb].flatMap((o) => [0xc0, 0xc8, 0xd0, 0xd8].map((m) => [o, m + ST1])),
  ...[0xdb, 0xdf].flatMap((o) => [0xe8, 0xf0].map((m) => [o, m + ST1])),
  ...[0xc0, 0xd0, 0xd8, 0xe0, 0xe8].map((m) => [0xdd, m + ST1]),
  [0xdd, 0xc9],
  [0xdd, 0xc4],
  [0xdd, 0xd4],
  [0xdd, 0xdc],
  [0xdf, 0xc1],
  [0xd9, 0xc0],
  [0xd9, 0xc1],
  [0xd9, 0xc5],
  [0xd9, 0xc9],
  [0xd9, 0xcc],
  [0xd9, 0xd0],
  [0xd9, 0xe0],
  [0xd9, 0xe1],
  [0xd9, 0xe4],
  [0xd9, 0xe5],
  ...[0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee].map((m) => [0xd9, m]),
  ...[0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xfa, 0xfc, 0xfd].map((m) => [0xd9, m]),
  [0xdb, 0xe2],
  [0xdb, 0xe3],
  [0xdf, 0xe0],
];

/** ModR/M with mod 00, r/m [ecx]. */
const memoryForms: readonly (readonly number[])[] = [
  ...[0xd8, 0xda, 0xdc, 0xde].flatMap((o) => [0, 1, 2, 3, 4, 5, 6, 7].map((r) => [o, (r << 3) | 1])),
  ...[0, 2, 3, 5, 7].map((r) => [0xd9, (r << 3) | 1]),
  ...[0, 1, 2, 3, 5, 7].map((r) => [0xdb, (r << 3) | 1]),
  ...[0, 1, 2, 3, 7].map((r) => [0xdd, (r << 3) | 1]),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((r) => [0xdf, (r << 3) | 1]),
];

/** Every form whose result is defined to the bit. */
export const EXACT_FORMS: readonly (readonly number[])[] = [...registerForms, ...memoryForms];
/** Forms that approximate: F2XM1, FYL2X, FPTAN, FPATAN, FYL2XP1, FSINCOS, FSIN, FCOS. */
export const TRANSCENDENTAL_FORMS: readonly (readonly number[])[] = [
  0xf0, 0xf1, 0xf2, 0xf3, 0xf9, 0xfb, 0xfe, 0xff,
].map((m) => [0xd9, m]);

/** Records for every form of a list, `each` under every kind of state. */
export function makeRecords(seed: number, forms: readonly (readonly number[])[], each: number): Uint8Array {
  const random = new Random(seed);
  const kinds: StateOptions[] = [
    { unmasked: false, stackFaults: false },
    { unmasked: true, stackFaults: false },
    { unmasked: false, stackFaults: true },
    { unmasked: true, stackFaults: true },
  ];
  const records = new Uint8Array(forms.length * kinds.length * each * RECORD);
  let at = 0;
  for (const form of forms) {
    for (const kind of kinds) {
      for (let k = 0; k < each; k++) {
        makeRecord(random, form, kind, records, at);
        at += RECORD;
      }
    }
  }
  return records;
}
