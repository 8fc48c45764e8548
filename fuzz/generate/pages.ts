/**
 * The page tables of generated cases: one to one, so that linear is physical. The pages
 * of the data differ in what may be done with them, in an order that puts every kind
 * beside a plain one; the same in every case of a kind.
 */
import type { Patch } from '../case.ts';

export const PAGE_DIRECTORY = 0x6000;
export const PAGE_TABLE = 0x7000;
/** Of host-able cases: where the processor's tables are, for the supervisor only. */
const HIGH_TABLE = 0x9000;
/** PDE of linear C000_0000. */
const HIGH_ENTRY = 0x300;

const PRESENT = 1;
const WRITE = 2;
const USER = 4;
const ACCESSED = 0x20;
const DIRTY = 0x40;
const PLAIN = PRESENT | WRITE | USER;

/** Pages that are not plain. `host` where a program of the host cannot have that. */
const SPECIAL: readonly (readonly [page: number, flags: number, host: number])[] = [
  // A page of code that is not there: code that runs into it faults. One that cannot be written.
  [0x12, WRITE | USER, WRITE | USER],
  [0x13, PRESENT | USER, PRESENT | USER],
  [0x48, PRESENT | USER, PRESENT | USER],
  [0x4a, WRITE | USER, WRITE | USER],
  [0x4c, PRESENT | WRITE, WRITE | USER],
  [0x4e, PRESENT, USER],
  [0x50, PRESENT | USER, PRESENT | USER],
  [0x51, WRITE | USER, WRITE | USER],
  [0x53, 0, 0],
  [0x55, PRESENT | WRITE, 0],
  [0x56, PRESENT | USER, PRESENT | USER],
];

/** Linear addresses at which one kind of page meets another. */
export const PAGE_EDGES: readonly number[] = [
  0x4_8000, 0x4_9000, 0x4_a000, 0x4_b000, 0x4_c000, 0x4_d000, 0x4_e000, 0x4_f000, 0x5_0000, 0x5_1000, 0x5_2000,
  0x5_3000, 0x5_4000, 0x5_5000, 0x5_6000, 0x5_7000,
];

function words(values: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(values).buffer);
}

/** Used pages are marked accessed and dirty in advance, or not. */
function table(host: boolean, used: boolean): Uint8Array {
  const marks = used ? ACCESSED | DIRTY : 0;
  const entries = Array.from({ length: 0x100 }, (_, n) => (n << 12) | (host && n < 0x10 ? 0 : PLAIN | marks));
  for (const [page, flags, hostFlags] of SPECIAL) {
    const chosen = host ? hostFlags : flags;
    entries[page] = (page << 12) | chosen | ((chosen & PRESENT) !== 0 ? marks : 0);
  }
  return words(entries);
}

const HIGH_PAGES: Patch = {
  at: HIGH_TABLE,
  bytes: words(Array.from({ length: 0x10 }, (_, n) => (n << 12) | PRESENT | WRITE | ACCESSED | DIRTY)),
};
const HIGH_PDE: Patch = {
  at: PAGE_DIRECTORY + HIGH_ENTRY * 4,
  bytes: words([HIGH_TABLE | PRESENT | WRITE | ACCESSED]),
};

const tables = (host: boolean) =>
  [false, true].map((used): readonly Patch[] => [
    { at: PAGE_DIRECTORY, bytes: words([PAGE_TABLE | PLAIN | (used ? ACCESSED : 0)]) },
    { at: PAGE_TABLE, bytes: table(host, used) },
    ...(host ? [HIGH_PDE, HIGH_PAGES] : []),
  ]);
const TABLES = [tables(false), tables(true)];

/** Page directory and tables as patches. */
export function pageTables(host: boolean, used: boolean): readonly Patch[] {
  return TABLES[host ? 1 : 0]![used ? 1 : 0]!;
}
