/**
 * Records what this machine's processor does into
 * test/interpreter/x87/recorded.bin.gz, which the tests replay everywhere:
 *
 *     node --import tsx test/support/x87-host/record-vectors.ts
 *
 * The file is a sequence of pairs of records (record.ts), before and after.
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { EXACT_FORMS, makeRecords, TRANSCENDENTAL_FORMS } from './generate.ts';
import { x87Host } from './host.ts';
import { RECORD } from './record.ts';

const host = x87Host();
if (host === undefined) process.exit(1);
const before = makeRecords(2026, [...EXACT_FORMS, ...TRANSCENDENTAL_FORMS], 3);
const after = host.run(before);
const pairs = new Uint8Array(before.length * 2);
for (let at = 0; at < before.length; at += RECORD) {
  pairs.set(before.subarray(at, at + RECORD), at * 2);
  pairs.set(after.subarray(at, at + RECORD), at * 2 + RECORD);
}
const file = new URL('../../interpreter/x87/recorded.bin.gz', import.meta.url);
writeFileSync(file, gzipSync(pairs, { level: 9 }));
console.log(`${before.length / RECORD} records`);
host.dispose();
