/**
 * Lowers the conversion of a single or double to the form of the registers: in
 * place, because it is part of every load and every arithmetic with memory.
 */
import { FPU_CONTROL } from '../../cpu/layout.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import { I64 } from './value-types.ts';

const MASK_DE = 2;
/** DE as it stands in a number's word. */
const WORD_DE = 0x2_0000;
const EXPONENT = 0x7fff;

/**
 * @param bits local with the number's bits, i64
 * @param s local that takes the significand, i64
 * @param w local that takes the word, i32
 */
export function widen(m: Emitter, size: 4 | 8, bits: number, s: number, w: number): ExpressionRef[] {
  const fraction = size === 4 ? 23 : 52;
  const signBit = size === 4 ? 31 : 63;
  const fields = (1 << (signBit - fraction)) - 1;
  const rebias = 0x3fff - (fields >> 1);
  const get = () => m.get(bits, I64);
  const long = (n: number) => m.long(BigInt(n));
  const op = (name: string, ...args: ExpressionRef[]) => m.op(`i64.${name}`, args);
  const low = (shift: number) => m.wrap(op('shr_u', get(), long(shift)));
  const exponent = () => m.bin('and', low(fraction), m.con(fields));
  const sign = () => m.bin('shl', low(signBit), m.con(15));
  const special = m.bin('geu', m.bin('sub', exponent(), m.con(1)), m.con(fields - 1));
  const toTop = () => op('shl', get(), long(64 - fraction));
  const normal = op('or', op('shl', get(), long(63 - fraction)), m.long(-0x8000_0000_0000_0000n));
  // Zeros and infinities: the integer bit is there where the exponent is not 0.
  const whole = m.block(null, [
    m.set(w, m.bin('or', sign(), m.select(exponent(), m.con(EXPONENT), m.con(0)))),
    m.set(s, op('shl', op('extend_u', m.bin('ne', exponent(), m.con(0))), long(63))),
  ]);
  const unmasked = m.un('eqz', m.bin('and', m.state(FPU_CONTROL), m.con(MASK_DE)));
  const denormal = m.bin(
    'or',
    m.bin('or', sign(), m.con(WORD_DE)),
    m.bin('sub', m.con(rebias), m.wrap(op('clz', m.get(s, I64)))),
  );
  const other = m.block(null, [
    m.set(s, toTop()),
    m.set(w, m.select(m.bin('or', m.bin('ne', exponent(), m.con(0)), unmasked), m.con(-1), denormal)),
    m.set(s, op('shl', m.get(s, I64), op('clz', m.get(s, I64)))),
  ]);
  return [
    m.set(w, m.bin('or', sign(), m.bin('add', exponent(), m.con(rebias)))),
    m.set(s, normal),
    m.if(special, m.if(op('eqz', toTop()), whole, other)),
  ];
}
