/** Verification finds what is wrong on purpose, names the instruction, and finds nothing where nothing is wrong. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { createMachine } from '../../../src/index.ts';
import { BlockLowering } from '../../../src/translator/lower/block-lowering.ts';
import { translatorOptions } from '../../../src/vmm/create-engine.ts';
import { locate } from '../../../src/vmm/verify/locate.ts';
import { Verifier } from '../../../src/vmm/verify/verifier.ts';
import { windows } from '../../../src/vmm/verify/windows.ts';

const kernel = readFileSync(new URL('../../../guests/cms/cms.elf', import.meta.url));
const translator = { compileThreads: 0, threshold: 20 };
const make = (engine: 'translate' | 'switching') =>
  createMachine({
    kernel,
    memory: 32 * 2 ** 20,
    engine,
    translator,
    clock: { kind: 'deterministic', shift: 1 },
  });

/** A ROM of real-mode code: mov ecx, 12345; again: imul eax, ecx; rol eax, 1; inc eax; shl edx, 3; sub edx, eax; add ecx, 3; jmp again. */
function rom(): Uint8Array {
  const bytes = new Uint8Array(0x1_0000).fill(0xf4);
  bytes.set([0x66, 0xb9, 0x39, 0x30, 0, 0]);
  bytes.set([0x66, 0x0f, 0xaf, 0xc1, 0x66, 0xd1, 0xc0, 0x66, 0x40, 0x66, 0xc1, 0xe2, 3, 0x66, 0x29, 0xc2], 6);
  bytes.set([0x66, 0x83, 0xc1, 3, 0xeb, 0xea], 22);
  bytes.set([0xea, 0, 0, 0, 0xf0], 0xfff0);
  return bytes;
}
const makeRom = (engine: 'translate' | 'switching') =>
  createMachine({ bios: rom(), memory: 2 ** 20, engine, translator, clock: { kind: 'deterministic', shift: 1 } });

afterEach(() => vi.restoreAllMocks());

test('the bundled guest up to its prompt: no difference', async () => {
  const verifier = new Verifier(make, windows({ count: 3_000_000 }));
  const result = await verifier.run();
  verifier.machines.dispose();
  expect(result.finding).toBeUndefined();
  expect(result).toMatchObject({ verified: 46 * 65_536, windows: 1 });
  expect(verifier.machines.a.stats().retired['translate']).toBeGreaterThan(1_000_000);
}, 60_000);

test('windows: both machines run fast to each', async () => {
  const verifier = new Verifier(make, windows({ from: 1_000_000, count: 20_000, every: 1_000_000, step: 5000 }), 5000);
  const begun: number[] = [];
  verifier.onWindow = ({ start }) => {
    begun.push(start);
    if (start >= 3_000_000) verifier.stopAt = start;
  };
  const result = await verifier.run();
  verifier.machines.dispose();
  expect(begun).toEqual([1_000_000, 2_000_000, 3_000_000]);
  expect(result.finding).toBeUndefined();
}, 60_000);

test.each([
  ['mul', 'add', 'imul'],
  ['rotl', 'rotr', 'rol'],
  ['shl', 'shr', 'shl'],
  ['sub', 'add', 'sub'],
] as const)(
  'a fault in the lowering of %s is found and the instruction named',
  async (op, wrong, mnemonic) => {
    const right = BlockLowering.prototype.expr;
    vi.spyOn(BlockLowering.prototype, 'expr').mockImplementation(function (this: BlockLowering, e) {
      return right.call(this, e.k === 'bin' && e.op === op ? { ...e, op: wrong } : e);
    });
    const verifier = new Verifier(makeRom, windows({ count: 1_000_000 }));
    const { finding } = await verifier.run();
    verifier.machines.dispose();
    expect(finding?.differences.length).toBeGreaterThan(0);
    const { lines } = await locate(makeRom, { count: 1_000_000 }, finding!, translatorOptions(translator));
    const at = lines.findIndex((line) => /^verify: the instruction, in code executed after \d+/.test(line));
    expect(at).toBeGreaterThan(0);
    expect(lines[at + 1]).toContain(mnemonic);
    const alone = lines.findIndex((line) => /that code alone/.test(line));
    expect(lines[alone + 1]).toMatch(/translated .*, interpreted /);
    for (const title of ['IR:', 'WebAssembly:', 'guest code:', 'state before:']) expect(lines).toContain(title);
  },
  60_000,
);

test('windows that overlap are refused', () => {
  expect(() => windows({ count: 10, every: 5 }).next()).toThrow('every=5: must not be less than count=10');
});
