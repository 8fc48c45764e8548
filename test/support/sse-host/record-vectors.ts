/**
 * Records what this host's processor makes of the generated inputs:
 *
 *     node --import tsx test/support/sse-host/record-vectors.ts
 *
 * writes test/interpreter/sse/vectors.txt.
 */
import { writeFileSync } from 'node:fs';
import { ROWS } from './cases.ts';
import { buildHost, runOnHost } from './host.ts';
import { inputs, toLine } from './vectors.ts';

const host = buildHost();
if (host === undefined) throw new Error('recording needs an x86 host and gcc -m32');
const lines = ROWS.map((row) => {
  const records = inputs(row);
  return toLine(row, records, runOnHost(host, records));
});
writeFileSync(new URL('../../interpreter/sse/vectors.txt', import.meta.url), `${lines.join('\n')}\n`);
