/**
 * Segment checks that Unicorn leaves out (SDM vol. 3 sections 5.3 to 5.5): whether the accesses it was seen to make
 * would have been within limits and rights. Where not, what it did is no evidence.
 */
import { ATTR_CODE, ATTR_DB, ATTR_EC, ATTR_RW } from '../../../src/cpu/descriptors.ts';
import { CS, ES, SS } from '../../../src/cpu/registers.ts';
import { type Instruction, K } from '../../../src/decoder/instruction.ts';
import type { SegmentState } from '../../case.ts';
import type { UnicornLimit } from './limits.ts';
import type { TracedInstruction } from './words.ts';

const named = (names: string) => new Set(names.split(' '));

const STACK = named(
  'push pop pusha popa pushf popf call ret callf retf enter leave int int3 into iret jmpf pushw popw',
);
const TO_ES = named('movs stos scas cmps ins');
const FROM_SOURCE = named('movs cmps lods outs xlat maskmovq maskmovdqu');
/** These touch descriptor tables and task segments, beside their operands. */
const SYSTEM = named(
  'mov pop lds les lfs lgs lss callf jmpf retf iret int int3 into lldt ltr lar lsl verr verw in out ins outs',
);

/** Whether [offset, offset + size) may be accessed; the reason why not. */
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

/** Segments through which an instruction accesses memory. */
function segmentsUsed(insn: Instruction): Set<number> {
  const used = new Set<number>();
  const { mnemonic } = insn.row;
  if (insn.k0 === K.Mem || insn.k1 === K.Mem || insn.k2 === K.Mem || FROM_SOURCE.has(mnemonic)) used.add(insn.segment);
  if (TO_ES.has(mnemonic)) {
    used.add(ES);
    // Strings' operands may be written down as memory of DS.
    if (!FROM_SOURCE.has(mnemonic)) used.delete(insn.segment);
  }
  if (STACK.has(mnemonic)) used.add(SS);
  return used;
}

/** Linear areas that belong to the system: descriptor tables and task segments. */
export type SystemAreas = readonly { readonly base: number; readonly limit: number }[];

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
  const { segments } = traced;
  const used = segmentsUsed(insn);
  const system = SYSTEM.has(insn.row.mnemonic);
  for (const { at, size, write } of traced.accesses) {
    let why: UnicornLimit | undefined = 'segment-limit';
    for (const n of used) {
      why = segmentAllows(segments[n]!, at, size, write, typed);
      if (why === undefined) break;
    }
    if (why === undefined) continue;
    if (system && areas.some((a) => (at - a.base) >>> 0 <= a.limit)) continue;
    if (system && segmentAllows(after[SS]!, at, size, write, typed) === undefined) continue;
    return why;
  }
  return undefined;
}

/** Whether `length` bytes of code at a linear address lie within CS. */
export function codeWithinLimit(segments: readonly SegmentState[], at: number, length: number): boolean {
  const cs = segments[CS]!;
  return ((at - cs.base) >>> 0) + length - 1 <= cs.limit;
}
