/**
 * Whether Unicorn's outcome of a case is evidence: looks at what it executed, and finds what limits.ts lists.
 */
import { ATTR_DB, ATTR_S } from '../../../src/cpu/descriptors.ts';
import * as R from '../../../src/cpu/registers.ts';
import { DecodeStatus, decode } from '../../../src/decoder/decode.ts';
import { Instruction, Prefix } from '../../../src/decoder/instruction.ts';
import { type ArchState, CASE_MEMORY, type FuzzCase } from '../../case.ts';
import { aheadLimit, type Faulted, faultLimit, fetchLimit, readsAndWrites } from './fault-limits.ts';
import { FloatingView, type UnknownBits } from './floating-view.ts';
import type { UnicornLimit } from './limits.ts';
import { RunView } from './run-view.ts';
import { codeWithinLimit } from './segment-view.ts';
import type { ChildAnswer } from './words.ts';

/** Undefined encodings that it carries out, behind prefixes; in hexadecimal digits. */
const CARRIED_OUT: readonly (readonly [RegExp, UnicornLimit])[] = (
  [
    // SYSCALL and SYSRET, 3DNow!, SSE4a, RDTSCP; VEX, where LES and LDS have no memory.
    ['0f(0[57ef]|78|79|01f9)|c[45][c-f]', 'model'],
    // Groups 1A and 11, of which only /0 is anything.
    ['8f|c6|c7', 'groups'],
    // MOVMSKPS, and shifts by an immediate, of memory.
    ['0f(50|7[123])[0-9ab]', 'register-only'],
  ] as const
).map(([code, limit]) => [new RegExp(`^(26|2e|36|3e|6[4-7]|f[23])*(${code})`), limit]);

/** 66, F2 or F3 among the prefixes of an opcode of two bytes. */
const PREFIXED = /^(26|2e|36|3e|6[4-7]|f[23])*(66|f[23])(26|2e|36|3e|6[4-7]|f[23])*0f/;

const insn = new Instruction();

/** Why Unicorn cannot judge a case, whatever comes of it. */
export function caseLimit(c: FuzzCase): UnicornLimit | undefined {
  if (c.interrupts.length > 0) return 'interrupts';
  if ((c.initial.dr[5]! & 0x20ff) !== 0) return 'breakpoints';
  const { gdtr, cr0, cr4, eflags, segments } = c.initial;
  if ((cr4 & (R.CR4_UMIP | R.CR4_SMEP | R.CR4_SMAP)) !== 0) return 'guards';
  const segmented = (cr0 & R.CR0_PE) !== 0 && (eflags & R.VM) === 0;
  if (segmented && Math.max(gdtr.base, segments[R.LDTR]!.base) >= CASE_MEMORY) return 'high-tables';
  return undefined;
}

/** What an outcome is worth: a reason why it is none, or what of it is. */
export type Judgement =
  | { readonly limit: UnicornLimit }
  | {
      readonly limit: undefined;
      /** What Unicorn leaves out put in. */
      readonly state: ArchState;
      readonly unknown: UnknownBits;
      /** The error code may be wrong. */
      readonly unknownError: boolean;
    };

/** Limits that concern the answer as a whole. */
function answerLimit(c: FuzzCase, answer: ChildAnswer): UnicornLimit | undefined {
  if (answer.ending === 'error') return 'error';
  if (answer.traceCut) return 'trace-cut';
  if (answer.diverged) return 'watched';
  if (answer.ending === 'exception' && c.exceptions === 'deliver') return 'delivery';
  if (answer.codeWritten) return 'self-modified';
  const { state } = answer;
  const cs = state.segments[R.CS]!;
  return state.eip > cs.limit && (cs.attributes & ATTR_S) !== 0 ? 'code-limit' : undefined;
}

/** LTR makes the task busy in its descriptor, and Unicorn does not in TR (SDM vol. 3 section 7.2.2). */
function withTask(state: ArchState, loaded: boolean): ArchState {
  if (!loaded) return state;
  const segments = state.segments.map((s, n) => (n === R.TR ? { ...s, attributes: s.attributes | 0x200 } : s));
  return { ...state, segments };
}

/** What an outcome of Unicorn's is worth. */
export function judge(c: FuzzCase, answer: ChildAnswer): Judgement {
  const whole = answerLimit(c, answer);
  if (whole !== undefined) return { limit: whole };
  const { trace, state } = answer;
  const raised = answer.ending === 'exception';
  const view = new RunView(c, state, insn);
  const floating = new FloatingView(c, state);
  let unknownError = false;
  for (let n = 0; n < trace.length; n++) {
    const traced = trace[n]!;
    const last = n === trace.length - 1;
    // Of a repeated instruction each iteration is here.
    const faulted = last && raised && answer.retired < trace.length;
    const after = trace[n + 1]?.segments ?? state.segments;
    const status = decode(traced.code, 0, 16, (traced.segments[R.CS]!.attributes & ATTR_DB) !== 0, insn);
    const length = status === DecodeStatus.Ok ? insn.length : 15;
    if (!codeWithinLimit(traced.segments, traced.at, length)) return { limit: 'code-limit' };
    if (status === DecodeStatus.Ok) {
      const limit = view.begun(traced, after);
      if (limit !== undefined) return { limit };
    } else {
      if ((insn.prefixes & Prefix.Lock) !== 0) return { limit: 'lock' };
      const code = Buffer.from(traced.code).toString('hex');
      const carried = CARRIED_OUT.find(([pattern]) => pattern.test(code));
      if (carried !== undefined) return { limit: carried[1] };
      if (!faulted && PREFIXED.test(code)) return { limit: 'no-prefix' };
      const repeats = (insn.prefixes & (Prefix.Rep | Prefix.Repne)) !== 0;
      if (repeats && (insn.prefixes & Prefix.OperandSize) !== 0) return { limit: 'mandatory-prefix' };
    }
    let limit: UnicornLimit | undefined;
    if (faulted) {
      const fault: Faulted = { insn, status, traced, typed: view.typed, areas: view.areas };
      limit = faultLimit(c, fault, answer);
      if (answer.vector === 14 && view.checksAlignment) limit ??= 'alignment';
      unknownError = answer.vector === 14 && readsAndWrites(insn);
    } else if (status === DecodeStatus.Ok) {
      limit = view.retired(traced, last) ?? floating.retired(insn, traced);
    }
    if (limit !== undefined) return { limit };
  }
  const [task, first] = [state.segments[R.TR]!, c.initial.segments[R.TR]!];
  if (raised && answer.vector === 1 && (state.dr[4]! & 15) !== 0) return { limit: 'breakpoints' };
  const switched = task.selector !== first.selector || task.attributes !== first.attributes;
  if (raised && switched) return { limit: 'task-fault' };
  const fetching = raised && answer.vector === 14 && answer.retired >= trace.length;
  // Stopped by the count, it has looked at the next instruction.
  if (fetching && answer.retired >= c.steps) return { limit: 'fetch-ahead' };
  const limit = (fetching ? fetchLimit(c, answer) : aheadLimit(c, answer)) ?? floating.end(state);
  if (limit !== undefined) return { limit };
  return {
    limit,
    state: withTask(floating.completed(state), view.taskLoaded),
    unknown: floating.unknown,
    unknownError,
  };
}
