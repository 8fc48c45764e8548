/** Cases as files: what is written is read back, and damage is told in one line. */
import { describe, expect, it } from 'vitest';
import type { FuzzCase } from '../../fuzz/case.ts';
import { caseFromJson, caseToJson } from '../../fuzz/case-json.ts';
import { plainCase } from '../../fuzz/plain-case.ts';

const CASE: FuzzCase = {
  ...plainCase('virtual8086', [0x90, 0xcc], { gpr: [0, 1, 2, 3, 0xffff_ffff, 5, 6, 7] }),
  interrupts: [
    { after: 3, vector: 32 },
    { after: 3, vector: 33 },
  ],
};
const TEXT = caseToJson(CASE, 'what it shows');

/** The text with one field, given by its path, changed. */
function changed(path: string, value: unknown): string {
  const data = JSON.parse(TEXT) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop()!;
  let at: Record<string, unknown> = data;
  for (const name of names) at = at[name] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return JSON.stringify(data);
}

function message(text: string): string {
  try {
    caseFromJson('a.json', text);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}

describe('a case as JSON', () => {
  it('is read back as it was', () => {
    expect(caseFromJson('a.json', TEXT)).toEqual(CASE);
    const without: FuzzCase = { ...CASE, background: undefined, patches: [] };
    expect(caseFromJson('a.json', caseToJson(without))).toEqual(without);
  });

  it.each([
    ['initial.eip', 'zz', 'initial.eip is "zz", must be a whole number from 0 to 0xffffffff'],
    ['initial.eip', 2 ** 32, 'initial.eip is 4294967296, must be a whole number from 0 to 0xffffffff'],
    ['initial.registers.ebx', undefined, 'initial.registers.ebx is nothing, must be a whole number'],
    ['initial.registers', [], 'initial.registers is [], must be an object'],
    ['initial.cpl', 4, 'initial.cpl is 4, must be a whole number from 0 to 3'],
    ['initial.xmm', ['0'], 'initial.xmm has 1 elements, must be an array of 8'],
    ['initial.fpu.registers.3', '12', 'initial.fpu.registers[3] is "12", must be 20 hexadecimal digits'],
    ['mode', 'long', 'mode is "long", must be one of "real", "protected16"'],
    ['steps', 0, 'steps is 0, must be a whole number from 1 to 0xf4240'],
    ['steps', 1e9, 'steps is 1000000000, must be'],
    ['format', 'transvisor fuzz case 2', 'format is "transvisor fuzz case 2", must be "transvisor fuzz case 1"'],
    ['background.size', '0x20001', 'background is {"at":"0x40000"'],
    ['memory', [{ at: '0x100000', bytes: '' }], 'memory[0].at is "0x100000", must be a whole number from 0 to 0xfffff'],
    ['memory', [{ at: '0xfffff', bytes: '0000' }], 'memory[0].bytes is "0000", must be up to 1 bytes'],
    ['memory', [{ at: 0, bytes: 'a' }], 'memory[0].bytes is "a", must be up to'],
    [
      'interrupts',
      [
        { after: 2, vector: 1 },
        { after: 1, vector: 1 },
      ],
      'must be in the order of "after"',
    ],
    ['name', 'x'.repeat(201), 'must be a string of at most 200 characters'],
  ])('refuses %s = %j', (path, value, expected) => {
    const told = message(changed(path, value));
    expect(told).toContain(expected);
    expect(told.startsWith('a.json: ')).toBe(true);
    expect(told).not.toContain('\n');
  });

  it('refuses what is no JSON, in one line', () => {
    for (const text of ['', '{', TEXT.slice(0, 300), '\0\0', '[]', 'null', '7']) {
      const told = message(text);
      expect(told.startsWith('a.json: ')).toBe(true);
      expect(told).not.toContain('\n');
    }
  });

  it('refuses or reads anything with one byte changed, and never throws anything else', () => {
    for (let n = 0; n < TEXT.length; n += 3) {
      const text = TEXT.slice(0, n) + String.fromCharCode(33 + (n % 90)) + TEXT.slice(n + 1);
      try {
        caseFromJson('a.json', text);
      } catch (error) {
        expect((error as Error).name).toBe('FileError');
      }
    }
  });
});
