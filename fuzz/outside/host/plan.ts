/**
 * Whether a case can run as a program of the host, and what for: user code in protected mode, without interrupts, up
 * to its first exception, in a world that Linux gives its 32-bit programs.
 */
import {
  AC,
  CR0_AM,
  CR0_EM,
  CR0_NE,
  CR0_PE,
  CR0_PG,
  CR0_TS,
  CR4_OSFXSR,
  CR4_OSXMMEXCPT,
  CR4_PAE,
  CR4_PVI,
  CS,
  DF,
  FLAGS_ARITH,
  FLAGS_FIXED,
  ID,
  IF,
  SS,
} from '../../../src/cpu/registers.ts';
import { CASE_MEMORY, type FuzzCase, type Outcome, type SegmentState } from '../../case.ts';
import { foreignCode } from './foreign.ts';
import { BATCH, FIRST, LAST, sizeOfCase } from './protocol.ts';
import { type HostTables, tablesOf } from './tables.ts';
import { transpose } from './transposed.ts';

/** Bits of EFLAGS that a case may begin with. */
const FLAGS = FLAGS_ARITH | FLAGS_FIXED | DF | IF | AC | ID;

const CR0_LOOKED_AT = CR0_PE | CR0_PG | CR0_NE | CR0_AM | CR0_EM | CR0_TS;
const CR4_LOOKED_AT = CR4_PVI | CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;

/** Linux' selectors for user code and data. */
export const USER_CS = 0x23;
export const USER_DS = 0x2b;
/** Their caches, with the accessed bit. */
export const FLAT_CODE = 0x00c0_fb00;
export const FLAT_DATA = 0x00c0_f300;

const ES_BIT = 0x80;
const B_BIT = 0x8000;
const MXCSR_BITS = 0xffff;

/** The cache that a local descriptor makes. */
export function localSegment(selector: number, ldt: Int32Array): SegmentState | undefined {
  const index = (selector >>> 3) * 2;
  if (index >= ldt.length) return undefined;
  const [low, high] = [ldt[index]!, ldt[index + 1]!];
  const limit = (low & 0xffff) | (high & 0xf_0000);
  return {
    selector,
    base: ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000)) >>> 0,
    limit: (high & 0x80_0000) !== 0 ? ((limit << 12) | 0xfff) >>> 0 : limit,
    attributes: high & 0xf0_ff00,
  };
}

function same(a: SegmentState, b: SegmentState | undefined): boolean {
  return (
    b !== undefined &&
    a.base >>> 0 === b.base &&
    a.limit >>> 0 === b.limit &&
    // The accessed bit is set by whoever loads it.
    ((a.attributes ^ b.attributes) & ~0x100) === 0
  );
}

function segmentRefusal(c: FuzzCase, tables: HostTables): string | undefined {
  for (let n = 0; n < 6; n++) {
    const segment = c.initial.segments[n]!;
    const { selector } = segment;
    if ((selector & 0xfffc) === 0) {
      if (n === CS || n === SS || segment.attributes !== 0) return 'a null selector with a segment';
      continue;
    }
    const flat = { selector, base: 0, limit: 0xffff_ffff };
    const expected =
      selector === USER_CS
        ? { ...flat, attributes: FLAT_CODE }
        : selector === USER_DS
          ? { ...flat, attributes: FLAT_DATA }
          : (selector & 4) !== 0
            ? localSegment(selector, tables.ldt)
            : undefined;
    if (!same(segment, expected)) return 'a segment that is not what its selector loads on Linux';
    if ((n === CS || n === SS) && (selector & 3) !== 3) return 'CS or SS of another level';
  }
  const code32 = (c.initial.segments[CS]!.attributes & 0x40_0000) !== 0;
  return code32 === (c.mode === 'protected32') ? undefined : 'a mode that is not what CS says';
}

function memoryRefusal({ background, patches }: FuzzCase): string | undefined {
  for (const { at, bytes } of patches) {
    if (at < 0 || at + bytes.length > CASE_MEMORY) return 'memory beyond what a case has';
  }
  if (background === undefined) return undefined;
  const { at, size } = background;
  if (at < FIRST || at + size > LAST || ((at | size) & 3) !== 0) return 'a background outside of 10000h to FFFFFh';
  return undefined;
}

function registerRefusal({ initial }: FuzzCase): string | undefined {
  const { cr0, cr4, eflags, fpu } = initial;
  if ((cr0 & CR0_LOOKED_AT) !== (CR0_PE | CR0_PG | CR0_NE | CR0_AM)) return "CR0 is not Linux'";
  if ((cr4 & CR4_LOOKED_AT) !== (CR4_OSFXSR | CR4_OSXMMEXCPT)) return "CR4 is not Linux'";
  if ((eflags & ~FLAGS) !== 0 || (eflags & IF) === 0) return 'EFLAGS that no program begins with';
  if ((initial.dr[5]! & 0xff) !== 0) return 'breakpoints';
  if ((initial.mxcsr & ~MXCSR_BITS) !== 0) return 'reserved bits in MXCSR';
  const pending = (fpu.status & ~fpu.control & 0x3f) !== 0;
  if (pending !== ((fpu.status & ES_BIT) !== 0) || pending !== ((fpu.status & B_BIT) !== 0)) {
    return 'an x87 status that contradicts itself';
  }
  return undefined;
}

/** What the harness is given for a case, and how its outcome is to be read. */
export interface HostPlan {
  /** The case itself, or carried over into protected mode. */
  readonly c: FuzzCase;
  readonly tables: HostTables;
  /** The outcome in the case's own mode; undefined where that cannot be told. */
  readonly back: (outcome: Outcome) => Outcome | undefined;
}

const asItIs = (outcome: Outcome) => outcome;

/** How a case runs on the host, or why it cannot. */
export function planOf(c: FuzzCase): HostPlan | string {
  if (c.mode === 'real' || c.mode === 'virtual8086') {
    const carried = transpose(c);
    if (typeof carried === 'string') return carried;
    const tables = tablesFor(carried.c);
    return typeof tables === 'string' ? tables : { ...carried, tables };
  }
  const tables = tablesFor(c);
  return typeof tables === 'string' ? tables : { c, tables, back: asItIs };
}

/** The tables of a case in protected mode, or why it cannot run on the host. */
function tablesFor(c: FuzzCase): HostTables | string {
  if (c.initial.cpl !== 3) return 'code that is not at level 3';
  if (c.exceptions !== 'first') return 'exceptions delivered to a handler';
  if (c.interrupts.length > 0) return 'interrupts';
  const refusal = registerRefusal(c) ?? memoryRefusal(c);
  if (refusal !== undefined) return refusal;
  const tables = tablesOf(c);
  if (typeof tables === 'string') return tables;
  const other = segmentRefusal(c, tables) ?? foreignCode(c);
  if (other !== undefined) return other;
  return sizeOfCase(c, tables) > BATCH ? 'too much memory' : tables;
}
