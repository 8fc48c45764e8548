/**
 * What a PC's CMOS memory tells firmware of drives and of where to boot from.
 */
import type { Cmos } from './cmos.ts';

const FLOPPY_TYPES = 0x10;
const EQUIPMENT = 0x14;
/** Emulators' own: boot devices, a nibble each, the first in the low one of the first byte, the third in the high one of the second. */
const BOOT_ORDER_1 = 0x3d;
const BOOT_ORDER_2 = 0x38;
/** Bit 0 of that: a diskette need not end its first sector with the signature. */
const NO_FLOPPY_CHECK = 1;
/** Coprocessor, PS/2 pointing device. */
const EQUIPMENT_ALWAYS = 0x06;

/** Letters as -boot takes them: diskette, disk, CD-ROM, network. */
const BOOT_CODES: Readonly<Record<string, number>> = { a: 1, b: 1, c: 2, d: 3, n: 4 };
export const DEFAULT_BOOT_ORDER = 'cad';

/** Whether text is an order of boot devices: letters a to d and n, none twice. */
export function isBootOrder(text: string): boolean {
  return /^[abcdn]+$/.test(text) && new Set(text).size === text.length;
}

/** Fills in the drives' types (as byte 10h numbers them) and the boot order. */
export function setUpCmos(cmos: Cmos, floppyTypes: readonly [number, number], bootOrder: string): void {
  const [a, b] = floppyTypes;
  cmos.setByte(FLOPPY_TYPES, (a << 4) | b);
  const count = floppyTypes.filter((type) => type !== 0).length;
  cmos.setByte(EQUIPMENT, EQUIPMENT_ALWAYS | (count === 0 ? 0 : 1 | ((count - 1) << 6)));
  const [first = 0, second = 0, third = 0] = [...bootOrder].map((letter) => BOOT_CODES[letter] ?? 0);
  cmos.setByte(BOOT_ORDER_1, (second << 4) | first);
  cmos.setByte(BOOT_ORDER_2, (third << 4) | NO_FLOPPY_CHECK);
}
