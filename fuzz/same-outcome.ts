/**
 * Whether two outcomes are the same, found without spelling them out: by the words of a vCPU. What is not found to be the same
 * here may still be, and is compared part by part (compare.ts).
 */
import * as L from '../src/cpu/layout.ts';
import { CASE_MEMORY, type Ending, type Outcome, type Patch } from './case.ts';
import { EngineOutcome } from './engines/engine-outcome.ts';
import { IMAGE_WORDS, wordOfOffset, writeImage } from './engines/state-words.ts';
import type { Knowledge } from './oracle.ts';

/** Below are tables of the system, whose accessed and dirty bits only oracles of the whole system see. */
export const USER_MEMORY = 0x1_0000;

function sameEnding(a: Ending, b: Ending): boolean {
  if (a.kind === 'failed' || a.kind !== b.kind) return false;
  if (a.kind !== 'exception' || b.kind !== 'exception') return true;
  return a.vector === b.vector && a.software === b.software && a.errorCode === b.errorCode;
}

function sameBytes(a: Patch, b: Patch): boolean {
  if (a.at !== b.at || a.bytes.length !== b.bytes.length) return false;
  for (let n = 0; n < a.bytes.length; n++) if (a.bytes[n] !== b.bytes[n]) return false;
  return true;
}

/** @param from memory below is not looked at, where no patch reaches across */
function sameMemory(a: readonly Patch[], b: readonly Patch[], from: number): boolean {
  const within = ({ at, bytes }: Patch) => at + bytes.length > from && at < CASE_MEMORY;
  const [x, y] = [a.filter(within), b.filter(within)];
  return x.length === y.length && x.every((patch, n) => sameBytes(patch, y[n]!));
}

function sameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  return a.length === b.length && a.every((text, n) => text === b[n]);
}

/** Words [from, to) of an image, by offsets in the layout. */
const words = (from: number, to: number): readonly [number, number] => [wordOfOffset(from), wordOfOffset(to - 4) + 1];
const one = (offset: number) => words(offset, offset + 4);

const SYSTEM_WORDS: readonly (readonly [number, number])[] = [
  one(L.CPL),
  one(L.CR0),
  one(L.CR3),
  one(L.CR4),
  words(L.DR, L.DR + 32),
  ...[L.GDTR_BASE, L.GDTR_LIMIT, L.IDTR_BASE, L.IDTR_LIMIT].map(one),
  words(L.SYSENTER_CS, L.SYSENTER_CS + 12),
  words(L.SEGMENTS + 6 * L.SEGMENT_SIZE, L.SEGMENTS + 8 * L.SEGMENT_SIZE),
];
const CACHE_WORDS = Array.from({ length: 6 }, (_, n) =>
  words(L.SEGMENTS + n * L.SEGMENT_SIZE + 4, L.SEGMENTS + (n + 1) * L.SEGMENT_SIZE),
);
const POINTER_WORDS = [L.FPU_OPCODE, L.FPU_IP, L.FPU_CS, L.FPU_DP, L.FPU_DS].map(one);
const EFLAGS = wordOfOffset(L.EFLAGS);
const CR2 = one(L.CR2);

const other = new Int32Array(IMAGE_WORDS);

/** Whether a state is that of an image, as far as an oracle knows. */
function sameState(image: Int32Array, outcome: Outcome, knows: Knowledge): boolean {
  other.set(image);
  writeImage(outcome.state, other);
  const { ending } = outcome;
  const pageFault = ending.kind === 'exception' && ending.vector === 14 && !ending.software;
  const unknown = [
    ...(knows.system ? [] : SYSTEM_WORDS),
    ...(knows.segmentCaches ? [] : CACHE_WORDS),
    ...(knows.fpuPointers ? [] : POINTER_WORDS),
    ...(knows.cr2 && (knows.system || pageFault) ? [] : [CR2]),
  ];
  for (const [from, to] of unknown) for (let n = from; n < to; n++) other[n] = image[n]!;
  other[EFLAGS] = (other[EFLAGS]! & knows.eflags) | (image[EFLAGS]! & ~knows.eflags);
  for (let n = 0; n < IMAGE_WORDS; n++) if (other[n] !== image[n]) return false;
  return true;
}

/** Whether two outcomes are found to be the same. `knows`: what is known of both. */
export function sameOutcome(a: Outcome, b: Outcome, knows: Knowledge): boolean {
  if (!(a instanceof EngineOutcome)) return b instanceof EngineOutcome && sameOutcome(b, a, knows);
  if (!sameEnding(a.ending, b.ending) || !sameList(a.accesses, b.accesses)) return false;
  if (b instanceof EngineOutcome) {
    if (a.retired !== b.retired || a.flags !== b.flags) return false;
    for (let n = 0; n < IMAGE_WORDS; n++) if (a.image[n] !== b.image[n]) return false;
    return sameMemory(a.written, b.written, 0);
  }
  if (b.retired !== undefined && a.retired !== b.retired) return false;
  return sameState(a.image, b, knows) && sameMemory(a.written, b.written, knows.system ? 0 : USER_MEMORY);
}
