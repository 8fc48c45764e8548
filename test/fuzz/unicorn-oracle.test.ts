/**
 * Unicorn as an oracle: what it says of cases whose outcome follows from the manual, what it leaves unjudged, and
 * that a case which kills it costs no other one. Left out where libunicorn-dev or gcc is not installed.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { FuzzCase, Mode, Outcome } from '../../fuzz/case.ts';
import { MODES } from '../../fuzz/case.ts';
import { compareOutcomes, differenceText } from '../../fuzz/compare.ts';
import { InterpreterOracle } from '../../fuzz/engines/interpreter-oracle.ts';
import { Tracer } from '../../fuzz/engines/trace.ts';
import { Generator } from '../../fuzz/generate/cases.ts';
import { UNICORN_LIMITS } from '../../fuzz/outside/unicorn/limits.ts';
import { makeUnicornOracle, type UnicornOracle } from '../../fuzz/outside/unicorn/oracle.ts';
import { PLAIN_CODE, PLAIN_DATA, plainCase, plainState } from '../../fuzz/plain-case.ts';

const made = await makeUnicornOracle();
const missing = 'missing' in made ? made.missing : undefined;
const unicorn = made as UnicornOracle;
const interpreter = new InterpreterOracle();
const tracer = new Tracer();

afterAll(() => {
  if (missing === undefined) unicorn.dispose();
  interpreter.dispose();
});

const bytes = (code: string) => Buffer.from(code.replaceAll(' ', ''), 'hex');

async function run(c: FuzzCase): Promise<Outcome> {
  const [outcome] = await unicorn.run([c]);
  if (outcome === undefined) throw new Error(`not judged: ${unicorn.unjudged[0]}`);
  return outcome;
}

/** What Unicorn and the interpreter do not agree on; undefined where Unicorn does not judge. */
function differences(c: FuzzCase, outcome: Outcome | undefined): readonly string[] | undefined {
  const reference = interpreter.one(c);
  if (outcome === undefined || reference === undefined) return undefined;
  const found = compareOutcomes(
    { oracle: interpreter, outcome: reference },
    { oracle: unicorn, outcome },
    () => tracer.trace(c).executed,
  );
  return found?.map((d) => `${c.name}: ${differenceText(d, 'interpreter', 'unicorn')}`);
}

/** PLAIN_DATA's first 4 KB page at linear 80_0000, user's and read-only; the rest one to one. */
function paged(code: string, changes: Parameters<typeof plainCase>[2] = {}): FuzzCase {
  const words = (at: number, values: readonly number[]) => ({
    at,
    bytes: new Uint8Array(Int32Array.from(values).buffer),
  });
  const table = Array.from({ length: 256 }, (_, n) => (n << 12) | 7);
  const c = plainCase('protected32', bytes(code), { cr0: 0x8001_0031, cr3: 0x6000, ...changes });
  const tables = [words(0x6000, [0x7007, 0, 0x8007]), words(0x7000, table), words(0x8000, [PLAIN_DATA | 5])];
  return { ...c, patches: [...c.patches, ...tables] };
}

describe.skipIf(missing !== undefined)(`the Unicorn oracle${missing === undefined ? '' : ` (${missing})`}`, () => {
  it('runs to the halt behind the code', async () => {
    const { ending, retired, state, written } = await run(plainCase('protected32', bytes('01c8 8903'))); // add eax, ecx; mov [ebx], eax
    expect(ending).toEqual({ kind: 'halt' });
    expect(retired).toBe(3);
    expect(state.gpr[0]).toBe(3);
    expect(state.eip).toBe(PLAIN_CODE + 5);
    expect(written).toHaveLength(1);
    expect(written[0]!.at).toBe(PLAIN_DATA + 0x4000);
  });

  it.each(MODES)('leaves a state as it was where nothing changes it: %s', async (mode: Mode) => {
    const initial = {
      ...plainState(mode),
      dr: [1, 2, 3, 4, 0xffff_0ff0, 0x400],
      sysenter: [8, 0x1234, 0x5678] as const,
      xmm: Array.from({ length: 8 }, (_, n) => `${n}23456789abcdef0123456789abcdef0`),
    };
    const fpu = {
      ...initial.fpu,
      empty: 0x3c,
      status: 0x1800,
      registers: Array.from({ length: 8 }, (_, n) => `${n}001c0ffee1234567890`),
    };
    const c = { ...plainCase(mode, [0x90], { ...initial, fpu }), steps: 1 };
    const { ending, retired, state, written } = await run(c);
    expect(ending).toEqual({ kind: 'steps' });
    expect(retired).toBe(1);
    expect(state).toEqual({ ...c.initial, eip: c.initial.eip + 1 });
    expect(written).toEqual([]);
  });

  it('ends at the first exception, with its error code and CR2', async () => {
    const { ending, retired, state } = await run(paged('41 c7 05 10 00 80 00 01 00 00 00')); // inc ecx; mov dword [80_0010], 1
    expect(ending).toEqual({ kind: 'exception', vector: 14, software: false, errorCode: 3 });
    expect(retired).toBe(1);
    expect(state.cr2).toBe(0x80_0010);
    expect(state.eip).toBe(PLAIN_CODE + 1);
    expect(state.gpr[1]).toBe(3);
  });

  it('marks pages as accessed, anew for each case', async () => {
    const c = paged('a1 10 00 80 00');
    for (let n = 0; n < 2; n++) {
      const { written } = await run(c);
      expect(written.find(({ at }) => at === 0x8000)?.bytes).toEqual(Uint8Array.of(0x25));
    }
  });

  it('tells a software interrupt from an exception', async () => {
    const int = await run(plainCase('protected32', bytes('cd 0d')));
    expect(int.ending).toEqual({ kind: 'exception', vector: 13, software: true, errorCode: undefined });
    const undefinedOpcode = await run(plainCase('real', bytes('0f 0b')));
    expect(undefinedOpcode.ending).toEqual({ kind: 'exception', vector: 6, software: false, errorCode: undefined });
  });

  it('stops at the count, within a repeated instruction too', async () => {
    const c = { ...plainCase('protected32', bytes('f3 aa')), steps: 2 }; // rep stosb, ecx = 2
    const { ending, retired, state } = await run({ ...c, steps: 1 });
    expect([ending, retired, state.gpr[1], state.eip]).toEqual([{ kind: 'steps' }, 1, 1, PLAIN_CODE]);
    const whole = await run(c);
    expect([whole.ending, whole.retired, whole.state.gpr[1]]).toEqual([{ kind: 'steps' }, 2, 0]);
  });

  it('sees new code where other code has run before', async () => {
    const outcomes = await unicorn.run([1, 2, 1].map((n) => plainCase('protected32', bytes(`b8 0${n}000000`))));
    expect(outcomes.map((o) => o?.state.gpr[0])).toEqual([1, 2, 1]);
  });

  it.each([
    ['segment-limit', plainCase('real', bytes('a1 ff ff'))],
    ['lock', plainCase('protected32', bytes('f0 90'))],
    ['unimplemented', plainCase('protected32', bytes('0f 34'))],
    ['x87', plainCase('protected32', bytes('d8 c1'))], // the stack is empty
    ['model', plainCase('protected32', bytes('0f a2'))],
    ['io-permission', plainCase('virtual8086', bytes('e4 80'))],
    ['trace-cut', paged('67 d1 0e fd 5f')], // ror dword [5ffd], 1: the last byte is of the page directory
    ['popa-skip', plainCase('real', bytes('61'), { gpr: [0, 0, 0, 0, 0xfff9, 0, 0, 0] })],
    ['pushf-image', plainCase('protected32', bytes('9c'), { eflags: 0x1_0002 })],
    ['no-prefix', plainCase('protected32', bytes('66 0f c3 03'))],
    ['sse-order', plainCase('protected32', bytes('66 0f 3a 41 c1 33'))], // dppd xmm0, xmm1, 33h: a sum of zeroes
    ['delivery', { ...plainCase('protected32', bytes('0f 0b')), exceptions: 'deliver' } as const],
    ['error', plainCase('protected32', bytes('b8 00 00 00 40 ff e0'))], // code where there is no RAM
  ] as const)('does not judge what it does wrong: %s', async (limit, c) => {
    expect(await unicorn.run([c])).toEqual([undefined]);
    expect(unicorn.unjudged).toEqual([limit]);
    expect(unicorn.reasons[0]).toContain(UNICORN_LIMITS[limit].is);
  });

  it('refuses what it could never judge, with the reason', () => {
    const c = plainCase('protected32', [0x90]);
    expect(unicorn.refuses(c)).toBeUndefined();
    expect(unicorn.refuses({ ...c, interrupts: [{ after: 0, vector: 32 }] })).toMatch(/interrupt controller/);
    const watched = { ...c.initial, dr: [PLAIN_CODE, 0, 0, 0, 0xffff_0ff0, 0x401] };
    expect(unicorn.refuses({ ...c, initial: watched })).toMatch(/breakpoint/);
  });

  it('loses no case to one that crashes or hangs', async () => {
    const good = plainCase('protected32', bytes('40'));
    const crashing = plainCase('real', bytes('f0 0f b3 eb')); // lock btr bx, bp
    const endless = { ...plainCase('protected32', bytes('eb fe')), steps: 2 ** 32 - 1 };
    const outcomes = await unicorn.run([good, crashing, good, endless, good]);
    expect(outcomes.map((o) => o?.state.gpr[0])).toEqual([2, undefined, 2, undefined, 2]);
    expect(unicorn.unjudged).toEqual([undefined, 'died', undefined, 'died', undefined]);
  });

  it('agrees with the interpreter on cases at random', async () => {
    const seed = 20260704;
    const generator = new Generator({ seed, profiles: ['single', 'sequence'], modes: MODES, only: undefined });
    const cases = Array.from({ length: 2000 }, (_, n) => generator.make(n));
    const asked = cases.filter((c) => unicorn.refuses(c) === undefined);
    const outcomes = await unicorn.run(asked);
    const judged = asked.map((c, n) => differences(c, outcomes[n])).filter((found) => found !== undefined);
    expect(judged.flat()).toEqual([]);
    expect(judged.length).toBeGreaterThan(1000);
  });
});
