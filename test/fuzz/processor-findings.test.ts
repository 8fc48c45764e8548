/**
 * What cases on a real processor have shown to be otherwise than this project had it; each is small, and holds in
 * both engines.
 */
import { afterAll, describe, expect, it } from 'vitest';
import type { ArchState, FuzzCase, Outcome } from '../../fuzz/case.ts';
import { InterpreterOracle } from '../../fuzz/engines/interpreter-oracle.ts';
import { TranslatorOracle } from '../../fuzz/engines/translator-oracle.ts';
import { PLAIN_CODE, PLAIN_DATA, plainCase, plainState } from '../../fuzz/plain-case.ts';
import { DS, SS } from '../../src/cpu/registers.ts';

const oracles = [new InterpreterOracle(), await TranslatorOracle.make('translator')];
afterAll(() => {
  for (const oracle of oracles) oracle.dispose();
});

async function outcomes(c: FuzzCase): Promise<Outcome[]> {
  return Promise.all(oracles.map(async (oracle) => (await oracle.run([c]))[0]!));
}

const bytes = (code: string) => Buffer.from(code.replaceAll(' ', ''), 'hex');

/** Code at level 0 in flat memory. */
function flat(code: string, changes: Partial<ArchState> = {}): FuzzCase {
  return plainCase('protected32', bytes(code), changes);
}

/** Code at level 3 with I/O permission for nobody. */
function user(code: string, changes: Partial<ArchState> = {}): FuzzCase {
  const segments = plainState('protected32').segments.map((s, n) =>
    n < 6 ? { ...s, selector: s.selector | 3, attributes: s.attributes | 0x6000 } : { ...s, limit: 0 },
  );
  return flat(code, { cpl: 3, segments, ...changes });
}

/** Plain segments, one with another limit. */
function limited(segment: number, limit: number): Pick<ArchState, 'segments'> {
  const segments = plainState('protected32').segments.map((s, n) => (n === segment ? { ...s, limit } : s));
  return { segments };
}

const fault = (vector: number) => ({ kind: 'exception', vector, software: false, errorCode: 0 });
const GP = fault(13);
const OVERFLOWING = `7ffe${'8'.padEnd(16, '0')}`;

describe('a real processor', () => {
  it.each([
    ['asks for the level before it looks at which debug register it is', user('0f 21 e0', { cr4: 0x608 }), GP],
    [
      'asks for alignment before the limit of a segment',
      flat('36 0f 28 00', { ...limited(SS, 0x1000), gpr: [0x2001, 0, 0, 0, 0x800, 0, 0, 0] }),
      GP,
    ],
    [
      'asks for I/O permission also where nothing is repeated',
      user('f3 6c', { gpr: [0, 0, 0x60, 0, 0, 0, 0, PLAIN_DATA] }),
      GP,
    ],
  ])('%s', async (_, c, ending) => {
    for (const outcome of await outcomes(c)) expect(outcome).toMatchObject({ ending, state: { eip: PLAIN_CODE } });
  });

  it.each([
    ['FST m32', 'd9 13', 0xfe],
    ['FST m64', 'dd 13', 0xfe],
    ['FISTP m16', 'df 1b', 0xfe],
    ['FBSTP', 'df 33', 0xfe],
    ['FSTP m80 of nothing', 'db 3b', 0xff],
  ])('%s: a fault of memory comes before an unmasked one of the x87', async (_, code, empty) => {
    const { fpu } = plainState('protected32');
    const registers = [OVERFLOWING, ...fpu.registers.slice(1)];
    const c = flat(code, { ...limited(DS, 0x1000), fpu: { ...fpu, control: 0x340, empty, registers } });
    for (const { ending, state } of await outcomes(c)) {
      expect(ending).toEqual(GP);
      expect(state.fpu).toEqual(c.initial.fpu);
    }
  });

  const AC_FLAG = 0x4_0000;
  const aligning = { eflags: AC_FLAG | 2, cr0: plainState('protected32').cr0 | AC_FLAG };

  it.each([
    ['FNSAVE', 'dd b3', '04', 6],
    ['FRSTOR', 'dd a3', '04', 6],
    ['FNSAVE of 16 bits', '66 dd b3', '06', 7],
  ])('%s: alignment is asked of the image, not of the registers in it', async (_, code, displacement, length) => {
    for (const { ending, state } of await outcomes(user(`${code} ${displacement} 00 00 00`, aligning))) {
      expect(ending).toEqual(GP);
      expect(state.eip).toBe(PLAIN_CODE + length);
    }
    for (const { ending, state } of await outcomes(user(`${code} 05 00 00 00`, aligning))) {
      expect(ending).toEqual(fault(17));
      expect(state.eip).toBe(PLAIN_CODE);
    }
  });

  it.each([
    ['ENTER asks for alignment of the stack pointer that results', 'c8 02 00 00'],
    ['MASKMOVQ asks for 8 bytes to be aligned', '0f f7 c1'],
  ])('%s', async (_, code) => {
    const fpu = { ...plainState('protected32').fpu, registers: new Array(8).fill('ffff8080808080808080') };
    const c = user(code, { ...aligning, fpu, gpr: [0, 0, 0, 0, PLAIN_DATA + 0x100, 0, 0, PLAIN_DATA + 4] });
    for (const { ending, state } of await outcomes(c)) {
      expect(ending).toEqual(fault(17));
      expect(state.gpr).toEqual(c.initial.gpr);
    }
  });

  it('stores nothing by the undocumented D9 D8 where st(0) is empty', async () => {
    const fpu = {
      ...plainState('protected32').fpu,
      empty: 0x01,
      registers: ['1', '2', '3', '4', '5', '6', '7', '8'].map((n) => `3fff800000000000000${n}`),
    };
    for (const { state } of await outcomes(flat('d9 da', { fpu }))) {
      expect(state.fpu).toMatchObject({ status: 0x800, empty: 0x01, registers: fpu.registers });
    }
  });

  it.each([
    ['PUSHA', '60', 7],
    ['ENTER', 'c8 00 00 08', 7],
  ])('%s: what was pushed before the fault stays in memory', async (_, code, values) => {
    const state = plainState('protected32');
    // All but the last value are above the limit of an expand-down segment.
    const base = PLAIN_DATA + 0x8000;
    const segments = state.segments.map((s, n) =>
      n === SS ? { ...s, limit: base - 1, attributes: s.attributes | 0x400 } : s,
    );
    const gpr = [1, 2, 3, 4, base + values * 4, base + 0x100, 7, 8];
    for (const { ending, state: after, written } of await outcomes(flat(code, { segments, gpr }))) {
      expect(ending).toEqual(fault(12));
      expect(after.gpr).toEqual(gpr);
      const addresses = written.flatMap(({ at, bytes: b }) => Array.from(b, (_byte, n) => at + n));
      expect(Math.min(...addresses)).toBeLessThan(base + 4);
      expect(Math.min(...addresses)).toBeGreaterThanOrEqual(base);
      expect(addresses.some((at) => at >= base + values * 4 - 4)).toBe(true);
    }
  });
});
