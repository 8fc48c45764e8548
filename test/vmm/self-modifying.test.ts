/**
 * Code that changes under the translations made of it, in every way that a
 * guest or its machine can change it: both engines, the same state at every step, and
 * the right result.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { parseCodeText } from '../../src/cli/code-text.ts';
import { CR0, CR3 } from '../../src/cpu/layout.ts';
import { CR0_PG, CR0_WP, EAX, EBX, ECX, EDI, ESI, ESP } from '../../src/cpu/registers.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { Lockstep, type LockstepOptions } from '../support/lockstep.ts';

const raw = await loadBinaryen();
const STACK = 0x7_0000;
const HARMLESS = 0x6_0000;
const TURNS = 2000;
const DIRECTORY = 0x6000;
const PAGE_TABLE = 0x7000;
/** How long the programs run: enough for every block to grow hot several times. */
const STRETCHES = [1, 2, 3, 50, 7, 5000, 1, 20_000, 3, 20_000];

let pair: Lockstep;
beforeAll(() => {
  pair = new Lockstep(raw, { threshold: 20 });
});

interface Program {
  readonly labels: ReadonlyMap<string, number>;
  readonly total: number;
}

/** Loads code text and sets registers; EAX and EBX are 0. */
function start(text: string, registers: Readonly<Record<number, number>> = {}): Program {
  pair.reset();
  const { bytes, address, labels } = parseCodeText(text);
  pair.load(address, bytes);
  pair.each((cpu) => {
    cpu.eip = address;
    cpu.gpr[ESP] = STACK;
    for (const [r, value] of Object.entries(registers)) cpu.gpr[Number(r)] = value;
  });
  return { labels, total: 0 };
}

/** Runs, comparing after each stretch. Returns how many instructions. */
function run(stretches: readonly number[] = STRETCHES): number {
  let total = 0;
  for (const count of stretches) {
    expect(pair.run(count)).toBeUndefined();
    expect(pair.interpret.cpu.shutdown).toBe(false);
    total += count;
  }
  return total;
}

/** Number of times that code was thrown away so far. */
const invalidated = () => Number(pair.engine.stats()['regionsInvalidated']);
const regions = () => Number(pair.engine.stats()['regions']);
/** Instructions retired in regions so far. */
const translated = () => Number(pair.engine.retired(0)['translate']);
const register = (r: number) => pair.interpret.cpu.gpr[r]! >>> 0;

/**
 * Runs a loop that stores through EDI: first into data, until it is translated,
 * then for `count` instructions to `target`, and so on. Each time the translation has to go.
 */
function toggle(target: number, counts: readonly number[]): void {
  const point = (address: number) =>
    pair.each((cpu) => {
      cpu.gpr[EDI] = address;
    });
  for (const count of counts) {
    point(HARMLESS);
    const before = translated();
    run([150_000]);
    expect(translated() - before).toBeGreaterThan(10_000);
    const code = invalidated();
    const sum = register(EAX);
    point(target);
    run([count]);
    point(HARMLESS);
    run([1, 2, 3, 1000]);
    expect(invalidated()).toBeGreaterThan(code);
    // What was written is added now.
    expect(register(EAX)).not.toBe(sum);
  }
}

describe('a guest that writes its own code', () => {
  test.each([
    ['the immediate of the next instruction', 'again: 43 88 1f 05 x: 00 00 00 00 eb >again'],
    ['of an instruction some way behind it', `again: 43 88 1f ${'90 '.repeat(20)} 05 x: 00 00 00 00 eb >again`],
    ['of an instruction before it', 'again: 05 x: 00 00 00 00 43 88 1f eb >again'],
    ['in another block of the region', 'again: 43 88 1f 85 db 74 >c 05 x: 00 00 00 00 c: eb >again'],
    ['by a store of four bytes', 'again: 43 89 1f 05 x: 00 00 00 00 eb >again'],
    ['by a read-modify-write', 'again: fe 07 05 x: 00 00 00 00 eb >again'],
    ['by an exchange', 'again: 43 89 da 86 17 05 x: 00 00 00 00 eb >again'],
    ['by a string instruction', 'again: 43 89 c5 88 d8 aa 4f 89 e8 05 x: 00 00 00 00 eb >again'],
    ['by a push', 'again: 43 8d 67 04 53 05 x: 00 00 00 00 eb >again'],
    ['by SSE', 'again: 43 66 0f 6e c3 66 0f 7e 07 05 x: 00 00 00 00 eb >again'],
    ['by the x87', 'again: d9 e8 d9 1f 05 x: 00 00 00 00 eb >again'],
    [
      'of an instruction that straddles two pages, its second half',
      `address 0x10ff0\nagain: 43 89 1f ${'90 '.repeat(11)} 90 05 x: 00 00 00 00 eb >again`,
    ],
    [
      'of a function in another page',
      `again: 43 89 1f e8 >>f eb >again ${'90 '.repeat(0x1100)} f: 05 x: 00 00 00 00 c3`,
    ],
  ])('%s', (_what, text) => {
    const { labels } = start(text);
    toggle(labels.get('x')!, [40, 41, 45, 53, 400]);
  });

  test('a function that is written anew in turns, as a compiler in the guest does', () => {
    // rep movsb of one of two functions to the place that is called.
    const text = [
      'again: f6 c1 01 be =one 75 >odd be =two',
      'odd: 89 ca bf =place b9 06 00 00 00 f3 a4 89 d1 e8 >>place 49 75 >again f4',
      'one: 05 01 00 00 00 c3  two: 05 00 00 01 00 c3',
      `${'90 '.repeat(0x1000)} place: 90 90 90 90 90 c3`,
    ].join(' ');
    start(text, { [ECX]: TURNS });
    for (let n = 0; n < 100 && !pair.interpret.cpu.halted; n++) run();
    expect(register(EAX)).toBe((TURNS / 2) * 0x10001);
  });

  test('data beside code is written, and the code seldom thrown away for it', () => {
    // The counter lies 0x800 bytes behind the loop, in its page.
    const text = `b9 00 40 00 00 again: ff 05 =c 49 75 >again f4 ${'90 '.repeat(0x800)} c: 00 00 00 00`;
    start(text, { [ECX]: TURNS });
    const [before, made] = [invalidated(), regions()];
    for (let n = 0; n < 100 && !pair.interpret.cpu.halted; n++) run();
    expect(pair.interpret.cpu.halted).toBe(true);
    // 16,384 writes: after 1000, and after 4000 more.
    expect(invalidated()).toBeLessThanOrEqual(before + 2);
    expect(regions()).toBeGreaterThan(made);
  });
});

describe('code that is changed from outside', () => {
  const LOOP = 'again: 05 x: 01 00 00 00 eb >again';

  test('by a loader or DMA between two runs', () => {
    const { labels } = start(LOOP);
    const x = labels.get('x')!;
    let expected = 0;
    for (let n = 1; n < 40; n++) {
      pair.load(x, Uint8Array.of(n));
      run([400]);
      expected += 200 * n;
      expect(register(EAX)).toBe(expected);
    }
    expect(regions()).toBeGreaterThan(0);
  });

  test('by a loader while the translation is under way', () => {
    const { labels } = start(LOOP);
    pair.compiler.held = true;
    run([20_000]);
    pair.load(labels.get('x')!, Uint8Array.of(7));
    const before = register(EAX);
    pair.compiler.held = false;
    run([1, 20_001]);
    expect(register(EAX)).toBe(before + 7 * 10_001);
  });
});

describe('code and page tables', () => {
  /** Identity map of all RAM; then pages by number to another physical page. */
  function page(extra: Readonly<Record<number, number>> = {}): void {
    pair.each((cpu) => {
      cpu.memory.write32(DIRECTORY, PAGE_TABLE | 7);
      for (let n = 0; n < 0x100; n++) cpu.memory.write32(PAGE_TABLE + n * 4, ((extra[n] ?? n) << 12) | 7);
      cpu.s32[CR3 >> 2] = DIRECTORY;
      cpu.s32[CR0 >> 2] = cpu.s32[CR0 >> 2]! | CR0_PG | CR0_WP;
      cpu.tlb.flush(false);
    });
  }

  test('written through another linear page of the same frame', () => {
    const { labels } = start('again: 43 89 1f 05 x: 00 00 00 00 eb >again');
    page({ 80: 0x10 });
    // The alias is in the fast table for writes before the page becomes code.
    pair.each((cpu) => cpu.writeLinear32(0x5_0800, 1));
    toggle(0x5_0000 + (labels.get('x')! & 0xfff), [40, 41, 45, 53, 400]);
  });

  test('the same frame executed at two addresses, written at one', () => {
    // Two calls a turn: of f, and of f through the alias (EDI).
    const text = `again: 43 89 1d =x e8 >>f ff d7 49 75 >again f4 ${'90 '.repeat(0x1000)} f: 05 x: 00 00 00 00 c3`;
    const { labels } = start(text, { [ECX]: 1000 });
    const f = labels.get('f')!;
    pair.each((cpu) => {
      cpu.gpr[EDI] = 0x5_0000 + (f & 0xfff);
    });
    page({ 80: f >>> 12 });
    for (let n = 0; n < 100 && !pair.interpret.cpu.halted; n++) run();
    expect(register(EAX)).toBe(1000 * 1001);
  });

  test('another frame under the address, by page table and INVLPG', () => {
    // Each turn the entry of page 0x50 is changed between 0x20 and 0x21, whose functions add 1 and 0x10000.
    const text = [
      'again: 81 35', // xor dword [entry], 0x1000
      '40 71 00 00', // PAGE_TABLE + 0x50 * 4
      '00 10 00 00',
      '0f 01 3d 00 00 05 00', // invlpg [0x50000]
      'ff d7 49 75 >again f4',
    ].join(' ');
    start(text, { [ECX]: 2000, [EDI]: 0x5_0000 });
    pair.load(0x2_0000, Uint8Array.of(0x05, 1, 0, 0, 0, 0xc3));
    pair.load(0x2_1000, Uint8Array.of(0x05, 0, 0, 1, 0, 0xc3));
    page({ 80: 0x20 });
    for (let n = 0; n < 100 && !pair.interpret.cpu.halted; n++) run();
    expect(register(EAX)).toBe(1000 * 0x10001);
  });

  test('another frame under the running code, by page table and a write that walks anew', () => {
    // Frames 0x20 and 0x21 hold the same loop, but that they count in EAX and EBX. The entry of the page is ESI.
    const loop = (count: number) => [
      ...[count, 0x89, 0x35, 0x40, 0x71, 0, 0], // inc eax or ebx; mov [entry], esi
      ...[0x89, 0x17, 0x49, 0x75, 0xf4, 0xf4], // mov [edi], edx; dec ecx; jnz to the beginning; hlt
    ];
    start('90', { [ECX]: 30_000, [ESI]: 0x2_0027, [EDI]: HARMLESS });
    pair.load(0x2_0000, Uint8Array.from(loop(0x40)));
    pair.load(0x2_1000, Uint8Array.from(loop(0x43)));
    page({ 80: 0x20 });
    pair.each((cpu) => {
      cpu.eip = 0x5_0000;
    });
    run([5000, 5000, 5000, 5000]);
    expect([register(EAX), register(EBX)]).toEqual([4000, 0]);
    // The page has not been written so far: its translation is known as clean.
    pair.each((cpu) => {
      cpu.gpr[ESI] = 0x2_1027;
      cpu.gpr[EDI] = 0x5_0800;
    });
    run([5000, 5000]);
    expect([register(EAX), register(EBX)]).toEqual([4001, 1999]);
  });

  test('by loading CR3, a loop that goes over a page boundary', () => {
    // The loop body ends in page 0x51, whose frame is swapped from outside between runs.
    const text = 'address 0x50ffb\nagain: 05 01 00 00 00 05 02 00 00 00 eb >again';
    start(text);
    const second = (n: number) => Uint8Array.of(0x05, n, 0, 0, 0, 0xeb, 0xf4);
    const { bytes } = parseCodeText(text);
    pair.load(0x2_0ffb, bytes.subarray(0, 5));
    pair.load(0x2_1000, second(2));
    pair.load(0x2_2000, second(0x20));
    let expected = 0;
    for (let n = 0; n < 20; n++) {
      page({ 80: 0x20, 81: n % 2 === 0 ? 0x21 : 0x22 });
      run([9000]);
      expected += 3000 * (1 + (n % 2 === 0 ? 2 : 0x20));
      expect(register(EAX)).toBe(expected);
    }
    expect(regions()).toBeGreaterThan(0);
  });

  test.each([
    ['and then leaves for device memory', 0xa_0000],
    ['and then goes on', 0x5_1000],
  ])('a walk sets the accessed bit of an entry beside the running code, %s', (_what, second) => {
    // The code stands in the page table itself, where the entries of pages 0xd0 to 0xdf would be.
    start('address 0x7340\nagain: 8b 06 8b 1f 40 eb >again', { [ESI]: 0x5_0000, [EDI]: 0x5_0000 });
    const made = regions();
    const { bytes } = parseCodeText('address 0x7340\nagain: 8b 06 8b 1f 40 eb >again');
    page({ 193: 0x50 });
    pair.load(0x7340, bytes);
    run([100_000]);
    expect(regions()).toBeGreaterThan(made);
    // Page 0xc1 was not touched yet: its entry lies in the same 128 bytes as the code.
    pair.each((cpu) => {
      cpu.gpr[ESI] = 0xc_1000;
      cpu.gpr[EDI] = second;
    });
    run([1000, 3, 1, 20]);
    expect(pair.interpret.cpu.memory.read32(0x7304) & 0x20).toBe(0x20);
  });

  test('a walk sets the accessed bit of an entry that is the next instruction', () => {
    // The entry of page 0xc1 (at 0x7304) is 01 00 05 00, add [eax], eax; add eax, imm32. With the bit it begins with and.
    const text = 'address 0x7302\nagain: 8b 06 01 00 05 00 00 00 00 eb >again';
    start(text, { [ESI]: 0x5_0000 });
    page();
    pair.load(0x7302, parseCodeText(text).bytes);
    pair.load(0x5_0000, Uint8Array.of(0, 0x80, 5));
    pair.load(0x5_8000, Uint8Array.of(3, 0, 0, 0));
    run([100_000]);
    pair.each((cpu) => {
      cpu.gpr[ESI] = 0xc_1000;
    });
    run([1000, 2, 1, 1, 3]);
    expect(pair.interpret.cpu.memory.read8(0x7304)).toBe(0x21);
  });

  test('a page that is taken away faults at the instruction, with the count exact', () => {
    const text = 'again: 46 8b 06 eb >again';
    start(text, { [ESI]: 0x5_0000 });
    page();
    // The handler: esi = 0x50000, drop error code, return.
    pair.load(0x3000, Uint8Array.of(0xbe, 0, 0, 5, 0, 0x83, 0xc4, 4, 0xcf));
    pair.handleFaults(0x3000);
    run([3000]);
    pair.each((cpu) => {
      cpu.memory.write32(PAGE_TABLE + 0x51 * 4, 0);
      cpu.tlb.flush(false);
    });
    run([1, 10_000, 1, 2, 3, 30_000]);
  });
});

describe('whatever the engine is set to', () => {
  const variants: readonly (readonly [string, LockstepOptions])[] = [
    ['one block a region', { translator: { maxRegion: 1 } }],
    ['no chaining', { translator: { chain: false } }],
    ['a cache that holds next to nothing', { capacity: 1 }],
    ['everything translated at once', { threshold: 1 }],
  ];
  test.each(variants)('%s', (_what, options) => {
    const other = new Lockstep(raw, options);
    const { bytes, address } = parseCodeText(
      `again: 43 89 1d =x e8 >>f 49 75 >again f4 ${'90 '.repeat(0x1100)} f: 05 x: 00 00 00 00 c3`,
    );
    other.load(address, bytes);
    other.each((cpu) => {
      cpu.eip = address;
      cpu.gpr[ESP] = STACK;
      cpu.gpr[ECX] = 2000;
      cpu.gpr[EBX] = 0;
    });
    for (let n = 0; n < 100 && !other.interpret.cpu.halted; n++) {
      for (const count of STRETCHES) expect(other.run(count)).toBeUndefined();
    }
    expect(other.interpret.cpu.gpr[EAX]).toBe(1000 * 2001);
  });
});

test('data beside code, between instructions of one loop, throws nothing away', () => {
  // again: inc dword [data]; dec ecx; jmp over; data: dd 0; over: jnz again; mov ecx, TURNS; jmp again
  start('again: ff 05 =data 49 eb >over data: 00 00 00 00 over: 75 >again b9 d0 07 00 00 eb >again', { [ECX]: TURNS });
  run();
  const [thrown, before] = [invalidated(), translated()];
  expect(pair.run(50_000)).toBeUndefined();
  expect(invalidated()).toBe(thrown);
  // The write itself is carried out in place, too.
  expect(translated() - before).toBeGreaterThan(49_000);
});
