/**
 * The coverage matrix as numbers and as text: rows of the opcode table by mode, form of operands and outcome; how much
 * of it has been judged, and why the rest has not.
 */
import type { OpcodeRow } from '../src/decoder/opcode-row.ts';
import { OPCODES } from '../src/decoder/opcode-table.ts';
import { MODES, type Mode } from './case.ts';
import { type Cell, type CellOutcome, cellKey, FORMS, type Form, OUTCOMES, ROW_FORMS } from './cells.ts';
import type { Coverage } from './coverage.ts';
import { possibleOutcomes } from './possible-outcomes.ts';
import { enginesJudge, unjudgeable } from './unjudgeable.ts';

/** Judged so often, a cell counts as well covered. */
export const WELL = 50;

type KeyedCell = Cell & { readonly key: number };

let known: readonly KeyedCell[] | undefined;

/** All cells there are: of all rows and modes, with the outcomes that are possible. */
export function existingCells(): readonly KeyedCell[] {
  known ??= [...allCells()];
  return known;
}

function* allCells(): Generator<KeyedCell> {
  for (const row of OPCODES) {
    for (const mode of MODES) {
      for (const index of ROW_FORMS[row.index]!) {
        const form = FORMS[index]!;
        for (const outcome of possibleOutcomes(row, form, mode)) {
          yield { row, mode, form, outcome, key: cellKey(row.index, mode, index, outcome) };
        }
      }
    }
  }
}

export interface CoverageSummary {
  /** Cells there are. */
  readonly cells: number;
  /** Met at least once; met and judged by translated code against the interpreter, or by an oracle from outside. */
  readonly tried: number;
  readonly judged: number;
  /** Judged at least {@link WELL} times. */
  readonly well: number;
  /** Judged less often, and there is no oracle that could (unjudgeable.ts). */
  readonly unjudgeable: number;
  readonly rows: number;
  readonly rowsJudged: number;
}

/** How often a cell has been judged by anybody who can: by the engines only what they do not share. */
export function judgedCount(coverage: Coverage, cell: KeyedCell): number {
  const outside = coverage.count(cell.key, 'outside');
  return enginesJudge(cell) ? Math.max(coverage.count(cell.key, 'engines'), outside) : outside;
}

export function summarize(coverage: Coverage): CoverageSummary {
  let [cells, tried, judged, well] = [0, 0, 0, 0];
  const rows = new Set<OpcodeRow>();
  let left = 0;
  for (const cell of existingCells()) {
    cells++;
    if (coverage.count(cell.key, 'tried') > 0) tried++;
    const count = judgedCount(coverage, cell);
    if (count < WELL && unjudgeable(cell) !== undefined) left++;
    if (count === 0) continue;
    judged++;
    rows.add(cell.row);
    if (count >= WELL) well++;
  }
  return { cells, tried, judged, well, unjudgeable: left, rows: OPCODES.length, rowsJudged: rows.size };
}

/** Cells that have been judged less often than {@link WELL}, and that somebody could judge. */
export function missingCells(coverage: Coverage): readonly number[] {
  return existingCells()
    .filter((cell) => judgedCount(coverage, cell) < WELL && unjudgeable(cell) === undefined)
    .map(({ key }) => key);
}

const MODE_NAMES: Readonly<Record<Mode, string>> = {
  real: 'real',
  protected16: 'prot16',
  protected32: 'prot32',
  virtual8086: 'v86',
};

/** Modes by outcomes: cells judged, of how many there are. */
export function overviewText(coverage: Coverage): string[] {
  const counts = new Map<string, [judged: number, all: number]>();
  for (const cell of existingCells()) {
    const { mode, outcome } = cell;
    const place = `${mode} ${outcome}`;
    const pair = counts.get(place) ?? [0, 0];
    counts.set(place, pair);
    pair[1]++;
    if (judgedCount(coverage, cell) > 0) pair[0]++;
  }
  const used = OUTCOMES.filter((outcome) => MODES.some((mode) => counts.has(`${mode} ${outcome}`)));
  const cell = (mode: Mode, outcome: CellOutcome) => counts.get(`${mode} ${outcome}`)?.join('/') ?? '-';
  return [
    ['', ...MODES.map((mode) => MODE_NAMES[mode])],
    ...used.map((outcome) => [outcome, ...MODES.map((mode) => cell(mode, outcome))]),
  ].map(([first, ...rest]) => `  ${first!.padEnd(4)}${rest.map((text) => text.padStart(12)).join('')}`);
}

/** What a campaign did not do at all, as far as a cell is concerned. */
export interface Scope {
  readonly modes: readonly Mode[];
  readonly fits: (row: OpcodeRow) => boolean;
  readonly outside: boolean;
}

/** Why a cell has been judged less than {@link WELL} times; undefined where it has not. */
export function whyEmpty(coverage: Coverage, cell: KeyedCell, scope: Scope): string | undefined {
  const judged = judgedCount(coverage, cell);
  if (judged >= WELL) return undefined;
  const rule = unjudgeable(cell);
  if (rule !== undefined) return `nobody can judge: ${rule}`;
  if (!scope.modes.includes(cell.mode)) return 'mode left out';
  if (!scope.fits(cell.row)) return 'row left out';
  if (coverage.count(cell.key, 'tried') === 0) return 'did not come up';
  if (judged > 0) return `judged, but less than ${WELL} times`;
  if (enginesJudge(cell)) return 'came up where only the interpreter ran';
  return scope.outside
    ? 'no oracle from outside takes it'
    : 'no oracle from outside was asked, and the engines share it';
}

const SHORT: Readonly<Record<string, string>> = { ok: 'ok', int: 'int' };

function formText(coverage: Coverage, row: OpcodeRow, mode: Mode, form: Form): string {
  const index = FORMS.indexOf(form);
  const cells = [...possibleOutcomes(row, form, mode)].map((outcome) => {
    const count = judgedCount(coverage, { row, mode, form, outcome, key: cellKey(row.index, mode, index, outcome) });
    return `${SHORT[outcome] ?? outcome.slice(1)}:${count}`;
  });
  return `${form} ${cells.join(' ')}`;
}

/** A line for each row and mode: the forms, each with its outcomes and how often they were judged. 0: never. */
export function matrixText(coverage: Coverage): string[] {
  const out: string[] = [];
  for (const row of OPCODES) {
    for (const mode of MODES) {
      const forms = ROW_FORMS[row.index]!.map((index) => formText(coverage, row, mode, FORMS[index]!));
      out.push(`${row.id.padEnd(24)} ${MODE_NAMES[mode].padEnd(7)} ${forms.join(' | ')}`);
    }
  }
  return out;
}

/** Cells that have not been judged often enough, by reason: a line for each reason, and below it the cells of each row. */
export function emptyText(coverage: Coverage, scope: Scope): string[] {
  const reasons = new Map<string, Map<string, string[]>>();
  for (const cell of existingCells()) {
    const why = whyEmpty(coverage, cell, scope);
    if (why === undefined) continue;
    const rows = reasons.get(why) ?? new Map<string, string[]>();
    reasons.set(why, rows);
    const list = rows.get(cell.row.id) ?? [];
    rows.set(cell.row.id, list);
    list.push(`${MODE_NAMES[cell.mode]} ${cell.form} ${cell.outcome}`);
  }
  const out: string[] = [];
  for (const [why, rows] of [...reasons].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const lists = [...rows.values()];
    out.push(`${why}: ${lists.reduce((sum, list) => sum + list.length, 0)} cells of ${rows.size} rows`);
    if (/left out$/.test(why)) continue;
    for (const [id, list] of rows) out.push(`  ${id.padEnd(24)} ${list.join(', ')}`);
  }
  return out;
}
