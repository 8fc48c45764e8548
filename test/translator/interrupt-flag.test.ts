/**
 * IF in translated code: CLI, STI, PUSHF, POPF and loads of segment registers, in any order, with an interrupt
 * pending or not. An interrupt that is pending stops both engines at the first boundary at which it has to be
 * delivered: they have to stop at the same one.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as L from '../../src/cpu/layout.ts';
import { CS, EBX, ESP, IF, IOPL } from '../../src/cpu/registers.ts';
import { loadBinaryen } from '../../src/translator/lower/binaryen-raw.ts';
import { DATA_SELECTOR, GDT, Lockstep } from '../support/lockstep.ts';

const CODE = 0x8000;
const raw = await loadBinaryen();
const pair = new Lockstep(raw);

/** GDT: the flat code and data of {@link Lockstep}, data with a base, data at level 3. */
const BASED = 0x18;
const OUTER = 0x23;
const DESCRIPTORS = [0x1234_ffff, 0x00cf_9300, 0x0000_ffff, 0x00cf_f300];

const PIECES: Readonly<Record<string, readonly number[]>> = {
  cli: [0xfa],
  sti: [0xfb],
  'sti; nop': [0xfb, 0x90],
  'stac; nop; clac': [0x0f, 0x01, 0xcb, 0x90, 0x0f, 0x01, 0xca],
  stac: [0x0f, 0x01, 0xcb],
  'sti; clac': [0xfb, 0x0f, 0x01, 0xca],
  'sti; int3': [0xfb, 0xcc],
  'pushf; pop eax': [0x9c, 0x58],
  'pushf; popf': [0x9c, 0x9d],
  'push ecx; popf': [0x51, 0x9d],
  'pushfw; popfw': [0x66, 0x9c, 0x66, 0x9d],
  'pushf; cli; popf': [0x9c, 0xfa, 0x9d],
  'mov eax, ds; mov es, eax': [0x8c, 0xd8, 0x8e, 0xc0],
  'push ds; pop ds': [0x1e, 0x1f],
  'push gs; pop gs': [0x0f, 0xa8, 0x0f, 0xa9],
  'push es; pop fs': [0x06, 0x0f, 0xa1],
  'mov gs, edi': [0x8e, 0xef],
  'mov fs, esi': [0x8e, 0xe6],
  'mov es, edi; mov es, edx': [0x8e, 0xc7, 0x8e, 0xc2],
  'push ss; pop ss; nop': [0x16, 0x17, 0x90],
  'add eax, ecx': [0x01, 0xc8],
  'inc dword [ebx]': [0xff, 0x03],
  'cmp eax, edx; setc al': [0x39, 0xd0, 0x0f, 0x92, 0xc0],
  'jz over nop': [0x74, 0x01, 0x90],
  // A callout, and the end of a block.
  'smsw eax': [0x0f, 0x01, 0xe0],
  'jmp next': [0xeb, 0x00],
  'rep stosb, ecx 0': [0x51, 0x31, 0xc9, 0xf3, 0xaa, 0x59],
};
const NAMES = Object.keys(PIECES);

/** EFLAGS that POPF of ECX brings: with and without IF, the status flags, NT, AC, ID, IOPL; never TF. */
const flags = fc.integer({ min: 0, max: 0xff_ffff }).map((x) => (x & 0x2_46ed5 & ~0x100) | 2);

const program = fc.record({
  names: fc.array(fc.constantFrom(...NAMES), { minLength: 3, maxLength: 14 }),
  popped: fc.oneof(fc.constantFrom(0x202, 0x002, 0x246), flags),
  esi: fc.constantFrom(0, BASED, DATA_SELECTOR, OUTER, 3),
  edi: fc.constantFrom(0, BASED, DATA_SELECTOR),
  /** Steps between looks, and whether an interrupt is pending in each. */
  steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 90 }), fc.boolean()), { minLength: 8, maxLength: 24 }),
  level: fc.constantFrom(0, 0, 0, 1),
});

test('an interrupt is taken at the same boundary, whatever goes before', () => {
  fc.assert(
    fc.property(program, ({ names, popped, esi, edi, steps, level }) => {
      const body = names.flatMap((name) => PIECES[name]!);
      const loop = [...body, 0xe9, ...new Uint8Array(Int32Array.of(-(body.length + 5)).buffer)];
      pair.reset();
      pair.load(CODE, Uint8Array.from(loop));
      pair.load(GDT + BASED, new Uint8Array(Int32Array.from(DESCRIPTORS).buffer));
      // What faults goes on behind the stack's top: with the program from its beginning.
      pair.handleFaults(CODE);
      pair.each((cpu) => {
        cpu.s32[L.GDTR_LIMIT >> 2] = 0x27;
        cpu.eip = CODE;
        cpu.gpr.set([0, popped, DATA_SELECTOR, 0, 0x7_0000, 0, esi, edi]);
        cpu.gpr[EBX] = 0x6_0000;
        cpu.gpr[ESP] = 0x7_0000;
        if (level === 1) {
          cpu.setCpl(1);
          cpu.setSegment(CS, 9, 0, -1, 0x00c0_bb00);
          cpu.eflags |= IOPL & 0x1000;
        }
      });
      expect(pair.run(3000)).toBeUndefined();
      for (const [count, pending] of steps) {
        pair.each((cpu) => {
          cpu.gpr[ESP] = 0x7_0000;
          cpu.interruptPending = pending;
          cpu.leaveBlock = true;
          // Otherwise it would be taken at once.
          if (pending) cpu.eflags &= ~IF;
        });
        expect(pair.run(count)).toBeUndefined();
      }
    }),
    { numRuns: 250 },
  );
}, 120_000);

test('the shadow of STI covers a boundary at which the engines stop', () => {
  pair.reset();
  // mov ecx, 3; mov edi, 60000h; sti; rep stosb; cli; jmp back. The budget may end where the string instruction begins.
  pair.load(CODE, Uint8Array.of(0xb9, 3, 0, 0, 0, 0xbf, 0, 0, 6, 0, 0xfb, 0xf3, 0xaa, 0xfa, 0xeb, 0xf0));
  const restart = (pending: boolean) =>
    pair.each((cpu) => {
      cpu.eip = CODE;
      cpu.gpr[ESP] = 0x7_0000;
      cpu.interruptPending = pending;
      cpu.eflags &= ~IF;
    });
  restart(false);
  expect(pair.run(400)).toBeUndefined();
  for (let count = 1; count < 20; count++) {
    restart(false);
    expect(pair.run(count)).toBeUndefined();
    pair.each((cpu) => {
      cpu.interruptPending = true;
    });
    expect(pair.run(8), `after ${count}`).toBeUndefined();
  }
});

test('what is emulated inline is counted and makes no callouts', () => {
  // A machine of its own: code that earlier tests wrote again and again is left untranslated for a while.
  const pair = new Lockstep(raw);
  const code = [
    'pushf; cli; popf',
    'sti; nop',
    'stac; nop; clac',
    'push ds; pop ds',
    'mov eax, ds; mov es, eax',
    'push gs; pop gs',
    'cli',
  ];
  const body = code.flatMap((name) => PIECES[name]!);
  pair.load(CODE, Uint8Array.from([...body, 0xeb, -(body.length + 2)]));
  pair.each((cpu) => {
    cpu.eip = CODE;
    cpu.gpr[ESP] = 0x7_0000;
  });
  const calledOut = () => pair.engine.stats()['callouts'] as Record<string, number>;
  expect(pair.run(2000)).toBeUndefined();
  const before = { ...calledOut() };
  const inline = (name: string) => (pair.engine.stats()['sensitiveInline'] as Record<string, number>)[name] ?? 0;
  const names = ['cli', 'sti', 'pushf', 'popf', 'mov', 'pop', 'clac', 'stac'];
  // When the loop's regions are there is a matter of time: of the blocks interpreted, and of the clock.
  for (let n = 0; n < 400 && names.some((name) => inline(name) <= 1000); n++) expect(pair.run(5000)).toBeUndefined();
  for (const name of names) {
    expect(calledOut()[name] ?? 0, name).toBeLessThan((before[name] ?? 0) + 10);
    expect(inline(name), name).toBeGreaterThan(1000);
  }
});
