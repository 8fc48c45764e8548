/**
 * x87 against a recording of what a processor did (test/support/x87-host/record-vectors.ts
 * made it), so that the comparison runs on machines of any kind.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { differences } from '../../support/x87-host/compare.ts';
import { TRANSCENDENTAL_FORMS } from '../../support/x87-host/generate.ts';
import { flatCpu, interpret } from '../../support/x87-host/interpreted.ts';
import { AT_CODE, RECORD } from '../../support/x87-host/record.ts';

const pairs = gunzipSync(readFileSync(new URL('recorded.bin.gz', import.meta.url)));
const isTranscendental = (record: Uint8Array): boolean =>
  TRANSCENDENTAL_FORMS.some((form) => form[0] === record[AT_CODE] && form[1] === record[AT_CODE + 1]);

/** Before and after of the recorded instructions that are, or are not, transcendental. */
function recorded(transcendental: boolean): { before: Uint8Array; after: Uint8Array } {
  const before: Uint8Array[] = [];
  const after: Uint8Array[] = [];
  for (let at = 0; at < pairs.length; at += 2 * RECORD) {
    const first = pairs.subarray(at, at + RECORD);
    if (isTranscendental(first) !== transcendental) continue;
    before.push(first);
    after.push(pairs.subarray(at + RECORD, at + 2 * RECORD));
  }
  return { before: new Uint8Array(Buffer.concat(before)), after: new Uint8Array(Buffer.concat(after)) };
}

describe('x87 against recorded results', () => {
  it('has a recording of every form', () => {
    expect(recorded(false).before.length / RECORD).toBeGreaterThan(1000);
    expect(recorded(true).before.length / RECORD).toBeGreaterThan(50);
  });

  it('gives the same bits for exact instructions', () => {
    const { before, after } = recorded(false);
    expect(differences(before, interpret(flatCpu(), before), after).join('\n')).toBe('');
  });

  it('is within one unit in the last place for transcendental functions', () => {
    const { before, after } = recorded(true);
    expect(differences(before, interpret(flatCpu(), before), after, 1n).join('\n')).toBe('');
  });
});
