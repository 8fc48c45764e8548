/** docs/support-matrix.md is what the opcode table says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SUPPORT_MATRIX_FILE, supportMatrix } from '../../docs/generate-support-matrix.ts';
import { OPCODES } from '../../src/decoder/opcode-table.ts';

test('the page is up to date (if not: node --import tsx docs/generate-support-matrix.ts)', () => {
  expect(readFileSync(SUPPORT_MATRIX_FILE, 'utf8')).toBe(supportMatrix());
});

test('every row of the table stands in it', () => {
  const lines = supportMatrix()
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  expect(lines).toHaveLength(OPCODES.length);
});
