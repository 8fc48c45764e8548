/** The small tables of the translation cache: jump cache, link slots, function table, modes, region index. */
import { describe, expect, test } from 'vitest';
import { FunctionTable, TABLE_SIZE } from '../../src/cache/function-table.ts';
import { JumpCache } from '../../src/cache/jump-cache.ts';
import { Links } from '../../src/cache/links.ts';
import { Modes } from '../../src/cache/modes.ts';
import { RegionIndex } from '../../src/cache/region-index.ts';
import { type Region, regionKey } from '../../src/cache/regions.ts';
import { JUMP_CACHE, JUMP_CACHE_SIZE, LINK_SLOTS, LINK_SLOTS_SIZE } from '../../src/cpu/layout.ts';
import { CS, DS } from '../../src/cpu/registers.ts';
import * as abi from '../../src/translator/abi.ts';
import { FIRST_REGION_SLOT } from '../../src/translator/abi.ts';
import { SEG_BASED, SEG_FLAT, SEG_LIMITED, SEG_OTHER } from '../../src/translator/mode.ts';
import { NO_SITES } from '../../src/translator/sites.ts';
import { bareCpu } from '../support/bare-cpu.ts';

const words = new Int32Array((LINK_SLOTS + LINK_SLOTS_SIZE) >> 2);

describe('jump cache', () => {
  const jumps = new JumpCache(words);

  test('finds what was set, for that address, mode and mapping only', () => {
    jumps.clear();
    jumps.set(0x1234, 1, 0x5007, 42);
    expect(jumps.find(0x1234, 1, 0x5007)).toBe(42);
    expect(jumps.find(0x1235, 1, 0x5007)).toBe(0);
    expect(jumps.find(0x1234, 2, 0x5007)).toBe(0);
    expect(jumps.find(0x1234, 1, 0x6007)).toBe(0);
  });

  test('addresses that share an entry push each other out', () => {
    jumps.clear();
    const other = 0x10 ^ (JUMP_CACHE_SIZE / 16);
    jumps.set(0x10, 1, 7, 1);
    jumps.set(other | 0x1000_0000, 1, 7, 2);
    const left = [jumps.find(0x10, 1, 7), jumps.find(other | 0x1000_0000, 1, 7)];
    expect(left).toContain(2);
  });

  test('removes an entry of the region that is gone, not of one that took its place', () => {
    jumps.clear();
    jumps.set(0x40, 1, 7, 5);
    jumps.remove(0x40, 6);
    expect(jumps.find(0x40, 1, 7)).toBe(5);
    jumps.remove(0x40, 5);
    expect(jumps.find(0x40, 1, 7)).toBe(0);
  });

  test('stays inside its room, whatever the address', () => {
    words.fill(0);
    for (const linear of [0, -1, 0x7fff_ffff, -0x8000_0000, 0x1234_5678]) jumps.set(linear, 1, 7, 9);
    const outside = words.findIndex(
      (w, n) => w !== 0 && (n < JUMP_CACHE >> 2 || n >= (JUMP_CACHE + JUMP_CACHE_SIZE) >> 2),
    );
    expect(outside).toBe(-1);
    jumps.clear();
    expect(words.every((w) => w === 0)).toBe(true);
  });
});

describe('link slots', () => {
  test('one a key, empty until set, cut by 0', () => {
    const links = new Links(words);
    const a = links.slot('a')!;
    const b = links.slot('b')!;
    expect(a).not.toBe(b);
    expect(links.slot('a')).toBe(a);
    expect(words[a >> 2]).toBe(0);
    links.set('a', 17);
    expect(words[a >> 2]).toBe(17);
    links.set('a', 0);
    expect(words[a >> 2]).toBe(0);
    links.set('nobody asked for this one', 3);
    expect(links.size).toBe(2);
    links.set('b', 4);
    links.clear();
    expect(words[b >> 2]).toBe(0);
    expect(links.size).toBe(0);
  });

  test('when all are taken there is none, and no word outside is touched', () => {
    const links = new Links(words);
    const wrong: number[] = [];
    for (let n = 0; n < LINK_SLOTS_SIZE / 4; n++) if (links.slot(`${n}`) !== LINK_SLOTS + n * 4) wrong.push(n);
    expect(wrong).toEqual([]);
    expect(links.slot('one more')).toBeUndefined();
    expect(links.slot('0')).toBe(LINK_SLOTS);
  });
});

describe('function table', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const state = new Int32Array(memory.buffer);

  /** A WebAssembly function that stores a number at address 0. */
  function storing(value: number): () => void {
    const body = [0, 0x41, 0, 0x41, value, 0x36, 2, 0, 0x0b];
    const bytes = [
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0],
      ...[2, 8, 1, 1, 0x6d, 1, 0x6d, 2, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0, 10],
      ...[body.length + 2, 1, body.length, ...body],
    ];
    const module = new WebAssembly.Module(Uint8Array.from(bytes));
    return new WebAssembly.Instance(module, { m: { m: memory } }).exports['f'] as () => void;
  }

  test('calls what was added; index 0 is the exit stub', () => {
    const table = new FunctionTable(memory);
    const first = table.add(storing(11))!;
    const second = table.add(storing(22))!;
    table.call(second);
    expect(state[0]).toBe(22);
    table.call(first);
    expect(state[0]).toBe(11);
    state[abi.EXIT_REASON >> 2] = 99;
    table.call(0);
    expect(state[abi.EXIT_REASON >> 2]).toBe(abi.EXIT_BRANCH);
  });

  test('a place given back is taken again', () => {
    const table = new FunctionTable(memory);
    const first = table.add(storing(1))!;
    const used = table.used;
    table.remove(first);
    expect(table.used).toBe(used - 1);
    expect(table.add(storing(2))).toBe(first);
    table.call(first);
    expect(state[0]).toBe(2);
  });

  test('full is full, and cleared is empty', () => {
    const table = new FunctionTable(memory);
    const f = storing(3);
    for (let n = 1; n < TABLE_SIZE; n++) table.add(f);
    expect(table.add(f)).toBeUndefined();
    table.clear();
    expect(table.add(f)).toBe(FIRST_REGION_SLOT);
    // An index whose region is gone traps instead of running old code.
    expect(() => table.call(FIRST_REGION_SLOT + 1)).toThrow(WebAssembly.RuntimeError);
  });
});

describe('modes', () => {
  test('equal modes have one number, whatever came between', () => {
    const cpu = bareCpu('flat32');
    const modes = new Modes(cpu);
    const flat = modes.id();
    expect(flat).toBeGreaterThan(0);
    cpu.setCpl(3);
    const user = modes.id();
    expect(user).not.toBe(flat);
    expect(modes.mode(user).user).toBe(true);
    cpu.setCpl(0);
    expect(modes.id()).toBe(flat);
    expect(modes.count).toBe(2);
    modes.clear();
    expect(modes.id()).toBe(1);
  });

  test('tells how each segment is checked', () => {
    const cpu = bareCpu('flat32');
    const kind = () => new Modes(cpu).mode(1).segments[DS];
    const modeNow = (base: number, limit: number, attr: number) => {
      cpu.setSegment(DS, 16, base, limit, attr);
      const modes = new Modes(cpu);
      return modes.mode(modes.id()).segments[DS];
    };
    expect(kind).toThrow();
    expect(modeNow(0, -1, 0x00c0_9300)).toBe(SEG_FLAT);
    expect(modeNow(0x1000, -1, 0x00c0_9300)).toBe(SEG_BASED);
    expect(modeNow(0, 0xffff, 0x0040_9300)).toBe(SEG_LIMITED);
    expect(modeNow(0, 0xffff, 0x0040_9700)).toBe(SEG_OTHER); // expand-down
    expect(modeNow(0x1000, -1, 0x00c0_9100)).toBe(SEG_OTHER); // read-only
    expect(modeNow(0, 0, 0)).toBe(SEG_OTHER); // null
  });

  test('the code segment is part of it', () => {
    const cpu = bareCpu('flat32');
    const modes = new Modes(cpu);
    const flat = modes.id();
    cpu.setSegment(CS, 8, 0x1000, -1, 0x00c0_9b00);
    expect(modes.id()).not.toBe(flat);
    expect(modes.mode(modes.id()).csBase).toBe(0x1000);
    cpu.setSegment(CS, 8, 0, 0xffff, 0x0040_9b00);
    expect(modes.mode(modes.id())).toMatchObject({ csBase: 0, csLimit: 0xffff, code32: true });
    cpu.setSegment(CS, 8, 0, -1, 0x0080_9b00);
    expect(modes.mode(modes.id()).code32).toBe(false);
  });
});

describe('region index', () => {
  const region = (id: number, physical: number, linear: number, modeId: number): Region => {
    const key = regionKey(physical, linear, modeId);
    return {
      id,
      physical,
      linear,
      modeId,
      key,
      ranges: [],
      sites: NO_SITES,
      slot: 0,
      dead: false,
      generation: 1,
      heat: 0,
      replaces: undefined,
      next: undefined,
    };
  };

  test('tells regions of one physical entry apart by linear entry and mode', () => {
    const index = new RegionIndex();
    const list = [region(1, 0x1000, 0x1000, 1), region(2, 0x1000, 0xc000_1000 | 0, 1), region(3, 0x1000, 0x1000, 2)];
    for (const r of list) index.add(r);
    for (const r of list) expect(index.get(r.physical, r.linear, r.modeId)).toBe(r);
    expect(index.get(0x1000, 0x2000, 1)).toBeUndefined();
    expect(index.get(0x2000, 0x1000, 1)).toBeUndefined();
    // Out of the middle, the front and the end.
    for (const n of [1, 2, 0]) {
      index.delete(list[n]!);
      expect(index.get(0x1000, list[n]!.linear, list[n]!.modeId)).toBeUndefined();
    }
    index.add(list[0]!);
    index.clear();
    expect(index.get(0x1000, 0x1000, 1)).toBeUndefined();
  });
});
