/**
 * What a case's system tables mean to a program of the host: rights of its pages, its local descriptors. Kept for the
 * tables of the last cases, because campaigns use the same ones over and over.
 *
 * Here is also what makes tables unusable: whatever a Linux process cannot have.
 */
import type { FuzzCase, Patch } from '../../case.ts';
import { LAST_PAGE, PAGES } from './protocol.ts';

/** Of a page, as in the protocol; 0 where it is not there. */
const RIGHTS_READ = 1;
const RIGHTS_WRITE = 2;

const P = 1;
const W = 2;
const U = 4;
const LARGE = 0x80;

/** Tables are below the pages that user code can have. */
const FIRST = 0x1_0000;
const FIRST_PAGE = FIRST >>> 12;

/** Descriptors of the LDT that the harness makes; more are refused. */
const MOST_DESCRIPTORS = 64;

export interface HostTables {
  /** A byte for each page of [10000h, 100000h). */
  readonly rights: Uint8Array;
  /** Descriptors, two words each. */
  readonly ldt: Int32Array;
  /** Whether a linear address is in a page that is there, for the supervisor. */
  readonly supervisor: (linear: number) => boolean;
}

/** Physical memory below {@link FIRST}. */
function lowMemory(patches: readonly Patch[]): Int32Array {
  const bytes = new Uint8Array(FIRST);
  for (const { at, bytes: from } of patches) {
    if (at < FIRST) bytes.set(from.subarray(0, Math.min(from.length, FIRST - at)), at);
  }
  return new Int32Array(bytes.buffer);
}

/** Page table entry of a linear address, by 32-bit paging with 4 KB pages; 0 where there is none. */
function entryOf(low: Int32Array, directory: number, linear: number): number {
  const pde = low[(directory >>> 2) + (linear >>> 22)]!;
  if ((pde & P) === 0) return 0;
  const pte = low[((pde >>> 12) << 10) + ((linear >>> 12) & 0x3ff)] ?? 0;
  if ((pte & P) === 0) return 0;
  return (pte & ~(U | W)) | (pte & pde & (U | W));
}

/** Physical address of a byte of a system table, or -1. */
function systemAddress(low: Int32Array, directory: number, linear: number): number {
  const entry = entryOf(low, directory, linear);
  const physical = (entry & ~0xfff) | (linear & 0xfff);
  return entry !== 0 && physical >= 0 && physical < FIRST ? physical : -1;
}

/** Rights of the pages, or why no process can have them. */
function rightsOf(low: Int32Array, directory: number): Uint8Array | string {
  const rights = new Uint8Array(PAGES);
  for (let n = 0; n < 1024; n++) {
    const pde = low[(directory >>> 2) + n]!;
    if ((pde & P) === 0) continue;
    if ((pde & LARGE) !== 0) return 'a large page';
    if ((pde & ~0xfff) < 0 || (pde & ~0xfff) >= FIRST) return 'page tables above FFFFh';
    if ((pde & U) === 0) continue;
    for (let k = 0; k < 1024; k++) {
      const page = (n << 10) | k;
      const entry = entryOf(low, directory, (page << 12) >>> 0);
      if ((entry & (P | U)) !== (P | U)) continue;
      if (page < FIRST_PAGE || page >= LAST_PAGE) return 'user pages outside of 10000h to FFFFFh';
      if (entry >>> 12 !== page) return 'a page that is not mapped to itself';
      rights[page - FIRST_PAGE] = (entry & W) !== 0 ? RIGHTS_WRITE : RIGHTS_READ;
    }
  }
  return rights;
}

/** Why modify_ldt(2) does not make a descriptor; undefined where it does. */
function descriptorRefusal(low: number, high: number): string | undefined {
  if (low === 0 && high === 0) return undefined;
  // S, DPL 3, and accessed, as the kernel makes all of them; L clear.
  if ((high & 0x7100) !== 0x7100) return 'a local descriptor that is no accessed segment of level 3';
  if ((high & 0x20_0000) !== 0) return 'a local descriptor with a reserved bit';
  if ((high & 0x8c00) === 0x8c00) return 'a conforming local code segment';
  return undefined;
}

/** The LDT's descriptors. */
function descriptorsOf(low: Int32Array, directory: number, base: number, limit: number): Int32Array | string {
  const count = (limit + 1) >>> 3;
  if (count > MOST_DESCRIPTORS) return 'a long LDT';
  const ldt = new Int32Array(count * 2);
  for (let n = 0; n < ldt.length; n++) {
    const at = systemAddress(low, directory, (base + n * 4) >>> 0);
    if (at < 0 || (at & 3) !== 0) return 'an LDT that is not in memory below 10000h';
    ldt[n] = low[at >>> 2]!;
  }
  for (let n = 0; n < ldt.length; n += 2) {
    const refusal = descriptorRefusal(ldt[n]!, ldt[n + 1]!);
    if (refusal !== undefined) return refusal;
  }
  return ldt;
}

/** Code and data of user programs in Linux' GDT: 23h and 2Bh. */
const USER_DESCRIPTORS = [0xffff, 0x00cf_fb00, 0xffff, 0x00cf_f300];

function gdtRefusal(low: Int32Array, directory: number, base: number, limit: number): string | undefined {
  // Whoever asks for selectors beyond it shall get the same answer.
  if (limit !== 0x7f) return "a GDT of another size than Linux'";
  for (const [n, word] of USER_DESCRIPTORS.entries()) {
    const at = systemAddress(low, directory, (base + 0x20 + n * 4) >>> 0);
    if (at < 0 || ((low[at >>> 2]! ^ word) & ~0x100) !== 0) return "a GDT without Linux' user segments";
  }
  return undefined;
}

function makeTables(c: FuzzCase): HostTables | string {
  const { cr3, segments, gdtr } = c.initial;
  const directory = cr3 & ~0xfff;
  if (directory < 0 || directory >= FIRST) return 'a page directory above FFFFh';
  const low = lowMemory(c.patches);
  const rights = rightsOf(low, directory);
  if (typeof rights === 'string') return rights;
  const refusal = gdtRefusal(low, directory, gdtr.base, gdtr.limit);
  if (refusal !== undefined) return refusal;
  const ldtr = segments[6]!;
  const none = (ldtr.selector & 0xfffc) === 0 || ldtr.attributes === 0;
  const ldt = none ? new Int32Array(0) : descriptorsOf(low, directory, ldtr.base, ldtr.limit);
  if (typeof ldt === 'string') return ldt;
  const supervisor = (linear: number) => (entryOf(low, directory, linear >>> 0) & (P | U)) === P;
  return { rights, ldt, supervisor };
}

interface Kept {
  readonly patches: readonly Patch[];
  readonly numbers: readonly number[];
  readonly tables: HostTables | string;
}

const kept: Kept[] = [];
const MOST_KEPT = 16;

/** What the tables of a case are to a program, or why no program can have them. */
export function tablesOf(c: FuzzCase): HostTables | string {
  const patches = c.patches.filter(({ at }) => at < FIRST);
  const { cr3, gdtr, segments } = c.initial;
  const ldtr = segments[6]!;
  const numbers = [cr3, gdtr.base, gdtr.limit, ldtr.selector, ldtr.base, ldtr.limit, ldtr.attributes];
  for (const entry of kept) {
    if (entry.patches.length !== patches.length) continue;
    const same = (p: Patch, n: number) => p.at === entry.patches[n]!.at && p.bytes === entry.patches[n]!.bytes;
    if (patches.every(same) && numbers.every((value, n) => value === entry.numbers[n])) return entry.tables;
  }
  const tables = makeTables(c);
  kept.unshift({ patches, numbers, tables });
  kept.length = Math.min(kept.length, MOST_KEPT);
  return tables;
}
