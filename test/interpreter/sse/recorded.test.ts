/**
 * MMX and SSE against results recorded on a real processor: every row of the opcode table.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROWS } from '../../support/sse-host/cases.ts';
import { difference } from '../../support/sse-host/difference.ts';
import { interpret, makeCpu } from '../../support/sse-host/interpreted.ts';
import { RECORD } from '../../support/sse-host/record.ts';
import { fromLine, inputs } from '../../support/sse-host/vectors.ts';

const text = readFileSync(new URL('vectors.txt', import.meta.url), 'utf8');
const lines = new Map(
  text
    .trimEnd()
    .split('\n')
    .map((line) => [line.split('\t', 1)[0]!, line]),
);

test('every MMX and SSE row of the opcode table has recorded results', () => {
  expect([...lines.keys()].sort()).toEqual(ROWS.map((row) => row.id).sort());
});

test('the interpreter leaves the state that the recorded processor left', () => {
  const cpu = makeCpu();
  const wrong: string[] = [];
  for (const row of ROWS) {
    const records = inputs(row);
    const expected = fromLine(lines.get(row.id)!, records);
    const ours = interpret(cpu, records);
    for (let at = 0; at < records.length; at += RECORD) {
      const found = difference(row, expected.subarray(at, at + RECORD), ours.subarray(at, at + RECORD));
      if (found !== undefined) wrong.push(`${row.id}, case ${at / RECORD}: ${found}`);
    }
  }
  expect(wrong).toEqual([]);
});
