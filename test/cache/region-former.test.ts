/** Forming regions from memory: where blocks begin and end, pages, limits, what is followed. */
import { describe, expect, test } from 'vitest';
import { type FormedRegion, type Profile, RegionFormer } from '../../src/cache/region-former.ts';
import { parseCodeText } from '../../src/cli/code-text.ts';
import type { Cpu } from '../../src/cpu/cpu.ts';
import { CS } from '../../src/cpu/registers.ts';
import { modeOf } from '../../src/translator/mode.ts';
import { bareCpu } from '../support/bare-cpu.ts';

/** Everything has been executed; no region is there yet. */
const ALL: Profile = { inline: true, warm: () => true, known: () => true, targets: () => [] };

/** A vCPU with code text in place, and the pages it touches in the TLB. */
function withCode(text: string, pages = 4): { cpu: Cpu; eip: number; at: (label: string) => number } {
  const { bytes, address, labels } = parseCodeText(text);
  const cpu = bareCpu('flat32');
  cpu.memory.writeBytes(address, bytes);
  for (let n = 0; n < pages; n++) touch(cpu, address + n * 0x1000);
  return { cpu, eip: address, at: (label) => labels.get(label)! };
}

function touch(cpu: Cpu, linear: number): void {
  cpu.readLinear8(linear);
}

function form(cpu: Cpu, eip: number, maxBlocks = 32, warm: (eip: number) => boolean = () => true): FormedRegion {
  return new RegionFormer(cpu).form(modeOf(cpu), eip, maxBlocks, { ...ALL, warm, known: warm })!;
}

const starts = (region: FormedRegion) => region.blocks.map((b) => b.eip);
const lengths = (region: FormedRegion) => region.blocks.map((b) => b.bytes.length);

describe('forming regions', () => {
  test('a block ends at a transfer; both ways are followed', () => {
    const { cpu, eip, at } = withCode('40 75 >b 41 eb >c  b: 42 c: 43 c3');
    const region = form(cpu, eip);
    expect(starts(region)).toEqual([eip, eip + 3, at('b'), at('c')]);
    expect(lengths(region)).toEqual([3, 3, 1, 2]);
    expect(region.exits).toEqual([]);
  });

  test('a block is cut where another begins in its middle, at an instruction', () => {
    const { cpu, eip, at } = withCode('40 l: 41 42 75 >l c3');
    const region = form(cpu, eip);
    expect(starts(region)).toEqual([eip, at('l'), at('l') + 4]);
    expect(lengths(region)).toEqual([1, 4, 1]);
  });

  test('a branch into the middle of an instruction makes overlapping blocks', () => {
    // mov eax, 0x90909090 with a branch into its immediate
    const { cpu, eip } = withCode('b8 90 90 90 90 74 fb c3');
    const region = form(cpu, eip);
    expect(starts(region)).toContain(eip + 2);
    expect(region.blocks[0]!.bytes.length).toBe(7);
    expect(region.blocks[1]!.bytes.length).toBe(5);
  });

  test('a small function that is called is taken in, with what comes behind the call', () => {
    const { cpu, eip, at } = withCode('e8 >>f b: 90 e8 >>f c: 41 c3 f: 40 c3');
    const region = form(cpu, eip);
    expect(starts(region)).toEqual([eip, at('b'), at('c'), at('f')]);
    expect(region.exits).toEqual([]);
    // It returns to either place; what calls nothing in the region returns out of it.
    expect(region.blocks[3]!.targets).toEqual([at('b'), at('c')]);
    expect(region.blocks[2]!.targets).toBeUndefined();
  });

  test('a function that calls others, or is long, is linked to', () => {
    const { cpu, eip, at } = withCode('e8 >>f 90 c3 f: 40 e8 >>g c3 g: c3');
    expect(starts(form(cpu, eip))).toEqual([eip]);
    expect(form(cpu, eip).exits).toEqual([at('f')]);
    const long = withCode(`e8 >>f 90 c3 f: ${'40 '.repeat(61)} c3`);
    expect(starts(form(long.cpu, long.eip))).toEqual([long.eip]);
  });

  test('a function that calls itself is one region', () => {
    // f: dec eax; jz end; call f; a: call f; b: nop; end: ret
    const { cpu, eip, at } = withCode('f: 48 74 >end e8 >>f a: e8 >>f b: 90 end: c3');
    const region = form(cpu, eip);
    expect(starts(region)).toEqual([eip, eip + 3, at('a'), at('b'), at('end')]);
    expect(region.blocks[4]!.targets).toEqual([at('a'), at('b')]);
  });

  test('a function is taken in though it is a region itself; other code then is linked to', () => {
    const { cpu, eip, at } = withCode('e8 >>f b: 90 eb >c c: 41 c3 f: 40 c3');
    const isRegion = (x: number) => x === at('f') || x === at('c');
    const region = new RegionFormer(cpu).form(modeOf(cpu), eip, 32, { ...ALL, warm: (x) => !isRegion(x) })!;
    expect(starts(region)).toEqual([eip, at('b'), at('f')]);
    expect(region.exits).toEqual([at('c')]);
  });

  test('the places where an indirect jump has gone are followed', () => {
    const { cpu, eip, at } = withCode('ff 24 85 00 00 01 00 a: 40 c3 b: 41 c3 c: 42 c3');
    const targets = (x: number) => (x === eip ? [at('c'), at('a')] : []);
    const region = new RegionFormer(cpu).form(modeOf(cpu), eip, 32, { ...ALL, targets })!;
    expect(starts(region)).toEqual([eip, at('a'), at('c')]);
    expect(region.blocks[0]!.targets).toEqual([at('c'), at('a')]);
  });

  test('the return of a function whose end is a block of its own', () => {
    // g: inc eax, then into the function f: dec eax; ret
    const { cpu, eip, at } = withCode('e8 >>g a: e8 >>f b: f4 g: 40 f: 48 c3');
    const region = form(cpu, eip);
    expect(starts(region)).toEqual([eip, at('a'), at('b'), at('g'), at('f')]);
    expect(region.blocks[3]!.targets).toBeUndefined();
    expect(region.blocks[4]!.targets).toEqual([at('a'), at('b')]);
  });

  test('what is cold, or too much, becomes an exit', () => {
    const { cpu, eip, at } = withCode('40 75 >b 41 eb >c  b: 42 c: 43 c3');
    expect(form(cpu, eip, 32, (x) => x !== at('b'))).toMatchObject({ exits: [at('b')] });
    expect(starts(form(cpu, eip, 1))).toEqual([eip]);
    expect(form(cpu, eip, 1).exits.toSorted()).toEqual([at('b'), eip + 3].toSorted());
    expect(starts(form(cpu, eip, 32, () => false))).toEqual([eip]);
  });

  test('a block stays in its page; its last instruction may reach into the next', () => {
    const { cpu, eip } = withCode(`address 0x10ffa ${''}\n40 40 40 40 b8 01 00 00 00 40 c3`);
    const region = form(cpu, eip);
    expect(starts(region)).toEqual([eip, eip + 9]);
    expect(lengths(region)).toEqual([9, 2]);
    expect(region.blocks[0]!.tlbWord).toBe(0);
    expect(region.blocks[0]!.tlbWordNext).not.toBe(0);
    // The second block lies in another page: entering it compares that page's mapping.
    expect(region.blocks[1]!.tlbWord).not.toBe(0);
    expect(region.ranges.map((r) => [r.page, r.first, r.last])).toEqual([
      [0x10, 0xffa, 0xfff],
      [0x11, 0, 2],
      [0x11, 3, 4],
    ]);
  });

  test('a page whose mapping is not known ends it', () => {
    const text = 'address 0x10ffe\n40 40 40 c3';
    const { cpu, eip } = withCode(text, 1);
    expect(starts(form(cpu, eip))).toEqual([eip]);
    expect(form(cpu, eip).exits).toEqual([0x11000]);
    // An instruction that needs the unknown page is left out altogether.
    const cut = withCode('address 0x10ffd\n40 b8 01 00 00 00 c3', 1);
    expect(lengths(form(cut.cpu, cut.eip))).toEqual([1]);
    const none = withCode('address 0x10ffe\nb8 01 00 00 00 c3', 1);
    expect(new RegionFormer(none.cpu).form(modeOf(none.cpu), none.eip, 32, ALL)).toBeUndefined();
  });

  test('bytes that are no instruction end a block before them', () => {
    const { cpu, eip } = withCode('40 41 0f 04');
    expect(lengths(form(cpu, eip))).toEqual([2]);
  });

  test('nothing beyond the code segment', () => {
    const { cpu, eip } = withCode('40 40 40 40 40 40 eb 10');
    cpu.setSegment(CS, 8, 0, eip + 3, 0x0040_9b00);
    const region = form(cpu, eip);
    expect(lengths(region)).toEqual([4]);
    expect(region.exits).toEqual([eip + 4]);
  });

  test('long straight code is cut into blocks, and the region is bounded', () => {
    const { cpu, eip } = withCode(`${'90 '.repeat(3000)} c3`);
    const region = form(cpu, eip, 1000);
    const total = lengths(region).reduce((sum, n) => sum + n, 0);
    expect(Math.max(...lengths(region))).toBeLessThanOrEqual(128);
    expect(total).toBeGreaterThan(500);
    expect(total).toBeLessThan(1000);
  });

  test('16-bit targets wrap at 64 KB', () => {
    const cpu = bareCpu('flat16');
    cpu.memory.writeBytes(0xfff0, Uint8Array.of(0x40, 0xe9, 0x0c, 0x00));
    cpu.memory.writeBytes(0, Uint8Array.of(0x41, 0xf4));
    touch(cpu, 0xfff0);
    touch(cpu, 0);
    expect(starts(form(cpu, 0xfff0))).toEqual([0xfff0, 0]);
  });
});
