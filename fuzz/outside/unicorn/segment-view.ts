/**
 * Segment checks that Unicorn leaves out (SDM vol. 3 sections 5.3 to 5.5): whether the accesses it was seen to make
 * would have been within limits and rights. Where not, what it did is no evidence.
 */
import { ATTR_CODE, ATTR_DB, ATTR_EC, ATTR_RW } from '../../../src/cpu/descriptors.ts';
import { CS, ES, SS } from '../../../src/cpu/registers.ts';
import { type Instruction, K } from '../../../src/decoder/instruction.ts';
import type { SegmentState } from '../../case.ts';
import type { UnicornLimit } from './limits.ts';
import type { TracedAccess, TracedInstruction } from './words.ts';

const named = (names: string) => new Set(names.split(' '));

/** Far transfers, which may end on another stack. */
export const FAR: ReadonlySet<string> = named('callf jmpf retf iret');
/** These read through memory's operand and write to the stack, or the other way round. */
const PUSHING = named('push call callf int int3 into');
const POPPING = named('pop');
const STACK = named('push pop pusha popa pushf popf call ret callf retf enter leave int int3 into iret pushw popw');
const TO_ES = named('stos scas ins');
/** DS:ESI, DS:EBX, DS:EDI, or the segment of an override. */
const IMPLIED = named('lods outs xlat maskmovq maskmovdqu');
/** They touch descriptor tables and task segments, beside their operands. */
const SYSTEM = named('lds les lfs lgs lss callf jmpf retf iret int int3 into lldt ltr lar lsl verr verw');
/** Their operand in memory takes two accesses. */
export const FAR_POINTER: ReadonlySet<string> = named('lds les lfs lgs lss callf jmpf');

/** Whether [address, address + size) may be accessed; the reason why not. */
export function segmentAllows(
  s: SegmentState,
  address: number,
  size: number,
  write: boolean,
  typed: boolean,
): UnicornLimit | undefined {
  const { attributes, limit } = s;
  if (attributes === 0) return 'null-segment';
  const code = (attributes & ATTR_CODE) !== 0;
  if (typed) {
    if (write && (code || (attributes & ATTR_RW) === 0)) return 'segment-type';
    if (!write && code && (attributes & ATTR_RW) === 0) return 'segment-type';
  }
  const first = (address - s.base) >>> 0;
  const last = first + size - 1;
  if (!code && (attributes & ATTR_EC) !== 0) {
    const top = (attributes & ATTR_DB) !== 0 ? 0xffff_ffff : 0xffff;
    return first > limit && last <= top ? undefined : 'segment-limit';
  }
  return last <= limit ? undefined : 'segment-limit';
}

const hasMemory = (insn: Instruction) => insn.k0 === K.Mem || insn.k1 === K.Mem || insn.k2 === K.Mem;

/** Segments through which an instruction may have made its `n`-th access. */
function segmentsOf(insn: Instruction, write: boolean, n: number): readonly number[] {
  const { mnemonic } = insn.row;
  if (mnemonic === 'movs') return [write ? ES : insn.segment];
  // Unicorn reads EDI's operand first.
  if (mnemonic === 'cmps') return [(n & 1) === 0 ? ES : insn.segment];
  if (TO_ES.has(mnemonic)) return [ES];
  if (IMPLIED.has(mnemonic)) return [insn.segment];
  if (!STACK.has(mnemonic)) return [insn.segment];
  if (!hasMemory(insn)) return [SS];
  if (PUSHING.has(mnemonic)) return [write ? SS : insn.segment];
  if (POPPING.has(mnemonic)) return [write ? insn.segment : SS];
  return [insn.segment, SS];
}

/** How many accesses are to the operand or the stack, before those to tables; more than any where there are none. */
function ownAccesses(insn: Instruction): number {
  const { mnemonic } = insn.row;
  const toSegment = insn.k0 === K.Sreg && (mnemonic === 'mov' || mnemonic === 'pop');
  if (!SYSTEM.has(mnemonic) && !toSegment) return Number.POSITIVE_INFINITY;
  if (mnemonic === 'pop' || mnemonic === 'retf' || mnemonic === 'iret') return 1;
  return hasMemory(insn) ? (FAR_POINTER.has(mnemonic) ? 2 : 1) : 0;
}

/** The first access, as long as the operand in memory is where it is to that: parts of it may not be looked at. */
function wholeOperand(insn: Instruction, access: TracedAccess): TracedAccess {
  const { mnemonic } = insn.row;
  if (!hasMemory(insn) || POPPING.has(mnemonic) || TO_ES.has(mnemonic) || /^(movs|cmps|lods|outs)$/.test(mnemonic)) {
    return access;
  }
  const size = insn.k0 === K.Mem ? insn.s0 : insn.k1 === K.Mem ? insn.s1 : insn.s2;
  return size > access.size ? { ...access, size } : access;
}

/** Linear areas that belong to the system: descriptor tables and task segments. */
export type SystemAreas = readonly { readonly base: number; readonly limit: number }[];

/** Why one access, at which an instruction has faulted, would not have been allowed. */
export function accessForbidden(
  insn: Instruction,
  segments: readonly SegmentState[],
  access: TracedAccess,
  n: number,
  typed: boolean,
): UnicornLimit | undefined {
  let why: UnicornLimit | undefined;
  for (const segment of segmentsOf(insn, access.write, n)) {
    why = segmentAllows(segments[segment]!, access.at, access.size, access.write, typed);
    if (why === undefined) return undefined;
  }
  return why;
}

/**
 * Why the accesses of an instruction would not all have been allowed.
 * @param typed types count: protected mode
 * @param after segments behind the instruction: an inner stack is one of them
 */
export function accessesForbidden(
  insn: Instruction,
  traced: TracedInstruction,
  typed: boolean,
  areas: SystemAreas,
  after: readonly SegmentState[],
): UnicornLimit | undefined {
  const { accesses, segments } = traced;
  const own = ownAccesses(insn);
  for (let n = 0; n < accesses.length; n++) {
    const access = n === 0 ? wholeOperand(insn, accesses[0]!) : accesses[n]!;
    const why = accessForbidden(insn, segments, access, n, typed);
    if (why === undefined) continue;
    if (n >= own && areas.some((a) => (access.at - a.base) >>> 0 <= a.limit)) continue;
    const inner = FAR.has(insn.row.mnemonic) && n >= own;
    if (inner && segmentAllows(after[SS]!, access.at, access.size, access.write, typed) === undefined) continue;
    return why;
  }
  return undefined;
}

/** Whether `length` bytes of code at a linear address lie within CS. */
export function codeWithinLimit(segments: readonly SegmentState[], at: number, length: number): boolean {
  const cs = segments[CS]!;
  return ((at - cs.base) >>> 0) + length - 1 <= cs.limit;
}
