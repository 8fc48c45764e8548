/**
 * Conversions between 80-bit numbers and integers, comparison, classification and rounding to an
 * integer, as WebAssembly text. Operands and results are as in
 * f80-arithmetic.ts; where a result is no 80-bit number its bits stand in the
 * place of the significand.
 */
import { CONTROL, infinite, MSB, NOT_HANDLED, normal, WORD_C1, WORD_PE, zero } from './f80-arithmetic.ts';

const FROM_INTEGER = `
(func $fromInt (export "fromInt") (param $v i64) (result i64 i32)
  (local $sign i32) (local $n i64)
  (if (i64.eqz (local.get $v)) (then (return (tuple.make 2 (i64.const 0) (i32.const 0)))))
  (if (i64.lt_s (local.get $v) (i64.const 0)) (then
    (local.set $sign (i32.const 0x8000))
    (local.set $v (i64.sub (i64.const 0) (local.get $v)))))
  (local.set $n (i64.clz (local.get $v)))
  (tuple.make 2
    (i64.shl (local.get $v) (local.get $n))
    (i32.or (local.get $sign) (i32.sub (i32.const 0x403e) (i32.wrap_i64 (local.get $n))))))`;

/**
 * Sets $s to the integer part of a normal number below 2^64 and $x to what lies below it, given
 * $n = 403Eh less the exponent field: 0 to 63 within, above that nothing.
 */
const INTEGER_PART = `
  (local.set $n (i32.sub (i32.const 0x403e) (local.get $exp)))
  (if (i32.lt_u (local.get $n) (i32.const 64))
    (then
      (local.set $x (i64.shl
        (i64.shl (local.get $s) (i64.extend_i32_u (i32.sub (i32.const 63) (local.get $n)))) (i64.const 1)))
      (local.set $s (i64.shr_u (local.get $s) (i64.extend_i32_u (local.get $n)))))
    (else
      (local.set $x (select (local.get $s) (i64.const 1) (i32.eq (local.get $n) (i32.const 64))))
      (local.set $s (i64.const 0))))`;

/** To a signed integer of $bits (16, 32, 64), chopped where $chop is not 0. Out of range: not handled. */
const TO_INTEGER = `
(func $toInt (export "toInt") (param $s i64) (param $e i32) (param $bits i32) (param $chop i32) (result i64 i32)
  (local $exp i32) (local $n i32) (local $x i64) (local $flags i32) (local $limit i64)
  (local.set $exp (i32.and (local.get $e) (i32.const 0x7fff)))
  (local.set $e (i32.and (local.get $e) (i32.const 0x8000)))
  (if (i64.eqz (i64.or (local.get $s) (i64.extend_i32_u (local.get $exp)))) (then
    (return (tuple.make 2 (i64.const 0) (i32.const 0)))))
  (if (i32.or
      (i32.eqz ${normal('(local.get $exp)', '(local.get $s)')})
      (i32.gt_u (local.get $exp) (i32.const 0x403e)))
    (then (return ${NOT_HANDLED})))
  ${INTEGER_PART}
  (if (i64.ne (local.get $x) (i64.const 0)) (then
    (if (i32.eqz (i32.and ${CONTROL} (i32.const 0x20))) (then (return ${NOT_HANDLED})))
    (local.set $flags (i32.const ${WORD_PE}))
    (if (i32.eqz (local.get $chop)) (then
      (if (call $roundsUp (local.get $e) (local.get $x) (i64.and (local.get $s) (i64.const 1))) (then
        (local.set $flags (i32.const ${WORD_PE | WORD_C1}))
        (local.set $s (i64.add (local.get $s) (i64.const 1)))
        (if (i64.eqz (local.get $s)) (then (return ${NOT_HANDLED})))))))))
  ;; One more magnitude is there below zero.
  (local.set $limit (i64.add
    (i64.sub (i64.shl (i64.const 1) (i64.extend_i32_u (i32.sub (local.get $bits) (i32.const 1)))) (i64.const 1))
    (i64.extend_i32_u (i32.shr_u (local.get $e) (i32.const 15)))))
  (if (i64.gt_u (local.get $s) (local.get $limit)) (then (return ${NOT_HANDLED})))
  (tuple.make 2
    (select (i64.sub (i64.const 0) (local.get $s)) (local.get $s) (local.get $e))
    (local.get $flags)))`;

const ROUND_TO_INTEGER = `
(func $rint (export "rint") (param $s i64) (param $e i32) (result i64 i32)
  (local $exp i32) (local $n i32) (local $x i64) (local $flags i32) (local $l i64)
  (local.set $exp (i32.and (local.get $e) (i32.const 0x7fff)))
  (local.set $e (i32.and (local.get $e) (i32.const 0x8000)))
  (if (i64.eqz (i64.or (local.get $s) (i64.extend_i32_u (local.get $exp)))) (then
    (return (tuple.make 2 (i64.const 0) (local.get $e)))))
  (if (i32.eqz (i32.or
      ${normal('(local.get $exp)', '(local.get $s)')}
      ${infinite('(local.get $exp)', '(local.get $s)')}))
    (then (return ${NOT_HANDLED})))
  (if (i32.ge_u (local.get $exp) (i32.const 0x403e)) (then
    (return (tuple.make 2 (local.get $s) (i32.or (local.get $e) (local.get $exp))))))
  ${INTEGER_PART}
  (if (i64.ne (local.get $x) (i64.const 0)) (then
    (if (i32.eqz (i32.and ${CONTROL} (i32.const 0x20))) (then (return ${NOT_HANDLED})))
    (local.set $flags (i32.const ${WORD_PE}))
    (if (call $roundsUp (local.get $e) (local.get $x) (i64.and (local.get $s) (i64.const 1))) (then
      (local.set $flags (i32.const ${WORD_PE | WORD_C1}))
      (local.set $s (i64.add (local.get $s) (i64.const 1)))))))
  (if (i64.eqz (local.get $s)) (then
    (return (tuple.make 2 (i64.const 0) (i32.or (local.get $e) (local.get $flags))))))
  (local.set $l (i64.clz (local.get $s)))
  (tuple.make 2
    (i64.shl (local.get $s) (local.get $l))
    (i32.or (i32.or (local.get $e) (local.get $flags))
      (i32.sub (i32.const 0x403e) (i32.wrap_i64 (local.get $l))))))`;

const CLASSES = `
  (local.set $xa (i32.and (local.get $ae) (i32.const 0x7fff)))
  (local.set $xb (i32.and (local.get $be) (i32.const 0x7fff)))`;
/** Whether an operand is one that orders: zero, normal or infinite. */
const ordered = (s: string, x: string): string => `(i32.or
    (i32.or ${normal(x, s)} ${zero(x, s)})
    ${infinite(x, s)})`;
const quietNaN = (s: string, x: string): string => `(i32.and
    (i32.eq ${x} (i32.const 0x7fff)) (i64.ge_u ${s} (i64.const 0xc000000000000000)))`;
const [A, XA, B, XB] = ['(local.get $a)', '(local.get $xa)', '(local.get $b)', '(local.get $xb)'];

/** C3, C2, C0 of a comparison, in the status word's places; negative: not handled. $quiet: quiet NaNs raise nothing. */
const COMPARE = `
(func $compareSpecial (param $a i64) (param $ae i32) (param $b i64) (param $be i32) (param $quiet i32) (result i32)
  (local $xa i32) (local $xb i32)
  ${CLASSES}
  (if (i32.eqz (local.get $quiet)) (then (return (i32.const -1))))
  (if (i32.and
      (i32.or ${ordered(A, XA)} ${quietNaN(A, XA)})
      (i32.or ${ordered(B, XB)} ${quietNaN(B, XB)}))
    (then (return (i32.const 0x4500))))
  (i32.const -1))
(func $compare (export "compare") (param $a i64) (param $ae i32) (param $b i64) (param $be i32) (param $quiet i32) (result i32)
  (local $xa i32) (local $xb i32) (local $below i32)
  ${CLASSES}
  (if (i32.eqz (i32.and ${ordered(A, XA)} ${ordered(B, XB)})) (then
    (return (call $compareSpecial (local.get $a) (local.get $ae) (local.get $b) (local.get $be) (local.get $quiet)))))
  (if (i64.eqz (i64.or (i64.or ${A} ${B}) (i64.extend_i32_u (i32.or ${XA} ${XB})))) (then (return (i32.const 0x4000))))
  (local.set $below (i32.or
    (i32.lt_u ${XA} ${XB})
    (i32.and (i32.eq ${XA} ${XB}) (i64.lt_u ${A} ${B}))))
  (if (i32.and (i32.xor (local.get $ae) (local.get $be)) (i32.const 0x8000))
    (then (local.set $below (i32.const 0)))
    (else (if (i32.and (i32.eq ${XA} ${XB}) (i64.eq ${A} ${B})) (then (return (i32.const 0x4000))))))
  (i32.shl (i32.xor
      (local.get $below)
      (i32.and (i32.shr_u (local.get $ae) (i32.const 15)) (i32.const 1)))
    (i32.const 8)))`;

/** C3, C2, C0 and the sign in C1, of a register that is not empty. */
const EXAMINE = `
(func $examine (export "examine") (param $a i64) (param $ae i32) (result i32)
  (local $xa i32) (local $sign i32)
  (local.set $xa (i32.and (local.get $ae) (i32.const 0x7fff)))
  (local.set $sign (i32.and (i32.shr_u (local.get $ae) (i32.const 6)) (i32.const 0x200)))
  (if (i32.eqz ${XA}) (then
    (return (i32.or (local.get $sign) (select (i32.const 0x4000) (i32.const 0x4400) (i64.eqz ${A}))))))
  (if (i64.ge_s ${A} (i64.const 0)) (then (return (local.get $sign))))
  (if (i32.ne ${XA} (i32.const 0x7fff)) (then (return (i32.or (local.get $sign) (i32.const 0x400)))))
  (i32.or (local.get $sign) (select (i32.const 0x500) (i32.const 0x100) (i64.eq ${A} ${MSB}))))`;

/** The functions, in WebAssembly text. */
export const F80_CONVERT: readonly string[] = [FROM_INTEGER, TO_INTEGER, ROUND_TO_INTEGER, COMPARE, EXAMINE];
