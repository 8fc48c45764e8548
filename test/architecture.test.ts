import { describe, expect, it } from 'vitest';
import { checkArchitecture, importsOf, readSources } from '../scripts/architecture.ts';

describe('the floors of the house', () => {
  it('hold for all of src', () => {
    const sources = readSources();
    expect(sources.size).toBeGreaterThan(50);
    expect(checkArchitecture(sources)).toEqual([]);
  });

  it.each([
    ['cpu/a.ts', "import { x } from '../vmm/b.ts';", 'vmm/b.ts'],
    ['vmm/devices/a.ts', "import type { Cpu } from '../../cpu/cpu.ts';", 'cpu/cpu.ts'],
    ['vmm/a.ts', "import { readFileSync } from 'node:fs';", undefined],
    ['translator/a.ts', "import { add } from '../interpreter/alu.ts';", 'interpreter/alu.ts'],
    ['cpu/a.ts', "export { x } from './missing.ts';", undefined],
  ])('%s may not say %s', (file, text, other) => {
    const files = new Map([[file, text]]);
    if (other !== undefined) files.set(other, '');
    expect(checkArchitecture(files)).toHaveLength(1);
  });

  it('a cycle of values is one, a cycle of types is none', () => {
    const back = (kind: string) =>
      new Map([
        ['cpu/a.ts', "import { b } from './b.ts';"],
        ['cpu/b.ts', `import ${kind}{ a } from './a.ts';`],
      ]);
    expect(checkArchitecture(back(''))).toEqual(['cycle: cpu/a.ts -> cpu/b.ts -> cpu/a.ts']);
    expect(checkArchitecture(back('type '))).toEqual([]);
  });

  it('imports over several lines and imports of types in braces are seen', () => {
    const text =
      "import {\n  type A,\n  type B,\n} from './b.ts';\nimport './c.ts';\nconst d = await import('./d.ts');";
    expect(importsOf('cpu/a.ts', text)).toEqual([
      { to: 'cpu/b.ts', typeOnly: true },
      { to: 'cpu/c.ts', typeOnly: false },
      { to: 'cpu/d.ts', typeOnly: true },
    ]);
  });
});
