/**
 * Holds the interpreter against the host's processor, at length:
 *
 *     node --import tsx test/support/sse-host/campaign.ts [cases a row] [seed] [mnemonic pattern]
 *
 * Prints a few differences of each row and a summary; status 1 when there are any.
 */
import { encode, makeRecord, ROWS } from './cases.ts';
import { difference } from './difference.ts';
import { buildHost, runOnHost } from './host.ts';
import { interpret, makeCpu } from './interpreted.ts';
import { Random } from './random.ts';
import { AT_CODE, AT_MXCSR, AT_XMM, RECORD } from './record.ts';

const cases = Number(process.argv[2] ?? 500);
const random = new Random(Number(process.argv[3] ?? 1));
const pattern = new RegExp(process.argv[4] ?? '');
const host = buildHost();
if (host === undefined) throw new Error('no 32-bit gcc on this host');
const cpu = makeCpu();
let total = 0;
let bad = 0;
for (const row of ROWS) {
  if (!pattern.test(row.mnemonic)) continue;
  const records = new Uint8Array(cases * RECORD);
  for (let k = 0; k < cases; k++) {
    makeRecord(random, encode(random, row), { unmasked: random.below(4) === 0 }, records, k * RECORD);
  }
  const theirs = runOnHost(host, records);
  const ours = interpret(cpu, records);
  let wrong = 0;
  for (let k = 0; k < cases; k++) {
    const part = (all: Uint8Array): Uint8Array => all.subarray(k * RECORD, (k + 1) * RECORD);
    const text = difference(row, part(theirs), part(ours));
    total++;
    if (text === undefined) continue;
    if (wrong++ < 3) {
      const input = Buffer.from(part(records));
      const registers = Array.from({ length: 8 }, (_, r) =>
        input
          .subarray(AT_XMM + 16 * r, AT_XMM + 16 * r + 16)
          .reverse()
          .toString('hex'),
      );
      console.log(
        `${row.id}: ${input.subarray(AT_CODE, 16).toString('hex')} mxcsr ${input.readUInt32LE(AT_MXCSR).toString(16)} ${text}\n    xmm ${registers.join(' ')}`,
      );
    }
  }
  if (wrong > 0) console.log(`${row.id}: ${wrong} of ${cases} differ`);
  bad += wrong;
}
console.log(`${total} cases, ${bad} differences`);
process.exitCode = bad > 0 ? 1 : 0;
