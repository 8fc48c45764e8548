/**
 * What a guest prints around what it measures, and the figures that come of it. Two vocabularies: our own
 * (`BENCH-START name`, `BENCH-STOP name status [turns]`, `BENCH-SUM name checksum`, `BENCH-DONE`), and that of programs
 * which time themselves (`LAB-START name`, `LAB-RESULT name seconds checksum`, `LAB-ERROR text`, `LAB-DONE`).
 * What is measured several times has the median of its times.
 * Times are the reader's, from START to STOP or RESULT, and of one turn where turns are told: a guest's clock is not asked.
 *
 * What holds: whatever a guest prints, what is kept is bounded.
 */
import { median } from './statistics.ts';
import type { Figure } from './suite.ts';

const MAX_FIGURES = 2000;
const MAX_VALUES = 100;
const MAX_PROBLEMS = 20;
const MARK = /(BENCH|LAB)-(START|STOP|SUM|RESULT|ERROR|DONE)\b ?(.*)$/;

export class MarkReader {
  private readonly figures = new Map<string, Figure>();
  /** All values of a figure. */
  private readonly values = new Map<string, number[]>();
  private readonly starts = new Map<string, number>();
  readonly problems: string[] = [];
  done = false;

  /**
   * One line.
   * @param at when it came, in seconds on any clock that does not go back
   */
  line(text: string, at: number): void {
    const match = MARK.exec(text);
    if (match === null) {
      if (/Kernel panic|Oops:/.test(text)) this.problem(text.trim());
      return;
    }
    const [, , word, rest = ''] = match;
    const [name = '', second = '', third = ''] = rest.trim().split(/\s+/);
    if (word === 'DONE') this.done = true;
    else if (word === 'ERROR') this.problem(rest);
    else if (!/^[\w.+-]{1,80}$/.test(name)) return;
    else if (word === 'START') this.start(name, at);
    else if (word === 'SUM') this.sum(name, second);
    else if (word === 'STOP') this.stop(name, at, undefined, second, Number(third));
    else this.stop(name, at, third, '0');
  }

  /** What was measured, in order. */
  result(): Figure[] {
    return [...this.figures.values()].map((figure) => ({ ...figure, value: median(this.values.get(figure.item)!) }));
  }

  private start(name: string, at: number): void {
    if (this.starts.size < MAX_FIGURES || this.starts.has(name)) this.starts.set(name, at);
  }

  private stop(name: string, at: number, checksum: string | undefined, status: string, turns = 0): void {
    const start = this.starts.get(name);
    if (start === undefined) return;
    this.starts.delete(name);
    const values = this.values.get(name) ?? [];
    if (this.values.size >= MAX_FIGURES || values.length >= MAX_VALUES) return;
    if (status !== '0') return this.problem(`${name} ended with status ${status}`);
    const figure: Figure =
      turns > 0
        ? { item: name, unit: 'ns', value: ((at - start) * 1e9) / turns }
        : { item: name, unit: 's', value: at - start };
    this.values.set(name, [...values, figure.value]);
    this.figures.set(name, checksum === undefined || checksum === '' ? figure : { ...figure, checksum });
  }

  private sum(name: string, checksum: string): void {
    const figure = this.figures.get(name);
    if (figure !== undefined) this.figures.set(name, { ...figure, checksum });
  }

  private problem(text: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200));
  }
}
