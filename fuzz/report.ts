/**
 * A campaign's report as JSON. It holds all that a campaign needs to be continued: what was written by one
 * run is read by the next.
 */
import { OPCODES } from '../src/decoder/opcode-table.ts';
import { emptyTally, type Found, MAX_FINDINGS, type Plan, type Tally } from './campaign.ts';
import { type FuzzCase, MODES } from './case.ts';
import { caseFromValue, caseToJson } from './case-json.ts';
import { cellKey, cellOf, FORMS, OUTCOMES } from './cells.ts';
import type { Difference } from './compare.ts';
import { corpusToJson, expectedFromJson } from './corpus-file.ts';
import { Coverage, JUDGES } from './coverage.ts';
import type { Profile } from './generate/cases.ts';
import { type JsonValue, parseJson } from './json-reader.ts';
import { kindsOf, kindsText } from './kinds.ts';
import { summarize } from './matrix.ts';
import { ORACLE_NAMES } from './oracles.ts';

/** First field of every report. */
export const REPORT_FORMAT = 'transvisor fuzz report 1';
const MOST = 2 ** 50;

type Counts = Record<string, Record<string, Record<string, readonly number[]>>>;

/** Row, then mode and form, then outcome: how often met, judged by the engines, judged from outside. */
function countsToJson(coverage: Coverage): Counts {
  const out: Counts = {};
  for (const key of [...coverage.keys('tried')].sort((a, b) => a - b)) {
    const { row, mode, form, outcome } = cellOf(key);
    out[row.id] ??= {};
    const forms = out[row.id]!;
    forms[`${mode} ${form}`] ??= {};
    forms[`${mode} ${form}`]![outcome] = JUDGES.map((judge) => coverage.count(key, judge));
  }
  return out;
}

const plain = (c: FuzzCase) => JSON.parse(caseToJson(c)) as unknown;

function findingToJson({ case: c, left, right, differences, minimal }: Found): unknown {
  return {
    left,
    right,
    differences,
    case: plain(c),
    minimal: minimal
      ? { case: JSON.parse(corpusToJson({ ...minimal, note: '' })) as unknown, differences: minimal.differences }
      : null,
  };
}

/** Cases a second; 0 before any time has passed. */
export function rateOf({ cases, seconds }: Pick<Tally, 'cases' | 'seconds'>): number {
  return seconds > 0 ? Math.round(cases / seconds) : 0;
}

/** A report as JSON data. */
export function reportToJson(plan: Plan, tally: Tally): unknown {
  const { cases } = tally;
  const seconds = Math.round(tally.seconds * 1000) / 1000;
  return {
    format: REPORT_FORMAT,
    seed: plan.seed,
    modes: plan.modes,
    kinds: kindsText(plan.kinds),
    only: plan.only ?? null,
    oracles: plan.oracles,
    next: tally.next,
    cases,
    seconds,
    casesPerSecond: rateOf({ cases, seconds }),
    differences: tally.differences,
    judged: tally.judged,
    refused: tally.refused,
    coverage: { ...summarize(tally.coverage), counts: countsToJson(tally.coverage) },
    findings: tally.findings.map(findingToJson),
  };
}

function differencesIn(v: JsonValue): Difference[] {
  return v.items({ most: 1000 }).map((d) => ({
    what: d.field('what').text(200),
    left: d.field('left').text(100_000),
    right: d.field('right').text(100_000),
  }));
}

function findingIn(v: JsonValue): Found {
  const minimal = v.field('minimal');
  return {
    left: v.field('left').text(100),
    right: v.field('right').text(100),
    differences: differencesIn(v.field('differences')),
    case: caseFromValue(v.field('case')),
    minimal:
      minimal.value === null
        ? undefined
        : {
            case: caseFromValue(minimal.field('case')),
            differences: differencesIn(minimal.field('differences')),
            expected: expectedFromJson(minimal.field('case').field('expected')),
          },
  };
}

/** The fields of an object. */
function entries(v: JsonValue): [string, JsonValue][] {
  const { value } = v;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) v.fail('an object');
  return Object.keys(value as object).map((key) => [key, v.field(key)]);
}

const numbers = (v: JsonValue): Record<string, number> =>
  Object.fromEntries(entries(v).map(([key, count]) => [key, count.integer(0, MOST)]));

const ROWS = new Map(OPCODES.map((row) => [row.id, row]));

/** Counts of rows that there are no more are left out. */
function countsIn(v: JsonValue, coverage: Coverage): void {
  for (const [id, forms] of entries(v)) {
    const row = ROWS.get(id);
    if (row === undefined) continue;
    for (const [place, outcomes] of entries(forms)) {
      const [modeName, formName] = place.split(' ');
      const mode = MODES.find((name) => name === modeName);
      const form = FORMS.indexOf(formName as (typeof FORMS)[number]);
      if (mode === undefined || form < 0) return outcomes.fail('of a mode and a form, as "real mem"');
      for (const [name, counts] of entries(outcomes)) {
        const outcome = OUTCOMES.find((known) => known === name);
        if (outcome === undefined) return counts.fail(`an outcome: ${OUTCOMES.join(', ')}`);
        const key = cellKey(row.index, mode, form, outcome);
        const [tried, engines, outside] = counts.items(3).map((count) => count.integer(0, MOST));
        coverage.merge({ tried: [key, tried!], engines: [key, engines!], outside: [key, outside!] });
      }
    }
  }
}

function listIn<T extends string>(v: JsonValue, known: readonly T[]): T[] {
  const list = v.items({ most: 1000 }).map((item) => item.oneOf(known));
  if (list.length === 0) v.fail('a list that is not empty');
  return list;
}

function kindsIn(v: JsonValue): readonly Profile[] {
  try {
    return v.text(1000).split(',').flatMap(kindsOf);
  } catch (error) {
    if (error instanceof RangeError) return v.fail('kinds of case with their weights, as "single:8,system"');
    throw error;
  }
}

function secondsIn(v: JsonValue): number {
  const { value } = v;
  return typeof value === 'number' && value >= 0 && value < 1e12 ? value : v.fail('a number of seconds');
}

/**
 * The coverage of a report.
 * @param file its name, for messages
 * @throws FileError in one line
 */
export function coverageFromJson(file: string, text: string): Coverage {
  const v = parseJson(file, text);
  const format = v.field('format');
  if (format.value !== REPORT_FORMAT) format.fail(`"${REPORT_FORMAT}"`);
  const coverage = new Coverage();
  countsIn(v.field('coverage').field('counts'), coverage);
  return coverage;
}

/**
 * Reads a report back, to continue its campaign.
 * @param file its name, for messages
 * @throws FileError in one line
 */
export function reportFromJson(file: string, text: string): { readonly plan: Plan; readonly tally: Tally } {
  const v = parseJson(file, text);
  const format = v.field('format');
  if (format.value !== REPORT_FORMAT) format.fail(`"${REPORT_FORMAT}"`);
  const only = v.field('only');
  const plan: Plan = {
    seed: v.field('seed').integer(0, 2 ** 32 - 1),
    modes: listIn(v.field('modes'), MODES),
    kinds: kindsIn(v.field('kinds')),
    only: only.value === null ? undefined : only.text(1000),
    oracles: listIn(v.field('oracles'), ORACLE_NAMES),
  };
  const tally = emptyTally(v.field('next').integer(0, MOST));
  tally.cases = v.field('cases').integer(0, tally.next);
  tally.seconds = secondsIn(v.field('seconds'));
  tally.differences = v.field('differences').integer(0, MOST);
  Object.assign(tally.judged, numbers(v.field('judged')));
  for (const [oracle, reasons] of entries(v.field('refused'))) tally.refused[oracle] = numbers(reasons);
  countsIn(v.field('coverage').field('counts'), tally.coverage);
  tally.findings.push(...v.field('findings').items({ most: MAX_FINDINGS }).map(findingIn));
  return { plan, tally };
}
