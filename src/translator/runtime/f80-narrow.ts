/**
 * Conversions of 80-bit numbers to the 32- and 64-bit formats, as WebAssembly
 * text. Operands and results are as in f80-arithmetic.ts; a number of a memory
 * format is its bits, in the place of the significand.
 */
import { CONTROL, infinite, MSB, NOT_HANDLED, WORD_C1, WORD_PE, zero } from './f80-arithmetic.ts';

/** Flags as they stand in a result's word. */
const WORD_OE = 0x8_0000;
const WORD_UE = 0x10_0000;

interface Format {
  readonly name: string;
  /** Bits of its fraction and of its exponent. */
  readonly fraction: number;
  readonly exponent: number;
}
const SINGLE: Format = { name: 'F32', fraction: 23, exponent: 8 };
const DOUBLE: Format = { name: 'F64', fraction: 52, exponent: 11 };

/** What its exponent field is less than the extended format's. */
const bias = (f: Format): number => 0x3fff - (1 << (f.exponent - 1)) + 1;
const signBit = (f: Format): number => f.fraction + f.exponent;
/** Exponent field of infinities and NaNs, and the bits of infinity. */
const last = (f: Format): number => (1 << f.exponent) - 1;
const infinity = (f: Format): string => String(BigInt(last(f)) << BigInt(f.fraction));

/**
 * A normal number whose exponent field would be below 1 or, rounded, the last one: a denormal or zero, with UE where it
 * is tiny and inexact, or the largest number or infinity, with OE. $exp: that field. The result lacks the sign.
 */
const OUTSIDE = `
(func $narrowOutside
  (param $s i64) (param $sign i32) (param $exp i32) (param $fraction i32) (param $last i32) (result i64 i32)
  (local $rc i32) (local $n i32) (local $v i64) (local $x i64) (local $up i32) (local $tiny i32)
  (if (i32.ge_s (local.get $exp) (i32.const 1)) (then
    (if (i32.ne (i32.and ${CONTROL} (i32.const 0x28)) (i32.const 0x28)) (then (return ${NOT_HANDLED})))
    (local.set $v (i64.shl (i64.extend_i32_u (local.get $last)) (i64.extend_i32_u (local.get $fraction))))
    (local.set $rc (i32.and (i32.shr_u ${CONTROL} (i32.const 10)) (i32.const 3)))
    (if (i32.or
        (i32.eq (local.get $rc) (i32.const 3))
        (i32.eq (local.get $rc) (select (i32.const 2) (i32.const 1) (local.get $sign))))
      (then (return (tuple.make 2 (i64.sub (local.get $v) (i64.const 1)) (i32.const ${WORD_OE | WORD_PE})))))
    (return (tuple.make 2 (local.get $v) (i32.const ${WORD_OE | WORD_PE | WORD_C1})))))
  (local.set $n (i32.sub (i32.sub (i32.const 64) (local.get $fraction)) (local.get $exp)))
  (if (i32.lt_u (local.get $n) (i32.const 64))
    (then
      (local.set $v (i64.shr_u (local.get $s) (i64.extend_i32_u (local.get $n))))
      (local.set $x (i64.shl (local.get $s) (i64.extend_i32_u (i32.sub (i32.const 64) (local.get $n))))))
    (else
      (local.set $x (select (local.get $s) (i64.const 1) (i32.eq (local.get $n) (i32.const 64))))))
  (local.set $up (call $roundsUp (local.get $sign) (local.get $x) (i64.and (local.get $v) (i64.const 1))))
  ;; Not tiny where rounding with an unbounded exponent would reach the smallest normal number.
  (local.set $tiny (i32.const 1))
  (if (i32.eqz (local.get $exp)) (then
    (if (i64.eq (i64.shr_s (local.get $s) (i64.extend_i32_u (i32.sub (i32.const 63) (local.get $fraction)))) (i64.const -1))
      (then
        (local.set $tiny (i32.eqz (call $roundsUp (local.get $sign)
          (i64.shl (local.get $s) (i64.extend_i32_u (i32.add (local.get $fraction) (i32.const 1))))
          (i64.const 1))))))))
  (if (i32.and (local.get $tiny) (i32.eqz (i32.and ${CONTROL} (i32.const 0x10)))) (then (return ${NOT_HANDLED})))
  (if (i64.eqz (local.get $x)) (then (return (tuple.make 2 (local.get $v) (i32.const 0)))))
  (if (i32.eqz (i32.and ${CONTROL} (i32.const 0x20))) (then (return ${NOT_HANDLED})))
  (tuple.make 2
    (i64.add (local.get $v) (i64.extend_i32_u (local.get $up)))
    (i32.or
      (i32.or (i32.const ${WORD_PE}) (i32.shl (local.get $tiny) (i32.const ${Math.log2(WORD_UE)})))
      (i32.shl (local.get $up) (i32.const 25)))))`;

/** To a memory format. Signalling NaNs and denormals are not handled. */
const narrow = (f: Format): string => `
(func $outside${f.name} (param $s i64) (param $sign i64) (param $exp i32) (result i64 i32)
  (local $r (tuple i64 i32))
  (local.set $r (call $narrowOutside (local.get $s)
    (i64.ne (local.get $sign) (i64.const 0)) (local.get $exp) (i32.const ${f.fraction}) (i32.const ${last(f)})))
  (tuple.make 2 (i64.or (tuple.extract 2 0 (local.get $r)) (local.get $sign)) (tuple.extract 2 1 (local.get $r))))

(func $to${f.name} (export "to${f.name}") (param $s i64) (param $e i32) (result i64 i32)
  (local $exp i32) (local $x i64) (local $sign i64) (local $v i64) (local $flags i32)
  (local.set $sign (i64.shl (i64.extend_i32_u (i32.and (local.get $e) (i32.const 0x8000))) (i64.const ${signBit(f) - 15})))
  (local.set $e (i32.and (local.get $e) (i32.const 0x7fff)))
  (local.set $exp (i32.sub (local.get $e) (i32.const ${bias(f)})))
  (local.set $x (i64.shl (local.get $s) (i64.const ${f.fraction + 1})))
  ;; The integer bit adds one to the exponent.
  (local.set $v (i64.add
    (i64.shr_u (local.get $s) (i64.const ${63 - f.fraction}))
    (i64.shl (i64.extend_i32_s (i32.sub (local.get $exp) (i32.const 1))) (i64.const ${f.fraction}))))
  (if (i32.and
      (i32.lt_u (i32.sub (local.get $exp) (i32.const 1)) (i32.const ${last(f) - 1}))
      (i64.lt_s (local.get $s) (i64.const 0)))
    (then
      (local.set $flags (i32.shl (i64.ne (local.get $x) (i64.const 0)) (i32.const 21)))
      (if (i32.eq (i32.and ${CONTROL} (i32.const 0xc20)) (i32.const 0x20))
        (then
          (if (i64.eq (local.get $x) ${MSB})
            (then (local.set $x (i64.and (local.get $v) (i64.const 1))))
            (else (local.set $x (i64.shr_u (local.get $x) (i64.const 63))))))
        (else
          (local.set $x (i64.extend_i32_u (call $roundsUp
            (i64.ne (local.get $sign) (i64.const 0)) (local.get $x) (i64.and (local.get $v) (i64.const 1)))))))
      (local.set $v (i64.add (local.get $v) (local.get $x)))
      (if (i64.ge_u (local.get $v) (i64.const ${infinity(f)})) (then
        (return (call $outside${f.name} (local.get $s) (local.get $sign) (local.get $exp)))))
      (if (i32.and (i32.ne (local.get $flags) (i32.const 0)) (i32.eqz (i32.and ${CONTROL} (i32.const 0x20))))
        (then (return ${NOT_HANDLED})))
      (return (tuple.make 2
        (i64.or (local.get $v) (local.get $sign))
        (i32.or (local.get $flags) (i32.shl (i32.wrap_i64 (local.get $x)) (i32.const 25)))))))
  (if ${zero('(local.get $e)', '(local.get $s)')} (then (return (tuple.make 2 (local.get $sign) (i32.const 0)))))
  ;; Infinities and quiet NaNs.
  (if (i32.or
      ${infinite('(local.get $e)', '(local.get $s)')}
      (i32.and (i32.eq (local.get $e) (i32.const 0x7fff)) (i64.ge_u (local.get $s) (i64.const 0xc000000000000000))))
    (then
      (return (tuple.make 2
        (i64.or
          (i64.or (local.get $sign) (i64.const ${infinity(f)}))
          (i64.shr_u (i64.shl (local.get $s) (i64.const 1)) (i64.const ${64 - f.fraction})))
        (i32.const 0)))))
  (if (i32.or
      (i64.ge_s (local.get $s) (i64.const 0))
      (i32.ge_u (i32.sub (local.get $e) (i32.const 1)) (i32.const 0x7ffe)))
    (then (return ${NOT_HANDLED})))
  (call $outside${f.name} (local.get $s) (local.get $sign) (local.get $exp)))`;

/** The functions, in WebAssembly text. */
export const F80_NARROW: readonly string[] = [OUTSIDE, narrow(SINGLE), narrow(DOUBLE)];
