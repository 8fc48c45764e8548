/**
 * What the TLB forgets, and when; and that no fast write to a code page is left.
 */
import { describe, expect, it } from 'vitest';
import { DELTA_INVALID } from '../../src/cpu/layout.ts';
import { PhysicalMemory } from '../../src/cpu/physical-memory.ts';
import { TLB_DIRTY, TLB_GLOBAL, TLB_LARGE, TLB_USER, TLB_VALID, TLB_WRITABLE, Tlb } from '../../src/cpu/tlb.ts';

const RIGHTS = TLB_VALID | TLB_WRITABLE | TLB_USER | TLB_DIRTY;

function tlbWith(pages: Readonly<Record<number, number>>): { tlb: Tlb; memory: PhysicalMemory } {
  const memory = new PhysicalMemory(2 << 20, { read: () => -1, write() {} });
  const tlb = new Tlb(memory);
  for (const [page, entry] of Object.entries(pages)) tlb.set(Number(page), entry);
  return { tlb, memory };
}

const held = (tlb: Tlb): number[] => [...Array(16).keys()].filter((page) => tlb.entries[page] !== 0);

describe('TLB', () => {
  it('keeps global entries over a flush that says so', () => {
    const { tlb } = tlbWith({ 1: 0x1000 | RIGHTS, 2: 0x2000 | RIGHTS | TLB_GLOBAL, 3: 0x3000 | RIGHTS });
    tlb.flush(true);
    expect([held(tlb), tlb.size]).toEqual([[2], 1]);
    tlb.flush(false);
    expect([held(tlb), tlb.size]).toEqual([[], 0]);
  });

  it('counts a page once that becomes global', () => {
    const { tlb } = tlbWith({ 1: 0x1000 | RIGHTS });
    tlb.set(1, 0x1000 | RIGHTS | TLB_GLOBAL);
    expect(tlb.size).toBe(1);
    tlb.flush(true);
    expect(held(tlb)).toEqual([1]);
  });

  it('forgets single pages in any order', () => {
    const { tlb } = tlbWith(Object.fromEntries([...Array(8).keys()].map((p) => [p, (p << 12) | RIGHTS])));
    for (const page of [3, 7, 0, 3]) tlb.flushPage(page);
    expect([held(tlb), tlb.size]).toEqual([[1, 2, 4, 5, 6], 5]);
    tlb.flush(true);
    expect(held(tlb)).toEqual([]);
  });

  it('forgets all parts of a large page with one of them', () => {
    const { tlb } = tlbWith({ 1: 0x1000 | RIGHTS | TLB_LARGE, 2: 0x2000 | RIGHTS, 3: 0x3000 | RIGHTS | TLB_LARGE });
    tlb.flushPage(1);
    expect(held(tlb)).toEqual([2]);
  });

  it.each([1, 2, 3])('drops the write deltas of a new code page, with %i linear pages to it', (aliases) => {
    const pages: Record<number, number> = { 9: 0x6000 | RIGHTS };
    for (let p = 1; p <= aliases; p++) pages[p] = 0x5000 | RIGHTS;
    const { tlb, memory } = tlbWith(pages);
    for (const page of Object.keys(pages)) {
      tlb.cache(Number(page), true, true);
      tlb.cache(Number(page), false, true);
    }
    expect(tlb.writeUser[1]).not.toBe(DELTA_INVALID);
    memory.markCode(5, 0, 10);
    tlb.dropWritesTo(5);
    for (let p = 1; p <= aliases; p++) {
      expect([tlb.writeUser[p], tlb.writeSupervisor[p]]).toEqual([DELTA_INVALID, DELTA_INVALID]);
    }
    expect(tlb.writeUser[9]).not.toBe(DELTA_INVALID);
    // And none comes back while it is a code page.
    tlb.cache(1, true, true);
    expect(tlb.writeUser[1]).toBe(DELTA_INVALID);
  });

  it('drops them again after the page was data in between', () => {
    const { tlb, memory } = tlbWith({ 1: 0x5000 | RIGHTS, 2: 0x5000 | RIGHTS });
    for (const page of [1, 2, 1]) {
      tlb.cache(page, false, true);
      memory.markCode(5, 0, 10);
      tlb.dropWritesTo(5);
      expect(tlb.writeSupervisor[page]).toBe(DELTA_INVALID);
      memory.codeChunks[5] = 0;
    }
  });
});
