/**
 * Keys by the names that QEMU's sendkey and send-key have for them, as positions (src/vmm/devices/scancodes.ts).
 */

/** Names in the order of their positions, from the first on; `.` where there is none. */
const ROWS: readonly (readonly [first: number, names: string])[] = [
  [0x01, 'esc 1 2 3 4 5 6 7 8 9 0 minus equal backspace'],
  [0x0f, 'tab q w e r t y u i o p bracket_left bracket_right ret'],
  [0x1d, 'ctrl a s d f g h j k l semicolon apostrophe grave_accent'],
  [0x2a, 'shift backslash z x c v b n m comma dot slash shift_r asterisk'],
  [0x38, 'alt spc caps_lock f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 num_lock scroll_lock'],
  [0x47, 'kp_7 kp_8 kp_9 kp_subtract kp_4 kp_5 kp_6 kp_add kp_1 kp_2 kp_3 kp_0 kp_decimal sysrq'],
  [0x56, 'less f11 f12'],
  [0x9c, 'kp_enter ctrl_r'],
  [0xb5, 'kp_divide . print alt_r'],
  [0xc6, 'pause home up pgup . left . right . end down pgdn insert delete'],
  [0xdb, 'meta_l meta_r menu'],
];

/** Other names for some of them. */
const ALIASES: Readonly<Record<string, string>> = {
  kp_multiply: 'asterisk',
  kp_comma: 'kp_decimal',
  compose: 'menu',
  less_than: 'less',
  escape: 'esc',
  enter: 'ret',
  return: 'ret',
  space: 'spc',
  shift_l: 'shift',
  ctrl_l: 'ctrl',
  alt_l: 'alt',
  win: 'meta_l',
};

const POSITIONS = new Map<string, number>();
for (const [first, names] of ROWS) {
  names.split(' ').forEach((name, n) => {
    if (name !== '.') POSITIONS.set(name, first + n);
  });
}

/** Names as QMP writes them, too; all that there are. */
export const KEY_NAMES: readonly string[] = [...POSITIONS.keys()];

/** The position of a key, by its name or a number (`0x1c`); undefined where there is no such key. */
export function keyPosition(name: string): number | undefined {
  if (/^0x[0-9a-f]{1,4}$/i.test(name)) return positionOfCode(Number(name));
  const known = Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name;
  return POSITIONS.get(known);
}

/** A scan code of set 1, with E0 as E0xxh or as bit 7. */
function positionOfCode(code: number): number | undefined {
  const position = code >>> 8 === 0xe0 ? (code & 0x7f) | 0x80 : code;
  return position > 0 && position <= 0xff ? position : undefined;
}

/** Keys pressed together, as `ctrl-alt-delete`. @returns the first name that is none, or the positions */
export function parseChord(text: string): { readonly positions: readonly number[] } | { readonly unknown: string } {
  const positions: number[] = [];
  for (const name of text === '-' ? ['minus'] : text.split('-')) {
    const position = keyPosition(name);
    if (position === undefined) return { unknown: name };
    positions.push(position);
  }
  return { positions };
}
