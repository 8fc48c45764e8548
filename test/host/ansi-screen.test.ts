// What a terminal is sent for a guest's text screen.
import { expect, test } from 'vitest';
import { AnsiScreen } from '../../src/host/ansi-screen.ts';
import { CODE_PAGE_437 } from '../../src/vmm/display/code-page-437.ts';
import type { TextScreen } from '../../src/vmm/display/text-screen.ts';

function screen(lines: readonly string[], more: Partial<TextScreen> = {}): TextScreen {
  const columns = lines[0]!.length;
  const characters = Uint8Array.from(lines.join(''), (c) => c.charCodeAt(0));
  const attributes = new Uint8Array(characters.length).fill(0x07);
  return { columns, rows: lines.length, characters, attributes, cursor: undefined, blinking: true, ...more };
}

test('all cells at first, then those that have changed', () => {
  const ansi = new AnsiScreen();
  const shown = ansi.draw(screen(['ab', 'cd']), 24, 80);
  expect(shown).toBe('\x1b[0m\x1b[2J\x1b[1;1H\x1b[0;37;40mab\x1b[2;1Hcd\x1b[?25l');
  expect(ansi.draw(screen(['ab', 'cd']), 24, 80)).toBe('');
  expect(ansi.draw(screen(['ab', 'cX']), 24, 80)).toBe('\x1b[2;2H\x1b[0;37;40mX\x1b[?25l');
  ansi.forget();
  expect(ansi.draw(screen(['ab', 'cX']), 24, 80)).toContain('ab');
});

test('colours, bright ones, blinking or bright backgrounds', () => {
  const one = (attribute: number, blinking: boolean) =>
    new AnsiScreen().draw(screen(['x'], { attributes: Uint8Array.of(attribute), blinking }), 1, 1);
  expect(one(0x1e, true)).toContain('\x1b[0;93;44mx'); // yellow on blue
  expect(one(0x4c, true)).toContain('\x1b[0;91;41mx');
  expect(one(0x87, true)).toContain('\x1b[0;5;37;40mx');
  expect(one(0x87, false)).toContain('\x1b[0;37;100mx');
});

test('the cursor, and the rows down to it where not all fit', () => {
  const ansi = new AnsiScreen();
  const shown = ansi.draw(screen(['11', '22', '33', '44'], { cursor: { row: 2, column: 1 } }), 2, 80);
  expect(shown).not.toContain('11');
  expect(shown).toContain('22');
  expect(shown).toContain('33');
  expect(shown).not.toContain('44');
  expect(shown.endsWith('\x1b[2;2H\x1b[?25h')).toBe(true);
  expect(ansi.draw(screen(['11', '22', '33', '44'], { cursor: { row: 1, column: 1 } }), 2, 80)).toContain('11');
});

test('a narrow terminal, and a message in place of a screen', () => {
  const ansi = new AnsiScreen();
  expect(ansi.draw(screen(['abcdef']), 5, 3)).toContain('abc\x1b');
  const message = ansi.drawMessage('640x480 graphics mode', 10, 40);
  expect(message).toContain('\x1b[2J');
  expect(message).toContain('\x1b[6;10H640x480 graphics mode');
  expect(ansi.drawMessage('640x480 graphics mode', 10, 40)).toBe('');
  expect(ansi.draw(screen(['abcdef']), 5, 3)).toContain('abc');
});

test('code page 437 has 256 characters, none twice but three spaces', () => {
  expect(CODE_PAGE_437).toHaveLength(256);
  expect(new Set(CODE_PAGE_437).size).toBe(254);
  for (const [code, character] of [
    [0x41, 'A'],
    [0x01, '☺'],
    [0x7f, '⌂'],
    [0x80, 'Ç'],
    [0xb0, '░'],
    [0xc4, '─'],
    [0xdb, '█'],
    [0xe1, 'ß'],
    [0xfd, '²'],
  ] as const) {
    expect(CODE_PAGE_437[code]).toBe(character);
  }
});

test('nothing a guest writes reaches the terminal as a control character', () => {
  const characters = Uint8Array.from({ length: 256 }, (_, code) => code);
  const all = new AnsiScreen().draw({ ...screen(['x'.repeat(256)]), characters }, 1, 256);
  const [, ...parts] = all.split('\x1b[');
  const text = parts.map((part) => part.replace(/^[?\d;]*[A-Za-z]/, '')).join('');
  expect([...text].length).toBe(256);
  expect([...text].every((character) => character >= ' ' && !(character >= '\x7f' && character < '\xa0'))).toBe(true);
});
