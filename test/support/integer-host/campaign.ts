/**
 * A long comparison of integer instructions with the host's processor:
 * node --import tsx test/support/integer-host/campaign.ts [cases an encoding] [seed] [strict]
 */
import type { OpcodeRow } from '../../../src/decoder/opcode-row.ts';
import { INTEGER_ROWS, makeCase, Random } from './cases.ts';
import { difference } from './difference.ts';
import { buildIntegerHost, runOnHost } from './host.ts';
import { InterpretedProcessor } from './interpreted.ts';
import type { Case } from './record.ts';

/** Every encoding `each` times; returns the differences and how many cases there were. */
export function campaign(
  host: string,
  each: number,
  seed: number,
  strict: boolean,
): { cases: number; differences: string[] } {
  const random = new Random(seed);
  const rows: OpcodeRow[] = [];
  const cases: Case[] = [];
  for (const row of INTEGER_ROWS) {
    for (const encoding of row.encodings) {
      for (let k = 0; k < each; k++) {
        rows.push(row);
        cases.push(makeCase(row, encoding, random, k % 2 === 1));
      }
    }
  }
  const processor = new InterpretedProcessor();
  const outcomes = runOnHost(host, cases);
  const differences: string[] = [];
  cases.forEach((c, n) => {
    const text = difference(rows[n]!, c, outcomes[n]!, processor.run(c), strict);
    if (text !== undefined) differences.push(text);
  });
  return { cases: cases.length, differences };
}

if (process.argv[1]?.endsWith('campaign.ts')) {
  const host = buildIntegerHost();
  if (host === undefined) throw new Error('gcc -m32 is needed');
  const each = Number(process.argv[2] ?? 200);
  const result = campaign(host, each, Number(process.argv[3] ?? 1), process.argv[4] === 'strict');
  const seen = new Map<string, number>();
  for (const text of result.differences) {
    const mnemonic = text.split(' ')[0] ?? '';
    const count = (seen.get(mnemonic) ?? 0) + 1;
    seen.set(mnemonic, count);
    if (count <= 6) console.log(text);
  }
  console.log(`${result.cases} cases, ${result.differences.length} differences`, Object.fromEntries(seen));
}
