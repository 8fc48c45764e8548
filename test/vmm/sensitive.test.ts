/**
 * The sensitive instructions of IA-32 that do not trap: what each does in translated guest code at level 0, and what the
 * same bytes would do if the guest's kernel ran directly. docs/sensitive.md is made of what is seen here.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { observeAll, SENSITIVE_FILE, sensitivePage } from '../../docs/generate-sensitive.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { Lockstep } from '../support/lockstep.ts';
import { loadInGuest, runDirectly, SENSITIVE } from '../support/sensitive-instructions.ts';

const raw = await loadBinaryen();

describe('in translated code, in the guest at level 0', () => {
  const pair = new Lockstep(raw);

  test.each(SENSITIVE)('$name', (s) => {
    loadInGuest(pair, s);
    const count = (of: string, name: string) => (pair.engine.stats()[of] as Record<string, number>)[name] ?? 0;
    const counted = () => count('callouts', s.mnemonic);
    const inline = () => count('sensitiveInline', s.mnemonic);
    const inlineBefore = inline();
    const before = counted();
    const regions = Number(pair.engine.stats()['regions']);
    const [read, value] = s.guest;
    for (const count of [1, 2, 60_000, 3, 1, 1, 1, 1, 1, 1, 1, 30_000]) {
      expect(pair.run(count)).toBeUndefined();
      expect(pair.interpret.cpu.shutdown).toBe(false);
    }
    expect(read(pair.translate.cpu)).toBe(value);
    expect(Number(pair.engine.stats()['regions'])).toBeGreaterThan(regions);
    // Each is counted; what is emulated inline makes no callout.
    if (s.inline) {
      expect(counted() - before).toBeLessThan(10);
      expect(inline() - inlineBefore).toBeGreaterThan(1000);
    } else expect(counted() - before).toBeGreaterThan(1000);
  });
});

describe('the same bytes executed directly, at level 3', () => {
  test.each(SENSITIVE)('$name', (s) => {
    const { cpu, fault, value } = runDirectly(s);
    if ('faults' in s.direct) expect(fault).toBe(`#13(${s.direct.faults})`);
    else expect({ fault, value }).toEqual({ fault: undefined, value: s.direct[1] });
    // Either way it is not what the guest sees.
    const [read, expected] = s.guest;
    if (fault === undefined && s.after === '') expect(read(cpu)).not.toBe(expected);
  });
});

test('the seventeen of Robin and Irvine, and iret, are all there', () => {
  const named = new Set(SENSITIVE.map((s) => s.mnemonic));
  const list = ['sgdt', 'sidt', 'sldt', 'smsw', 'str', 'pushf', 'popf', 'lar', 'lsl', 'verr', 'verw', 'pop', 'push'];
  for (const name of [...list, 'callf', 'jmpf', 'int', 'retf', 'mov', 'iret']) expect(named).toContain(name);
});

test('the page is up to date (if not: node --import tsx docs/generate-sensitive.ts)', async () => {
  expect(readFileSync(SENSITIVE_FILE, 'utf8')).toBe(sensitivePage(await observeAll()));
});
