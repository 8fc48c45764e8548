// Code pages: which writes hit code, and when code is forgotten for the sake of writes beside it.
import { beforeEach, expect, test } from 'vitest';
import { PhysicalMemory } from '../../src/cpu/physical-memory.ts';

let memory: PhysicalMemory;
let forgotten: [number, boolean][];
let used: boolean;

beforeEach(() => {
  memory = new PhysicalMemory(0x10_0000, { read: () => -1, write: () => {} });
  forgotten = [];
  used = true;
  memory.addCodeListener({
    forgetCode: (page, changes) => forgotten.push([page, changes]),
    usesCode: () => used,
    holdsCode: (_, first, last) => first <= 0x110 && last >= 0x100,
  });
  memory.markCode(5, 0x100, 0x110);
});

/** Writes beside code until it is forgotten, or so many. */
function beside(most: number): number {
  for (let n = 1; n <= most; n++) if (memory.wroteBesideCode(5)) return n;
  return -1;
}

test('a write that hits code forgets all of the page, one beside it nothing', () => {
  memory.write32(0x5120, 1);
  memory.write32(0x50fc, 1);
  expect(forgotten).toEqual([]);
  memory.write8(0x5110, 1);
  expect(forgotten).toEqual([[5, true]]);
  expect(memory.codeChunks[5]).toBe(0);
});

test('code out of use is forgotten at the first write beside it', () => {
  used = false;
  expect(beside(10)).toBe(1);
  expect(forgotten).toEqual([[5, false]]);
  expect(memory.wroteBesideCode(5)).toBe(false);
});

test('code that goes out of use is soon forgotten', () => {
  expect(beside(200)).toBe(-1);
  used = false;
  expect(beside(200)).toBeLessThanOrEqual(64);
});

test('code in use is forgotten after ever more writes beside it, but always at last', () => {
  const counts = Array.from({ length: 6 }, () => {
    const count = beside(1_000_000);
    memory.markCode(5, 0x100, 0x110);
    return count;
  });
  expect(counts).toEqual([1000, 4000, 16_000, 64_000, 64_000, 64_000]);
});
