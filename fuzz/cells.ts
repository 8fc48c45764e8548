/**
 * The cells of the coverage matrix: a row of the opcode table, a mode, a form of
 * its operands, and what came of it. Which cells there are is worked out here from the table.
 */
import { type Instruction, K } from '../src/decoder/instruction.ts';
import type { OpcodeRow } from '../src/decoder/opcode-row.ts';
import { OPCODES } from '../src/decoder/opcode-table.ts';
import { MODES, type Mode } from './case.ts';

/** Forms: registers only, or memory; with the operand size where it is a part of what the instruction means. */
export const FORMS = ['reg', 'mem', 'reg16', 'mem16', 'reg32', 'mem32', 'rep', 'rep16', 'rep32'] as const;
export type Form = (typeof FORMS)[number];

/** It retired; a software interrupt; or the exception's vector. */
export const OUTCOMES = [
  'ok',
  'int',
  '#DE',
  '#DB',
  '#BP',
  '#OF',
  '#BR',
  '#UD',
  '#NM',
  '#TS',
  '#NP',
  '#SS',
  '#GP',
  '#PF',
  '#MF',
  '#AC',
  '#XF',
] as const;
export type CellOutcome = (typeof OUTCOMES)[number];

const BY_VECTOR: Readonly<Record<number, CellOutcome>> = {
  0: '#DE',
  1: '#DB',
  3: '#BP',
  4: '#OF',
  5: '#BR',
  6: '#UD',
  7: '#NM',
  10: '#TS',
  11: '#NP',
  12: '#SS',
  13: '#GP',
  14: '#PF',
  16: '#MF',
  17: '#AC',
  19: '#XF',
};

/** What an exception is in the matrix; undefined for those that no instruction raises by itself. */
export function outcomeOf(vector: number): CellOutcome | undefined {
  return BY_VECTOR[vector];
}

/** Operand codes whose size follows the operand size, and mnemonics that do without naming one. */
const SIZED = /^(E|G|M|O|X|Y|Z|R)?(v|z|p|a)$|^(eAX|Iz|Jz|Ap|Menv|Mstate|sIb|Rv\/Mw)$/;
const SIZED_MNEMONICS = new Set([
  'cbw',
  'cwd',
  'pusha',
  'popa',
  'pushf',
  'popf',
  'iret',
  'leave',
  'enter',
  'ret',
  'retf',
]);
const JUST_BYTES = new Set(['jcc', 'loop', 'loope', 'loopne', 'jcxz']);

function isSized(row: OpcodeRow): boolean {
  if (JUST_BYTES.has(row.mnemonic)) return row.operands[0] === 'Jz';
  return (
    SIZED_MNEMONICS.has(row.mnemonic) ||
    row.operands.some((operand) => SIZED.test(operand)) ||
    /^(push|pop)$/.test(row.mnemonic)
  );
}

export function isString(row: OpcodeRow): boolean {
  return row.operands.some((operand) => /^[XY][bvz]$/.test(operand));
}

const SIZED_ROWS: readonly boolean[] = OPCODES.map(isSized);
const STRING_ROWS: readonly boolean[] = OPCODES.map(isString);

/** Forms of a row, as indexes of {@link FORMS}. */
function formsOf(row: OpcodeRow): readonly number[] {
  const kinds = new Set<string>();
  if (isString(row)) kinds.add('mem').add('rep');
  else if (row.operands.some((operand) => /^O/.test(operand))) kinds.add('mem');
  else {
    for (const { hasModrm, modrm, mod } of row.encodings) {
      const register = !hasModrm || modrm >= 0 || mod !== 'memory';
      if (register) kinds.add('reg');
      if (
        hasModrm &&
        modrm < 0 &&
        mod !== 'register' &&
        !/^(Rd)$/.test(row.operands[0] ?? '') &&
        row.operands[1] !== 'Rd'
      )
        kinds.add('mem');
    }
  }
  const sizes = isSized(row) ? ['16', '32'] : [''];
  return [...kinds].flatMap((kind) => sizes.map((size) => FORMS.indexOf((kind + size) as Form)));
}
export const ROW_FORMS: readonly (readonly number[])[] = OPCODES.map(formsOf);

/** The form of a decoded instruction, as an index of {@link FORMS}. */
export function formOf(insn: Instruction): number {
  const { index } = insn.row;
  const string = STRING_ROWS[index]!;
  const memory = string || insn.k0 === K.Mem || insn.k1 === K.Mem || insn.k2 === K.Mem;
  const kind = string && (insn.prefixes & 6) !== 0 ? 6 : memory ? 1 : 0;
  if (!SIZED_ROWS[index]!) return kind;
  const wide = insn.operandSize === 4;
  return kind === 6 ? (wide ? 8 : 7) : kind + (wide ? 4 : 2);
}

/** A cell as one number. */
export function cellKey(row: number, mode: Mode, form: number, outcome: CellOutcome): number {
  return (
    ((row * MODES.length + MODES.indexOf(mode)) * FORMS.length + form) * OUTCOMES.length + OUTCOMES.indexOf(outcome)
  );
}

export interface Cell {
  readonly row: OpcodeRow;
  readonly mode: Mode;
  readonly form: Form;
  readonly outcome: CellOutcome;
}

/** What a number of {@link cellKey} stands for. */
export function cellOf(key: number): Cell {
  const outcome = OUTCOMES[key % OUTCOMES.length]!;
  const rest = Math.floor(key / OUTCOMES.length);
  const form = FORMS[rest % FORMS.length]!;
  const place = Math.floor(rest / FORMS.length);
  return { row: OPCODES[Math.floor(place / MODES.length)]!, mode: MODES[place % MODES.length]!, form, outcome };
}
