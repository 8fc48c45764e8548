/**
 * Lowering of flags: keeping them lazy in locals, and reading conditions
 * straight from the operands where the kind is known.
 */
import * as L from '../../cpu/layout.ts';
import { CF, FLAGS_ARITH, OF, PF, SF, ZF } from '../../cpu/registers.ts';
import * as abi from '../abi.ts';
import { DYNAMIC, IN_MEMORY, WORD_STATE } from '../flag-flow.ts';
import type { Emitter, ExpressionRef } from './emitter.ts';
import { FLAG_A, FLAG_B, FLAG_C, FLAG_K, FLAG_R, FLAG_X } from './locals.ts';

const WORDS: readonly (readonly [number, number])[] = [
  [FLAG_A, abi.FLAGS_A],
  [FLAG_B, abi.FLAGS_B],
  [FLAG_R, abi.FLAGS_R],
  [FLAG_C, abi.FLAGS_C],
  [FLAG_X, abi.FLAGS_X],
];

/** Which of the five operand locals a kind word needs. */
export function operandsOf(word: number): readonly number[] {
  const need = (() => {
    switch (word & 15) {
      case abi.FLAGS_ADD:
        return [FLAG_A, FLAG_R];
      case abi.FLAGS_SUB:
        return [FLAG_A, FLAG_B];
      case abi.FLAGS_LOGIC:
        return [FLAG_R];
      case abi.FLAGS_INC:
      case abi.FLAGS_DEC:
        return [FLAG_R, FLAG_C];
      case abi.FLAGS_ADC:
      case abi.FLAGS_SBB:
        return [FLAG_A, FLAG_B, FLAG_R];
      case abi.FLAGS_RESULT:
        return [FLAG_R, FLAG_C, FLAG_B];
      default:
        return [FLAG_A];
    }
  })();
  return (word & (abi.OVERRIDE_CF | abi.OVERRIDE_OF)) !== 0 ? [...need, FLAG_X] : need;
}

/** Stores the lazy state where a region is left. */
export function storeFlags(m: Emitter, state: number): ExpressionRef[] {
  if (state === IN_MEMORY) return [];
  const out = [m.setState(abi.FLAGS_KIND, state === DYNAMIC ? m.get(FLAG_K) : m.con(state))];
  const need = state === DYNAMIC ? WORDS.map(([local]) => local) : operandsOf(state);
  for (const [local, word] of WORDS) if (need.includes(local)) out.push(m.setState(word, m.get(local)));
  return out;
}

/** Makes a state dynamic: the kind word and every operand it needs are in locals. */
export function toDynamic(m: Emitter, state: number): ExpressionRef[] {
  if (state === DYNAMIC) return [];
  if (state !== IN_MEMORY) return [m.set(FLAG_K, m.con(state))];
  const lazy = [m.set(FLAG_K, m.state(abi.FLAGS_KIND)), ...WORDS.map(([local, word]) => m.set(local, m.state(word)))];
  const written = [m.set(FLAG_K, m.con(WORD_STATE)), m.set(FLAG_A, m.state(L.EFLAGS))];
  return [m.if(m.state(abi.FLAGS_KIND), m.block(null, lazy), m.block(null, written))];
}

/** Turns a dynamic or in-memory state into a flags word. */
export function toWord(m: Emitter, state: number): ExpressionRef[] {
  const args = [FLAG_K, FLAG_A, FLAG_B, FLAG_R, FLAG_C, FLAG_X].map((l) => m.get(l));
  return [...toDynamic(m, state), m.set(FLAG_A, m.call('flags', args))];
}

/** Kinds that are looked for in a dynamic state before the monitor is asked: those of loops that carry CF from turn to turn. */
const CARRIED = [abi.kindWord(abi.FLAGS_ADC, 4), abi.kindWord(abi.FLAGS_SBB, 4)];

/** Code of a carry (0 or 1) in a dynamic state. */
function dynamicCarry(m: Emitter): ExpressionRef {
  const args = [FLAG_K, FLAG_A, FLAG_B, FLAG_R, FLAG_C, FLAG_X].map((l) => m.get(l));
  const asked = m.bin('and', m.call('flags', args), m.con(CF));
  const known = CARRIED.reduce(
    (e, kind) => m.choose(m.bin('eq', m.get(FLAG_K), m.con(kind)), carry(m, kind), e),
    asked,
  );
  // INC or DEC of any size, CF not overridden.
  const kind = m.bin('and', m.get(FLAG_K), m.con(abi.OVERRIDE_CF | 14));
  return m.choose(m.bin('eq', kind, m.con(abi.FLAGS_INC)), carry(m, abi.FLAGS_INC), known);
}

/** Code of a carry (0 or 1). */
function carry(m: Emitter, state: number): ExpressionRef {
  if (state === DYNAMIC) return dynamicCarry(m);
  if ((state & abi.OVERRIDE_CF) !== 0) return m.bin('and', m.get(FLAG_X), m.con(CF));
  const size = (state >>> 4) & 15;
  const top = m.con(size * 8 - 1);
  const a = () => m.get(FLAG_A);
  const b = () => m.get(FLAG_B);
  const r = () => m.get(FLAG_R);
  switch (state & 15) {
    case abi.FLAGS_ADD:
      return m.bin('ltu', r(), a());
    case abi.FLAGS_SUB:
      return m.bin('ltu', a(), b());
    case abi.FLAGS_LOGIC:
      return m.con(0);
    case abi.FLAGS_ADC:
      return bitOf(m, m.bin('or', m.bin('and', a(), b()), m.bin('and', m.bin('or', a(), b()), not(m, r()))), top);
    case abi.FLAGS_SBB:
      return bitOf(
        m,
        m.bin('or', m.bin('and', not(m, a()), b()), m.bin('and', m.bin('or', not(m, a()), b()), r())),
        top,
      );
    case abi.FLAGS_WORD:
      return m.bin('and', a(), m.con(CF));
    default:
      return m.bin('and', m.get(FLAG_C), m.con(1));
  }
}

function not(m: Emitter, e: ExpressionRef): ExpressionRef {
  return m.bin('xor', e, m.con(-1));
}
function bitOf(m: Emitter, e: ExpressionRef, n: ExpressionRef): ExpressionRef {
  return m.bin('and', m.bin('shr', e, n), m.con(1));
}

/** The result that SF, ZF and PF look at. */
function result(m: Emitter, state: number): ExpressionRef {
  if ((state & 15) === abi.FLAGS_SUB) return m.bin('sub', m.get(FLAG_A), m.get(FLAG_B));
  return m.get(FLAG_R);
}

/** Not zero where ZF is clear. */
function notZero(m: Emitter, state: number): ExpressionRef {
  if ((state & 15) === abi.FLAGS_WORD) return m.un('eqz', m.bin('and', m.get(FLAG_A), m.con(ZF)));
  if ((state & 15) === abi.FLAGS_SUB) return m.bin('ne', m.get(FLAG_A), m.get(FLAG_B));
  return m.bin('ne', m.get(FLAG_R), m.con(0));
}
function zero(m: Emitter, state: number): ExpressionRef {
  if ((state & 15) === abi.FLAGS_SUB) return m.bin('eq', m.get(FLAG_A), m.get(FLAG_B));
  return m.un('eqz', notZero(m, state));
}

function sign(m: Emitter, state: number): ExpressionRef {
  if ((state & 15) === abi.FLAGS_WORD) return m.bin('ne', m.bin('and', m.get(FLAG_A), m.con(SF)), m.con(0));
  const size = (state >>> 4) & 15;
  return bitOf(m, result(m, state), m.con(size * 8 - 1));
}

function overflow(m: Emitter, state: number): ExpressionRef {
  if ((state & abi.OVERRIDE_OF) !== 0) return bitOf(m, m.get(FLAG_X), m.con(11));
  const size = (state >>> 4) & 15;
  const top = size * 8 - 1;
  const a = () => m.get(FLAG_A);
  switch (state & 15) {
    case abi.FLAGS_ADD: {
      // b = r - a
      const b = m.bin('sub', m.get(FLAG_R), a());
      return bitOf(m, m.bin('and', m.bin('xor', a(), m.get(FLAG_R)), m.bin('xor', b, m.get(FLAG_R))), m.con(top));
    }
    case abi.FLAGS_ADC:
      return bitOf(
        m,
        m.bin('and', m.bin('xor', a(), m.get(FLAG_R)), m.bin('xor', m.get(FLAG_B), m.get(FLAG_R))),
        m.con(top),
      );
    case abi.FLAGS_SUB:
    case abi.FLAGS_SBB:
      return bitOf(m, m.bin('and', m.bin('xor', a(), m.get(FLAG_B)), m.bin('xor', a(), result(m, state))), m.con(top));
    case abi.FLAGS_LOGIC:
      return m.con(0);
    case abi.FLAGS_INC:
      return m.bin('eq', m.get(FLAG_R), m.con(size === 4 ? -0x8000_0000 : 1 << top));
    case abi.FLAGS_DEC:
      return m.bin('eq', m.get(FLAG_R), m.con(size === 4 ? 0x7fff_ffff : (1 << top) - 1));
    case abi.FLAGS_RESULT:
      return m.bin('and', m.get(FLAG_B), m.con(1));
    default:
      return m.bin('ne', m.bin('and', a(), m.con(OF)), m.con(0));
  }
}

function parity(m: Emitter, state: number): ExpressionRef {
  if ((state & 15) === abi.FLAGS_WORD) return m.bin('ne', m.bin('and', m.get(FLAG_A), m.con(PF)), m.con(0));
  return m.un('eqz', m.bin('and', m.un('popcnt', m.bin('and', result(m, state), m.con(0xff))), m.con(1)));
}

/** Signed comparison of the operands of a subtraction. */
function signedCompare(m: Emitter, state: number, op: 'lts' | 'ges' | 'les' | 'gts'): ExpressionRef {
  const size = (state >>> 4) & 15;
  const operand = (local: number) => (size === 4 ? m.get(local) : m.un(size === 2 ? 'sext16' : 'sext8', m.get(local)));
  return m.bin(op, operand(FLAG_A), operand(FLAG_B));
}

/** Condition code `cc` (0..15): 0 or 1. The state is static, but for B and AE. */
export function condition(m: Emitter, state: number, cc: number): ExpressionRef {
  const plain = state !== DYNAMIC && (state & (abi.OVERRIDE_CF | abi.OVERRIDE_OF)) === 0;
  const subtraction = plain && (state & 15) === abi.FLAGS_SUB;
  const negate = (e: ExpressionRef) => ((cc & 1) !== 0 ? m.un('eqz', e) : e);
  switch (cc >> 1) {
    case 0:
      return negate(overflow(m, state));
    case 1:
      return negate(carry(m, state));
    case 2:
      return (cc & 1) !== 0 ? notZero(m, state) : zero(m, state);
    case 3:
      if (subtraction) return m.bin((cc & 1) !== 0 ? 'gtu' : 'leu', m.get(FLAG_A), m.get(FLAG_B));
      return negate(m.bin('or', carry(m, state), zero(m, state)));
    case 4:
      return negate(sign(m, state));
    case 5:
      return negate(parity(m, state));
    case 6:
      if (subtraction) return signedCompare(m, state, (cc & 1) !== 0 ? 'ges' : 'lts');
      return negate(m.bin('xor', sign(m, state), overflow(m, state)));
    default:
      if (subtraction) return signedCompare(m, state, (cc & 1) !== 0 ? 'gts' : 'les');
      return negate(m.bin('or', zero(m, state), m.bin('xor', sign(m, state), overflow(m, state))));
  }
}

/** All six flags in EFLAGS positions in a static state. */
export function flagsWord(m: Emitter, state: number): ExpressionRef {
  if (state === WORD_STATE) return m.bin('and', m.get(FLAG_A), m.con(FLAGS_ARITH));
  const args = [m.con(state), ...[FLAG_A, FLAG_B, FLAG_R, FLAG_C, FLAG_X].map((l) => m.get(l))];
  return m.call('flags', args);
}
