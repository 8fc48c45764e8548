/** The translation cache: asking, publishing, finding, linking, and above all forgetting. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Profile } from '../../src/cache/region-former.ts';
import { TranslationCache } from '../../src/cache/translation-cache.ts';
import { parseCodeText } from '../../src/cli/code-text.ts';
import type { Cpu } from '../../src/cpu/cpu.ts';
import { CR0, CR3 } from '../../src/cpu/layout.ts';
import { ACCESS_FETCH } from '../../src/cpu/paging.ts';
import { CR0_PG } from '../../src/cpu/registers.ts';
import { TLB_NO_EXECUTE } from '../../src/cpu/tlb.ts';
import { FIRST_REGION_SLOT } from '../../src/translator/abi.ts';
import type { RegionRequest } from '../../src/translator/region.ts';
import { NO_SITES } from '../../src/translator/sites.ts';
import { bareCpu } from '../support/bare-cpu.ts';

const ALL: Profile = { inline: true, warm: () => true, known: () => true, targets: () => [] };
/** Pages of the paging structures. */
const DIRECTORY = 0x8000;
const PAGE_TABLE = 0x9000;

/** A function for the table; what it does is of no account here. */
const NOTHING = (() => {
  const bytes = [
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10, 4, 1, 2, 0, 0x0b,
  ];
  return new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes))).exports['f'] as () => void;
})();

let cpu: Cpu;
let cache: TranslationCache;

beforeEach(() => {
  cpu = bareCpu('flat32');
  cache = new TranslationCache(cpu, 1000);
});

function put(text: string): { eip: number; at: (label: string) => number } {
  const { bytes, address, labels } = parseCodeText(text);
  cpu.memory.writeBytes(address, bytes);
  cpu.translate(address, ACCESS_FETCH, false);
  return { eip: address, at: (label) => labels.get(label)! };
}

function request(eip: number, maxBlocks = 32): RegionRequest | undefined {
  return cache.request(eip, maxBlocks, ALL);
}

/** Publishes requests as one module. */
function publish(requests: readonly RegionRequest[], byteLength = 100): void {
  const regions = requests.map((r) => ({ id: r.id, sites: NO_SITES, guestInstructions: 1 }));
  cache.publish({ regions, byteLength }, Object.fromEntries(requests.map((_, n) => [`r${n}`, NOTHING])));
}

function find(linear: number): number {
  cpu.translate(linear, ACCESS_FETCH, false);
  return cache.find(linear, cpu.tlb.entries[linear >>> 12]!);
}

/** The table index in the link slot that a request's exit to `eip` uses. */
function linked(from: RegionRequest, eip: number): number {
  return cpu.s32[from.links.find((l) => l.eip === eip)!.slot >> 2]!;
}

/** Turns on paging: linear pages by number to physical ones, read/write, user. */
function map(pages: Readonly<Record<number, number>>): void {
  cpu.memory.write32(DIRECTORY, PAGE_TABLE | 7);
  for (const [linear, physical] of Object.entries(pages)) {
    cpu.memory.write32(PAGE_TABLE + Number(linear) * 4, (physical << 12) | 7);
  }
  cpu.s32[CR3 >> 2] = DIRECTORY;
  cpu.s32[CR0 >> 2] = cpu.s32[CR0 >> 2]! | CR0_PG;
  cpu.tlb.flush(false);
}

describe('asking and publishing', () => {
  test('a region is found from publishing on, and asked for only once', () => {
    const { eip } = put('40 c3');
    const r = request(eip)!;
    expect(r.blocks[0]!.eip).toBe(eip);
    expect(find(eip)).toBe(0);
    expect(request(eip)).toBeUndefined();
    publish([r]);
    expect(find(eip)).toBeGreaterThan(0);
    // Again, through the jump cache.
    expect(find(eip)).toBe(find(eip));
    expect(request(eip)).toBeUndefined();
    expect(cache.stats).toMatchObject({ regions: 1, modules: 1, bytes: 100 });
  });

  test('a mode of its own', () => {
    const { eip } = put('40 c3');
    publish([request(eip)!]);
    cpu.setCpl(3);
    expect(find(eip)).toBe(0);
    const user = request(eip)!;
    expect(user.mode.user).toBe(true);
    publish([user]);
    const slot = find(eip);
    cpu.setCpl(0);
    expect(find(eip)).not.toBe(slot);
  });

  test('given up, it can be asked for again', () => {
    const { eip } = put('40 c3');
    cache.abandon(request(eip)!.id);
    expect(request(eip)).toBeDefined();
  });

  test('nothing is asked for where the mapping is not known', () => {
    expect(request(0x5000)).toBeUndefined();
  });
});

describe('linking', () => {
  test('an exit is linked when its target is published, before or after', () => {
    const { eip, at } = put('40 eb >b 90 b: 41 eb >c 90 c: 42 c3');
    const a = request(eip, 1)!;
    const b = request(at('b'), 1)!;
    expect(linked(a, at('b'))).toBe(0);
    publish([a]);
    expect(linked(a, at('b'))).toBe(0);
    publish([b]);
    expect(linked(a, at('b'))).toBe(find(at('b')));
    const c = request(at('c'), 1)!;
    publish([c]);
    expect(linked(b, at('c'))).toBe(find(at('c')));
  });

  test('not into a page from which code cannot be fetched in this mode', () => {
    const { eip } = put('address 0x10ffd\n40 eb 00 41 c3');
    const targets = () => request(eip, 1)!.links.map((l) => l.eip);
    map({ 16: 0x10, 17: 0x11 });
    cpu.memory.write32(PAGE_TABLE + 0x11 * 4, 0x11003);
    for (const linear of [0x10ffd, 0x11000]) cpu.translate(linear, ACCESS_FETCH, false);
    expect(targets()).toContain(0x11000);
    cache.evictAll();
    cpu.setCpl(3);
    expect(targets()).not.toContain(0x11000);
    cache.evictAll();
    cpu.setCpl(0);
    cpu.tlb.set(0x11, cpu.tlb.entries[0x11]! | TLB_NO_EXECUTE);
    expect(targets()).not.toContain(0x11000);
    // Nor is such a page taken into a region.
    cache.evictAll();
    expect(request(eip)!.blocks.map((b) => b.eip)).toEqual([eip]);
  });

  test('it is cut when the target changes', () => {
    const { eip, at } = put('40 eb >b 90 b: 41 c3');
    const a = request(eip, 1)!;
    const b = request(at('b'), 1)!;
    publish([a, b]);
    expect(linked(a, at('b'))).not.toBe(0);
    // Far enough behind b for a, which lies in another chunk of the page, not to matter here: all of the page goes.
    cpu.memory.write8(at('b'), 0x90);
    expect(linked(a, at('b'))).toBe(0);
    expect(find(at('b'))).toBe(0);
  });
});

describe('forgetting', () => {
  const writers: readonly (readonly [string, (address: number) => void])[] = [
    ['a guest store', (address) => cpu.writeLinear8(address, 0x90)],
    ['an unaligned store that reaches in', (address) => cpu.writeLinear32(address - 3, 0)],
    ['a loader or DMA', (address) => cpu.memory.writeBytes(address, Uint8Array.of(0x90))],
    ['a physical write of a device', (address) => cpu.memory.write16(address, 0)],
  ];

  test.each(writers)('%s to its bytes', (_what, write) => {
    const { eip } = put('address 0x10010\n40 40 40 40 c3');
    const r = request(eip)!;
    publish([r]);
    expect(find(eip)).not.toBe(0);
    write(eip);
    expect(find(eip)).toBe(0);
    expect(cache.stillWanted(r.id)).toBe(false);
    expect(cache.stats.invalidated).toBe(1);
    // What is asked for now has the new bytes.
    expect(request(eip)!.blocks[0]!.bytes[0]).toBe(cpu.memory.read8(eip));
  });

  test('a write elsewhere in the page does no harm', () => {
    const { eip } = put('40 c3');
    publish([request(eip)!]);
    cpu.writeLinear32(eip + 0x800, 1);
    expect(find(eip)).not.toBe(0);
  });

  test('a write between asking and publishing: the result is thrown away', () => {
    const { eip } = put('40 c3');
    const r = request(eip)!;
    cpu.writeLinear8(eip, 0x41);
    expect(cache.stillWanted(r.id)).toBe(false);
    publish([r]);
    expect(find(eip)).toBe(0);
  });

  test('through another mapping of the same page', () => {
    const { eip } = put('40 c3');
    map({ 16: 0x10, 64: 0x10, 65: 0x11 });
    // The alias is written first, so that its write delta is there when the page becomes code.
    cpu.writeLinear32(0x40800, 1);
    expect(find(eip)).toBe(0);
    publish([request(eip)!]);
    expect(find(eip)).not.toBe(0);
    cpu.writeLinear8(0x40000, 0x90);
    expect(find(eip)).toBe(0);
  });

  test('the same code at two addresses is two regions, and both go', () => {
    const { eip } = put('40 c3');
    map({ 16: 0x10, 64: 0x10 });
    find(eip);
    find(0x40000);
    publish([request(eip)!, request(0x40000)!]);
    expect(find(eip)).not.toBe(find(0x40000));
    cpu.writeLinear8(eip, 0x90);
    expect([find(eip), find(0x40000)]).toEqual([0, 0]);
  });

  test('another page under the same address is another region', () => {
    const { eip } = put('40 c3');
    cpu.memory.writeBytes(0x20000, Uint8Array.of(0x41, 0xc3));
    map({ 16: 0x10 });
    find(eip);
    publish([request(eip)!]);
    const first = find(eip);
    map({ 16: 0x20 });
    expect(find(eip)).toBe(0);
    publish([request(eip)!]);
    expect(find(eip)).not.toBe(first);
    map({ 16: 0x10 });
    expect(find(eip)).toBe(first);
  });

  test('a region over two pages goes with either', () => {
    for (const written of [0x10ffe, 0x11001]) {
      cpu = bareCpu('flat32');
      cache = new TranslationCache(cpu, 1000);
      const { eip } = put('address 0x10ffe\n40 eb 00 41 c3');
      cpu.translate(0x11000, ACCESS_FETCH, false);
      const r = request(eip)!;
      expect(r.blocks.length).toBe(2);
      publish([r]);
      expect(find(eip)).not.toBe(0);
      cpu.writeLinear8(written, 0x90);
      expect(find(eip)).toBe(0);
    }
  });

  test('a page that is written again and again is left to the interpreter for a while', () => {
    const { eip } = put('40 c3');
    let asked = 0;
    for (let n = 0; n < 100; n++) {
      if (request(eip)) asked++;
      cpu.writeLinear8(eip, 0x40 + (n & 1));
    }
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(100);
    // Eviction forgets that too.
    cache.evictAll();
    expect(request(eip)).toBeDefined();
  });
});

describe('eviction', () => {
  test('past its cap everything goes, once', () => {
    const { eip, at } = put('40 c3 90 90 b: 41 c3');
    publish([request(eip, 1)!], 600);
    expect(cache.makeRoom()).toBe(false);
    publish([request(at('b'), 1)!], 600);
    expect(cache.makeRoom()).toBe(true);
    expect([find(eip), find(at('b'))]).toEqual([0, 0]);
    expect(cache.makeRoom()).toBe(false);
    expect(cache.stats.evictions).toBe(1);
    const again = request(eip)!;
    publish([again]);
    expect(find(eip)).not.toBe(0);
  });

  test('what was asked for before is not wanted any more', () => {
    const { eip } = put('40 c3');
    const r = request(eip)!;
    cache.evictAll();
    expect(cache.stillWanted(r.id)).toBe(false);
    publish([r]);
    expect(find(eip)).toBe(0);
  });

  test('links and places in the table are free again', () => {
    const { eip, at } = put('40 eb >b 90 b: 41 c3');
    const a = request(eip, 1)!;
    publish([a, request(at('b'), 1)!]);
    const slot = a.links[0]!.slot;
    expect(cpu.s32[slot >> 2]).not.toBe(0);
    cache.evictAll();
    expect(cpu.s32[slot >> 2]).toBe(0);
    expect(cache.table.used).toBe(FIRST_REGION_SLOT);
  });
});
