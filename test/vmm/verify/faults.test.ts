// Verification names what is wrong: one instruction, a region as a whole, or the way in which regions were linked and
// thrown away. The faults are put in here, one at a time.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Links } from '../../../src/cache/links.ts';
import { TranslationCache } from '../../../src/cache/translation-cache.ts';
import { createMachine } from '../../../src/index.ts';
import { loadBinaryen } from '../../../src/translator/lower/binaryen-raw.ts';
import { BlockLowering } from '../../../src/translator/lower/block-lowering.ts';
import { PASSES } from '../../../src/translator/pipeline.ts';
import { translatorOptions } from '../../../src/vmm/create-engine.ts';
import { GRAIN } from '../../../src/vmm/publication.ts';
import { findCulprit } from '../../../src/vmm/verify/culprit.ts';
import { locate } from '../../../src/vmm/verify/locate.ts';
import { narrow } from '../../../src/vmm/verify/narrow.ts';
import { Verifier } from '../../../src/vmm/verify/verifier.ts';
import { windows } from '../../../src/vmm/verify/windows.ts';

const translator = { compileThreads: 0, threshold: 20 };
const COUNT = 5_000_000;

/** Real-mode code at F000:0000, entered at the reset vector. */
function rom(code: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(0x1_0000).fill(0xf4);
  bytes.set(code);
  bytes.set([0xea, 0, 0, 0, 0xf0], 0xfff0);
  return bytes;
}
const maker =
  (code: readonly number[], options: object = translator) =>
  (engine: 'translate' | 'switching') =>
    createMachine({
      bios: rom(code),
      memory: 2 ** 20,
      engine,
      translator: options,
      clock: { kind: 'deterministic', shift: 1 },
    });

/** mov ecx, 12345; again: imul eax, ecx; rol eax, 1; inc eax; shl edx, 3; sub edx, eax; add ecx, 3; jmp again. */
const ARITHMETIC = [
  ...[0x66, 0xb9, 0x39, 0x30, 0, 0],
  ...[0x66, 0x0f, 0xaf, 0xc1, 0x66, 0xd1, 0xc0, 0x66, 0x40, 0x66, 0xc1, 0xe2, 3, 0x66, 0x29, 0xc2],
  ...[0x66, 0x83, 0xc1, 3, 0xeb, 0xea],
];

/** again: add eax, 7; jz there; there: adc edx, 0; jmp again. The carry goes from block to block. */
const CARRY = [0x66, 0x05, 7, 0, 0, 0x70, 0x74, 0, 0x66, 0x83, 0xd2, 0, 0xeb, 0xf2];

/**
 * Writes a loop to 0:1000 (add eax, 1; dec ecx; jnz; retf), then for ever: mov ecx, 1200000; call far 0:1000; inc byte
 * [1002], which is the number that the loop adds.
 */
const PATCHED = [
  ...[0xc7, 0x06, 0x00, 0x10, 0x66, 0x05, 0xc7, 0x06, 0x02, 0x10, 0x01, 0x00, 0xc7, 0x06, 0x04, 0x10, 0x00, 0x00],
  ...[0xc7, 0x06, 0x06, 0x10, 0x66, 0x49, 0xc7, 0x06, 0x08, 0x10, 0x75, 0xf6, 0xc7, 0x06, 0x0a, 0x10, 0xcb, 0x00],
  ...[0xbc, 0x00, 0x20, 0x66, 0xb9, 0x80, 0x4f, 0x12, 0, 0x9a, 0x00, 0x10, 0, 0, 0xfe, 0x06, 0x02, 0x10, 0xeb, 0xef],
];

/** again: inc eax; cmp eax, 5; call sub; jmp again; sub: inc edx; add edx, eax; ret. In small regions, with links among them. */
const LINKED = [
  ...[0x66, 0x40, 0x66, 0x83, 0xf8, 0x05, 0xe8, 0x04, 0x00, 0xeb, 0xf5, 0x90, 0x90],
  ...[0x66, 0x42, 0x66, 0x01, 0xc2, 0xc3],
];

afterEach(() => vi.restoreAllMocks());

/** Verifies and, where there is a difference, looks for its cause. */
async function verify(code: readonly number[], options: object = translator) {
  const make = maker(code, options);
  const verifier = new Verifier(make, windows({ count: COUNT }));
  const { finding } = await verifier.run();
  const translated = verifier.machines.a.stats().retired['translate'];
  verifier.machines.dispose();
  if (finding === undefined) {
    expect(translated).toBeGreaterThan(COUNT / 2);
    return undefined;
  }
  const { lines } = await locate(make, { count: COUNT }, finding, translatorOptions(options));
  return lines;
}

/** The line behind the one that matches. */
function after(lines: readonly string[] | undefined, pattern: RegExp): string {
  const at = lines?.findIndex((line) => pattern.test(line)) ?? -1;
  expect(at, `${pattern}\n${lines?.join('\n')}`).toBeGreaterThanOrEqual(0);
  return lines?.[at + 1] ?? '';
}

describe('nothing wrong', () => {
  test.each([ARITHMETIC, CARRY, PATCHED, LINKED])('no difference %#', async (...code) => {
    expect(await verify(code)).toBeUndefined();
  });

  test('a search finds no culprit in a stretch without one', async () => {
    const finding = { good: 3 * GRAIN, bad: 4 * GRAIN, differences: [], step: GRAIN };
    const plan = [...windows({ count: 4 * GRAIN })];
    const raw = await loadBinaryen();
    const search = { make: maker(PATCHED), plan, finding, raw, translator: translatorOptions(translator) };
    expect(await findCulprit(search)).toBeUndefined();
    expect(await narrow(search)).toBeUndefined();
  });
});

test.each([
  ['mul', 'add', 'imul'],
  ['rotl', 'rotr', 'rol'],
  ['shl', 'shr', 'shl'],
  ['sub', 'add', 'sub'],
] as const)('%s lowered as %s: the instruction is named', async (op, wrong, mnemonic) => {
  const right = BlockLowering.prototype.expr;
  vi.spyOn(BlockLowering.prototype, 'expr').mockImplementation(function (this: BlockLowering, e) {
    return right.call(this, e.k === 'bin' && e.op === op ? { ...e, op: wrong } : e);
  });
  const lines = await verify(ARITHMETIC);
  expect(after(lines, /^verify: the instruction, in code executed after \d+/)).toContain(mnemonic);
  expect(after(lines, /that code alone/)).toMatch(/translated .*, interpreted /);
  for (const title of ['IR:', 'WebAssembly:', 'guest code:', 'state before:']) expect(lines).toContain(title);
});

test('a flag taken for dead at the end of a block in a region: the instruction and the pass are named', async () => {
  const pass = PASSES.find(({ name }) => name === 'dead-flags')!;
  const right = pass.run;
  vi.spyOn(pass, 'run').mockImplementation((blocks, graph) => {
    right.call(pass, blocks, graph);
    if (blocks.length < 2) return;
    for (const block of blocks) {
      if (block.ending.k === 'branch') block.stmts = block.stmts.filter(({ k }) => k !== 'flags');
    }
  });
  const lines = await verify(CARRY);
  expect(after(lines, /^verify: the instruction, in code executed after/)).toMatch(/ (add|adc|jz|je) /);
  expect(lines?.join('\n')).toContain('without the pass dead-flags (--no-pass dead-flags) there is no difference');
});

test('a region whose code was written over and that is not thrown away: the region is named', async () => {
  vi.spyOn(TranslationCache.prototype, 'forgetCode').mockImplementation(() => {});
  const lines = await verify(PATCHED);
  expect(lines?.join('\n')).toContain('no block or region shows it by itself');
  expect(after(lines, /regions in use whose code is not in memory any more/)).toMatch(
    /region \d+ at 00001000: .* published at \d+/,
  );
  expect(after(lines, /The instruction there:/)).toMatch(/0000100[068] /);
  expect(lines).toContain('state behind, translated:');
});

test('a link that leads to another region: the place is narrowed down', async () => {
  const right = Links.prototype.set;
  vi.spyOn(Links.prototype, 'set').mockImplementation(function (this: Links, key, index) {
    right.call(this, key, index > 1 ? index - 1 : index);
  });
  const text = (await verify(LINKED, { ...translator, maxRegion: 2 }))?.join('\n');
  expect(text).toContain('no block or region shows it by itself');
  expect(text).toMatch(/cut after \d+ instructions the machines are equal, cut after \d+ they differ/);
  expect(text).toMatch(/regions published in this stretch/);
}, 120_000);
