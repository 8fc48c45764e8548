// Indirect branches to blocks of their own region: by comparisons, by a table, by neither, and to what was never seen.
import { describe, expect, test } from 'vitest';
import { parseCodeText } from '../../src/cli/code-text.ts';
import { EAX, ESI, ESP } from '../../src/cpu/registers.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { hashOf, perfectHash } from '../../src/translator/lower/select-target.ts';
import { Lockstep } from '../support/lockstep.ts';

const raw = await loadBinaryen();
const CODE = 0x1_0000;
const TABLE = 0x5_0000;

describe('a hash that tells targets apart', () => {
  test.each([
    [[0x1000, 0x1004, 0x1008, 0x100c]],
    [[0x8049000, 0x8049013, 0x80490ff, 0x8049100, 0x8052001]],
    [Array.from({ length: 24 }, (_, n) => 0xc100_0000 + n * n * 7)],
  ])('%j', (targets) => {
    const hash = perfectHash(targets)!;
    expect(new Set(targets.map((t) => hashOf(t, hash))).size).toBe(targets.length);
  });

  test('none in a small table for a hundred at random', () => {
    expect(perfectHash(Array.from({ length: 100 }, (_, n) => Math.imul(n, n * n * 0x9e37_79b1)))).toBeUndefined();
  });
});

test.each([1, 2, 3, 4, 7, 16, 24, 40])('jumps among %i places, of which one more comes late', (places) => {
  // esi = esi * 5 + 1 mod 64; jmp [TABLE + esi * 4]; each place adds another number and goes back.
  const begin = 'again: 8d 74 b6 01 83 e6 3f ff 24 b5 00 00 05 00';
  const blocks = Array.from(
    { length: places + 1 },
    (_, n) => `p${n}: 05 ${(n + 1).toString(16).padStart(2, '0')} 00 00 00 e9 >>again`,
  );
  const { bytes, address, labels } = parseCodeText(`address 0x${CODE.toString(16)}\n${begin} ${blocks.join(' ')}`);
  const pair = new Lockstep(raw, { threshold: 20 });
  pair.load(address, bytes);
  const point = (entry: number, place: number) =>
    pair.load(TABLE + entry * 4, new Uint8Array(Int32Array.of(labels.get(`p${place}`)!).buffer));
  for (let entry = 0; entry < 64; entry++) point(entry, entry % places);
  pair.each((cpu) => {
    cpu.eip = address;
    cpu.gpr.set([0, 0, 0, 0, 0, 0, 0, 0]);
    cpu.gpr[ESI] = 0;
    cpu.gpr[ESP] = 0x7_0000;
  });
  for (const count of [1, 50, 3000, 20_000, 7, 40_001]) expect(pair.run(count)).toBeUndefined();
  const translated = () => Number(pair.engine.retired(0)['translate']);
  const before = translated();
  expect(pair.run(40_000)).toBeUndefined();
  expect(translated() - before).toBeGreaterThan(37_000);
  point(5, places);
  for (const count of [1, 999, 40_001]) expect(pair.run(count)).toBeUndefined();
  expect(pair.interpret.cpu.gpr[EAX]).not.toBe(0);
});
