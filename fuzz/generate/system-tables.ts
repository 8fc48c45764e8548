/**
 * What whole-system cases have besides code: an IDT whose handlers go on behind what has faulted, and pages by
 * which code and data are reached under second addresses.
 *
 * Code lies in sections of {@link SECTION} bytes. The handler of a fault needs no memory but its stack: it returns to
 * the section after the one that faulted.
 */
import type { Patch } from '../case.ts';
import { PAGE_TABLE } from './pages.ts';
import { le16, le32 } from './registers.ts';

export const SECTION = 0x200;
const REST = SECTION - 1;

/** Linear distance from code and data to their aliases; so many pages from the code's, and from the data's, first. */
export const ALIAS = 0x9_0000;
const CODE_PAGE = 0x10;
const CODE_ALIASES = 4;
const DATA_PAGE = 0x40;
const DATA_ALIAS_PAGE = 0xb0;
const DATA_ALIASES = 8;
/** Linear distance from data to its alias. */
export const DATA_ALIAS: number = (DATA_ALIAS_PAGE - DATA_PAGE) << 12;

const HANDLERS = 0xf000;
/** Gates of GDT entry 6 lead here, with two parameters. */
const FAR_ENTRY = 0xf000;
const SKIP = 0xf100;
const SKIP_CODE = 0xf140;
const RETURN = 0xf180;
const COUNT = 0xf1a0;
const RETURN_16 = 0xf1c0;
const REAL_SKIP = 0xf200;
const REAL_RETURN = 0xf240;
const COUNTER = 0xe100;
/** A dword in the first 64 KB that counts rounds of a case. */
export const ROUNDS = 0xe200;

/** Vectors that push an error code. */
const WITH_CODE = [8, 10, 11, 12, 13, 14, 17];
/** Traps: what they return to is behind them. */
const TRAPS = [1, 3, 4];

const IDT_BASE = 0x2000;
const GATE_32 = 0x8e00;
const TRAP_GATE_32 = 0x8f00;
const GATE_16 = 0x8600;
const LEVEL_3 = 0x6000;
/** Vectors from here on have gates of 16 bits; others from 20h on a counter. */
export const FIRST_16 = 0x40;
export const END_16 = 0x48;

/**
 * The handlers.
 * @param start offset of the code in its segment, and `end` behind its last section: what goes on elsewhere is halted
 */
function handlers(start: number, end: number): Uint8Array {
  const page = new Uint8Array(0x300).fill(0xf4);
  const put = (at: number, ...bytes: number[]) => page.set(bytes, at - HANDLERS);
  put(FAR_ENTRY, 0xca, 8, 0);
  // OR [ESP], rest of the section; INC [ESP]; CMP [ESP], end; JAE to HLT; CMP [ESP], start; JB to HLT; IRET; HLT
  const skip = [
    ...[0x81, 0x0c, 0x24, ...le32(REST), 0xff, 0x04, 0x24],
    ...[0x81, 0x3c, 0x24, ...le32(end), 0x73, 10, 0x81, 0x3c, 0x24, ...le32(start), 0x72, 1, 0xcf, 0xf4],
  ];
  put(SKIP, ...skip);
  put(SKIP_CODE, 0x83, 0xc4, 4, ...skip);
  put(RETURN, 0xcf);
  // PUSH DS; PUSH 18h; POP DS; INC [counter]; POP DS; IRET
  put(COUNT, 0x1e, 0x6a, 0x18, 0x1f, 0xff, 0x05, ...le32(COUNTER), 0x1f, 0xcf);
  put(RETURN_16, 0x66, 0xcf);
  // PUSH BP; MOV BP, SP; OR [BP+2], rest; INC [BP+2]; CMP [BP+2], end; JAE to HLT; POP BP; IRET; HLT
  const real = [0x55, 0x8b, 0xec, 0x81, 0x4e, 2, ...le16(REST), 0xff, 0x46, 2];
  put(REAL_SKIP, ...real, 0x81, 0x7e, 2, ...le16(end), 0x73, 2, 0x5d, 0xcf, 0xf4);
  put(REAL_RETURN, 0xcf);
  return page;
}

function protectedGate(vector: number): number[] {
  let [target, type] = [COUNT, GATE_32 | LEVEL_3];
  if (TRAPS.includes(vector)) [target, type] = [RETURN, TRAP_GATE_32 | LEVEL_3];
  else if (vector < 0x20) [target, type] = [WITH_CODE.includes(vector) ? SKIP_CODE : SKIP, GATE_32];
  else if (vector >= FIRST_16 && vector < END_16) [target, type] = [RETURN_16, GATE_16 | LEVEL_3];
  else if (vector % 4 === 3) [target, type] = [RETURN, TRAP_GATE_32 | LEVEL_3];
  return [...le16(target), ...le16(8), ...le16(type), ...le16(0)];
}

function realVector(vector: number): number[] {
  const target = vector < 0x20 && !TRAPS.includes(vector) ? REAL_SKIP : REAL_RETURN;
  return [...le16(target - HANDLERS), ...le16(HANDLERS >>> 4)];
}

const VECTORS = Array.from({ length: 256 }, (_, n) => n);
const PROTECTED: Patch = { at: IDT_BASE, bytes: Uint8Array.from(VECTORS.flatMap(protectedGate)) };
const REAL: Patch = { at: IDT_BASE, bytes: Uint8Array.from(VECTORS.flatMap(realVector)) };

/**
 * IDT and handlers.
 * @param start offset of the code in its segment
 * @param end the offset behind it
 */
export function eventTables(
  real: boolean,
  start: number,
  end: number,
): { readonly patches: readonly Patch[]; readonly limit: number } {
  const patches = [real ? REAL : PROTECTED, { at: HANDLERS, bytes: handlers(start, end) }];
  return { patches, limit: real ? 0x3ff : 0x7ff };
}

export const EVENT_BASE: number = IDT_BASE;

/** Pages that hold tables and the stack of level 0. */
export const SYSTEM_PAGES: readonly number[] = [0x1, 0x2, 0x3, 0x8];

const words = (values: readonly number[]) => new Uint8Array(Int32Array.from(values).buffer);

/** Page table entries of the aliases: to go over the plain ones. */
export const ALIAS_PAGES: readonly Patch[] = [
  {
    at: PAGE_TABLE + (CODE_PAGE + (ALIAS >>> 12)) * 4,
    bytes: words(Array.from({ length: CODE_ALIASES }, (_, n) => ((CODE_PAGE + n) << 12) | 7)),
  },
  {
    at: PAGE_TABLE + DATA_ALIAS_PAGE * 4,
    bytes: words(Array.from({ length: DATA_ALIASES }, (_, n) => ((DATA_PAGE + n) << 12) | 7)),
  },
];

/** Page table entries by which tables and the stack of level 0 are the supervisor's: present, writable, accessed, dirty. */
export const SUPERVISOR_PAGES: readonly Patch[] = SYSTEM_PAGES.map((page) => ({
  at: PAGE_TABLE + page * 4,
  bytes: words([(page << 12) | 0x63]),
}));
