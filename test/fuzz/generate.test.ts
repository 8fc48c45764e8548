/** Generated cases: the same for the same seed and number, complete, valid for every oracle, and of all rows. */
import { describe, expect, it } from 'vitest';
import { CASE_MEMORY, MODES } from '../../fuzz/case.ts';
import { codeItems, firstInstruction } from '../../fuzz/case-bytes.ts';
import { caseFromJson, caseToJson, MAX_STEPS } from '../../fuzz/case-json.ts';
import { cellOf } from '../../fuzz/cells.ts';
import { Coverage } from '../../fuzz/coverage.ts';
import { InterpreterOracle } from '../../fuzz/engines/interpreter-oracle.ts';
import { Tracer } from '../../fuzz/engines/trace.ts';
import { Generator, type GeneratorOptions, PROFILES, type Profile } from '../../fuzz/generate/cases.ts';
import { existingCells } from '../../fuzz/matrix.ts';
import { OPCODES } from '../../src/decoder/opcode-table.ts';

const generator = (changes: Partial<GeneratorOptions> = {}) =>
  new Generator({ seed: 1, profiles: PROFILES, modes: MODES, only: undefined, ...changes });
const numbers = (count: number, step = 1) => Array.from({ length: count }, (_, n) => n * step);

describe('generated cases', () => {
  it('hang on seed and number alone, in whatever order they are made', () => {
    const [a, b] = [generator(), generator()];
    const forward = numbers(300).map((n) => caseToJson(a.make(n)));
    const backward = numbers(300)
      .reverse()
      .map((n) => caseToJson(b.make(n)));
    expect(backward.reverse()).toEqual(forward);
    expect(caseToJson(generator({ seed: 2 }).make(0))).not.toBe(forward[0]);
  });

  it.each(PROFILES)('%s: can be kept as files', (profile) => {
    const g = generator({ profiles: [profile] });
    for (const n of numbers(60, 5)) {
      const c = g.make(n);
      expect(caseFromJson('case', caseToJson(c))).toEqual(c);
      expect(c.steps).toBeLessThanOrEqual(MAX_STEPS);
      for (const { at, bytes } of c.patches) expect(at + bytes.length).toBeLessThanOrEqual(CASE_MEMORY);
    }
  });

  it('single cases reach every row of the opcode table', () => {
    // Each row by itself, so that no luck is needed.
    const missed = OPCODES.filter(({ id }) => {
      const only = id.replaceAll(/[*|]/g, '*');
      const g = generator({ profiles: ['single'], only, variants: 1 });
      return !numbers(40).some((n) => firstInstruction(g.make(n))?.row.id === id);
    });
    expect(missed.map(({ id }) => id)).toEqual([]);
  });

  it('cases for a cell of the coverage matrix are of its row, mode and form, and meet it', () => {
    const interpreter = new InterpreterOracle();
    const cells = existingCells().filter((_, n) => n % 400 === 0);
    const missed = cells.filter(({ key, mode, row }) => {
      const coverage = new Coverage();
      const g = generator({ profiles: ['cell'], cells: [key] });
      for (const n of numbers(400)) {
        const c = g.make(n);
        expect(c.mode).toBe(mode);
        const outcome = interpreter.one(c);
        if (outcome !== undefined) coverage.first(c, outcome, ['tried']);
      }
      const rows = new Set([...coverage.keys('tried')].map((other) => cellOf(other).row.id));
      expect([...rows]).toContain(row.id);
      return coverage.count(key, 'tried') === 0;
    });
    interpreter.dispose();
    expect(missed.length).toBeLessThan(cells.length / 10);
  });

  it('sequences have 1 to 40 instructions and more, branches and loops among them', () => {
    const g = generator({ profiles: ['sequence'], variants: 1 });
    const lengths = numbers(200).map((n) => codeItems(g.make(n)).length);
    expect(Math.min(...lengths)).toBeLessThanOrEqual(2);
    expect(Math.max(...lengths)).toBeGreaterThanOrEqual(40);
    const tracer = new Tracer();
    const back = numbers(40).filter((n) => {
      const { executed } = tracer.trace(g.make(n));
      return executed.some(({ eip }, k) => k > 0 && eip < executed[k - 1]!.eip);
    });
    expect(back.length).toBeGreaterThan(8);
  });

  it('whole-system cases deliver, are interrupted, step singly, and change code and page tables', () => {
    const g = generator({ profiles: ['system'], variants: 1 });
    const interpreter = new InterpreterOracle();
    const seen = { handler: 0, interrupts: 0, stepping: 0, code: 0, tables: 0 };
    const tracer = new Tracer();
    for (const n of numbers(60)) {
      const c = g.make(n);
      const { executed } = tracer.trace(c);
      const written = interpreter.one(c)?.written ?? [];
      const wrote = (from: number, to: number) => written.some(({ at, bytes }) => at < to && at + bytes.length > from);
      if (executed.some(({ eip }) => eip >= 0xf000 && eip < 0xf300)) seen.handler++;
      if (c.interrupts.length > 0) seen.interrupts++;
      if ((c.initial.eflags & 0x100) !== 0) seen.stepping++;
      if (wrote(0x1_0000, 0x1_2000)) seen.code++;
      if (wrote(0x7100, 0x7140)) seen.tables++;
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  });

  it('corners meet outcomes that hardly come up by themselves', () => {
    const g = generator({ profiles: ['corner'], only: 'add Gv,Ev|movaps*|fadd*|mov Sw*' });
    const interpreter = new InterpreterOracle();
    const vectors = new Set<number>();
    for (const n of numbers(600)) {
      const ending = interpreter.one(g.make(n))?.ending;
      if (ending?.kind === 'exception') vectors.add(ending.vector);
    }
    expect([...vectors]).toEqual(expect.arrayContaining([6, 7, 11, 12, 13, 14, 16, 17]));
  });

  it.each<[Partial<GeneratorOptions>, string]>([
    [{ only: 'nonsense' }, "no instruction of the opcode table fits 'nonsense'"],
    [{ profiles: ['user'] as Profile[], only: 'lgdt*', modes: ['real'] }, 'user cases need one of the modes'],
    [{ profiles: ['user'] as Profile[], only: 'cpuid' }, "no instruction that user programs can run fits 'cpuid'"],
  ])('options that leave nothing are refused: %o', (options, message) => {
    expect(() => generator(options)).toThrow(message);
  });
});
