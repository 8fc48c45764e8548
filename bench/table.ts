/** Summaries as Markdown: a table a suite, with medians, least..most, and ratios to the first contestant. */
import type { Cell, Row, SuiteSummary } from './summary.ts';

/** Three significant digits, without an exponent. */
export function digits(value: number): string {
  if (value === 0) return '0';
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(places, 6));
}

function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return '-';
  if (cell.count === 1) return digits(cell.median);
  return `${digits(cell.median)} (${digits(cell.least)}..${digits(cell.most)})`;
}

function ratioText(ratio: number | undefined): string {
  return ratio === undefined ? '-' : ratio.toFixed(2);
}

/** @param contestants by name; those without a figure in the suite get no column, the first is the base of ratios */
export function suiteTable(summary: SuiteSummary, contestants: readonly string[]): string {
  const present = contestants.filter((name) => summary.rows.some((row) => row.cells[name] !== undefined));
  const [base] = contestants;
  const rated = present.filter((name) => summary.rows.some((row) => row.cells[name]?.ratio !== undefined));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const head = [summary.suite, ...present, ...rated.map((name) => `${name} / ${base}`)];
  const label = (row: Row) => `${row.item}, ${row.unit}`;
  const lines = [line(head), line(['---', ...head.slice(1).map(() => '---:')])];
  for (const row of summary.rows) {
    const figures = present.map((name) => cellText(row.cells[name]));
    lines.push(line([label(row), ...figures, ...rated.map((name) => ratioText(row.cells[name]?.ratio))]));
  }
  if (Object.keys(summary.geometricMeans).length > 0) {
    const means = rated.map((name) => ratioText(summary.geometricMeans[name]));
    lines.push(line(['geometric mean', ...present.map(() => ''), ...means]));
  }
  for (const text of summary.mismatches) lines.push('', `Checksums differ: ${text}`);
  return lines.join('\n');
}

/** All suites, one below the other. */
export function tables(summaries: readonly SuiteSummary[], contestants: readonly string[]): string {
  return summaries.map((summary) => suiteTable(summary, contestants)).join('\n\n');
}
