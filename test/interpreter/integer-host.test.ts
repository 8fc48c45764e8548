/**
 * Every encoding of the integer instructions against the host's processor: result,
 * defined flags, memory, and faults.
 */
import { describe, expect, it } from 'vitest';
import { campaign } from '../support/integer-host/campaign.ts';
import { INTEGER_ROWS } from '../support/integer-host/cases.ts';
import { buildIntegerHost } from '../support/integer-host/host.ts';

const host = buildIntegerHost();
if (host === undefined) console.warn('integer-host.test.ts skipped: needs an x86 host and gcc -m32');

describe.skipIf(host === undefined)('integer instructions, compared with the host processor', () => {
  it('gives the same result in every case', () => {
    const result = campaign(host ?? '', 20, 20_261, false);
    expect(result.differences).toEqual([]);
    expect(result.cases).toBeGreaterThan(4000);
  });

  it('is made of all the rows it should be', () => {
    const mnemonics = new Set(INTEGER_ROWS.map((row) => row.mnemonic));
    for (const mnemonic of ['adc', 'rcr', 'idiv', 'cmpxchg8b', 'shrd', 'bts', 'scas', 'enter', 'aam']) {
      expect(mnemonics).toContain(mnemonic);
    }
  });
});
