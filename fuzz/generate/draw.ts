/**
 * Where generators get their choices from: fast-check's random source, with the
 * few kinds of choice that they make. The same source gives the same choices, on
 * every machine; a case is known by its campaign's seed and its number.
 */
import { Random } from 'fast-check';
import { EXTREMES } from '../case.ts';

type SourceOf = ConstructorParameters<typeof Random>[0];

/** xoshiro128**, by its public description (Blackman and Vigna 2018), in the shape that fast-check takes. */
class Xoshiro {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(a: number, b: number, c: number, d: number) {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }
  clone(): Xoshiro {
    return new Xoshiro(this.a, this.b, this.c, this.d);
  }
  /** The next 32 bits, signed. */
  next(): number {
    const { a, b, c, d } = this;
    const times5 = Math.imul(b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9);
    this.c = c ^ a;
    this.d = d ^ b;
    this.b = b ^ this.c;
    this.a = a ^ this.d;
    this.c ^= b << 9;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }
  getState(): readonly number[] {
    return [this.a, this.b, this.c, this.d];
  }
}

/** A good mixture of 32 bits (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x85eb_ca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2_ae35);
  return x ^ (x >>> 16);
}

export class Draw {
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    return count <= 1 ? 0 : this.random.nextInt(0, count - 1);
  }
  /** `low` to `high`, both included. */
  between(low: number, high: number): number {
    return this.random.nextInt(low, high);
  }
  /** True once in `count` times. */
  once(count: number): boolean {
    return this.random.nextInt(0, count - 1) === 0;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  /** Any 32 bits, as a signed number. */
  word(): number {
    return this.random.nextInt(-0x8000_0000, 0x7fff_ffff);
  }
  /** A word at which things change, or near one, or any. */
  extreme(): number {
    const kind = this.below(8);
    if (kind < 4) return this.pick(EXTREMES);
    if (kind === 4) return (this.pick(EXTREMES) + this.between(-2, 2)) | 0;
    if (kind === 5) return 1 << this.below(32);
    return this.word();
  }
}

/** The source of case `number` of a campaign. Both are whole numbers from 0; `seed` below 2^32, `number` below 2^53. */
export function drawOf(seed: number, number: number): Draw {
  const low = mix(number ^ 0x9e37_79b9) | 0;
  const high = mix((number / 2 ** 32) | 0);
  const a = mix(seed ^ low);
  const b = mix(a ^ high ^ 0x7f4a_7c15);
  const c = mix(b + seed);
  // A state of zeroes would stay so.
  const source = new Xoshiro(a, b, c, mix(c ^ low) | 1);
  for (let n = 0; n < 4; n++) source.next();
  return new Draw(new Random(source as unknown as SourceOf));
}
