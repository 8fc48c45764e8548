/**
 * Arguments and results of the transcendental instructions, a line each, for exact.py to judge:
 *
 *     name se:significand [se:significand] se:significand
 *
 * in hexadecimal, the result last; of two operands y = st(1) comes first. Half of the arguments are random, half are where
 * it is hard: beside multiples of pi/2, at the ends of ranges, tiny, denormal, where results cancel.
 *
 *     node --import tsx test/support/x87-accuracy/samples.ts COUNT SEED | python3 test/support/x87-accuracy/exact.py
 */
import { arctangentOf } from '../../../src/interpreter/softfloat/arctangent.ts';
import { FloatContext } from '../../../src/interpreter/softfloat/context.ts';
import { Float80 } from '../../../src/interpreter/softfloat/float80.ts';
import { power2Minus1, yLog2X, yLog2XPlus1 } from '../../../src/interpreter/softfloat/logarithm.ts';
import { cosine, sine, sineCosine, tangent } from '../../../src/interpreter/softfloat/trigonometric.ts';

const BIAS = 0x3fff;
/** 128 bits of pi/2, with its first bit at 2^0. */
const HALF_PI = 0xc90f_daa2_2168_c234_c4c6_628b_80dc_1cd1n;
const TOP = 1n << 63n;

let seed = Number(process.argv[3] ?? 1) | 0 || 1;
function random(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
}
const below = (n: number): number => random() % n;

function make(sign: number, exp: number, significand: bigint): Float80 {
  const out = new Float80();
  out.set((sign << 15) | exp, Number(BigInt.asIntN(32, significand >> 32n)), Number(BigInt.asIntN(32, significand)));
  return out;
}

/** Random bits, or few ones, or nearly all ones, below the integer bit. */
function fraction(): bigint {
  const bits = (BigInt(random()) << 32n) | BigInt(random());
  const kind = below(4);
  if (kind === 0) return TOP | (BigInt(below(16)) << BigInt(below(60)));
  if (kind === 1) return BigInt.asUintN(64, -BigInt(below(1000) + 1));
  return TOP | bits;
}

/** Exponents from `low` to `high`, as powers of 2. */
const between = (low: number, high: number): Float80 => make(below(2), BIAS + low + below(high - low + 1), fraction());
const denormal = (): Float80 => make(below(2), 0, (fraction() >> BigInt(1 + below(63))) | 1n);

/** Within a few units in the last place of a multiple of pi/2. */
function beside(): Float80 {
  const n = BigInt(1 + below(below(2) === 0 ? 50 : 2 ** 30)) << BigInt(below(below(4) === 0 ? 33 : 2));
  const product = n * HALF_PI;
  const length = product.toString(2).length;
  const significand = (product >> BigInt(length - 64)) + BigInt(below(5) - 2);
  const exp = BIAS + length - 128;
  return significand >= TOP && significand < TOP << 1n && exp < BIAS + 63 ? make(below(2), exp, significand) : beside();
}

/** Just above or below 1 or -1. */
function besideOne(): Float80 {
  const step = BigInt(1 + below(1000)) << BigInt(below(50));
  return below(2) === 0 ? make(0, BIAS, TOP + step) : make(0, BIAS - 1, (TOP << 1n) - step);
}

const angle = (): Float80 => {
  const kind = below(8);
  if (kind < 2) return beside();
  if (kind === 2) return between(-70, -20);
  if (kind === 3) return denormal();
  return kind === 4 ? between(-16382, -60) : between(-8, kind === 5 ? 62 : 6);
};
const anything = (): Float80 =>
  below(10) === 0 ? denormal() : below(2) === 0 ? between(-20, 20) : between(-16382, 16383);
const positive = (a: Float80): Float80 => make(0, a.se & 0x7fff, (BigInt(a.hi >>> 0) << 32n) | BigInt(a.lo >>> 0));

interface Row {
  readonly name: string;
  /** Arguments: y where there are two, then x. */
  readonly args: () => readonly Float80[];
  run(c: FloatContext, args: readonly Float80[], out: Float80): void;
}

const other = new Float80();
const ROWS: readonly Row[] = [
  { name: 'fsin', args: () => [angle()], run: (c, [x], out) => sine(c, x!, out) },
  { name: 'fcos', args: () => [angle()], run: (c, [x], out) => cosine(c, x!, out) },
  { name: 'fsincos.sin', args: () => [angle()], run: (c, [x], out) => sineCosine(c, x!, out, other) },
  { name: 'fsincos.cos', args: () => [angle()], run: (c, [x], out) => sineCosine(c, x!, other, out) },
  { name: 'fptan', args: () => [angle()], run: (c, [x], out) => tangent(c, x!, out) },
  { name: 'fpatan', args: () => [anything(), anything()], run: (c, [y, x], out) => arctangentOf(c, y!, x!, out) },
  {
    name: 'f2xm1',
    args: () => [below(8) === 0 ? denormal() : below(4) === 0 ? between(-16382, -60) : between(-66, -1)],
    run: (c, [x], out) => power2Minus1(c, x!, out),
  },
  {
    name: 'fyl2x',
    args: () => [anything(), below(3) === 0 ? besideOne() : positive(anything())],
    run: (c, [y, x], out) => yLog2X(c, y!, x!, out),
  },
  {
    name: 'fyl2xp1',
    // |x| below 1 - sqrt(2)/2.
    args: () => [anything(), below(8) === 0 ? denormal() : below(4) === 0 ? between(-16382, -60) : between(-66, -3)],
    run: (c, [y, x], out) => yLog2XPlus1(c, y!, x!, out),
  },
];

const hex = (a: Float80): string =>
  `${a.se.toString(16)}:${((BigInt(a.hi >>> 0) << 32n) | BigInt(a.lo >>> 0)).toString(16)}`;

const count = Number(process.argv[2] ?? 1000);
const context = new FloatContext();
const out = new Float80();
for (const { name, args, run } of ROWS) {
  const lines: string[] = [];
  for (let n = 0; n < count; n++) {
    const operands = args();
    const before = operands.map(hex);
    context.begin(0x37f);
    run(context, operands, out);
    lines.push(`${[name, ...before, hex(out)].join(' ')}\n`);
  }
  process.stdout.write(lines.join(''));
}
