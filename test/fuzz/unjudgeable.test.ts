/**
 * Cells that no oracle can judge: that there are such, that the engines count only for what they do not share, and LOCK by
 * the manual where nobody else looks at it (SDM vol. 2, LOCK).
 */
import { describe, expect, it } from 'vitest';
import { existingCells } from '../../fuzz/matrix.ts';
import { makeOracles } from '../../fuzz/oracles.ts';
import { plainCase } from '../../fuzz/plain-case.ts';
import { enginesJudge, REASONS, unjudgeable } from '../../fuzz/unjudgeable.ts';

const cells = existingCells();

describe('cells that nobody can judge', () => {
  it('are few, and each rule has some', () => {
    const left = cells.filter((cell) => unjudgeable(cell) !== undefined);
    expect(left.length).toBeLessThan(cells.length / 50);
    const reasons = new Set(left.map((cell) => unjudgeable(cell)));
    expect(REASONS.filter((why) => !reasons.has(why))).toEqual([]);
  });

  it('are none that the engines judge for each other, and those are of translated rows', () => {
    const judged = cells.filter(enginesJudge);
    expect(judged.filter((cell) => unjudgeable(cell) !== undefined)).toEqual([]);
    expect(judged.filter(({ row }) => row.handling !== 'translated')).toEqual([]);
    expect(judged.some(({ outcome }) => outcome === '#UD' || outcome === '#NM')).toBe(false);
  });

  const lldtAndOthers = [
    '0f 00 c0',
    '0f 00 c8',
    '0f 00 d0',
    '0f 00 d8',
    '0f 00 e0',
    '0f 00 e8',
    '0f 00 03',
    '0f 00 13',
  ];
  const controlRegisters = ['0f 20 c0', '0f 22 c0', '0f 20 d8', '0f 22 e0'];

  it.each([...lldtAndOthers, ...controlRegisters])('LOCK %s is undefined', async (code) => {
    const c = plainCase('protected32', Buffer.from(`f0${code.replaceAll(' ', '')}`, 'hex'));
    const { oracles } = await makeOracles(['interpreter', 'translator']);
    expect(oracles.length).toBe(2);
    for (const oracle of oracles) {
      const [outcome] = await oracle.run([c]);
      expect(outcome!.ending).toEqual({ kind: 'exception', vector: 6, software: false, errorCode: undefined });
      expect(outcome!.state).toEqual(c.initial);
      oracle.dispose();
    }
  });
});
