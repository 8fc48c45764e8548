/**
 * MMX and SSE against the host's own processor, on random states: a short run of
 * test/support/sse-host/campaign.ts. Skipped where 32-bit programs cannot be built or run.
 */
import { describe, expect, test } from 'vitest';
import { encode, makeRecord, ROWS } from '../../support/sse-host/cases.ts';
import { difference } from '../../support/sse-host/difference.ts';
import { buildHost, runOnHost } from '../../support/sse-host/host.ts';
import { interpret, makeCpu } from '../../support/sse-host/interpreted.ts';
import { Random } from '../../support/sse-host/random.ts';
import { RECORD } from '../../support/sse-host/record.ts';

const CASES = 40;
const host = buildHost();
if (host === undefined) console.warn('skipped: MMX and SSE against the host need an x86 host and gcc -m32');

describe.skipIf(host === undefined)("the host's processor", () => {
  test('leaves the same state as the interpreter after every MMX and SSE instruction', () => {
    const random = new Random(20);
    const cpu = makeCpu();
    const size = CASES * RECORD;
    const records = new Uint8Array(ROWS.length * size);
    ROWS.forEach((row, n) => {
      for (let k = 0; k < CASES; k++) {
        makeRecord(random, encode(random, row), { unmasked: k % 4 === 0 }, records, n * size + k * RECORD);
      }
    });
    const theirs = runOnHost(host!, records);
    const ours = interpret(cpu, records);
    const wrong: string[] = [];
    for (let at = 0; at < records.length; at += RECORD) {
      const row = ROWS[Math.floor(at / size)]!;
      const text = difference(row, theirs.subarray(at, at + RECORD), ours.subarray(at, at + RECORD));
      if (text === undefined) continue;
      wrong.push(`${row.id}: ${text}; input ${Buffer.from(records.subarray(at, at + RECORD)).toString('hex')}`);
    }
    expect(wrong).toEqual([]);
  });
});
