/**
 * A guest's text screen as what a terminal has to be sent: only the cells that have changed since the last time, in
 * colours, at most as many as the terminal has.
 */
import { CODE_PAGE_437 } from '../vmm/display/code-page-437.ts';
import type { TextScreen } from '../vmm/display/text-screen.ts';

/** A PC's colours (blue 1, green 2, red 4) as a terminal numbers them (red 1, green 2, blue 4). */
const COLOURS = [0, 4, 2, 6, 1, 5, 3, 7] as const;
const NEVER = -1;

function style(attribute: number, blinking: boolean): string {
  const foreground = (attribute & 8 ? 90 : 30) + COLOURS[attribute & 7]!;
  const bright = !blinking && (attribute & 0x80) !== 0;
  const background = (bright ? 100 : 40) + COLOURS[(attribute >>> 4) & 7]!;
  return `\x1b[0;${blinking && (attribute & 0x80) !== 0 ? '5;' : ''}${foreground};${background}m`;
}

const at = (row: number, column: number) => `\x1b[${row + 1};${column + 1}H`;

export class AnsiScreen {
  private drawn = new Int32Array(0);
  private rows = 0;
  private columns = 0;
  private message = '';
  private cursor = '';

  /** What is on the terminal is not what was sent to it: all of it is sent again. */
  forget(): void {
    this.rows = 0;
    this.columns = 0;
  }

  /** @returns what to send; '' where nothing has changed */
  draw(screen: TextScreen, rows: number, columns: number): string {
    const shownRows = Math.min(rows, screen.rows);
    const shownColumns = Math.min(columns, screen.columns);
    let out = this.begin(shownRows, shownColumns, '');
    // Where not all rows fit, those down to the cursor are shown.
    const first = Math.max(0, Math.min(screen.rows - shownRows, (screen.cursor?.row ?? 0) - shownRows + 1));
    let styled = NEVER;
    for (let row = 0; row < shownRows; row++) {
      let next = NEVER;
      for (let column = 0; column < shownColumns; column++) {
        const from = (first + row) * screen.columns + column;
        const [character, attribute] = [screen.characters[from]!, screen.attributes[from]!];
        const cell = character | (attribute << 8) | (screen.blinking ? 0x1_0000 : 0);
        const place = row * shownColumns + column;
        if (this.drawn[place] === cell) continue;
        this.drawn[place] = cell;
        if (next !== column) out += at(row, column);
        next = column + 1;
        if (styled !== attribute) out += style(attribute, screen.blinking);
        styled = attribute;
        out += CODE_PAGE_437[character];
      }
    }
    const place = screen.cursor;
    const seen = place !== undefined && place.row - first < shownRows && place.column < shownColumns;
    const cursor = seen ? `${at(place.row - first, place.column)}\x1b[?25h` : '\x1b[?25l';
    if (out !== '' || cursor !== this.cursor) out += cursor;
    this.cursor = cursor;
    return out;
  }

  /** A line in place of the screen, as for modes that have no characters. */
  drawMessage(text: string, rows: number, columns: number): string {
    const out = this.begin(rows, columns, text);
    this.cursor = '';
    if (out === '') return '';
    const shown = text.slice(0, columns);
    return `${out}\x1b[?25l${at(rows >> 1, (columns - shown.length) >> 1)}${shown}`;
  }

  /** Clears where size or kind of what is shown has changed. */
  private begin(rows: number, columns: number, message: string): string {
    if (rows === this.rows && columns === this.columns && message === this.message) return '';
    this.rows = rows;
    this.columns = columns;
    this.message = message;
    this.drawn = new Int32Array(rows * columns).fill(NEVER);
    this.cursor = '';
    return '\x1b[0m\x1b[2J';
  }
}
