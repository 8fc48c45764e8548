// Profiles from stacks that are made up: what a sample counts for, and what the reports show.
import { describe, expect, it } from 'vitest';
import { type Category, calloutHandler, categoryOf } from '../../../src/cli/profile/categories.ts';
import { profileHtml } from '../../../src/cli/profile/html.ts';
import { profileOf } from '../../../src/cli/profile/profile.ts';
import { profileText } from '../../../src/cli/profile/report.ts';
import type { SampledFrame, Samples } from '../../../src/host/sampler.ts';
import type { MachineStats } from '../../../src/index.ts';

const ROOT = 'file:///somewhere/transvisor/';
/** `name@file` as a frame, `_` for a blank; without a file one of V8's own; `region` names are WebAssembly. */
function frame(text: string): SampledFrame {
  const [functionName = '', file] = text.replace('_', ' ').split('@');
  if (/^(region|wasm-function)/.test(functionName)) return { functionName, url: 'wasm://wasm/0badcafe' };
  return { functionName, url: file === undefined ? '' : `${ROOT}src/${file}.ts` };
}
/** From the inside to the outside. */
const stack = (text: string) => text.split(' ').filter(Boolean).map(frame);

const ENGINE = 'run@vmm/translating-engine runSlice@vmm/vcpu-loop';

describe('what a stack counts for', () => {
  it.each<[Category, string]>([
    ['translated code', `region7 dispatch ${ENGINE}`],
    ['translated code', `wasm-function[0] call@cache/function-table ${ENGINE}`],
    ['translated code', `wasm-to-js:iiiiii:i region7 ${ENGINE}`],
    ['lazy flags', `flagsOf@translator/lazy-flags wasm-to-js:i region7 ${ENGINE}`],
    ['interpreted', `add@interpreter/semantics/arithmetic runBlock@interpreter/interpreter ${ENGINE}`],
    [
      'callouts',
      `@interpreter/semantics/system-transfers executeOne@interpreter/interpreter callout@vmm/translating-engine region7 ${ENGINE}`,
    ],
    ['callouts', `raise@cpu/cpu step@interpreter/interpreter stepFor@vmm/translating-engine ${ENGINE}`],
    [
      'devices',
      `read@vmm/devices/pic input@interpreter/semantics/system-ports callout@vmm/translating-engine region7 ${ENGINE}`,
    ],
    ['TLB misses and slow paths', `walk@cpu/paging read32@vmm/slow-paths region7 ${ENGINE}`],
    ['TLB misses and slow paths', `walk@cpu/paging runBlock@interpreter/interpreter ${ENGINE}`],
    ['events delivered', 'deliverProtected@cpu/system/interrupt-gates runSlice@vmm/vcpu-loop'],
    ['forming and publishing regions', `follow@cache/region-former hot@vmm/translating-engine ${ENGINE}`],
    ['forming and publishing regions', `Instance publish@vmm/compile-queue ${ENGINE}`],
    ['waiting for the compiler', `wait@host/worker-compiler wait@vmm/compile-queue ${ENGINE}`],
    ['translating', `liftBlock@translator/lift/lift compileBatch@cache/inline-compiler ${ENGINE}`],
    ['compiling', `Module compileBatch@cache/inline-compiler ${ENGINE}`],
    ['dispatcher and vCPU loop', ENGINE],
    ['garbage collection', '(garbage_collector) hot@vmm/translating-engine'],
    ['idle', '(idle)'],
    ['host', 'writeSync run@cli/run'],
  ])('%s: %s', (category, text) => {
    expect(categoryOf(stack(text))).toBe(category);
  });

  it('works from compiled JavaScript, too', () => {
    const url = `${ROOT}dist/src/vmm/devices/pit.js`;
    expect(categoryOf([{ functionName: 'tick', url }])).toBe('devices');
  });

  it('callouts have the name of what carries them out', () => {
    const of = (text: string) => calloutHandler(stack(text));
    const outside = 'executeOne@interpreter/interpreter callout@vmm/translating-engine';
    expect(of(`read@vmm/devices/pic input@interpreter/semantics/system-ports ${outside}`)).toBe('system-ports: input');
    expect(of(`x@cpu/cpu interruptReturn@cpu/system/iret @interpreter/semantics/system-transfers ${outside}`)).toBe(
      'system-transfers: interruptReturn',
    );
    expect(of(`@interpreter/semantics/multiply ${outside}`)).toBe('multiply');
    expect(of(`tscToRegisters@cpu/system/msr readTsc@cpu/system/msr ${outside}`)).toBe('msr: readTsc');
    expect(of(outside)).toBe('(finding, entering and leaving)');
  });
});

/** (root) > run > region1 > flagsOf; run > region2. */
const SAMPLES: Samples = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2] },
    { id: 2, callFrame: frame('run@vmm/translating-engine'), children: [3, 5] },
    { id: 3, callFrame: frame('region1'), children: [4] },
    { id: 4, callFrame: frame('flagsOf@translator/lazy-flags') },
    { id: 5, callFrame: frame('region2') },
  ],
  samples: [2, 3, 4, 4, 5],
  timeDeltas: [1000, 2000, 3000, 4000, 500],
};
const stats = {
  tlb: { misses: 12, flushes: 3 },
  counters: { translateMs: 40, callouts: { iret: 5 }, regions: 2 },
} as unknown as MachineStats;
const code = new Map([[1, { title: '0010<0000>', guest: 'dec edi', ir: 'v0 = edi & 1', wat: '(func)' }]]);

describe('a profile', () => {
  const profile = profileOf(SAMPLES);

  it('adds up by category and by region', () => {
    expect(profile.total).toBe(10.5);
    expect(Object.fromEntries(profile.categories)).toEqual({
      'translated code': 2.5,
      'lazy flags': 7,
      'dispatcher and vCPU loop': 1,
    });
    expect(profile.regions).toEqual([
      { id: 1, self: 2, total: 9 },
      { id: 2, self: 0.5, total: 0.5 },
    ]);
  });

  it('is text, with or without code', () => {
    const short = profileText({ profile, stats, code }, false);
    expect(short).toMatch(/lazy flags +7\.0 +66\.7%/);
    expect(short).toMatch(/region 1: 0010<0000> +9\.0 +85\.7% +2\.0/);
    expect(short).toMatch(/region 2: not known any more/);
    expect(short).toMatch(/iret +5/);
    expect(short).not.toContain('dec edi');
    expect(profileText({ profile, stats, code }, true)).toContain('dec edi');
  });

  it('is HTML, with everything that comes from a guest escaped', () => {
    const html = profileHtml({ profile, stats, code });
    expect(html).toContain('0010&lt;0000&gt;');
    expect(html).toContain('<pre>v0 = edi &amp; 1</pre>');
    expect(html).not.toContain('<0000>');
  });

  it('of nothing is nothing', () => {
    const empty = profileOf({ nodes: [], samples: [], timeDeltas: [] });
    expect(empty).toMatchObject({ total: 0, samples: 0, categories: [], regions: [], handlers: [] });
    expect(profileText({ profile: empty, stats, code }, true)).toContain('0.0 ms');
  });
});
