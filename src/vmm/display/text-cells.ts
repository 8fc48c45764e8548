/** Draws a text mode's cells, and knows which of them have to be drawn again. */
import type { Vga } from '../devices/vga/vga.ts';
import type { Canvas } from './frame.ts';
import { addressing, type TextPicture } from './picture.ts';
import {
  emptyFont,
  fontOffsets,
  glyphAt,
  readFont,
  type TextRow,
  type TextStyle,
  textRows,
  textStyle,
} from './text-screen.ts';

/** Beside character and attribute in what is kept of a drawn cell. */
const CURSOR_HERE = 1 << 16;
const HIDDEN = 1 << 17;
const NEVER = -1;

export class TextCells {
  /** What each cell was drawn as last. */
  private drawn = new Int32Array(0);
  private readonly fonts = [emptyFont(), emptyFont()] as const;
  private columns = 0;

  /** Everything is to be drawn anew. */
  forget(): void {
    this.drawn.fill(NEVER);
  }

  /**
   * Draws what has changed.
   * @param memoryChanged whether memory was written: fonts may be different
   * @param touched told the lines that were drawn
   */
  draw(
    canvas: Canvas,
    vga: Vga,
    picture: TextPicture,
    colours: Uint32Array,
    memoryChanged: boolean,
    touched: (top: number, bottom: number) => void,
  ): void {
    if (memoryChanged) {
      const [clear, set] = fontOffsets(vga);
      const changed = [readFont(vga, clear, this.fonts[0]), readFont(vga, set, this.fonts[1])];
      if (changed.includes(true)) this.forget();
    }
    const rows = [...textRows(picture)];
    const columns = picture.columns + 1;
    if (this.drawn.length !== rows.length * columns || this.columns !== columns) {
      this.drawn = new Int32Array(rows.length * columns).fill(NEVER);
      this.columns = columns;
    }
    const style = textStyle(vga);
    const addressOf = addressing(vga);
    rows.forEach((row, n) => {
      let any = false;
      for (let column = 0; column < row.cells; column++) {
        const word = vga.video.i32[addressOf(row.counter + column, 0)]!;
        const cell = appearance(word, ((row.counter + column) & 0xffff) === style.cursorAddress, style);
        if (this.drawn[n * columns + column] === cell) continue;
        this.drawn[n * columns + column] = cell;
        this.drawCell(canvas, picture, row, column, cell, style, colours);
        any = true;
      }
      if (any) touched(Math.max(row.band.top, row.y), Math.min(row.band.bottom, row.y + picture.rowHeight));
    });
  }

  private drawCell(
    canvas: Canvas,
    picture: TextPicture,
    { band, y }: TextRow,
    column: number,
    cell: number,
    style: TextStyle,
    colours: Uint32Array,
  ): void {
    const character = cell & 0xff;
    const attribute = (cell >>> 8) & 0xff;
    const font = this.fonts[(attribute >>> 3) & 1]!;
    const background = colours[(attribute >>> 4) & (style.blinking ? 7 : 15)]!;
    const foreground = (cell & HIDDEN) !== 0 ? background : colours[attribute & 15]!;
    const underlined = (attribute & 0x77) === 1 ? style.underline : -1;
    const repeats = style.lineGraphics && (character & 0xe0) === 0xc0;
    const { cellWidth, width } = picture;
    const left = column * cellWidth - band.panning;
    const glyph = glyphAt(character);
    for (let line = Math.max(0, band.top - y); line < picture.rowHeight && y + line < band.bottom; line++) {
      const covered = (cell & CURSOR_HERE) !== 0 && line >= style.cursorFirst && line <= style.cursorLast;
      let bits = font[glyph + line]! << 1;
      if (repeats) bits |= (bits >>> 1) & 1;
      if (line === underlined) bits = 0x1ff;
      if (covered) bits = 0x1ff;
      const ink = covered ? colours[attribute & 15]! : foreground;
      const start = (y + line) * width;
      for (let x = 0; x < cellWidth; x++) {
        const at = left + x;
        if (at >= 0 && at < width) canvas.pixels[start + at] = (bits & (0x100 >>> x)) !== 0 ? ink : background;
      }
    }
  }
}

/** A cell as it looks: its word's character and attribute, cursor and blinking. */
function appearance(word: number, cursorHere: boolean, style: TextStyle): number {
  let cell = word & 0xffff;
  if (cursorHere && style.cursorShown) cell |= CURSOR_HERE;
  if (style.blinking && (word & 0x8000) !== 0 && !style.charactersShown) cell |= HIDDEN;
  return cell;
}
