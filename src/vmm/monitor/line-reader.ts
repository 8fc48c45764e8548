/** Cuts typed bytes into lines. What is kept is bounded: the rest of a line that is too long is dropped. */

const MAX_LINE = 1024;
const LF = 10;
const CR = 13;
const BACKSPACE = 8;
const DELETE = 127;

export class LineReader {
  private line = '';

  /** The lines that these bytes end. */
  read(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    for (const byte of bytes) {
      if (byte === LF) {
        lines.push(this.line);
        this.line = '';
      } else if (byte === BACKSPACE || byte === DELETE) this.line = this.line.slice(0, -1);
      else if (byte !== CR && this.line.length < MAX_LINE) this.line += String.fromCharCode(byte);
    }
    return lines;
  }
}
