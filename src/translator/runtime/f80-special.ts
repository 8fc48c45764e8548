/**
 * Addition, multiplication and division where an operand is zero or infinite,
 * as WebAssembly text; f80-arithmetic.ts calls these when not both are normal.
 */
import { CONTROL, EXPONENTS, infinite, MSB, NOT_HANDLED, normal, zero } from './f80-arithmetic.ts';

/** ZE as it stands in a result's word. */
const WORD_ZE = 0x4_0000;

const A = ['(local.get $xa)', '(local.get $a)'] as const;
const B = ['(local.get $xb)', '(local.get $b)'] as const;
const SIGN_A = '(i32.and (local.get $ae) (i32.const 0x8000))';
const SIGN_B = '(i32.and (local.get $be) (i32.const 0x8000))';
const SIGNS = '(i32.and (i32.xor (local.get $ae) (local.get $be)) (i32.const 0x8000))';
const result = (s: string, w: string): string => `(return (tuple.make 2 ${s} ${w}))`;

/** A function whose operands are zero, normal or infinite; denormals and NaNs are not handled. */
const special = (name: string, body: string): string => `
(func $${name} (param $a i64) (param $ae i32) (param $b i64) (param $be i32) (result i64 i32)
  (local $xa i32) (local $xb i32)
  ${EXPONENTS}
  (if (i32.eqz (i32.and
      (i32.or (i32.or ${normal(...A)} ${zero(...A)}) ${infinite(...A)})
      (i32.or (i32.or ${normal(...B)} ${zero(...B)}) ${infinite(...B)})))
    (then (return ${NOT_HANDLED})))
  ${body})`;

const ADD = special(
  'addSpecial',
  `
  (if ${infinite(...A)} (then
    ;; Infinities of opposite signs have no sum.
    (if (i32.and ${infinite(...B)} (i32.ne ${SIGNS} (i32.const 0))) (then (return ${NOT_HANDLED})))
    ${result(MSB, `(i32.or ${SIGN_A} (i32.const 0x7fff))`)}))
  (if ${infinite(...B)} (then ${result(MSB, `(i32.or ${SIGN_B} (i32.const 0x7fff))`)}))
  (if (i32.and ${zero(...A)} ${zero(...B)}) (then
    ${result(
      '(i64.const 0)',
      `(select
        (i32.shl (i32.eq (i32.and ${CONTROL} (i32.const 0xc00)) (i32.const 0x400)) (i32.const 15))
        ${SIGN_A}
        ${SIGNS})`,
    )}))
  ;; One is zero, the other is not: it may have to be rounded.
  (if ${zero(...A)} (then (return (call $round ${SIGN_B} (local.get $xb) (local.get $b) (i64.const 0)))))
  (call $round ${SIGN_A} (local.get $xa) (local.get $a) (i64.const 0))`,
);

const MUL = special(
  'mulSpecial',
  `
  (if (i32.or ${infinite(...A)} ${infinite(...B)}) (then
    (if (i32.or ${zero(...A)} ${zero(...B)}) (then (return ${NOT_HANDLED})))
    ${result(MSB, `(i32.or ${SIGNS} (i32.const 0x7fff))`)}))
  (tuple.make 2 (i64.const 0) ${SIGNS})`,
);

const DIV = special(
  'divSpecial',
  `
  (if ${infinite(...B)} (then
    (if ${infinite(...A)} (then (return ${NOT_HANDLED})))
    ${result('(i64.const 0)', SIGNS)}))
  (if ${infinite(...A)} (then ${result(MSB, `(i32.or ${SIGNS} (i32.const 0x7fff))`)}))
  (if ${zero(...B)} (then
    (if (i32.or ${zero(...A)} (i32.eqz (i32.and ${CONTROL} (i32.const 4)))) (then (return ${NOT_HANDLED})))
    ${result(MSB, `(i32.or ${SIGNS} (i32.const ${0x7fff | WORD_ZE}))`)}))
  (tuple.make 2 (i64.const 0) ${SIGNS})`,
);

/** The functions, in WebAssembly text. */
export const F80_SPECIAL: readonly string[] = [ADD, MUL, DIV];
