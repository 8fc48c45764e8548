// FS and GS are loaded inline with whatever selector, and used; both engines agree, and no translation is made anew for it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as L from '../../src/cpu/layout.ts';
import { EAX, EBX, ESI, ESP } from '../../src/cpu/registers.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { GDT, Lockstep } from '../support/lockstep.ts';

const raw = await loadBinaryen();
const CODE = 0x1_0000;
const DATA = 0x5_0000;
const pair = new Lockstep(raw, { threshold: 20 });

/** Descriptors from selector 18h on: high word's type and flags, base, limit as written. */
const KINDS = [
  [0x93, 0, 0xf_ffff, 0xc], // flat
  [0x93, DATA, 0xf_ffff, 0xc], // based
  [0xf3, DATA, 0xfff, 0x4], // small, level 3
  [0xf2, DATA, 0xfff, 0x4], // not accessed yet
  [0x91, DATA, 0xfff, 0x4], // read-only
  [0x97, DATA, 0xfff, 0x4], // expand-down
  [0x9b, DATA, 0xfff, 0x4], // readable code
  [0x99, DATA, 0xfff, 0x4], // execute-only: #GP
  [0x13, DATA, 0xfff, 0x4], // not present: #NP
  [0x82, DATA, 0xfff, 0x4], // a system segment: #GP
  [0x93, DATA, 0x3, 0x0], // four bytes
] as const;
const FIRST = 0x18;
const table = KINDS.flatMap(([type, base, limit, flags]) => [
  (limit & 0xffff) | (base << 16),
  ((base >>> 16) & 0xff) | (type << 8) | (limit & 0xf_0000) | (flags << 20) | (base & 0xff00_0000),
]);

/** Code that loads a selector from EAX into FS or GS, and reads and writes through it at EBX. */
const LOADS: Readonly<Record<string, readonly number[]>> = {
  'mov fs, eax': [0x8e, 0xe0],
  'mov gs, eax': [0x8e, 0xe8],
  'push eax; pop fs': [0x50, 0x0f, 0xa1],
  'push eax; pop gs': [0x50, 0x0f, 0xa9],
  'push ax; popw fs': [0x66, 0x50, 0x66, 0x0f, 0xa1],
  'mov ds, ecx': [0x8e, 0xd9],
};
const USES: Readonly<Record<string, readonly number[]>> = {
  'add [fs:ebx], edx': [0x64, 0x01, 0x13],
  'mov edx, [gs:ebx+4]': [0x65, 0x8b, 0x53, 0x04],
  'inc byte [gs:ebx]': [0x65, 0xfe, 0x03],
  'mov [fs:ebx], dx': [0x64, 0x66, 0x89, 0x13],
  'movups xmm0, [fs:ebx]': [0x64, 0x0f, 0x10, 0x03],
};

const program = fc.record({
  loads: fc.array(fc.constantFrom(...Object.keys(LOADS)), { minLength: 1, maxLength: 3 }),
  uses: fc.array(fc.constantFrom(...Object.keys(USES)), { minLength: 1, maxLength: 3 }),
  selectors: fc.array(
    fc.oneof(
      fc.tuple(fc.nat(KINDS.length - 1), fc.constantFrom(0, 0, 0, 3)).map(([n, rpl]) => FIRST + n * 8 + rpl),
      fc.constantFrom(0, 3, 4, 0x1f4, 0xfff8),
    ),
    { minLength: 4, maxLength: 16 },
  ),
  offsets: fc.array(fc.constantFrom(0, 1, 0x10, 0xffc, 0xfff, 0x1000, -4, -1), { minLength: 1, maxLength: 4 }),
});

test('any selector, any use', () => {
  fc.assert(
    fc.property(program, ({ loads, uses, selectors, offsets }) => {
      const body = [...loads.flatMap((n) => LOADS[n]!), ...uses.flatMap((n) => USES[n]!)];
      const loop = [...body, 0xe9, ...new Uint8Array(Int32Array.of(-(body.length + 5)).buffer)];
      pair.reset();
      pair.load(CODE, Uint8Array.from(loop));
      pair.load(GDT + FIRST, new Uint8Array(Int32Array.from(table).buffer));
      pair.handleFaults(CODE);
      pair.each((cpu) => {
        cpu.s32[L.GDTR_LIMIT >> 2] = FIRST + KINDS.length * 8 - 1;
        cpu.eip = CODE;
        cpu.gpr.set([FIRST, 16, 0x1234, DATA, 0x7_0000, 0, 0, 0]);
      });
      expect(pair.run(2000)).toBeUndefined();
      selectors.forEach((selector, n) => {
        pair.each((cpu) => {
          cpu.gpr[EAX] = selector;
          cpu.gpr[EBX] = offsets[n % offsets.length]!;
          cpu.gpr[ESI] = n;
          cpu.gpr[ESP] = 0x7_0000;
        });
        expect(pair.run(37 + n)).toBeUndefined();
      });
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('what is loaded makes no other translation and no callout', () => {
  // mov fs, eax; push ecx; pop gs; mov [fs:ebx], edx; add edx, [gs:ebx]; xchg eax, ecx; jmp back.
  const code = [0x8e, 0xe0, 0x51, 0x0f, 0xa9, 0x64, 0x89, 0x13, 0x65, 0x03, 0x13, 0x91, 0xeb, 0xf2];
  pair.reset();
  pair.load(CODE, Uint8Array.from(code));
  pair.load(GDT + FIRST, new Uint8Array(Int32Array.from(table).buffer));
  pair.each((cpu) => {
    cpu.s32[L.GDTR_LIMIT >> 2] = FIRST + KINDS.length * 8 - 1;
    cpu.eip = CODE;
    cpu.gpr.set([FIRST, FIRST + 8, 1, 0x100, 0x7_0000, 0, 0, 0]);
  });
  for (const count of [5000, 4999, 5003]) expect(pair.run(count)).toBeUndefined();
  const counts = () => ({
    regions: Number(pair.engine.stats()['regions']),
    callouts: pair.engine.stats()['callouts'],
  });
  const before = counts();
  expect(pair.run(50_000)).toBeUndefined();
  expect(counts().callouts).toEqual(before.callouts);
  // One more at most, where a run ended in the middle.
  expect(counts().regions).toBeLessThanOrEqual(before.regions + 1);
});
