import { expect, it } from 'vitest';
import { PASS_NAMES } from '../../src/translator/passes/pass-names.ts';
import { PASSES } from '../../src/translator/pipeline.ts';

it('the names that can be given are those of the passes there are, in their order', () => {
  expect(PASS_NAMES).toEqual(PASSES.map((pass) => pass.name));
});
