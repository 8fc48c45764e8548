/** What real processors made of x87, MMX and SSE instructions, in both engines. */
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { replayInEngines, VECTOR_FILES } from './checked-in.ts';

const files = VECTOR_FILES.filter((path) => !path.includes('integer'));

it.each(files.map((path) => [basename(path), path]))('%s', { timeout: 120_000 }, async (_, path) => {
  const { cases, judged, differing } = await replayInEngines(path);
  expect(differing).toEqual([]);
  expect(cases).toBeGreaterThan(0);
  // What cannot be compared was not recorded; an exclusion that has grown may leave a few.
  expect(judged['interpreter']).toBeGreaterThan(cases * 0.99);
  expect(judged['translator']).toBe(judged['interpreter']);
});
