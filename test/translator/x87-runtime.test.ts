import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { x87Bytes } from '../../docs/generate-x87-runtime.ts';

test('the x87 runtime is what its text assembles to', () => {
  const file = new URL('../../src/translator/runtime/x87-bytes.ts', import.meta.url);
  // Otherwise: node --import tsx docs/generate-x87-runtime.ts
  expect(readFileSync(file, 'utf8')).toBe(x87Bytes());
});
