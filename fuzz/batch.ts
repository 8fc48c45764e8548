/**
 * A batch of cases: made, run by every oracle that does not refuse them, compared with the reference, counted.
 */
import type { FuzzCase, Outcome } from './case.ts';
import { compareOutcomes, type Difference } from './compare.ts';
import { Coverage, type CoverageData, type Judge } from './coverage.ts';
import { type Executed, Tracer } from './engines/trace.ts';
import type { Generator } from './generate/cases.ts';
import type { Oracle } from './oracle.ts';

/** Two oracles that do not agree on a case. */
export interface Finding {
  readonly case: FuzzCase;
  readonly left: string;
  readonly right: string;
  readonly differences: readonly Difference[];
}

/** What a batch brought; plain data, so that a thread can send it. */
export interface BatchResult {
  readonly first: number;
  readonly cases: number;
  /** Cases judged, by oracle; of the reference: run. */
  readonly judged: Readonly<Record<string, number>>;
  /** Cases refused, by oracle and reason. */
  readonly refused: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly findings: readonly Finding[];
  /** Differences beyond those in `findings`. */
  readonly more: number;
  readonly coverage: CoverageData;
}

/** Differences carried along from one batch. */
const MAX_FINDINGS = 20;
/** One case in so many of those with several instructions is traced for the coverage. */
const TRACE_EVERY = 8;
/** Longest code of which the first instruction is all. */
const ONE_INSTRUCTION = 15;
/** Reasons told apart of one oracle. */
const MAX_REASONS = 100;

const SAME = 'agree';

/** One of a pair on one case: what differs, or why it was not judged. */
export type Verdict = { readonly differences: readonly Difference[] } | { readonly unjudged: string } | typeof SAME;

/** Runs cases in several oracles. The first is the reference: the others are held against it. */
export class BatchRunner {
  readonly oracles: readonly Oracle[];
  private tracer: Tracer | undefined;
  private traced = 0;

  constructor(oracles: readonly Oracle[]) {
    if (oracles.length === 0) throw new RangeError('a campaign needs an oracle');
    this.oracles = oracles;
  }

  /** What a case executes; empty for what is no case of ours to run. */
  private executed(c: FuzzCase): readonly Executed[] {
    this.tracer ??= new Tracer();
    return this.tracer.trace(c).executed;
  }

  /** Outcomes of all cases by one oracle, in their order, or why it gave none. */
  private async outcomes(oracle: Oracle, cases: readonly FuzzCase[]): Promise<(Outcome | string)[]> {
    const reasons = cases.map((c) => oracle.refuses(c));
    const asked = cases.filter((_, n) => reasons[n] === undefined);
    const given = asked.length === 0 ? [] : await oracle.run(asked);
    let next = 0;
    return reasons.map((reason) => reason ?? given[next++] ?? oracle.reasons?.[next - 1] ?? 'gave it up');
  }

  /** Runs cases and compares; `outcomes[k][n]` is of oracle k, `verdicts[k][n]` of oracle k + 1 on case n. */
  async judge(cases: readonly FuzzCase[]): Promise<{
    readonly outcomes: readonly (readonly (Outcome | string)[])[];
    readonly verdicts: readonly (readonly Verdict[])[];
    readonly translated: (n: number) => boolean;
  }> {
    const [left, ...others] = this.oracles as [Oracle, ...Oracle[]];
    const reference = await this.outcomes(left, cases);
    const translated = new Set<number>();
    const verdicts: Verdict[][] = [];
    const outcomes = [reference];
    for (const right of others) {
      const given = await this.outcomes(right, cases);
      outcomes.push(given);
      verdicts.push(
        given.map((b, n): Verdict => {
          const a = reference[n]!;
          if (typeof a === 'string') return { unjudged: `${left.name}: ${a}` };
          if (typeof b === 'string') return { unjudged: b };
          if ((b.translated ?? 0) > 0) translated.add(n);
          const pair = [
            { oracle: left, outcome: a },
            { oracle: right, outcome: b },
          ] as const;
          const differences = compareOutcomes(...pair, () => this.executed(cases[n]!));
          if (differences === undefined) return { unjudged: 'cannot be compared' };
          return differences.length === 0 ? SAME : { differences };
        }),
      );
    }
    return { outcomes, verdicts, translated: (n) => translated.has(n) };
  }

  /** Makes and runs `count` cases from number `first` on. */
  async run(generator: Generator, first: number, count: number): Promise<BatchResult> {
    const cases = Array.from({ length: count }, (_, n) => generator.make(first + n));
    const { outcomes, verdicts, translated } = await this.judge(cases);
    const reference = outcomes[0]!;
    const [left, ...others] = this.oracles as [Oracle, ...Oracle[]];
    const judged: Record<string, number> = { [left.name]: reference.filter((o) => typeof o !== 'string').length };
    const refused: Record<string, Record<string, number>> = {};
    const findings: Finding[] = [];
    const coverage = new Coverage();
    let more = 0;
    others.forEach((right, k) => {
      let done = 0;
      for (const [n, verdict] of verdicts[k]!.entries()) {
        if (verdict === SAME) done++;
        else if ('differences' in verdict) {
          done++;
          const { differences } = verdict;
          if (findings.length < MAX_FINDINGS)
            findings.push({ case: cases[n]!, left: left.name, right: right.name, differences });
          else more++;
        } else note(refused, right.name, verdict.unjudged);
      }
      judged[right.name] = done;
    });
    cases.forEach((c, n) => {
      const outcome = reference[n]!;
      if (typeof outcome === 'string') return;
      const judges: Judge[] = ['tried'];
      const by = (independent: boolean) =>
        others.some((oracle, k) => oracle.independent === independent && isJudged(verdicts[k]![n]!));
      if (translated(n) && by(false)) judges.push('engines');
      if (by(true)) judges.push('outside');
      this.cover(coverage, c, outcome, judges);
    });
    return { first, cases: count, judged, refused, findings, more, coverage: coverage.data() };
  }

  private cover(coverage: Coverage, c: FuzzCase, outcome: Outcome, judges: readonly Judge[]): void {
    if (c.codeLength <= ONE_INSTRUCTION && c.exceptions === 'first') coverage.first(c, outcome, judges);
    else if (this.traced++ % TRACE_EVERY === 0) coverage.all(c, this.executed(c), outcome, judges);
  }

  dispose(): void {
    for (const oracle of this.oracles) oracle.dispose();
  }
}

/** Results of batches that follow each other, as one. */
export function joinResults(results: readonly BatchResult[]): BatchResult {
  const judged: Record<string, number> = {};
  const refused: Record<string, Record<string, number>> = {};
  const coverage = new Coverage();
  const findings = results.flatMap((result) => result.findings);
  for (const result of results) {
    for (const [oracle, count] of Object.entries(result.judged)) judged[oracle] = (judged[oracle] ?? 0) + count;
    for (const [oracle, reasons] of Object.entries(result.refused)) {
      for (const [reason, count] of Object.entries(reasons)) note(refused, oracle, reason, count);
    }
    coverage.merge(result.coverage);
  }
  const sum = (of: (result: BatchResult) => number) => results.reduce((total, result) => total + of(result), 0);
  return {
    first: results[0]!.first,
    cases: sum((result) => result.cases),
    judged,
    refused,
    findings: findings.slice(0, MAX_FINDINGS),
    more: sum((result) => result.more) + Math.max(0, findings.length - MAX_FINDINGS),
    coverage: coverage.data(),
  };
}

function isJudged(verdict: Verdict): boolean {
  return verdict === SAME || 'differences' in verdict;
}

function note(refused: Record<string, Record<string, number>>, oracle: string, reason: string, count = 1): void {
  refused[oracle] ??= {};
  const reasons = refused[oracle];
  const key = Object.hasOwn(reasons, reason) || Object.keys(reasons).length < MAX_REASONS ? reason : 'other reasons';
  reasons[key] = (reasons[key] ?? 0) + count;
}
