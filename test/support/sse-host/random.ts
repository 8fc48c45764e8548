/**
 * Random operands that lean towards the extremes: bit patterns as well as
 * numbers at the edges of binary32 and binary64. Deterministic for a seed.
 */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0 || 1;
  }

  /** 32 bits, unsigned. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return Math.imul(x, 0x2545_f491) >>> 0;
  }

  /** 0 to n - 1. */
  below(n: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * n);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** A word with long runs of equal bits, or quite random. */
function word(random: Random): number {
  switch (random.below(7)) {
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

const EXPONENTS_32 = [0, 0, 1, 2, 23, 24, 63, 64, 126, 127, 128, 150, 157, 158, 159, 190, 191, 253, 254, 255, 255];
const EXPONENTS_64 = [
  0, 0, 1, 2, 52, 53, 511, 512, 873, 874, 895, 896, 897, 970, 1021, 1022, 1023, 1024, 1053, 1054, 1055, 1075, 1150,
  1151, 1534, 1535, 2045, 2046, 2047, 2047,
];

/** Bits of a binary32. */
function single(random: Random): number {
  const exponent =
    random.below(2) === 0
      ? random.pick(EXPONENTS_32)
      : random.below(4) === 0
        ? random.below(256)
        : 112 + random.below(32);
  return ((random.below(2) << 31) | (exponent << 23) | (word(random) >>> 9)) >>> 0;
}

/** Exponents whose products, quotients or conversions come out where rounding, tininess and overflow meet. */
const EDGES_64: readonly (readonly number[])[] = [
  [511, 512],
  [1, 1022],
  [1, 1023, 1024],
  [0, 1, 2, 1023],
  [2045, 2046, 1023],
  [893, 895, 896, 897],
  [3, 20, 50, 1021],
];
const EDGES_32: readonly (readonly number[])[] = [
  [63, 64],
  [1, 126],
  [1, 127, 128],
  [0, 1, 2, 127],
  [253, 254, 127],
  [3, 12, 23, 125],
];

/** Fills registers or memory with numbers of such exponents, a few units from a power of two or from half way. */
export function edges64(random: Random, view: DataView, at: number, bytes: number, pool = random.below(7)): void {
  for (let b = 0; b < bytes; b += 8) {
    const away = random.below(6) - 2;
    const high = away < 0 ? 0xfffff : random.below(4) === 0 ? 0x80000 : 0;
    view.setInt32(at + b, away, true);
    view.setUint32(at + b + 4, ((random.below(2) << 31) | (random.pick(EDGES_64[pool]!) << 20) | high) >>> 0, true);
  }
}
export function edges32(random: Random, view: DataView, at: number, bytes: number, pool = random.below(6)): void {
  for (let b = 0; b < bytes; b += 4) {
    const fraction = (random.below(6) - 2 + (random.below(4) === 0 ? 0x400000 : 0)) & 0x7fffff;
    view.setUint32(at + b, ((random.below(2) << 31) | (random.pick(EDGES_32[pool]!) << 23) | fraction) >>> 0, true);
  }
}

/** Writes one of many kinds of 16 bytes. */
export function operand(random: Random, view: DataView, at: number): void {
  const kind = random.below(8);
  if (kind < 3) {
    for (let w = 0; w < 4; w++) view.setUint32(at + 4 * w, single(random), true);
  } else if (kind < 6) {
    for (let w = 0; w < 4; w += 2) {
      const exponent =
        random.below(2) === 0
          ? random.pick(EXPONENTS_64)
          : random.below(4) === 0
            ? random.below(2048)
            : 1000 + random.below(50);
      view.setUint32(at + 4 * w, word(random), true);
      view.setUint32(at + 4 * w + 4, ((random.below(2) << 31) | (exponent << 20) | (word(random) >>> 12)) >>> 0, true);
    }
  } else if (kind === 6) {
    for (let w = 0; w < 4; w++) view.setUint32(at + 4 * w, word(random), true);
  } else {
    // Bytes and words that meet the limits of saturation.
    for (let b = 0; b < 16; b++) view.setUint8(at + b, random.pick([0, 1, 0x7f, 0x80, 0x81, 0xff, random.below(256)]));
  }
}
