/** The translator's part of the log: what each item shows, where, and that off is off. */
import { describe, expect, test } from 'vitest';
import { parseCodeText } from '../../src/cli/code-text.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { DEFAULT_TRANSLATOR_OPTIONS } from '../../src/translator/region.ts';
import { type AddressRange, type LogItem, TraceLog } from '../../src/vmm/trace-log.ts';
import { TranslationTrace } from '../../src/vmm/translation-trace.ts';
import { Lockstep } from '../support/lockstep.ts';

const raw = await loadBinaryen();

/** Runs two loops with a CPUID between them, and gives the log. */
async function logOf(items: readonly LogItem[], ranges: readonly AddressRange[] = []): Promise<string> {
  const lines: string[] = [];
  const pair = new Lockstep(raw, { log: { items, ranges, write: (line) => lines.push(line) } });
  // Binaryen is there, but whoever waits for it is told a turn later.
  await Promise.resolve();
  const { bytes, address } = parseCodeText('again: 0f a2 b9 10 00 00 00 l: 01 c8 01 c8 49 75 >l eb >again');
  pair.load(address, bytes);
  pair.each((cpu) => {
    cpu.eip = address;
  });
  expect(pair.run(200_000)).toBeUndefined();
  return lines.join('\n');
}

describe('the log of the translator', () => {
  test('in_asm: guest code with what is done with it', async () => {
    const log = await logOf(['in_asm']);
    expect(log).toMatch(/^IN region \d+ at 00010000: \d+ blocks, 32-bit$/m);
    expect(log).toMatch(/^00010000 {2}0f a2 .* cpuid +callout$/m);
    expect(log).toMatch(/^00010007 {2}01 c8 .* add eax,ecx +translated$/m);
    expect(log).toContain('00010000 cpuid: in place');
    expect(log).not.toMatch(/^(IR|WAT|callout) /m);
  });

  test('ir: before and after the passes', async () => {
    const log = await logOf(['ir']);
    expect(log).toMatch(/^IR region \d+ at 00010000/m);
    expect(log).toMatch(/^after lift:$/m);
    expect(log).toMatch(/^after dead-flags:$/m);
    expect(log).toContain('flags dec32');
    expect(log).not.toMatch(/^(IN|WAT) /m);
  });

  test('wat: the WebAssembly of what was published', async () => {
    const log = await logOf(['wat']);
    expect(log).toMatch(/^WAT region \d+ at 00010000/m);
    expect(log).toMatch(/^\(func \$region/m);
    expect(log).toContain('(call $callout (i32.const 65536))');
  });

  test('callout: each by mnemonic and place', async () => {
    const log = await logOf(['callout']);
    const lines = log.split('\n');
    expect(lines.length).toBeGreaterThan(1000);
    expect(new Set(lines)).toEqual(new Set(['callout cpuid at 00010000']));
  });

  test('-dfilter: only what lies there', async () => {
    expect(await logOf(['in_asm', 'ir', 'wat', 'callout'], [{ first: 0x2_0000, last: 0x2_ffff }])).toBe('');
    const some = await logOf(['in_asm', 'callout'], [{ first: 0x1_0007, last: 0x1_0007 }]);
    expect(some).toMatch(/^IN region/m);
    expect(some).not.toMatch(/^callout /m);
  });

  test('off: there is nothing to ask', () => {
    expect(TranslationTrace.of(new TraceLog(), DEFAULT_TRANSLATOR_OPTIONS)).toBeUndefined();
    const log = new TraceLog({ items: ['int', 'unimp'], write: () => {} });
    expect(TranslationTrace.of(log, DEFAULT_TRANSLATOR_OPTIONS)).toBeUndefined();
  });
});

describe('ranges', () => {
  test('overlap by one byte is enough; addresses are unsigned', () => {
    const log = new TraceLog({ items: ['ir'], ranges: [{ first: 0xc000_0000, last: 0xc000_0fff }], write: () => {} });
    expect(log.enabledIn('ir', 0xbfff_fff0 | 0, 16)).toBe(false);
    expect(log.enabledIn('ir', 0xbfff_fff0 | 0, 17)).toBe(true);
    expect(log.enabledAt('ir', 0xc000_0fff | 0)).toBe(true);
    expect(log.enabledAt('ir', 0xc000_1000 | 0)).toBe(false);
    expect(log.enabledAt('wat', 0xc000_0000 | 0)).toBe(false);
  });
});
