/** The interpreter as an oracle: what it says of cases whose outcome follows from the manual. */
import { describe, expect, it } from 'vitest';
import type { FuzzCase, Outcome } from '../../fuzz/case.ts';
import { plainOutcome } from '../../fuzz/engines/engine-outcome.ts';
import { InterpreterOracle } from '../../fuzz/engines/interpreter-oracle.ts';
import { PLAIN_CODE, PLAIN_DATA, plainCase, plainState } from '../../fuzz/plain-case.ts';

const oracle = new InterpreterOracle();

function run(c: FuzzCase): Outcome {
  return plainOutcome(oracle.one(c)!);
}

describe('the interpreter oracle', () => {
  it('runs to the halt behind the code', () => {
    const { ending, retired, state, written } = run(plainCase('protected32', [0x01, 0xc8, 0x89, 0x03])); // add eax, ecx; mov [ebx], eax
    expect(ending).toEqual({ kind: 'halt' });
    expect(retired).toBe(3);
    expect(state.gpr[0]).toBe(3);
    expect(state.eip).toBe(PLAIN_CODE + 5);
    expect(written.map(({ at }) => at >= PLAIN_DATA + 0x4000 && at < PLAIN_DATA + 0x4004)).toEqual([true]);
  });

  it('leaves a state as it was where nothing changes it', () => {
    for (const mode of ['real', 'protected16', 'protected32', 'virtual8086'] as const) {
      const initial = {
        ...plainState(mode),
        xmm: Array.from({ length: 8 }, (_, n) => `${n}23456789abcdef0123456789abcdef0`),
      };
      const fpu = {
        ...initial.fpu,
        empty: 0x3c,
        status: 0x1800,
        registers: Array.from({ length: 8 }, (_, n) => `${n}001c0ffee1234567890`),
      };
      const c = { ...plainCase(mode, [0x90], { ...initial, fpu }), steps: 1 };
      const { ending, state, written } = run(c);
      expect(ending).toEqual({ kind: 'steps' });
      expect(state).toEqual({ ...c.initial, eip: c.initial.eip + 1 });
      expect(written).toEqual([]);
    }
  });

  it('stops at the first exception, with the state as it was then', () => {
    const divide = run(plainCase('protected32', [0x31, 0xc9, 0xf7, 0xf1])); // xor ecx, ecx; div ecx
    expect(divide.ending).toEqual({ kind: 'exception', vector: 0, software: false, errorCode: undefined });
    expect(divide.state.eip).toBe(PLAIN_CODE + 2);
    expect(divide.retired).toBe(1);
    const limit = { ...plainState('protected32').segments[3]!, limit: 0x1000 };
    const segments = plainState('protected32').segments.map((s, n) => (n === 3 ? limit : s));
    const protection = run(plainCase('protected32', [0x8b, 0x03], { segments })); // mov eax, [ebx]
    expect(protection.ending).toEqual({ kind: 'exception', vector: 13, software: false, errorCode: 0 });
    const software = run(plainCase('protected32', [0xcd, 0x80]));
    expect(software.ending).toMatchObject({ kind: 'exception', vector: 0x80, software: true });
    expect(software.state.eip).toBe(PLAIN_CODE + 2);
  });

  it('delivers interrupts when the guest lets them', () => {
    const handler = 0x3000;
    const gate = Uint8Array.of(handler & 0xff, handler >>> 8, 8, 0, 0, 0x8e, 0, 0);
    const c: FuzzCase = {
      ...plainCase('protected32', [0x90, 0x90, 0xfb, 0x90, 0x90, 0x90]), // nop; nop; sti; nop; nop; nop
      exceptions: 'deliver',
      interrupts: [{ after: 1, vector: 0x20 }],
    };
    const initial = { ...c.initial, idtr: { base: 0x2000, limit: 0x7ff } };
    const gdt = Uint8Array.of(0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0, 0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0);
    const patches = [
      ...c.patches,
      { at: 0x1008, bytes: gdt },
      { at: 0x2000 + 0x20 * 8, bytes: gate },
      { at: handler, bytes: Uint8Array.of(0x40, 0xf4) }, // inc eax; hlt
    ];
    const { ending, state, retired } = run({ ...c, initial, patches });
    expect(ending).toEqual({ kind: 'halt' });
    // STI holds it off for one instruction.
    expect(retired).toBe(6);
    expect(state.gpr[0]).toBe(2);
  });

  it('tells of ports and of addresses beyond memory, and reads all ones there', () => {
    const { state, accesses } = run(
      plainCase('protected32', [0xe5, 0x60, 0x8b, 0x1d, 0, 0, 0x20, 0, 0xa3, 0, 0, 0x20, 0]),
    );
    expect(accesses).toEqual(['in32 60', 'read32 200000', 'write32 200000 ffffffff']);
    expect([state.gpr[0], state.gpr[3]]).toEqual([0xffff_ffff, 0xffff_ffff]);
  });

  it('has RAM in the whole first megabyte', () => {
    const c = plainCase('protected32', [0xa3, 0, 0, 0xb, 0]);
    expect(run(c).written).toEqual([{ at: 0xb_0000, bytes: Uint8Array.of(1) }]);
    expect(run(c).accesses).toEqual([]);
  });

  it('gives up what faults for ever, and goes on behind it', () => {
    const c: FuzzCase = { ...plainCase('real', [0x0f, 0x0b]), exceptions: 'deliver' };
    // #UD leads to itself.
    const initial = { ...c.initial, idtr: { base: 0, limit: 0x3ff } };
    const vector = { at: 6 * 4, bytes: Uint8Array.of(0, 0, 0, 0x10) };
    expect(oracle.one({ ...c, initial, patches: [...c.patches, vector] })).toBeUndefined();
    expect(run(plainCase('protected32', [0x90])).ending).toEqual({ kind: 'halt' });
  });

  it('gives the same outcome whatever ran before', () => {
    const first = plainCase('protected32', [0x89, 0x03, 0x0f, 0x31, 0x0f, 0x30]); // mov [ebx], eax; rdtsc; wrmsr
    const other: FuzzCase = { ...plainCase('real', [0x50]), background: { at: 0x5_0000, size: 0x1000, seed: 7 } };
    const before = run(first);
    run(other);
    expect(run(first)).toEqual(before);
  });
});
