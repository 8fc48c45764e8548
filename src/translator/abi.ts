/**
 * What translated code and its dispatcher agree on: the words in the machine's
 * memory that only they use, the encoding of lazy flags, and why a region left.
 */
import { TRANSLATOR_WORDS } from '../cpu/layout.ts';

/** Instructions that may still retire (int32); regions leave before it would go below zero. */
export const BUDGET = TRANSLATOR_WORDS;
/** Why the last region left: an EXIT_* value. */
export const EXIT_REASON = TRANSLATOR_WORDS + 4;
/** For EXIT_COLD: which site, an index into the region's site table. */
export const EXIT_SITE = TRANSLATOR_WORDS + 8;
/** For EXIT_COLD: number of the region that left. */
export const EXIT_REGION = TRANSLATOR_WORDS + 12;
/** Set by a slow path that could not serve its access: the region leaves before the instruction. */
export const SLOW_FAILED = TRANSLATOR_WORDS + 16;
/** Direct transfers between regions that did not go through the dispatcher. */
export const CHAIN_HITS = TRANSLATOR_WORDS + 20;
/** Lazy flags: kind word, then operands. Kind FLAGS_IN_EFLAGS: EFLAGS itself is right. */
export const FLAGS_KIND = TRANSLATOR_WORDS + 24;
export const FLAGS_A = TRANSLATOR_WORDS + 28;
export const FLAGS_B = TRANSLATOR_WORDS + 32;
export const FLAGS_R = TRANSLATOR_WORDS + 36;
export const FLAGS_C = TRANSLATOR_WORDS + 40;
export const FLAGS_X = TRANSLATOR_WORDS + 44;
/** Jump cache hits of indirect branches. */
export const INDIRECT_HITS = TRANSLATOR_WORDS + 48;
/** Cold exits leave their flag locals here; the site tells the kind, or that it is in COLD_KIND. */
export const COLD_KIND = TRANSLATOR_WORDS + 52;
export const COLD_A = TRANSLATOR_WORDS + 56;
export const COLD_B = TRANSLATOR_WORDS + 60;
export const COLD_R = TRANSLATOR_WORDS + 64;
export const COLD_C = TRANSLATOR_WORDS + 68;
export const COLD_X = TRANSLATOR_WORDS + 72;

/** For the stub at SLOT_TRANSITION: which instruction it is to carry out. See transitionWord. */
export const TRANSITION = TRANSLATOR_WORDS + 76;

/** The time-stamp counter, 64 bits, as `timestamp` has read it. */
export const TIMESTAMP = TRANSLATOR_WORDS + 80;

/** 16 bytes by which wide memory operands go through their slow paths. */
export const VECTOR_SCRATCH = TRANSLATOR_WORDS + 128;

/**
 * Places of the function table that are no region's: leaves with EXIT_BRANCH; leaves with the reason that is there; carries out
 * the instruction in TRANSITION at EIP and goes on, or leaves with the reason that is there.
 */
export const SLOT_BRANCH = 0;
export const SLOT_LEAVE = 1;
export const SLOT_TRANSITION = 2;
export const FIRST_REGION_SLOT = 3;

/** Instructions that the stub at SLOT_TRANSITION knows. */
export const TRANSITION_INT = 0;
export const TRANSITION_IRET = 1;
export const TRANSITION_SYSENTER = 2;
export const TRANSITION_SYSEXIT = 3;

/** What TRANSITION holds: one of TRANSITION_*, length in bytes, row of the opcode table, and the vector of INT n. */
export function transitionWord(kind: number, length: number, row: number, vector = 0): number {
  return kind | (length << 4) | (vector << 8) | (row << 16);
}
export const transitionKind = (word: number): number => word & 15;
export const transitionLength = (word: number): number => (word >>> 4) & 15;
export const transitionVector = (word: number): number => (word >>> 8) & 0xff;
export const transitionRow = (word: number): number => word >>> 16;

/** The region ended at a branch whose target has no region (yet): EIP says where to go on. */
export const EXIT_BRANCH = 0;
/** The budget does not reach to the next check: the interpreter runs the rest. */
export const EXIT_BUDGET = 1;
/** An instruction must be interpreted; a site tells EIP, count and flags. */
export const EXIT_COLD = 2;
/** A sensitive or complex instruction ends the region: the monitor carries it out. EIP points to it. */
export const EXIT_CALLOUT = 3;
/** A callout within the region asked to leave; all state is in memory. */
export const EXIT_LEAVE = 4;
/** As EXIT_CALLOUT, behind an STI that has set IF: interrupts are held off until the instruction has completed. */
export const EXIT_SHADOWED = 5;

/**
 * Lazy flag kinds. The kind word is kind | size << 4 | override << 8, size in bytes.
 * a, b, r are the operands and the result, zero-extended; c is a carry (0 or 1).
 */
export const FLAGS_IN_EFLAGS = 0;
/** a + b = r; needs a, r. */
export const FLAGS_ADD = 1;
/** a - b; needs a, b. */
export const FLAGS_SUB = 2;
/** and, or, xor, test: CF = OF = AF = 0; needs r. */
export const FLAGS_LOGIC = 3;
/** r = old + 1, CF kept in c. */
export const FLAGS_INC = 4;
/** r = old - 1, CF kept in c. */
export const FLAGS_DEC = 5;
/** a + b + carry = r; needs a, b, r. */
export const FLAGS_ADC = 6;
/** a - b - borrow = r; needs a, b, r. */
export const FLAGS_SBB = 7;
/** SF, ZF, PF of r; CF in c, OF in b (0 or 1), AF = 0: shifts, multiplications. */
export const FLAGS_RESULT = 8;
/** a holds the six flags in EFLAGS positions. */
export const FLAGS_WORD = 9;

/** Override bits of the kind word: CF, or OF, is in x at its EFLAGS position instead. */
export const OVERRIDE_CF = 1 << 8;
export const OVERRIDE_OF = 1 << 9;

/** The kind word of a lazy state. */
export function kindWord(kind: number, size: number, override = 0): number {
  return kind | (size << 4) | override;
}

/** Names under which a module of regions imports what it needs. */
export const IMPORT_MODULE = 'tv';
export const IMPORT_MEMORY = 'memory';
/** Only the hub imports the table. */
export const IMPORT_TABLE = 'table';
/** The hub's function that regions tail-call: (table index). */
export const IMPORT_DISPATCH = 'dispatch';
/** Only the hub imports it: () -> table index of what comes after the instruction in TRANSITION. */
export const IMPORT_TRANSITION = 'transition';
export const IMPORTS = {
  /** (linear) -> value; SLOW_FAILED set when the access has to be interpreted. */
  read8: 1,
  read16: 1,
  read32: 1,
  /** (linear, value). */
  write8: 2,
  write16: 2,
  write32: 2,
  /** (linear, size) -> 0; makes a write of the bytes possible or sets SLOW_FAILED. */
  probe: 2,
  /** (linear, size): up to 16 bytes of memory to VECTOR_SCRATCH, or the reverse; all of them, or SLOW_FAILED. */
  gather: 2,
  scatter: 2,
  /** (kind, a, b, r, c, x) -> the six flags. */
  flags: 6,
  /** (eip) -> 0 to go on behind the instruction, 1 to leave. All state is in memory. */
  callout: 1,
  /** (instructions left before this one) -> 0; RDTSC's counter to TIMESTAMP, or SLOW_FAILED. */
  timestamp: 1,
  /** (region) -> 0: a low-tier region has run so often that it should be translated better. State need not be in memory. */
  hot: 1,
  /** (region, EIP of a block, target) -> 0: where its indirect branch goes this time. */
  went: 3,
  /** Functions of runtime/memory-functions.ts. (linear) -> value, and (linear, value) -> 0; SLOW_FAILED as above. */
  loadSupervisor1: 1,
  loadSupervisor2: 1,
  loadSupervisor4: 1,
  storeSupervisor1: 2,
  storeSupervisor2: 2,
  storeSupervisor4: 2,
  loadUser1: 1,
  loadUser2: 1,
  loadUser4: 1,
  storeUser1: 2,
  storeUser2: 2,
  storeUser4: 2,
} as const;
export type ImportName = keyof typeof IMPORTS;
