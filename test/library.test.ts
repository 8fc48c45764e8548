// The library as its users see it: the example of docs/library.md is run as it stands there.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The first TypeScript block of a Markdown file. */
function exampleOf(file: string): string {
  const block = /```ts\n(.*?)```/s.exec(readFileSync(join(root, file), 'utf8'));
  if (block?.[1] === undefined) throw new Error(`${file}: no example`);
  return block[1];
}

describe('docs/library.md', () => {
  it('its example prints what its comments say', () => {
    const code = exampleOf('docs/library.md');
    const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    expect(expected.length).toBeGreaterThan(0);
    const folder = mkdtempSync(join(root, 'test', '.example-'));
    try {
      const file = join(folder, 'example.ts');
      writeFileSync(file, code.replace("'transvisor'", "'../../src/index.ts'"));
      const output = execFileSync(process.execPath, ['--import', 'tsx', file], { cwd: root, encoding: 'utf8' });
      expect(output.trim().split('\n')).toEqual(expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
