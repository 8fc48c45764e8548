/**
 * Every condition after every kind of flag-setting instruction: the translated
 * code reads conditions straight from the operands, the interpreter from EFLAGS.
 */
import { describe, expect, test } from 'vitest';
import { ECX, ESP } from '../../src/cpu/registers.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { Lockstep } from '../support/lockstep.ts';

const raw = await loadBinaryen();
const VALUES = 0x4_0000;
const RESULTS = 0x5_0000;
const INTERESTING = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** Instructions on EAX (or a part of it) and EDX. */
const PRODUCERS: Readonly<Record<string, readonly number[]>> = {
  add: [0x01, 0xd0], 'add, 16 bits': [0x66, 0x01, 0xd0], 'add, 8 bits': [0x00, 0xd0],
  sub: [0x29, 0xd0], 'cmp, 16 bits': [0x66, 0x39, 0xd0], 'cmp, 8 bits': [0x38, 0xd0],
  'adc after stc': [0xf9, 0x11, 0xd0], 'adc, 8 bits, after cmc': [0xf5, 0x10, 0xd0],
  'sbb after stc': [0xf9, 0x19, 0xd0], 'sbb, 16 bits, after clc': [0xf8, 0x66, 0x19, 0xd0],
  and: [0x21, 0xd0], 'test, 8 bits': [0x84, 0xd0], 'xor, 16 bits': [0x66, 0x31, 0xd0],
  'inc after stc': [0xf9, 0x40], 'inc, 8 bits': [0xfe, 0xc0], 'dec, 16 bits': [0x66, 0x48], 'dec after cmp': [0x39, 0xd0, 0x48],
  neg: [0xf7, 0xd8], 'neg, 8 bits': [0xf6, 0xd8],
  'shl by 1': [0xd1, 0xe0], 'shr by 5': [0xc1, 0xe8, 5], 'sar, 16 bits': [0x66, 0xc1, 0xf8, 3], 'shl, 8 bits': [0xc0, 0xe0, 7],
  'shl by cl': [0xd3, 0xe0], 'sar by cl, 8 bits': [0xd2, 0xf8], 'shr by cl after add': [0x01, 0xd0, 0xd3, 0xe8],
  'rol by 3 after sub': [0x29, 0xd0, 0xc1, 0xc0, 3], 'ror by cl after add': [0x01, 0xd0, 0xd3, 0xc8],
  'rcl by 1 after and': [0x21, 0xd0, 0xd1, 0xd0], 'shld by 9': [0x0f, 0xa4, 0xd0, 9],
  'bt after cmp': [0x39, 0xd0, 0x0f, 0xa3, 0xd0], 'stc after cmp': [0x39, 0xd0, 0xf9], 'cmc after add, 8 bits': [0x00, 0xd0, 0xf5],
  bsf: [0x0f, 0xbc, 0xc2], imul: [0x0f, 0xaf, 0xc2], 'mul, 8 bits': [0xf6, 0xe2],
  xadd: [0x0f, 0xc1, 0xd0], cmpxchg: [0x0f, 0xb1, 0xd1],
}; // biome-ignore format: groups

/** A loop over all pairs of values: loads them, runs the instruction, stores sixteen conditions and the flags. */
function program(producer: readonly number[], pairs: number): Uint8Array {
  const conditions = Array.from({ length: 16 }, (_, cc) => [0x0f, 0x90 | cc, 0x47, cc]).flat(); // setcc [edi+cc]
  const body = [
    ...[0x8b, 0x06, 0x8b, 0x56, 0x04, 0x8b, 0x4e, 0x08], // mov eax, [esi]; mov edx, [esi+4]; mov ecx, [esi+8]
    ...producer,
    ...conditions,
    ...[0x9f, 0x88, 0x67, 0x10], // lahf; mov [edi+16], ah
    ...[0x83, 0xc6, 0x0c, 0x83, 0xc7, 0x11], // add esi, 12; add edi, 17
    ...[0xff, 0x0c, 0x24], // dec dword [esp]
  ];
  const setup = [...[0xbe, ...le(VALUES), 0xbf, ...le(RESULTS)], ...[0x68, ...le(pairs)]];
  const back = -(body.length + 6);
  return Uint8Array.from([...setup, ...body, 0x0f, 0x85, ...le(back), 0xf4]);
}

function le(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}

const triples = INTERESTING.flatMap((a) => INTERESTING.map((b, n) => [a, b, (n * 7 + a) & 0x3f] as const));

describe('all conditions after', () => {
  const pairs = [
    new Lockstep(raw, { threshold: 1 }),
    new Lockstep(raw, { threshold: 1, translator: { noPass: ['fold', 'dead-flags'] } }),
  ];

  test.each(Object.keys(PRODUCERS))('%s', (name) => {
    for (const pair of pairs) {
      pair.reset();
      pair.load(VALUES, new Uint8Array(Int32Array.from(triples.flat()).buffer));
      pair.load(0x1_0000, program(PRODUCERS[name]!, triples.length));
      // The first rounds are interpreted; the batch is sent after some thousand blocks.
      const before = Number(pair.engine.stats()['regions']);
      for (let round = 0; round < 40; round++) {
        pair.each((cpu) => {
          cpu.halted = false;
          cpu.eip = 0x1_0000;
          cpu.gpr[ESP] = 0x7_0000;
          cpu.gpr[ECX] = 0;
        });
        expect(pair.run(100_000)).toBeUndefined();
        expect(pair.interpret.cpu.halted).toBe(true);
      }
      expect(pair.engine.stats()['regions']).toBeGreaterThan(before);
    }
  });
});
