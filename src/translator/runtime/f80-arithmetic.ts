/**
 * Arithmetic on 80-bit numbers, as WebAssembly text: add, mul, div, sqrt.
 *
 * What holds: an operand is a significand (i64) and a word whose low 16 bits
 * are sign and exponent; the rest of the word is ignored. A result is a pair:
 * significand, and a word with sign and exponent below and, from bit 16 on,
 * what the operation adds to the status word (exception flags, C1). A negative
 * word: not computed here (NaNs, infinities, denormals, overflow, underflow, an
 * unmasked exception); nothing has changed and the interpreter shall do it.
 */
import { FPU_CONTROL } from '../../cpu/layout.ts';

/** PE and C1 as they stand in a result's word. */
export const WORD_PE = 0x20_0000;
export const WORD_C1 = 0x200_0000;

export const MSB = '(i64.const 0x8000000000000000)';
export const CONTROL = `(i32.load offset=${FPU_CONTROL} (i32.const 0))`;
export const NOT_HANDLED = '(tuple.make 2 (i64.const 0) (i32.const -1))';

/** Whether word `x` (exponent already cut out) and significand `s` are a normal number's. */
export const normal = (x: string, s: string): string =>
  `(i32.and (i32.lt_u (i32.sub ${x} (i32.const 1)) (i32.const 0x7ffe)) (i64.lt_s ${s} (i64.const 0)))`;

export const zero = (x: string, s: string): string => `(i64.eqz (i64.or ${s} (i64.extend_i32_u ${x})))`;
export const infinite = (x: string, s: string): string =>
  `(i32.and (i32.eq ${x} (i32.const 0x7fff)) (i64.eq ${s} ${MSB}))`;

/** Whether the magnitude grows when $x, the bits below the last place, are dropped. $odd: the last place's bit. */
const ROUNDS_UP = `
(func $roundsUp (param $sign i32) (param $x i64) (param $odd i64) (result i32)
  (local $rc i32)
  (if (i64.eqz (local.get $x)) (then (return (i32.const 0))))
  (local.set $rc (i32.and (i32.shr_u ${CONTROL} (i32.const 10)) (i32.const 3)))
  (if (i32.eqz (local.get $rc)) (then (return (i32.and
    (i64.lt_s (local.get $x) (i64.const 0))
    (i32.or (i64.ne (local.get $x) ${MSB}) (i64.ne (local.get $odd) (i64.const 0)))))))
  (if (i32.eq (local.get $rc) (i32.const 1)) (then (return (i32.ne (local.get $sign) (i32.const 0)))))
  (if (i32.eq (local.get $rc) (i32.const 2)) (then (return (i32.eqz (local.get $sign)))))
  (i32.const 0))`;

/** Rounds a normalized result under any precision and rounding control. $x: 64 bits below the last place, jammed. */
const ROUND = `
(func $round (param $sign i32) (param $exp i32) (param $s i64) (param $x i64) (result i64 i32)
  (local $pc i32) (local $last i64) (local $flags i32)
  (if (i32.le_s (local.get $exp) (i32.const 0)) (then (return ${NOT_HANDLED})))
  (local.set $last (i64.const 1))
  (local.set $pc (i32.and (i32.shr_u ${CONTROL} (i32.const 8)) (i32.const 3)))
  (if (i32.eq (local.get $pc) (i32.const 2)) (then
    (local.set $x (i64.or (i64.shl (local.get $s) (i64.const 53)) (i64.extend_i32_u (i64.ne (local.get $x) (i64.const 0)))))
    (local.set $s (i64.and (local.get $s) (i64.const 0xfffffffffffff800)))
    (local.set $last (i64.const 0x800))))
  (if (i32.eqz (local.get $pc)) (then
    (local.set $x (i64.or (i64.shl (local.get $s) (i64.const 24)) (i64.extend_i32_u (i64.ne (local.get $x) (i64.const 0)))))
    (local.set $s (i64.and (local.get $s) (i64.const 0xffffff0000000000)))
    (local.set $last (i64.const 0x10000000000))))
  (if (i64.ne (local.get $x) (i64.const 0)) (then
    (local.set $flags (i32.const ${WORD_PE}))
    (if (i32.eqz (i32.and ${CONTROL} (i32.const 0x20))) (then (return ${NOT_HANDLED})))
    (if (call $roundsUp (local.get $sign) (local.get $x) (i64.and (local.get $s) (local.get $last))) (then
      (local.set $flags (i32.const ${WORD_PE | WORD_C1}))
      (local.set $s (i64.add (local.get $s) (local.get $last)))
      (if (i64.eqz (local.get $s)) (then
        (local.set $s ${MSB})
        (local.set $exp (i32.add (local.get $exp) (i32.const 1)))))))))
  (if (i32.ge_s (local.get $exp) (i32.const 0x7fff)) (then (return ${NOT_HANDLED})))
  (tuple.make 2 (local.get $s) (i32.or (i32.or (local.get $sign) (local.get $exp)) (local.get $flags))))`;

/**
 * End of an operation with result $sign $exp $s $x: to nearest with 64 bits
 * and all exceptions masked here, anything else in $round. No branch depends on
 * how the number rounds, except for ties.
 */
const FINISH = `
  (block $general
    (br_if $general (i32.ne (i32.and ${CONTROL} (i32.const 0xf3f)) (i32.const 0x33f)))
    (br_if $general (i32.ge_u (i32.sub (local.get $exp) (i32.const 1)) (i32.const 0x7ffd)))
    (local.set $up (i64.shr_u (local.get $x) (i64.const 63)))
    (if (i64.eq (local.get $x) ${MSB}) (then (local.set $up (i64.and (local.get $s) (i64.const 1)))))
    (local.set $s (i64.add (local.get $s) (local.get $up)))
    (if (i64.eqz (local.get $s)) (then
      (local.set $s ${MSB})
      (local.set $exp (i32.add (local.get $exp) (i32.const 1)))))
    (return (tuple.make 2 (local.get $s) (i32.or
      (i32.or (local.get $sign) (local.get $exp))
      (i32.or
        (i32.shl (i64.ne (local.get $x) (i64.const 0)) (i32.const 21))
        (i32.shl (i32.wrap_i64 (local.get $up)) (i32.const 25)))))))
  (call $round (local.get $sign) (local.get $exp) (local.get $s) (local.get $x))`;

export const EXPONENTS = `
  (local.set $xa (i32.and (local.get $ae) (i32.const 0x7fff)))
  (local.set $xb (i32.and (local.get $be) (i32.const 0x7fff)))`;
/** Leaves the function with another's result where not both operands are normal numbers. */
const unlessNormal = (special: string): string => `
  (block $normal
    (block $special
      (br_if $special (i64.ge_s (i64.and (local.get $a) (local.get $b)) (i64.const 0)))
      (br_if $special (i32.eqz (i32.and (i32.add (local.get $ae) (i32.const 1)) (i32.const 0x7ffe))))
      (br_if $special (i32.eqz (i32.and (i32.add (local.get $be) (i32.const 1)) (i32.const 0x7ffe))))
      (br $normal))
    (return (call ${special} (local.get $a) (local.get $ae) (local.get $b) (local.get $be))))`;

const ADD = `
(func $add (export "add") (param $a i64) (param $ae i32) (param $b i64) (param $be i32) (result i64 i32)
  (local $xa i32) (local $xb i32) (local $exp i32) (local $sign i32) (local $d i32) (local $s i64) (local $x i64) (local $up i64)
  ${EXPONENTS}
  ${unlessNormal('$addSpecial')}
  (local.set $d (i32.sub (local.get $xa) (local.get $xb)))
  (local.set $exp (local.get $xa))
  (local.set $sign (i32.and (local.get $ae) (i32.const 0x8000)))
  ;; Let the one with the larger exponent be $a. Which it is cannot be foreseen, so no branch decides.
  (local.set $xa (i32.shr_s (local.get $d) (i32.const 31)))
  (local.set $exp (i32.sub (local.get $exp) (i32.and (local.get $d) (local.get $xa))))
  (local.set $sign (select (i32.and (local.get $be) (i32.const 0x8000)) (local.get $sign) (local.get $xa)))
  (local.set $d (i32.sub (i32.xor (local.get $d) (local.get $xa)) (local.get $xa)))
  (local.set $s (select (local.get $b) (local.get $a) (local.get $xa)))
  (local.set $b (select (local.get $a) (local.get $b) (local.get $xa)))
  (local.set $a (local.get $s))
  (if (i32.and (i32.xor (local.get $ae) (local.get $be)) (i32.const 0x8000))
    (then
      (if (local.get $d)
        (then
          (if (i32.lt_u (local.get $d) (i32.const 64))
            (then
              (local.set $x (i64.shl (local.get $b) (i64.extend_i32_u (i32.sub (i32.const 64) (local.get $d)))))
              (local.set $b (i64.shr_u (local.get $b) (i64.extend_i32_u (local.get $d)))))
            (else
              ;; Two places below the last one are enough: more than one place is never shifted in.
              (local.set $x (i64.const 1))
              (if (i32.eq (local.get $d) (i32.const 64)) (then (local.set $x (local.get $b))))
              (if (i32.eq (local.get $d) (i32.const 65)) (then
                (local.set $x (i64.or (i64.shr_u (local.get $b) (i64.const 1)) (i64.and (local.get $b) (i64.const 1))))))
              (local.set $b (i64.const 0))))
          (local.set $s (i64.sub
            (i64.sub (local.get $a) (local.get $b))
            (i64.extend_i32_u (i64.ne (local.get $x) (i64.const 0)))))
          (local.set $x (i64.sub (i64.const 0) (local.get $x)))
          (if (i64.eqz (local.get $s)) (then
            (local.set $s (local.get $x))
            (local.set $x (i64.const 0))
            (local.set $exp (i32.sub (local.get $exp) (i32.const 64))))))
        (else
          (local.set $s (i64.sub (local.get $a) (local.get $b)))
          (if (i64.eqz (local.get $s)) (then
            (return (tuple.make 2 (i64.const 0)
              (i32.shl (i32.eq (i32.and ${CONTROL} (i32.const 0xc00)) (i32.const 0x400)) (i32.const 15))))))
          (if (i64.lt_u (local.get $a) (local.get $b)) (then
            (local.set $s (i64.sub (i64.const 0) (local.get $s)))
            (local.set $sign (i32.xor (local.get $sign) (i32.const 0x8000)))))))
      ;; The distance to the top, and what moves in from below.
      (local.set $b (i64.clz (local.get $s)))
      (local.set $s (i64.or
        (i64.shl (local.get $s) (local.get $b))
        (i64.shr_u
          (i64.shr_u (local.get $x) (i64.const 1))
          (i64.sub (i64.const 63) (local.get $b)))))
      (local.set $x (i64.shl (local.get $x) (local.get $b)))
      (local.set $exp (i32.sub (local.get $exp) (i32.wrap_i64 (local.get $b)))))
    (else
      (if (i32.lt_u (local.get $d) (i32.const 64))
        (then
          (local.set $x (i64.shl
            (i64.shl (local.get $b) (i64.extend_i32_u (i32.sub (i32.const 63) (local.get $d))))
            (i64.const 1)))
          (local.set $b (i64.shr_u (local.get $b) (i64.extend_i32_u (local.get $d)))))
        (else
          (local.set $x (select (local.get $b) (i64.const 1) (i32.eq (local.get $d) (i32.const 64))))
          (local.set $b (i64.const 0))))
      (local.set $s (i64.add (local.get $a) (local.get $b)))
      ;; A carry moves everything down by one place.
      (local.set $up (i64.extend_i32_u (i64.lt_u (local.get $s) (local.get $a))))
      (local.set $exp (i32.add (local.get $exp) (i32.wrap_i64 (local.get $up))))
      (local.set $x (i64.or
        (i64.or (i64.shr_u (local.get $x) (local.get $up)) (i64.and (local.get $x) (i64.const 1)))
        (i64.shl (i64.and (local.get $s) (local.get $up)) (i64.const 63))))
      (local.set $s (i64.or
        (i64.shr_u (local.get $s) (local.get $up))
        (i64.shl (local.get $up) (i64.const 63))))))
  ${FINISH})`;

/** Sets $hi and $lo to the 128-bit product of $p and $q; uses $ll and $mid. */
const product = (p: string, q: string): string => `
  (local.set $ll (i64.mul (i64.and ${p} (i64.const 0xffffffff)) (i64.and ${q} (i64.const 0xffffffff))))
  (local.set $mid (i64.add
    (i64.mul (i64.and ${p} (i64.const 0xffffffff)) (i64.shr_u ${q} (i64.const 32)))
    (i64.shr_u (local.get $ll) (i64.const 32))))
  (local.set $hi (i64.shr_u (local.get $mid) (i64.const 32)))
  (local.set $mid (i64.add
    (i64.mul (i64.shr_u ${p} (i64.const 32)) (i64.and ${q} (i64.const 0xffffffff)))
    (i64.and (local.get $mid) (i64.const 0xffffffff))))
  (local.set $hi (i64.add
    (i64.add (local.get $hi) (i64.shr_u (local.get $mid) (i64.const 32)))
    (i64.mul (i64.shr_u ${p} (i64.const 32)) (i64.shr_u ${q} (i64.const 32)))))
  (local.set $lo (i64.or (i64.shl (local.get $mid) (i64.const 32)) (i64.and (local.get $ll) (i64.const 0xffffffff))))`;

const MUL = `
(func $mul (export "mul") (param $a i64) (param $ae i32) (param $b i64) (param $be i32) (result i64 i32)
  (local $xa i32) (local $xb i32) (local $exp i32) (local $sign i32) (local $s i64) (local $x i64) (local $up i64)
  (local $ll i64) (local $mid i64) (local $hi i64) (local $lo i64)
  ${EXPONENTS}
  ${unlessNormal('$mulSpecial')}
  ${product('(local.get $a)', '(local.get $b)')}
  (local.set $sign (i32.and (i32.xor (local.get $ae) (local.get $be)) (i32.const 0x8000)))
  (local.set $exp (i32.sub (i32.add (local.get $xa) (local.get $xb)) (i32.const 0x3fff)))
  ;; The product has its top bit in one of two places.
  (local.set $x (local.get $lo))
  (local.set $s (local.get $hi))
  (local.set $mid (i64.shr_u (local.get $hi) (i64.const 63)))
  (local.set $exp (i32.add (local.get $exp) (i32.wrap_i64 (local.get $mid))))
  (local.set $s (select
    (local.get $hi)
    (i64.or (i64.shl (local.get $hi) (i64.const 1)) (i64.shr_u (local.get $lo) (i64.const 63)))
    (i64.lt_s (local.get $hi) (i64.const 0))))
  (local.set $x (select
    (local.get $lo)
    (i64.shl (local.get $lo) (i64.const 1))
    (i64.lt_s (local.get $hi) (i64.const 0))))
  ${FINISH})`;

/**
 * One quotient digit of 32 bits: $q = ($r:$next) / $b, $r = the remainder. $b's top bit is set, $r < $b.
 * The guess is too large by two at most.
 */
const digit = (next: string): string => `
  (local.set $q (i64.div_u (local.get $r) (local.get $b1)))
  (local.set $t (i64.or
    (i64.shl (i64.sub (local.get $r) (i64.mul (local.get $q) (local.get $b1))) (i64.const 32))
    ${next}))
  (local.set $p (i64.mul (local.get $q) (local.get $b0)))
  (local.set $over (i64.extend_i32_u (i64.gt_u (local.get $p) (local.get $t))))
  (local.set $q (i64.sub (local.get $q) (local.get $over)))
  (local.set $t (i64.add (local.get $t) (i64.and (local.get $b) (i64.sub (i64.const 0) (local.get $over)))))
  ;; A second time, unless the first sum has outgrown 64 bits.
  (local.set $over (i64.and (local.get $over) (i64.extend_i32_u (i32.and
    (i64.ge_u (local.get $t) (local.get $b)) (i64.gt_u (local.get $p) (local.get $t))))))
  (local.set $q (i64.sub (local.get $q) (local.get $over)))
  (local.set $t (i64.add (local.get $t) (i64.and (local.get $b) (i64.sub (i64.const 0) (local.get $over)))))
  (local.set $r (i64.sub (local.get $t) (local.get $p)))`;

const DIV = `
(func $div (export "div") (param $a i64) (param $ae i32) (param $b i64) (param $be i32) (result i64 i32)
  (local $xa i32) (local $xb i32) (local $exp i32) (local $sign i32) (local $s i64) (local $x i64) (local $up i64)
  (local $b1 i64) (local $b0 i64) (local $q i64) (local $r i64) (local $t i64) (local $p i64) (local $over i64)
  ${EXPONENTS}
  ${unlessNormal('$divSpecial')}
  (local.set $sign (i32.and (i32.xor (local.get $ae) (local.get $be)) (i32.const 0x8000)))
  (local.set $b1 (i64.shr_u (local.get $b) (i64.const 32)))
  (local.set $b0 (i64.and (local.get $b) (i64.const 0xffffffff)))
  ;; The quotient shall have its top bit at bit 63: halve a numerator that is not below the divisor.
  (local.set $over (i64.extend_i32_u (i64.ge_u (local.get $a) (local.get $b))))
  (local.set $exp (i32.add
    (i32.add (i32.sub (local.get $xa) (local.get $xb)) (i32.const 0x3ffe))
    (i32.wrap_i64 (local.get $over))))
  (local.set $r (i64.shr_u (local.get $a) (local.get $over)))
  (local.set $x (i64.shl (i64.and (local.get $a) (local.get $over)) (i64.const 31)))
  ${digit('(local.get $x)')}
  (local.set $s (i64.shl (local.get $q) (i64.const 32)))
  ${digit('(i64.const 0)')}
  (local.set $s (i64.or (local.get $s) (local.get $q)))
  ;; Twice the remainder against the divisor.
  (local.set $t (i64.sub (local.get $b) (local.get $r)))
  (local.set $x (i64.or
    (i64.shl (i64.extend_i32_u (i64.ge_u (local.get $r) (local.get $t))) (i64.const 63))
    (i64.extend_i32_u (i32.and
      (i64.ne (local.get $r) (i64.const 0))
      (i64.ne (local.get $r) (local.get $t))))))
  ${FINISH})`;

/**
 * The root of a 128-bit number N with a top bit in its upper two: estimated in
 * doubles, corrected once by Newton's step, then made exact.
 */
const SQRT = `
(func $sqrt (export "sqrt") (param $a i64) (param $ae i32) (result i64 i32)
  (local $xa i32) (local $exp i32) (local $sign i32) (local $s i64) (local $x i64) (local $up i64)
  (local $nh i64) (local $nl i64) (local $ll i64) (local $mid i64) (local $hi i64) (local $lo i64)
  (local.set $xa (i32.and (local.get $ae) (i32.const 0x7fff)))
  (if ${zero('(local.get $xa)', '(local.get $a)')} (then
    (return (tuple.make 2 (i64.const 0) (i32.and (local.get $ae) (i32.const 0x8000))))))
  (if (i32.and (local.get $ae) (i32.const 0x8000)) (then (return ${NOT_HANDLED})))
  (if ${infinite('(local.get $xa)', '(local.get $a)')} (then (return (tuple.make 2 ${MSB} (i32.const 0x7fff)))))
  (if (i32.eqz ${normal('(local.get $xa)', '(local.get $a)')}) (then (return ${NOT_HANDLED})))
  ;; An odd unbiased exponent is an even field: N = $a * 2^64 then, otherwise half of that.
  (local.set $nh (local.get $a))
  (if (i32.and (local.get $xa) (i32.const 1)) (then
    (local.set $nh (i64.shr_u (local.get $a) (i64.const 1)))
    (local.set $nl (i64.shl (local.get $a) (i64.const 63)))))
  (local.set $exp (i32.add (i32.shr_u (i32.sub (local.get $xa) (i32.and (local.get $xa) (i32.const 1))) (i32.const 1))
    (i32.add (i32.const 0x1fff) (i32.and (local.get $xa) (i32.const 1)))))
  (local.set $s (i64.trunc_sat_f64_u (f64.mul
    (f64.sqrt (f64.convert_i64_u (local.get $nh))) (f64.const 4294967296))))
  ${product('(local.get $s)', '(local.get $s)')}
  ;; N - $s^2 in ($hi:$lo), signed; then by twice the estimate.
  (local.set $hi (i64.sub (i64.sub (local.get $nh) (local.get $hi))
    (i64.extend_i32_u (i64.gt_u (local.get $lo) (local.get $nl)))))
  (local.set $lo (i64.sub (local.get $nl) (local.get $lo)))
  (local.set $mid (i64.trunc_sat_f64_s (f64.floor (f64.div
    (f64.add (f64.mul (f64.convert_i64_s (local.get $hi)) (f64.const 18446744073709551616))
      (f64.convert_i64_u (local.get $lo)))
    (f64.mul (f64.convert_i64_u (local.get $s)) (f64.const 2))))))
  ;; The estimate may be one below 2^64 too much.
  (local.set $ll (local.get $s))
  (local.set $s (i64.add (local.get $s) (local.get $mid)))
  (if (i32.and (i64.gt_s (local.get $mid) (i64.const 0)) (i64.lt_u (local.get $s) (local.get $ll)))
    (then (local.set $s (i64.const -1))))
  (loop $again
    ${product('(local.get $s)', '(local.get $s)')}
    (local.set $hi (i64.sub (i64.sub (local.get $nh) (local.get $hi))
      (i64.extend_i32_u (i64.gt_u (local.get $lo) (local.get $nl)))))
    (local.set $lo (i64.sub (local.get $nl) (local.get $lo)))
    (if (i64.lt_s (local.get $hi) (i64.const 0)) (then
      (local.set $s (i64.sub (local.get $s) (i64.const 1)))
      (br $again)))
    ;; A remainder above twice the root: one more.
    (if (i32.or (i64.gt_s (local.get $hi) (i64.const 1)) (i32.and (i64.eq (local.get $hi) (i64.const 1))
        (i64.gt_u (local.get $lo) (i64.shl (local.get $s) (i64.const 1)))))
      (then
        (local.set $s (i64.add (local.get $s) (i64.const 1)))
        (br $again))))
  (if (i64.ne (i64.or (local.get $hi) (local.get $lo)) (i64.const 0)) (then
    (local.set $x (select (i64.const 0x8000000000000001) (i64.const 1)
      (i32.or (i64.ne (local.get $hi) (i64.const 0)) (i64.gt_u (local.get $lo) (local.get $s)))))))
  ${FINISH})`;

/** The functions, in WebAssembly text. */
export const F80_ARITHMETIC: readonly string[] = [ROUNDS_UP, ROUND, ADD, MUL, DIV, SQRT];
