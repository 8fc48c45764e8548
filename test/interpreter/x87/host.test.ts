/**
 * x87 against the processor the tests run on, bit for bit, the status word and
 * tags included; transcendental functions within one unit in the last place.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { differences } from '../../support/x87-host/compare.ts';
import { EXACT_FORMS, makeRecords, TRANSCENDENTAL_FORMS } from '../../support/x87-host/generate.ts';
import { x87Host } from '../../support/x87-host/host.ts';
import { flatCpu, interpret } from '../../support/x87-host/interpreted.ts';

const host = x87Host();
/** Records a form and kind of state; raise it for a long run. */
const EACH = Number(process.env.X87_RECORDS ?? 120);
const SEED = Number(process.env.X87_SEED ?? 1);

describe.skipIf(host === undefined)('x87 against this processor', () => {
  afterAll(() => host?.dispose());

  it('gives the same bits for every exact instruction', { timeout: 3_600_000 }, () => {
    const cpu = flatCpu();
    for (const form of EXACT_FORMS) {
      const records = makeRecords(SEED, [form], EACH);
      expect(differences(records, interpret(cpu, records), host!.run(records)).join('\n')).toBe('');
    }
  });

  it('is within one unit in the last place for transcendental functions', { timeout: 3_600_000 }, () => {
    const cpu = flatCpu();
    for (const form of TRANSCENDENTAL_FORMS) {
      const records = makeRecords(SEED, [form], EACH);
      expect(differences(records, interpret(cpu, records), host!.run(records), 1n).join('\n')).toBe('');
    }
  });
});
