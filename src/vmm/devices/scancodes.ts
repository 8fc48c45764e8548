/**
 * The three scan code sets of a keyboard, and the controller's translation of
 * set 2, which keyboards send, to set 1, which PC software expects.
 *
 * A key is named by its *position*: its set 1 code, with bit 7 where an E0 stands before it.
 */

/**
 * Set 2 codes in the order of their set 1 codes, by rows of the keyboard:
 * `first` is the set 1 code of the row's first key.
 */
const ROWS: readonly { readonly first: number; readonly codes: string }[] = [
  { first: 0x01, codes: '76' }, // Esc
  { first: 0x02, codes: '16 1e 26 25 2e 36 3d 3e 46 45 4e 55 66' }, // 1 to =, Backspace
  { first: 0x0f, codes: '0d 15 1d 24 2d 2c 35 3c 43 44 4d 54 5b 5a' }, // Tab, Q to ], Enter
  { first: 0x1d, codes: '14 1c 1b 23 2b 34 33 3b 42 4b 4c 52 0e' }, // Ctrl, A to ', `
  { first: 0x2a, codes: '12 5d 1a 22 21 2a 32 31 3a 41 49 4a 59 7c' }, // Shift, \, Z to /, Shift, keypad *
  { first: 0x38, codes: '11 29 58' }, // Alt, space, Caps Lock
  { first: 0x3b, codes: '05 06 04 0c 03 0b 83 0a 01 09' }, // F1 to F10
  { first: 0x45, codes: '77 7e' }, // Num Lock, Scroll Lock
  { first: 0x47, codes: '6c 75 7d 7b 6b 73 74 79 69 72 7a 70 71' }, // keypad
  { first: 0x54, codes: '84' }, // SysRq
  { first: 0x56, codes: '61 78 07' }, // the 102nd key, F11, F12
  { first: 0x5b, codes: '1f 27 2f' }, // both GUI keys and Menu, after E0
];

/** The prefix of a release in set 2; set 1 sets bit 7 instead. */
export const SET2_RELEASE = 0xf0;

/** A bit of a position: the code follows an E0. */
export const EXTENDED = 0x80;
/** Positions of keys whose codes follow no rule. */
export const PRINT_SCREEN = 0xb7;
export const PAUSE = 0xc6;

/** Set 3 codes by position, in rows as above. There are no prefixes but F0 for a release. */
const SET3_ROWS: readonly { readonly first: number; readonly codes: string }[] = [
  { first: 0x01, codes: '08 16 1e 26 25 2e 36 3d 3e 46 45 4e 55 66' },
  { first: 0x0f, codes: '0d 15 1d 24 2d 2c 35 3c 43 44 4d 54 5b 5a' },
  { first: 0x1d, codes: '11 1c 1b 23 2b 34 33 3b 42 4b 4c 52 0e' },
  { first: 0x2a, codes: '12 5c 1a 22 21 2a 32 31 3a 41 49 4a 59 7e' },
  { first: 0x38, codes: '19 29 14' },
  { first: 0x3b, codes: '07 0f 17 1f 27 2f 37 3f 47 4f 76 5f' },
  { first: 0x47, codes: '6c 75 7d 84 6b 73 74 7c 69 72 7a 70 71' },
  { first: 0x54, codes: '57' },
  { first: 0x56, codes: '13 56 5e' },
  { first: 0x9c, codes: '79 58' },
  { first: 0xb5, codes: '77' },
  { first: 0xb7, codes: '57 39' },
  { first: 0xc6, codes: '62 6e 63 6f' },
  { first: 0xcb, codes: '61' },
  { first: 0xcd, codes: '6a' },
  { first: 0xcf, codes: '65 60 6d 67 64' },
  { first: 0xdb, codes: '8b 8c 8d' },
];

const TO_SET1 = buildTable();
const TO_SET2 = buildReverse();
const TO_SET3 = new Uint8Array(256);
for (const { first, codes } of SET3_ROWS) {
  codes.split(' ').forEach((code, i) => {
    TO_SET3[first + i] = Number.parseInt(code, 16);
  });
}

/** Set 2 codes by set 1 codes, 0 where there is no key. */
function buildReverse(): Uint8Array {
  const table = new Uint8Array(128);
  for (const { first, codes } of ROWS) {
    codes.split(' ').forEach((code, i) => {
      table[first + i] = Number.parseInt(code, 16);
    });
  }
  return table;
}

function buildTable(): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, code) => code);
  for (const { first, codes } of ROWS) {
    codes.split(' ').forEach((code, i) => {
      table[Number.parseInt(code, 16)] = first + i;
    });
  }
  return table;
}

/** The set 1 code of a set 2 byte; bytes that are no key (prefixes, replies) stay as they are. */
export function set1Code(set2: number): number {
  return TO_SET1[set2 & 0xff] as number;
}

/** The set 2 code of a position without its prefix, 0 where there is no such key. */
export function set2Code(position: number): number {
  return TO_SET2[position & 0x7f] as number;
}

/** The set 3 code of a position, 0 where there is no such key. */
export function set3Code(position: number): number {
  return TO_SET3[position & 0xff] as number;
}
