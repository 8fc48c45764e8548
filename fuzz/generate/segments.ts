/**
 * The descriptor tables of generated cases and the segments in them. The tables
 * are the same in every case of a kind, so a segment register's cache is always what its
 * selector's descriptor says.
 */
import type { Patch, SegmentState } from '../case.ts';
import type { Draw } from './draw.ts';

export const GDT = 0x1000;
export const LDT = 0x1800;
export const TSS = 0x3000;
/** Its I/O permission bitmap covers every port, and ends in the byte of ones that it must. */
export const TSS_LIMIT = 0x2088;
/** Host-able cases see the tables up here, where no user program looks. */
export const HIGH = 0xc000_0000 | 0;

/** Size of the LDT in descriptors; each kind of segment has one there, at level 3. */
const LDT_ENTRIES = 18;
/** In the GDT: the kinds at levels 0 to 3 begin here. */
const GDT_KINDS = 16;
/** Behind them: conforming code and a TSS that are not present, a TSS that is too short. */
const GDT_ABSENT = GDT_KINDS + 64;
/** The GDT of host-able cases ends here, as Linux' does. */
const GDT_ENTRIES_HOST = 16;

const G = 1 << 23;
const DB = 1 << 22;
const P = 0x8000;
const DATA = 0x1300;
const CODE = 0x1b00;

interface Kind {
  readonly base: number;
  /** As in the descriptor: 20 bits. */
  readonly limit: number;
  /** As in the descriptor's high word, without level and limit. */
  readonly flags: number;
}

/** Names of the kinds, as indexes. */
export const CODE_FLAT = 0;
export const DATA_FLAT = 1;
export const CODE_16 = 2;
export const DATA_16 = 3;
export const DATA_ODD_LIMIT = 4;
export const DATA_PAGE_LIMIT = 5;
export const DOWN_32 = 6;
export const DOWN_16 = 7;
export const DATA_READ_ONLY = 8;
export const CODE_LIMITED = 9;
export const CODE_CONFORMING = 10;
export const DATA_TINY = 11;
export const DATA_WRAPPING = 12;
export const STACK_16 = 15;
/** Code that nobody has in a segment register. */
export const CODE_SPARE = 14;
/** Data that is not present. */
const ABSENT = 13;

const KINDS: readonly Kind[] = [
  { base: 0, limit: 0xf_ffff, flags: P | CODE | G | DB },
  { base: 0, limit: 0xf_ffff, flags: P | DATA | G | DB },
  { base: 0x1_0000, limit: 0xffff, flags: P | CODE },
  { base: 0x4_0000, limit: 0xffff, flags: P | DATA },
  { base: 0x4_0000, limit: 0x1_f122, flags: P | DATA | DB },
  { base: 0, limit: 0x53, flags: P | DATA | G | DB },
  { base: 0, limit: 0x4_0fff, flags: P | DATA | 0x400 | DB },
  { base: 0x4_0000, limit: 0x0fff, flags: P | DATA | 0x400 },
  { base: 0, limit: 0xf_ffff, flags: P | 0x1100 | G | DB },
  { base: 0, limit: 0x1_ffff, flags: P | CODE | DB },
  { base: 0, limit: 0xf_ffff, flags: P | 0x1f00 | G | DB },
  { base: 0x4_0ff0, limit: 2, flags: P | DATA | DB },
  { base: 0xfff8_0000 | 0, limit: 0xf_ffff, flags: P | DATA | G | DB },
  { base: 0x4_0000, limit: 0xffff, flags: DATA | DB },
  { base: 0, limit: 0xf_ffff, flags: P | 0x1900 | G | DB },
  { base: 0x5_0000, limit: 0xffff, flags: P | DATA },
];

/** In the LDT only: short segments of code. */
export const CODE_SHORT_16 = 16;
export const CODE_SHORT_32 = 17;
const SHORT: readonly Kind[] = [
  { base: 0x1_0000, limit: 0x2ff, flags: P | CODE },
  { base: 0x1_0000, limit: 0x2ff, flags: P | CODE | DB },
];

function putDescriptor(words: Int32Array, index: number, kind: Kind, level: number): void {
  words[index * 2] = (kind.limit & 0xffff) | (kind.base << 16);
  const high = (kind.base & 0xff00_0000) | ((kind.base >>> 16) & 0xff) | (kind.limit & 0xf_0000);
  words[index * 2 + 1] = high | kind.flags | (level << 13);
}

function gdtWords(host: boolean): Int32Array {
  const words = new Int32Array((host ? GDT_ENTRIES_HOST : GDT_ABSENT + 3) * 2);
  putDescriptor(words, 1, KINDS[CODE_FLAT]!, 0);
  putDescriptor(words, 2, KINDS[CODE_FLAT]!, 0);
  putDescriptor(words, 3, KINDS[DATA_FLAT]!, 0);
  putDescriptor(words, 4, KINDS[CODE_FLAT]!, 3);
  putDescriptor(words, 5, KINDS[DATA_FLAT]!, 3);
  const high = host ? HIGH : 0;
  putDescriptor(words, 8, { base: high + TSS, limit: TSS_LIMIT, flags: P | 0xb00 }, 0);
  putDescriptor(words, 10, { base: high + LDT, limit: LDT_ENTRIES * 8 - 1, flags: P | 0x200 }, 0);
  if (host) return words;
  // Call gates to level-0 code, at levels 0 and 3, of both sizes, and one that is not present; a task gate; other TSSs.
  const gate = (index: number, type: number, selector: number, offset: number) => {
    words[index * 2] = (selector << 16) | offset;
    words[index * 2 + 1] = type;
  };
  gate(6, 0xec02, 8, 0xf000);
  gate(7, 0xe401, 8, 0xf000);
  gate(9, 0x8c00, 8, 0xf000);
  gate(11, 0x6c00, 8, 0xf000);
  gate(12, 0xe500, 0x68, 0);
  putDescriptor(words, 13, { base: 0x4_6000, limit: 0x67, flags: P | 0x900 }, 3);
  putDescriptor(words, 14, { base: 0x4_6100, limit: 0x2b, flags: P | 0x100 }, 0);
  putDescriptor(words, 15, { base: LDT, limit: 0x3f, flags: 0x200 }, 0);
  putDescriptor(words, GDT_ABSENT, { base: 0, limit: 0xf_ffff, flags: CODE | 0x400 | G | DB }, 0);
  putDescriptor(words, GDT_ABSENT + 1, { base: 0x4_6000, limit: 0x67, flags: 0x900 }, 3);
  putDescriptor(words, GDT_ABSENT + 2, { base: 0x4_6000, limit: 0x20, flags: P | 0x900 }, 3);
  for (let level = 0; level < 4; level++) {
    KINDS.forEach((kind, n) => {
      putDescriptor(words, GDT_KINDS + level * 16 + n, kind, level);
    });
  }
  return words;
}

function ldtWords(host: boolean): Int32Array {
  const words = new Int32Array(LDT_ENTRIES * 2);
  [...KINDS, ...SHORT].forEach((kind, n) => {
    // A Linux program cannot have a conforming one.
    putDescriptor(words, n, host && n === CODE_CONFORMING ? { ...kind, flags: kind.flags & ~0x400 } : kind, 3);
  });
  return words;
}

const GDT_FULL: Patch = { at: GDT, bytes: new Uint8Array(gdtWords(false).buffer) };
const GDT_HOST: Patch = { at: GDT, bytes: new Uint8Array(gdtWords(true).buffer) };
const LDT_FULL: Patch = { at: LDT, bytes: new Uint8Array(ldtWords(false).buffer) };
const LDT_HOST: Patch = { at: LDT, bytes: new Uint8Array(ldtWords(true).buffer) };

/** The tables as patches. Host-able cases have the GDT that Linux gives 32-bit programs. */
export function descriptorTables(host: boolean): readonly [gdt: Patch, ldt: Patch] {
  return host ? [GDT_HOST, LDT_HOST] : [GDT_FULL, LDT_FULL];
}

/** Selector of a kind at a level: the flat ones of Linux, else from the LDT (host-able cases, and half of level 3) or the GDT. */
export function selectorOf(kind: number, level: number, ldt: boolean): number {
  if (!ldt) return (GDT_KINDS + level * 16 + kind) * 8 + level;
  if (kind === CODE_FLAT) return 0x23;
  if (kind === DATA_FLAT) return 0x2b;
  return kind * 8 + 7;
}

/** A segment register loaded with a kind. */
export function segmentOf(kind: number, level: number, ldt: boolean): SegmentState {
  const { base, limit, flags } = KINDS[kind] ?? SHORT[kind - KINDS.length]!;
  return {
    selector: selectorOf(kind, level, ldt),
    base: base >>> 0,
    limit: ((flags & G) !== 0 ? limit * 0x1000 + 0xfff : limit) >>> 0,
    attributes: (flags & 0xf0_ff00) | (level << 13),
  };
}

/** A segment register as real mode and virtual-8086 mode load it. */
export function realSegment(selector: number, virtual: boolean): SegmentState {
  return { selector, base: selector * 16, limit: 0xffff, attributes: virtual ? 0xf300 : 0x9300 };
}

export const NULL_SEGMENT: SegmentState = { selector: 0, base: 0, limit: 0, attributes: 0 };

/** LDTR and TR. */
export function systemSegments(host: boolean): readonly [ldtr: SegmentState, tr: SegmentState] {
  return host ? SYSTEM_HIGH : SYSTEM_LOW;
}

const systemAt = (high: number): readonly [SegmentState, SegmentState] => [
  { selector: 0x50, base: (high + LDT) >>> 0, limit: LDT_ENTRIES * 8 - 1, attributes: 0x8200 },
  { selector: 0x40, base: (high + TSS) >>> 0, limit: TSS_LIMIT, attributes: 0x8b00 },
];
const SYSTEM_HIGH = systemAt(HIGH);
const SYSTEM_LOW = systemAt(0);

/** A descriptor in the place of the spare code of a level: as limited code, only that its limit is twice as far. */
export function widerCode(level: number): Patch {
  const words = new Int32Array(2);
  putDescriptor(words, 0, { ...KINDS[CODE_LIMITED]!, limit: 0x3_ffff }, level);
  return { at: GDT + (selectorOf(CODE_SPARE, level, false) & ~7), bytes: new Uint8Array(words.buffer) };
}

/** Limit of a GDT that ends among the kinds of a level: behind a descriptor, or a byte too soon. */
export function limitAmong(draw: Draw, level: number): number {
  return (GDT_KINDS + level * 16 + draw.below(16)) * 8 + draw.pick([7, 7, 6, 0]);
}

/** A selector of the GDT that any data segment register takes, where the table reaches so far. */
export function plainSelector(draw: Draw, level: number): number {
  return selectorOf(
    draw.pick([DATA_FLAT, DATA_16, DATA_ODD_LIMIT, DATA_PAGE_LIMIT, DATA_TINY, STACK_16]),
    level,
    false,
  );
}

/** A selector to load somewhere: most often one that works at some level. */
export function anySelector(draw: Draw, level: number, host: boolean, absent = false): number {
  if (absent && !draw.once(4)) {
    // Gates and TSSs of which something is wrong, too.
    if (!host && draw.once(2)) return draw.pick([9, 11, 13, 14, 15, 80, 80, 81]) * 8 + level;
    return selectorOf(ABSENT, level, host || (level === 3 && draw.once(2)));
  }
  const kind = draw.below(12);
  if (kind < 4) return selectorOf(draw.below(16), level, host);
  if (kind < 6) return draw.below(16) * 8 + 4 + draw.below(4);
  if (kind === 6) return draw.below(4);
  if (host) {
    const known = [0x08, 0x10, 0x18, 0x20, 0x28, 0x40, 0x50, 0x8004, 0xfff0, 0x0084, 0x008c];
    return draw.pick(known) | draw.below(4);
  }
  if (kind < 10) return draw.below(85) * 8 + draw.below(4);
  return kind === 10 ? draw.pick([6, 7, 9, 11, 12, 13, 14, 15]) * 8 + draw.below(4) : draw.word() & 0xffff;
}

/** A selector of a task or a gate to an inner stack, as far as there are any. */
export function taskSelector(draw: Draw, level: number): number {
  return draw.pick([6, 7, 12, 13, GDT_ABSENT + 2, GDT_ABSENT + 2]) * 8 + level;
}

/** A selector of conforming code that is not present. */
export function absentCode(level: number): number {
  return GDT_ABSENT * 8 + level;
}
