// Bytes of terminals as keys.
import { expect, test } from 'vitest';
import { keyPosition } from '../../../src/vmm/keyboard/key-names.ts';
import { TerminalKeys } from '../../../src/vmm/keyboard/terminal-keys.ts';

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const names = (...list: string[]) => list.map((name) => keyPosition(name)!);

test.each([
  ['a', names('a')],
  ['A', names('shift', 'a')],
  ['\r', names('ret')],
  ['\t', names('tab')],
  ['\x7f', names('backspace')],
  ['\x03', names('ctrl', 'c')],
  ['\x1b[A', names('up')],
  ['\x1bOB', names('down')],
  ['\x1b[3~', names('delete')],
  ['\x1b[5~', names('pgup')],
  ['\x1b[1~', names('home')],
  ['\x1bOP', names('f1')],
  ['\x1b[[C', names('f3')],
  ['\x1b[15~', names('f5')],
  ['\x1b[24~', names('f12')],
  ['\x1b[1;5C', names('ctrl', 'right')],
  ['\x1b[3;3~', names('alt', 'delete')],
  ['\x1b[Z', names('shift', 'tab')],
  ['\x1bx', names('alt', 'x')],
  ['\x1bX', names('alt', 'shift', 'x')],
])('%j', (text, expected) => {
  const keys = new TerminalKeys();
  expect(keys.read(bytes(text))).toEqual([expected]);
  expect(keys.waiting).toBe(false);
  // The same, a byte at a time.
  expect([...text].flatMap((c) => keys.read(bytes(c)))).toEqual([expected]);
});

test('an Escape alone is one when nothing follows', () => {
  const keys = new TerminalKeys();
  expect(keys.read(bytes('\x1b'))).toEqual([]);
  expect(keys.waiting).toBe(true);
  expect(keys.flush()).toEqual([names('esc')]);
  expect(keys.flush()).toEqual([]);
  expect(keys.read(bytes('\x1b\x1b'))).toEqual([names('esc')]);
  keys.flush();
  keys.read(bytes('\x1b['));
  expect(keys.flush()).toEqual([names('alt', 'bracket_left')]);
});

test('any bytes, bounded', () => {
  const keys = new TerminalKeys();
  let seed = 3;
  for (let n = 0; n < 20_000; n++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const chords = keys.read(Uint8Array.of((seed >>> 9) % 3 === 0 ? 0x1b : (seed >>> 12) & 0xff));
    for (const chord of chords) for (const position of chord) expect(position > 0 && position < 256).toBe(true);
  }
  expect(keys.read(bytes(`\x1b[${'1;'.repeat(1000)}`)).length).toBeLessThan(2000);
});
