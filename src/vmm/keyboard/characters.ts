/** Which keys of a US keyboard type a character. */

const SHIFT = 0x2a;
const CONTROL = 0x1d;

/** Characters in the order of their keys' positions, plain and with Shift. */
const ROWS: readonly (readonly [first: number, plain: string, shifted: string])[] = [
  [0x02, '1234567890-=', '!@#$%^&*()_+'],
  [0x10, 'qwertyuiop[]', 'QWERTYUIOP{}'],
  [0x1e, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [0x2b, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
  [0x39, ' ', ''],
];

const KEYS = new Map<string, readonly number[]>([
  ['\r', [0x1c]],
  ['\n', [0x1c]],
  ['\t', [0x0f]],
  ['\x1b', [0x01]],
  ['\x7f', [0x0e]],
  ['\b', [0x0e]],
]);
for (const [first, plain, shifted] of ROWS) {
  for (const [n, character] of [...plain].entries()) KEYS.set(character, [first + n]);
  for (const [n, character] of [...shifted].entries()) KEYS.set(character, [SHIFT, first + n]);
}

/** Positions to be pressed together for a character, control characters included; undefined where there is no way. */
export function keysFor(character: string): readonly number[] | undefined {
  const known = KEYS.get(character);
  if (known !== undefined) return known;
  const code = character.charCodeAt(0);
  if (code >= 0x20) return undefined;
  const letter = KEYS.get(String.fromCharCode(code + 0x60)) ?? KEYS.get(String.fromCharCode(code + 0x40));
  return letter === undefined ? undefined : [CONTROL, ...letter];
}
