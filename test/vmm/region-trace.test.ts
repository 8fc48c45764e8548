/** `-d exec,link,inval`: a region's life, from the request to the write that ends it. */
import { expect, test } from 'vitest';
import { parseCodeText } from '../../src/cli/code-text.ts';
import { ECX, ESP } from '../../src/cpu/registers.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import type { AddressRange, LogItem } from '../../src/vmm/trace-log.ts';
import { Lockstep } from '../support/lockstep.ts';

const raw = await loadBinaryen();

/** A loop that is hot, then one of its instructions written by the debugger's way: from outside. */
function life(items: readonly LogItem[], ranges: readonly AddressRange[] = []): string[] {
  const lines: string[] = [];
  const pair = new Lockstep(raw, { threshold: 20, log: { items, ranges, write: (line) => void lines.push(line) } });
  const { bytes, address } = parseCodeText('address 0x8000\nagain: 40 49 75 >again b9 64 00 00 00 eb >again');
  pair.load(address, bytes);
  pair.each((cpu) => {
    cpu.eip = address;
    cpu.gpr[ESP] = 0x7_0000;
    cpu.gpr[ECX] = 100;
  });
  expect(pair.run(60_000)).toBeUndefined();
  pair.load(address, Uint8Array.of(0x48));
  expect(pair.run(5000)).toBeUndefined();
  pair.engine.cache.evictAll();
  return lines;
}

test('asked for, published, entered, thrown away, evicted', () => {
  const lines = life(['exec', 'link', 'inval']);
  const at = (pattern: RegExp) => lines.findIndex((line) => pattern.test(line));
  const order = [
    at(/region 1 at 00008000 asked for: \d blocks, exits to /),
    at(/region 1 at 00008000 published in slot \d+/),
    at(/region 1 at 00008000 entered/),
    at(/region 1 at 00008000 thrown away: code of page 8 was written/),
    at(/all \d+ regions evicted/),
  ];
  expect(order).toEqual([...order].sort((a, b) => a - b));
  expect(order[0]).toBeGreaterThanOrEqual(0);
});

test('each item by itself, and no code outside the filter', () => {
  expect(life(['inval']).every((line) => /thrown away|evicted|given up/.test(line))).toBe(true);
  expect(life(['link', 'exec'], [{ first: 0x9000, last: 0x9fff }])).toEqual([]);
});
