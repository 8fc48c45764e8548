/**
 * The opcode table's word for what the translator does with a row is what the
 * translator does: samples of each row are lifted.
 */
import { expect, test } from 'vitest';
import { OPCODES } from '../../src/decoder/opcode-table.ts';
import { liftedMnemonics } from '../../src/translator/lift/lift.ts';
import { formsOf, handlingOf } from '../support/row-forms.ts';

test('every row has sample forms', () => {
  expect(OPCODES.filter((row) => formsOf(row).length === 0).map((row) => row.id)).toEqual([]);
});

test('the handling of every row is what lifting it gives', () => {
  const wrong = OPCODES.flatMap((row) => {
    const { handling, left, forms } = handlingOf(row);
    if (handling === row.handling) return [];
    const what = `${forms - left.length} of ${forms} sample forms are lifted`;
    return [`'${row.id}' says ${row.handling}, but ${what}: write ${handling} in its line in src/decoder/opcodes/`];
  });
  // Afterwards: node --import tsx docs/generate-support-matrix.ts
  expect(wrong).toEqual([]);
});

test('every lifting rule belongs to a mnemonic of the table', () => {
  const known = new Set(OPCODES.map((row) => row.mnemonic));
  expect(liftedMnemonics().filter((name) => !known.has(name))).toEqual([]);
});
