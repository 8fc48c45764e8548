/** `-cpu` as QEMU's users write it. */
import { describe, expect, test } from 'vitest';
import { ALL_FEATURES } from '../../src/cpu/cpu-features.ts';
import { DEFAULT_CPU_MODEL, MAX_CPU_MODEL } from '../../src/cpu/cpu-models.ts';
import { ALL_TABLES, type DecodeTables, ENTRY_GROUP, ENTRY_INDEX, NO_ENTRY } from '../../src/decoder/decode-tables.ts';
import { instructionSetOf, tablesOf } from '../../src/decoder/instruction-set.ts';
import { CPU_NAMES, selectCpuModel } from '../../src/vmm/cpu-selection.ts';

describe('a processor', () => {
  test('has a model for every name; those that nobody made are the default', () => {
    for (const name of CPU_NAMES) expect(selectCpuModel(name).features.has('fpu'), name).toBe(true);
    expect(selectCpuModel()).toBe(DEFAULT_CPU_MODEL);
    expect(selectCpuModel('qemu32')).toBe(DEFAULT_CPU_MODEL);
    expect(selectCpuModel('max')).toBe(MAX_CPU_MODEL);
    expect(selectCpuModel('486').family).toBe(4);
  });

  test('max has everything', () => {
    expect([...selectCpuModel('max').features].sort()).toEqual([...ALL_FEATURES].sort());
  });

  test.each([
    ['qemu64,+umip', 'umip', true],
    ['max,-smap', 'smap', false],
    ['max,smap=off', 'smap', false],
    ['pentium3,sse2=on', 'sse2', true],
    ['qemu32,+pni', 'sse3', true],
    ['qemu32,-pni', 'sse3', false],
    ['qemu32,+sse4.1', 'sse4_1', true],
    ['qemu32,+sse4-2', 'sse4_2', true],
    ['qemu32,+ssse3,-ssse3', 'ssse3', false],
    ['n270', 'movbe', true],
    ['qemu64,-tsc-deadline', 'tsc_deadline_timer', false],
    // Not here, as with QEMU's own emulator.
    ['max,-x2apic,+vmx,hv_time,migratable=no', 'sse', true],
  ] as const)('%s', (text, feature, has) => {
    expect(selectCpuModel(text).features.has(feature)).toBe(has);
  });

  test('takes who it says it is', () => {
    const model = selectCpuModel('max,vendor=AuthenticAMD,family=6,model=0x1a,stepping=3,model-id=A processor');
    expect(model).toMatchObject({ vendor: 'AuthenticAMD', model: 26, stepping: 3, brand: 'A processor' });
  });

  test.each([
    ['8086', /processor '8086': not known/],
    ['max,+ssse5', /'ssse5': not known/],
    ['max,ssse5=on', /'ssse5': not known/],
    ['max,smap=maybe', /must be on or off, not 'maybe'/],
    ['max,+', /must be \+name/],
    ['max,vendor=me', /must be 12 characters/],
    ['max,stepping=16', /must be 0 to 15/],
    ['max,family=3', /must be 4 or more/],
    ['max,constructor=on', /'constructor': not known/],
  ])('%s is refused', (text, message) => {
    expect(() => selectCpuModel(text)).toThrow(message);
    expect(() => selectCpuModel(text)).toThrow(RangeError);
  });
});

test('what a processor has means the same as on any other: the translator decodes without asking for the model', () => {
  /** The row of an encoding, or NO_ENTRY. */
  const rowAt = ({ entries, groups }: DecodeTables, at: number, modrm: number): number => {
    const entry = entries[at]!;
    if (entry === NO_ENTRY || (entry & ENTRY_GROUP) === 0) return entry === NO_ENTRY ? entry : entry & ENTRY_INDEX;
    return groups[((entry & ENTRY_INDEX) << 8) | modrm]!;
  };
  for (const name of CPU_NAMES) {
    const tables = tablesOf(instructionSetOf(selectCpuModel(name)));
    let missing = 0;
    for (let at = 0; at < ALL_TABLES.entries.length; at++) {
      for (let modrm = 0; modrm < 256; modrm++) {
        const row = rowAt(tables, at, modrm);
        if (row === NO_ENTRY) missing++;
        else if (row !== rowAt(ALL_TABLES, at, modrm)) throw new Error(`${name}: entry ${at}, ModR/M ${modrm}`);
      }
    }
    expect(missing).toBeLessThan(ALL_TABLES.entries.length * 256);
  }
});

test('equal instruction sets share their tables; without a feature there are others', () => {
  const tables = (text: string) => tablesOf(instructionSetOf(selectCpuModel(text)));
  expect(tables('qemu32')).toBe(tables('qemu32,-vme'));
  expect(tables('qemu32')).not.toBe(tables('qemu32,-cmov'));
});
