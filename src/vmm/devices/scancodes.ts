/**
 * The keyboard controller's translation of scan code set 2, which keyboards send,
 * to set 1, which PC software expects.
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

const TO_SET1 = buildTable();

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
