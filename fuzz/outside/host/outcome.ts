/**
 * What the harness says of a case, in the terms of the architecture: signals are exceptions again, and what a Linux
 * process sees in another way than the case's own system would is set right.
 */

import { pushesErrorCode, VEC_GP, VEC_PF } from '../../../src/cpu/exceptions.ts';
import { CS, RF } from '../../../src/cpu/registers.ts';
import { DecodeStatus, decode, MAX_LENGTH } from '../../../src/decoder/decode.ts';
import { Instruction } from '../../../src/decoder/instruction.ts';
import type { Ending, FuzzCase, Outcome, SegmentState } from '../../case.ts';
import { byteAt } from './memory-bytes.ts';
import { FLAT_CODE, FLAT_DATA, localSegment, USER_CS, USER_DS } from './plan.ts';
import { END_EXCEPTION, END_SYSTEM_CALL, type RawOutcome } from './protocol.ts';
import type { HostTables } from './tables.ts';

/** #PF: the page is there; instruction fetch (only with no-execute, which cases do not have). */
const PF_PRESENT = 1;
const PF_FETCH = 0x10;
/** #GP: the error code names a gate of the IDT. */
const ERROR_IDT = 2;
const VEC_DB = 1;
const VEC_BP = 3;
const VEC_OF = 4;
/** The one vector that Linux lets programs call. */
const VEC_LINUX = 0x80;

/** Selectors of Linux' GDT that no case has: 64-bit code, thread-local storage, the processor's number. */
function linuxOnly(selector: number): boolean {
  const index = selector >>> 3;
  return (selector & 4) === 0 && (index === 6 || (index >= 12 && index <= 15));
}

function segmentOf(selector: number, before: SegmentState, tables: HostTables): SegmentState {
  if (selector === before.selector) return before;
  const flat = { selector, base: 0, limit: 0xffff_ffff };
  if ((selector | 3) === USER_CS) return { ...flat, attributes: FLAT_CODE };
  if ((selector | 3) === USER_DS) return { ...flat, attributes: FLAT_DATA };
  const local = (selector & 4) !== 0 ? localSegment(selector, tables.ldt) : undefined;
  return local ?? { selector, base: 0, limit: 0, attributes: 0 };
}

const insn = new Instruction();
const bytes = new Uint8Array(MAX_LENGTH);

/** The instruction at a linear address. */
function instructionAt(c: FuzzCase, raw: RawOutcome, linear: number, cs: SegmentState): Instruction | undefined {
  for (let n = 0; n < MAX_LENGTH; n++) bytes[n] = byteAt(c, (linear + n) >>> 0, raw.written);
  const code32 = (cs.attributes & 0x40_0000) !== 0;
  return decode(bytes, 0, MAX_LENGTH, code32, insn) === DecodeStatus.Ok ? insn : undefined;
}

/** A page fault's error code as the case's own page tables would make it. */
function pageFaultError(raw: RawOutcome, tables: HostTables): number {
  // A supervisor's page is one that is absent, for a process.
  const present = tables.supervisor(raw.cr2) ? PF_PRESENT : 0;
  return (raw.error & ~PF_FETCH) | present;
}

/** The ending, and how far EIP goes on. */
function endingOf(c: FuzzCase, raw: RawOutcome, tables: HostTables, cs: SegmentState): [Ending, number] | undefined {
  const linear = (cs.base + raw.eip) >>> 0;
  const software = (vector: number): Ending => ({ kind: 'exception', vector, software: true, errorCode: undefined });
  if (raw.ending === END_SYSTEM_CALL) {
    const called =
      byteAt(c, (linear - 2) >>> 0, raw.written) === 0xcd && byteAt(c, (linear - 1) >>> 0, raw.written) === VEC_LINUX;
    return called ? [software(VEC_LINUX), 0] : undefined;
  }
  if (raw.ending !== END_EXCEPTION) return undefined;
  const { trap: vector } = raw;
  if (vector === VEC_BP || vector === VEC_OF) return [software(vector), 0];
  if (vector === VEC_GP && (raw.error & 7) === ERROR_IDT) {
    // Gates are the supervisor's: INT n fails, and names n.
    const called = instructionAt(c, raw, linear, cs);
    if (called?.row.mnemonic !== 'int' || (called.imm & 0xff) !== raw.error >>> 3) return undefined;
    return [software(raw.error >>> 3), called.length];
  }
  if (vector === VEC_DB) {
    // Of INT1 hypervisors may give the address of the instruction itself, though it is a trap.
    const trapped = instructionAt(c, raw, linear, cs);
    const further = trapped?.row.mnemonic === 'int1' ? trapped.length : 0;
    return [{ kind: 'exception', vector, software: false, errorCode: undefined }, further];
  }
  const errorCode = vector === VEC_PF ? pageFaultError(raw, tables) : pushesErrorCode(vector) ? raw.error : undefined;
  return [{ kind: 'exception', vector, software: false, errorCode }, 0];
}

/** The outcome of a case; undefined where the host could not judge it. */
export function outcomeOf(c: FuzzCase, raw: RawOutcome, tables: HostTables): Outcome | undefined {
  if (raw.selectors.some(linuxOnly)) return undefined;
  const { initial } = c;
  const segments = [...initial.segments];
  for (let n = 0; n < 6; n++) segments[n] = segmentOf(raw.selectors[n]!, segments[n]!, tables);
  const found = endingOf(c, raw, tables, segments[CS]!);
  if (found === undefined) return undefined;
  const [ending, further] = found;
  return {
    ending,
    retired: undefined,
    state: {
      ...initial,
      ...raw.fpu,
      gpr: raw.gpr,
      eip: (raw.eip + further) >>> 0,
      // Of a fault it is the pushed image, with RF.
      eflags: raw.eflags & ~RF,
      segments,
      cr2: ending.kind === 'exception' && ending.vector === VEC_PF && !ending.software ? raw.cr2 : initial.cr2,
    },
    written: raw.written,
    accesses: undefined,
  };
}
