/**
 * Compares what two oracles say of a case, as far as both know. An empty list means that they agree.
 */

import { stateName } from '../src/translator/print-ir.ts';
import {
  type ArchState,
  CASE_MEMORY,
  type Ending,
  type Outcome,
  type Patch,
  SEGMENT_NAMES,
  type SegmentState,
} from './case.ts';
import { EngineOutcome } from './engines/engine-outcome.ts';
import { offsetOfWord } from './engines/state-words.ts';
import type { Executed } from './engines/trace.ts';
import type { Knowledge, Oracle } from './oracle.ts';
import { sameOutcome, USER_MEMORY } from './same-outcome.ts';
import { type Mask, maskOf } from './undefined.ts';

/** One thing in which two outcomes differ, spelt out. */
export interface Difference {
  /** "eax", "eflags", "cs.limit", "memory at 40010", "ending". */
  readonly what: string;
  readonly left: string;
  readonly right: string;
}

/** An outcome and what its oracle knows. */
export interface Testimony {
  readonly oracle: Pick<Oracle, 'name' | 'independent' | 'knows'>;
  readonly outcome: Outcome;
}

const REGISTERS = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
/** Differences listed of one case. */
const MAX_DIFFERENCES = 64;

const EXACT: Mask = maskOf([]);

const hex = (value: number) => (value >>> 0).toString(16);

/** How a run ended, in words. */
export function endingText(ending: Ending): string {
  switch (ending.kind) {
    case 'exception': {
      const code = ending.errorCode === undefined ? '' : `(${hex(ending.errorCode)})`;
      return `${ending.software ? 'software interrupt' : 'exception'} ${ending.vector}${code}`;
    }
    case 'failed':
      return `failed: ${ending.message}`;
    default:
      return ending.kind;
  }
}

/** #NP, #SS, #GP, #PF, #AC: what a memory access may raise. */
const MEMORY_FAULTS: ReadonlySet<number> = new Set([11, 12, 13, 14, 17]);
const isMemoryFault = (e: Ending) => e.kind === 'exception' && !e.software && MEMORY_FAULTS.has(e.vector);
const isPageFault = (e: Ending) => isMemoryFault(e) && e.kind === 'exception' && e.vector === 14;

function sameEnding(a: Ending, b: Ending, mask: Mask = EXACT): boolean {
  if (a.kind === 'failed' || b.kind === 'failed') return false;
  if (a.kind !== 'exception' || b.kind !== 'exception') return a.kind === b.kind;
  if (mask.fault && isMemoryFault(a) && isMemoryFault(b)) return true;
  if (a.vector !== b.vector || a.software !== b.software) return false;
  return a.unknownError === true || b.unknownError === true || a.errorCode === b.errorCode;
}

/** Collects differences. */
class Findings {
  readonly list: Difference[] = [];

  add(what: string, left: string, right: string): void {
    if (this.list.length < MAX_DIFFERENCES) this.list.push({ what, left, right });
  }

  number(what: string, left: number, right: number, bits = -1): void {
    if (((left ^ right) & bits) !== 0) this.add(what, hex(left & bits), hex(right & bits));
  }

  text(what: string, left: string, right: string): void {
    if (left !== right) this.add(what, left, right);
  }
}

/** The words of two of this project's engines that no field of ArchState shows. */
function compareWords(a: Outcome, b: Outcome, found: Findings): void {
  if (!(a instanceof EngineOutcome) || !(b instanceof EngineOutcome)) return;
  found.number('interrupt shadow', a.flags, b.flags);
  if (found.list.length > 0) return;
  for (let n = 0; n < a.image.length; n++) {
    const offset = offsetOfWord(n);
    found.number(offset < 0 ? `pdpte word ${n}` : stateName(offset), a.image[n]!, b.image[n]!);
  }
}

const BOTH = (a: Knowledge, b: Knowledge): Knowledge => ({
  system: a.system && b.system,
  segmentCaches: a.segmentCaches && b.segmentCaches,
  fpuPointers: a.fpuPointers && b.fpuPointers,
  eflags: a.eflags & b.eflags,
  cr2: a.cr2 && b.cr2,
});

/**
 * A null selector's level is lost whenever a processor returns from an interrupt of its own system to user code: an
 * oracle that only sees selectors is such a processor, and is interrupted at any time.
 */
function isClearedNull(a: SegmentState, b: SegmentState, knows: Knowledge): boolean {
  return !knows.segmentCaches && a.selector === 0 && b.selector <= 3;
}

function compareSegments(a: ArchState, b: ArchState, knows: Knowledge, found: Findings): void {
  for (let n = 0; n < (knows.system ? 8 : 6); n++) {
    const name = SEGMENT_NAMES[n]!;
    const [x, y] = [a.segments[n]!, b.segments[n]!];
    if (!isClearedNull(x, y, knows) && !isClearedNull(y, x, knows)) found.number(name, x.selector, y.selector);
    if (!knows.segmentCaches) continue;
    found.number(`${name}.base`, x.base, y.base);
    found.number(`${name}.limit`, x.limit, y.limit);
    found.number(`${name}.attributes`, x.attributes, y.attributes);
  }
}

function compareSystem(a: ArchState, b: ArchState, found: Findings): void {
  found.number('cpl', a.cpl, b.cpl);
  found.number('cr0', a.cr0, b.cr0);
  found.number('cr3', a.cr3, b.cr3);
  found.number('cr4', a.cr4, b.cr4);
  for (let n = 0; n < 6; n++) found.number(`dr${n < 4 ? n : n + 2}`, a.dr[n]!, b.dr[n]!);
  for (const table of ['gdtr', 'idtr'] as const) {
    found.number(`${table}.base`, a[table].base, b[table].base);
    found.number(`${table}.limit`, a[table].limit, b[table].limit);
  }
  for (let n = 0; n < 3; n++) found.number(`sysenter_${['cs', 'esp', 'eip'][n]}`, a.sysenter[n]!, b.sysenter[n]!);
}

/** Whether two 80-bit numbers are the same but for their last bits. */
function nearF80(a: string, b: string, ulps: number): boolean {
  if (ulps === 0) return false;
  const [x, y] = [BigInt(`0x${a}`), BigInt(`0x${b}`)];
  const sign = 1n << 79n;
  if ((x & sign) !== (y & sign)) return false;
  // Sign, exponent and significand in a row are ordered as the numbers are, but for the explicit first bit.
  const ordered = (v: bigint) => ((v >> 64n) << 63n) | (v & ((1n << 63n) - 1n));
  const distance = ordered(x) - ordered(y);
  return (distance < 0n ? -distance : distance) <= BigInt(ulps);
}

const SINGLE = new DataView(new ArrayBuffer(4));
function single(digits: string): number {
  SINGLE.setUint32(0, Number.parseInt(digits, 16));
  return SINGLE.getFloat32(0);
}

function nearSingles(a: string, b: string, relative: number): boolean {
  if (relative === 0) return false;
  for (let n = 0; n < 32; n += 8) {
    const [x, y] = [a.slice(n, n + 8), b.slice(n, n + 8)];
    const [p, q] = [single(x), single(y)];
    if (x !== y && !(Math.abs(p - q) <= relative * Math.max(Math.abs(p), Math.abs(q)))) return false;
  }
  return true;
}

function compareX87(a: ArchState, b: ArchState, mask: Mask, unknownStatus: number, found: Findings): void {
  found.number('fpu.control', a.fpu.control, b.fpu.control);
  found.number('fpu.status', a.fpu.status, b.fpu.status, ~(mask.fpuStatus | unknownStatus));
  if (!mask.fpuTags) found.number('fpu.empty', a.fpu.empty, b.fpu.empty);
  for (let n = 0; n < 8; n++) {
    const [x, y] = [a.fpu.registers[n]!, b.fpu.registers[n]!];
    if (x !== y && !nearF80(x, y, mask.fpuUlps)) found.add(`fpr${n}`, x, y);
  }
}

function compareFloating(x: Outcome, y: Outcome, knows: Knowledge, mask: Mask, found: Findings): void {
  const [a, b] = [x.state, y.state];
  const unknown = {
    fpuStatus: (x.unknown?.fpuStatus ?? 0) | (y.unknown?.fpuStatus ?? 0),
    mxcsr: (x.unknown?.mxcsr ?? 0) | (y.unknown?.mxcsr ?? 0),
  };
  if (!mask.fpu) compareX87(a, b, mask, unknown.fpuStatus, found);
  for (let n = 0; n < 8; n++) {
    const [v, w] = [a.xmm[n]!, b.xmm[n]!];
    if (v !== w && !nearSingles(v, w, mask.xmmRelative)) found.add(`xmm${n}`, v, w);
  }
  found.number('mxcsr', a.mxcsr, b.mxcsr, ~unknown.mxcsr);
  if (!knows.fpuPointers || mask.fpu) return;
  for (const field of ['opcode', 'ip', 'cs', 'dp', 'ds'] as const) {
    found.number(`fpu.${field}`, a.fpu[field], b.fpu[field]);
  }
}

/** Bytes written, by address; `from` on, and not masked. */
function bytesOf(written: readonly Patch[], from: number, mask: Mask): Map<number, number> {
  const out = new Map<number, number>();
  for (const { at, bytes } of written) {
    for (let n = 0; n < bytes.length; n++) if (at + n >= from && at + n < CASE_MEMORY) out.set(at + n, bytes[n]!);
  }
  for (const { at, length } of mask.memory) for (let n = 0; n < length; n++) out.delete(at + n);
  return out;
}

function compareMemory(a: Outcome, b: Outcome, from: number, mask: Mask, found: Findings): void {
  const [x, y] = [bytesOf(a.written, from, mask), bytesOf(b.written, from, mask)];
  const differ = [...new Set([...x.keys(), ...y.keys()])].filter((at) => x.get(at) !== y.get(at));
  differ.sort((p, q) => p - q);
  const text = (bytes: Map<number, number>, first: number, last: number) => {
    const out: string[] = [];
    for (let at = first; at <= last; at++) out.push(bytes.get(at)?.toString(16).padStart(2, '0') ?? '..');
    return out.join(' ');
  };
  for (let n = 0; n < differ.length; ) {
    const first = differ[n]!;
    let last = first;
    // Runs of up to 16 bytes; ".." is a byte as it was.
    for (n++; n < differ.length && differ[n]! === last + 1 && last - first < 15; n++) last = differ[n]!;
    found.add(`memory at ${hex(first)}`, text(x, first, last), text(y, first, last));
  }
}

function compareAll(a: Testimony, b: Testimony, mask: Mask): readonly Difference[] {
  const found = new Findings();
  const knows = BOTH(a.oracle.knows, b.oracle.knows);
  const [x, y] = [a.outcome, b.outcome];
  if (!sameEnding(x.ending, y.ending, mask)) found.add('ending', endingText(x.ending), endingText(y.ending));
  if (x.retired !== undefined && y.retired !== undefined) found.number('retired', x.retired, y.retired);
  const [s, t] = [x.state, y.state];
  REGISTERS.forEach((name, n) => {
    if (((mask.gpr >> n) & 1) === 0) found.number(name, s.gpr[n]!, t.gpr[n]!);
  });
  found.number('eip', s.eip, t.eip);
  found.number('eflags', s.eflags, t.eflags, knows.eflags & ~mask.eflags);
  compareSegments(s, t, knows, found);
  if (knows.system) compareSystem(s, t, found);
  const pageFault = isPageFault(x.ending) || isPageFault(y.ending);
  if (knows.cr2 && (knows.system || pageFault) && !(mask.fault && pageFault)) found.number('cr2', s.cr2, t.cr2);
  compareFloating(x, y, knows, mask, found);
  compareMemory(x, y, knows.system ? 0 : USER_MEMORY, mask, found);
  if (x.accesses && y.accesses) found.text('accesses', x.accesses.join(', '), y.accesses.join(', '));
  compareWords(x, y, found);
  return found.list;
}

/**
 * Compares two outcomes of a case.
 * @param executed what the case executes (engines/trace.ts); asked for only where one oracle is independent and
 *   something differs, to leave out what is undefined
 * @returns what differs; undefined where the two cannot be compared
 */
export function compareOutcomes(
  a: Testimony,
  b: Testimony,
  executed: () => readonly Executed[],
): readonly Difference[] | undefined {
  if (sameOutcome(a.outcome, b.outcome, BOTH(a.oracle.knows, b.oracle.knows))) return [];
  const [x, y] = [a.outcome, b.outcome];
  const failed = x.ending.kind === 'failed' || y.ending.kind === 'failed';
  // Whoever does not count has gone on where the other one stopped.
  const cutOff = (p: Outcome, q: Outcome) =>
    p.ending.kind === 'steps' && q.retired === undefined && q.ending.kind !== 'steps';
  if (!failed && (cutOff(x, y) || cutOff(y, x))) return undefined;
  const exact = compareAll(a, b, EXACT);
  if (exact.length === 0 || failed || (!a.oracle.independent && !b.oracle.independent)) return exact;
  const mask = maskOf(executed());
  if (mask.unjudged !== undefined) return undefined;
  return compareAll(a, b, mask);
}

/** A difference as a line of text. */
export function differenceText(d: Difference, left: string, right: string): string {
  return `${d.what}: ${left} ${d.left}, ${right} ${d.right}`;
}
