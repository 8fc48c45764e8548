import { expect, test } from 'vitest';
import { keysFor } from '../../../src/vmm/keyboard/characters.ts';
import { KEY_NAMES, keyPosition, parseChord } from '../../../src/vmm/keyboard/key-names.ts';

test.each([
  ['a', 0x1e],
  ['ret', 0x1c],
  ['kp_enter', 0x9c],
  ['kp_multiply', 0x37],
  ['alt_r', 0xb8],
  ['up', 0xc8],
  ['delete', 0xd3],
  ['f12', 0x58],
  ['less', 0x56],
  ['print', 0xb7],
  ['pause', 0xc6],
  ['menu', 0xdd],
  ['0x1c', 0x1c],
  ['0xe048', 0xc8],
  ['nokey', undefined],
  ['constructor', undefined],
  ['0x0', undefined],
])('%s', (name, position) => {
  expect(keyPosition(name)).toBe(position);
});

test('names are of different keys', () => {
  expect(new Set(KEY_NAMES.map(keyPosition)).size).toBe(KEY_NAMES.length);
});

test('chords', () => {
  expect(parseChord('ctrl-alt-f1')).toEqual({ positions: [0x1d, 0x38, 0x3b] });
  expect(parseChord('shift-minus')).toEqual({ positions: [0x2a, 0x0c] });
  expect(parseChord('ctrl-')).toEqual({ unknown: '' });
});

test('every character of ASCII can be typed', () => {
  for (let code = 1; code < 0x80; code++) {
    expect(keysFor(String.fromCharCode(code)), code.toString(16)).toBeDefined();
  }
  expect(keysFor('a')).toEqual([0x1e]);
  expect(keysFor('A')).toEqual([0x2a, 0x1e]);
  expect(keysFor('\x03')).toEqual([0x1d, 0x2e]);
  expect(keysFor('é')).toBeUndefined();
});
