/**
 * What a keyboard sends when a key goes down or up, in each of the three scan
 * code sets. Print Screen and Pause depend on what else is held, in sets 1 and 2.
 */
import { EXTENDED, PAUSE, PRINT_SCREEN, SET2_RELEASE, set2Code, set3Code } from './scancodes.ts';

const E0 = 0xe0;
const E1 = 0xe1;

/** Keys held that change what others send. */
export interface Held {
  readonly control: boolean;
  readonly shift: boolean;
  readonly alt: boolean;
}

/** The bytes of a key's press or release; none for positions without a key. */
export function keyCodes(set: number, position: number, down: boolean, held: Held): readonly number[] {
  if (set === 3) {
    const code = set3Code(position);
    return code === 0 ? [] : down ? [code] : [SET2_RELEASE, code];
  }
  if (position === PAUSE) return down ? pause(set, held) : [];
  if (position === PRINT_SCREEN) return printScreen(set, down, held);
  return one(set, position, down);
}

function one(set: number, position: number, down: boolean): readonly number[] {
  const extended = (position & EXTENDED) !== 0;
  const set1 = position & 0x7f;
  const set2 = set2Code(position);
  if (set2 === 0) return [];
  const codes = set === 1 ? [down ? set1 : set1 | 0x80] : down ? [set2] : [SET2_RELEASE, set2];
  return extended ? [E0, ...codes] : codes;
}

/** Pause is pressed and released at once; with Ctrl it is Break. */
function pause(set: number, { control }: Held): readonly number[] {
  if (set === 1) return control ? [E0, 0x46, E0, 0xc6] : [E1, 0x1d, 0x45, E1, 0x9d, 0xc5];
  if (control) return [E0, 0x7e, E0, SET2_RELEASE, 0x7e];
  return [E1, 0x14, 0x77, E1, SET2_RELEASE, 0x14, SET2_RELEASE, 0x77];
}

/** Print Screen comes with a shift of its own unless one is held; with Alt it is SysRq. */
function printScreen(set: number, down: boolean, { control, shift, alt }: Held): readonly number[] {
  if (alt) return one(set, 0x54, down);
  const key = one(set, 0x80 | 0x37, down);
  if (control || shift) return key;
  const shifted = one(set, 0x80 | 0x2a, down);
  return down ? [...shifted, ...key] : [...key, ...shifted];
}
