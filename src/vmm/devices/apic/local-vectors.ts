/**
 * The local vector table of an APIC as data: the entries, which of their bits
 * software can set, and what the bits mean (SDM vol. 3, "Local Vector Table").
 */

export const LVT_TIMER = 0;
export const LVT_THERMAL = 1;
export const LVT_COUNTER = 2;
export const LVT_LINT0 = 3;
export const LVT_LINT1 = 4;
export const LVT_ERROR = 5;
export const LVT_COUNT = 6;

export const LVT_MASKED = 1 << 16;
export const LVT_LEVEL = 1 << 15;
export const LVT_REMOTE_IRR = 1 << 14;
export const LVT_MODE_SHIFT = 8;
export const LVT_TIMER_MODE_SHIFT = 17;

const VECTOR = 0xff;
const MODE = 7 << LVT_MODE_SHIFT;
const PIN = (1 << 13) | LVT_LEVEL;
const TIMER_MODE = 3 << LVT_TIMER_MODE_SHIFT;

/** Bits that can be written, by entry. Delivery status (12) is always idle; remote IRR (14) is the APIC's own. */
export const LVT_WRITABLE: readonly number[] = [
  VECTOR | LVT_MASKED | TIMER_MODE,
  VECTOR | MODE | LVT_MASKED,
  VECTOR | MODE | LVT_MASKED,
  VECTOR | MODE | LVT_MASKED | PIN,
  VECTOR | MODE | LVT_MASKED | PIN,
  VECTOR | LVT_MASKED,
];

/** The delivery mode of an entry. */
export function lvtMode(entry: number): number {
  return (entry >> LVT_MODE_SHIFT) & 7;
}
