/** Campaigns: what is counted, found, made small, reported, continued. */
import { describe, expect, it } from 'vitest';
import { Campaign, emptyTally, type Found, type Lanes, type Plan, type Tally } from '../../fuzz/campaign.ts';
import { MODES } from '../../fuzz/case.ts';
import { codeItems, firstInstruction } from '../../fuzz/case-bytes.ts';
import { corpusFromJson, corpusName, corpusToJson } from '../../fuzz/corpus-file.ts';
import { caseText } from '../../fuzz/describe.ts';
import { InterpreterOracle } from '../../fuzz/engines/interpreter-oracle.ts';
import { Generator } from '../../fuzz/generate/cases.ts';
import { fuzz } from '../../fuzz/index.ts';
import { LocalLanes } from '../../fuzz/local-lanes.ts';
import { emptyText, existingCells, matrixText, overviewText, summarize } from '../../fuzz/matrix.ts';
import { replayCase } from '../../fuzz/replay.ts';
import { reportFromJson, reportToJson } from '../../fuzz/report.ts';
import { FaultyOracle } from './faulty-oracle.ts';

const PLAN: Plan = {
  seed: 7,
  modes: MODES,
  kinds: ['single'],
  only: undefined,
  oracles: ['interpreter', 'translator'],
};

/** Runs part of a campaign of single instructions against another interpreter, or what `changes` say. */
async function run(
  tally: Tally,
  count: number,
  changes: { lanes?: Lanes; signal?: AbortSignal } = {},
): Promise<Found[]> {
  const found: Found[] = [];
  const oracles = [new InterpreterOracle(), new InterpreterOracle()];
  const campaign = new Campaign({
    lanes: new LocalLanes(oracles, new Generator({ ...PLAN, profiles: PLAN.kinds })),
    tally,
    count,
    seconds: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    onProgress: () => {},
    onFinding: (one) => found.push(one),
    ...changes,
  });
  await campaign.run();
  return found;
}

describe('a campaign', () => {
  it('finds the one instruction that an oracle gets wrong, and makes the case small', async () => {
    const tally = emptyTally(0);
    const generator = new Generator({ ...PLAN, profiles: ['sequence'], variants: 1 });
    const oracles = [new InterpreterOracle(), new FaultyOracle('imul')];
    const found = await run(tally, 400, { lanes: new LocalLanes(oracles, generator) });
    expect(tally.cases).toBe(400);
    expect(tally.judged).toEqual({ interpreter: 400, faulty: 400 });
    expect(tally.differences).toBeGreaterThan(1);
    const small = found.filter(({ minimal }) => minimal !== undefined);
    expect(small.length).toBeGreaterThan(0);
    for (const { minimal } of small) expect(minimal!.differences.map(({ what }) => what)).toContain('edx');
    // A branch may lead to one that stands in the middle of others.
    const alone = small.filter(({ minimal }) => firstInstruction(minimal!.case)?.row.mnemonic === 'imul');
    expect(alone.length).toBeGreaterThan(small.length / 2);
    for (const { minimal } of alone) {
      const { case: c } = minimal!;
      expect(codeItems(c).length).toBe(1);
      expect(c.initial.gpr.filter((value) => value !== 0).length).toBeLessThan(3);
      expect(caseText(c).join('\n')).toMatch(/imul/);
    }
  }, 30_000);

  it('can be stopped anywhere and continued from its report, to the same end', async () => {
    const whole = emptyTally(0);
    await run(whole, 1500);
    const part = emptyTally(0);
    await run(part, 700);
    const text = JSON.stringify(reportToJson(PLAN, part));
    const { plan, tally } = reportFromJson('report', text);
    expect(plan).toEqual(PLAN);
    expect(JSON.stringify(reportToJson(plan, tally))).toBe(text);
    await run(tally, 1500);
    for (const key of ['next', 'cases', 'judged', 'refused', 'differences'] as const) {
      expect(tally[key]).toEqual(whole[key]);
    }
    expect(summarize(tally.coverage).tried).toBe(summarize(whole.coverage).tried);
  }, 30_000);

  it('that is told to stop counts what was under way, and nothing twice', async () => {
    const abort = new AbortController();
    const tally = emptyTally(0);
    const counted: number[] = [];
    const campaign = run(tally, 1e9, { signal: abort.signal });
    const timer = setInterval(() => {
      counted.push(tally.cases);
      if (tally.cases > 0) abort.abort();
    }, 5);
    await campaign;
    clearInterval(timer);
    expect(tally.cases).toBeGreaterThan(0);
    expect(tally.cases).toBeLessThan(10_000);
    expect(tally.next).toBe(tally.cases);
    expect(tally.judged['interpreter']).toBe(tally.cases);
  });

  it('a broken report is refused in one line that names file, place and rule', () => {
    const data = reportToJson(PLAN, emptyTally(5)) as Record<string, unknown>;
    const broken: [Record<string, unknown> | string, string][] = [
      ['{', 'r: is not JSON'],
      [{ ...data, seed: 'x' }, 'r: seed is "x", must be a whole number'],
      [{ ...data, format: 'other' }, 'r: format is "other", must be "transvisor fuzz report 1"'],
      [{ ...data, kinds: 'none' }, 'r: kinds is "none", must be kinds of case'],
      [{ ...data, oracles: ['interpreter', 'who'] }, 'r: oracles[1] is "who"'],
      [{ ...data, cases: 6 }, 'r: cases is 6, must be a whole number from 0 to 5'],
      [{ ...data, coverage: { counts: { aaa: { 'real what': {} } } } }, 'r: coverage.counts.aaa.real what'],
      [{ ...data, findings: [{}] }, 'r: findings[0]'],
    ];
    for (const [content, message] of broken) {
      const text = typeof content === 'string' ? content : JSON.stringify(content);
      expect(() => reportFromJson('r', text)).toThrow(message);
      expect(() => reportFromJson('r', text)).toThrow(/^[^\n]*$/);
    }
  });
});

describe('the matrix', () => {
  it('has every row, and says why a cell is empty', async () => {
    const tally = emptyTally(0);
    await run(tally, 200);
    const cells = [...existingCells()];
    expect(new Set(cells.map(({ row }) => row.id)).size).toBe(summarize(tally.coverage).rows);
    expect(matrixText(tally.coverage).length).toBe(summarize(tally.coverage).rows * MODES.length);
    expect(overviewText(tally.coverage)[0]).toMatch(/real.*prot16.*prot32.*v86/);
    const scope = { modes: ['real'], fits: () => true, outside: false } as const;
    const text = emptyText(tally.coverage, scope).join('\n');
    expect(text).toMatch(/^mode left out: \d+ cells of \d+ rows$/m);
    expect(text).toMatch(/^did not come up: \d+ cells/m);
  });
});

describe('fuzz() in process', () => {
  it('takes oracles of the caller, and tells what they got wrong', async () => {
    const own = new FaultyOracle('xadd');
    const { cases, differences, findings, judged, coverage } = await fuzz({
      seed: 3,
      count: 300,
      oracles: [own],
      modes: ['protected32'],
      kinds: ['single'],
      only: 'xadd*|add*',
    });
    expect(cases).toBe(300);
    expect(own.cases).toBeGreaterThanOrEqual(300);
    expect(judged).toEqual({ interpreter: 300, faulty: 300 });
    expect(differences).toBeGreaterThan(0);
    expect(findings[0]).toMatchObject({ left: 'interpreter', right: 'faulty' });
    expect(coverage.tried).toBeGreaterThan(0);
  }, 30_000);

  it.each([
    [{ oracles: ['nobody'] }, "there is no oracle 'nobody'"],
    [{ oracles: [] }, 'there is nothing to hold the interpreter against'],
    [{ seed: -1 }, 'seed is -1'],
    [{ count: Number.NaN }, 'count is NaN'],
    [{ only: 'nothing' }, 'no instruction of the opcode table fits'],
  ])('refuses %o', async (options, message) => {
    await expect(fuzz({ count: 1, ...options })).rejects.toThrow(message);
  });
});

describe('a corpus file', () => {
  it('keeps what an oracle from outside said, and is held against it', async () => {
    const c = new Generator({ ...PLAN, profiles: ['single'] }).make(3);
    const interpreter = new InterpreterOracle();
    const { ending, retired, state, written } = interpreter.one(c)!;
    const outcome = { ending, retired, state, written, accesses: undefined };
    const expected = { by: 'somebody', knows: { ...interpreter.knows, cr2: false }, outcome };
    const text = corpusToJson({ case: c, note: 'why', expected });
    const read = corpusFromJson('f', text);
    expect(read).toEqual({ case: c, note: 'why', expected });
    const agree = await replayCase([interpreter], read);
    expect(agree.verdicts).toEqual([{ left: 'interpreter', right: 'somebody (kept)', differences: [] }]);
    const gpr = state.gpr.map((value) => (value ^ 1) >>> 0);
    const other = { ...expected, outcome: { ...outcome, state: { ...state, gpr } } };
    const differ = await replayCase([interpreter], { ...read, expected: other });
    expect(differ.verdicts[0]!.differences!.length).toBe(8);
    expect(corpusName(c)).toBe(corpusName({ ...c, name: 'other' }));
    expect(corpusName(c)).not.toBe(corpusName({ ...c, steps: c.steps + 1 }));
  });
});
