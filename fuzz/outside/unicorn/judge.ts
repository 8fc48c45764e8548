/**
 * Whether Unicorn's outcome of a case is evidence: looks at what it executed, and finds what limits.ts lists.
 */
import { ATTR_DB, ATTR_S } from '../../../src/cpu/descriptors.ts';
import { AC, CR0_AM, CR0_PE, CS, LDTR, TR, VM } from '../../../src/cpu/registers.ts';
import { DecodeStatus, decode } from '../../../src/decoder/decode.ts';
import { Instruction, K, Prefix } from '../../../src/decoder/instruction.ts';
import type { ArchState, FuzzCase } from '../../case.ts';
import type { UnicornLimit } from './limits.ts';
import { accessesForbidden, codeWithinLimit, type SystemAreas } from './segment-view.ts';
import type { ChildAnswer, TracedInstruction } from './words.ts';

const named = (names: string) => new Set(names.split(' '));

const UNIMPLEMENTED = named('sysenter sysexit int1 rsm monitor mwait');
const MODEL = named('cpuid rdtsc rdmsr wrmsr rdpmc');
/** Of the x87's: these neither compute nor look at the stack. */
const X87_CONTROL = named('fninit fnclex fnstcw fneni fndisi fnsetpm');
/** Of SSE's: these compute nothing in floating point. */
const SSE_EXACT =
  /^(p|mov|andp|andnp|orp|xorp|shufp|unpck|lddqu|[lms]fence|clflush|prefetch|stmxcsr|blend|extractps|insertps|crc32)/;
const SSE_UNALIGNED = /^(movup|movdqu|lddqu|movlp|movhp|movs[sd]|movq|movd|maskmov|pinsr|pextr|pmov[sz]x)/;
const SSE = /^s?sse/;

const insn = new Instruction();

/** Why Unicorn cannot judge a case, whatever comes of it. */
export function caseLimit(c: FuzzCase): UnicornLimit | undefined {
  const s = c.initial;
  if (c.interrupts.length > 0) return 'interrupts';
  if ((s.dr[5]! & 0x20ff) !== 0) return 'breakpoints';
  if ((s.cr0 & CR0_AM) !== 0 && (s.eflags & AC) !== 0) return 'alignment';
  if ((s.cr4 & 3) !== 0) return 'vme';
  return undefined;
}

/** What a retired instruction cannot be trusted for. */
function resultLimit(): UnicornLimit | undefined {
  const { mnemonic, feature } = insn.row;
  if (UNIMPLEMENTED.has(mnemonic)) return 'unimplemented';
  if (MODEL.has(mnemonic)) return 'model';
  if (insn.k0 === K.Mm || insn.k1 === K.Mm || mnemonic === 'maskmovq') return 'mmx';
  if (feature === 'fpu' || feature === 'fcmov' || feature === 'fisttp' || feature === 'fxsr') {
    return X87_CONTROL.has(mnemonic) ? undefined : 'x87';
  }
  if (mnemonic === 'ffreep' || mnemonic === 'fstpnce' || mnemonic === 'wait') return 'x87';
  if (SSE.test(feature) && !SSE_EXACT.test(mnemonic)) return 'sse-float';
  return undefined;
}

function misaligned(traced: TracedInstruction): boolean {
  if (!SSE.test(insn.row.feature) || SSE_UNALIGNED.test(insn.row.mnemonic)) return false;
  const wide = (insn.k0 === K.Mem && insn.s0 === 16) || (insn.k1 === K.Mem && insn.s1 === 16);
  return wide && (traced.accesses[0]?.at ?? 0) % 16 !== 0;
}

/** Tables that instructions of the system may touch, before and behind the run. */
function systemAreas(...states: readonly ArchState[]): SystemAreas {
  return states.flatMap((s) => [s.gdtr, s.idtr, s.segments[LDTR]!, s.segments[TR]!]);
}

/** Why an outcome of Unicorn's is no evidence; undefined where it is. */
export function outcomeLimit(c: FuzzCase, answer: ChildAnswer): UnicornLimit | undefined {
  const { trace, state } = answer;
  if (answer.ending === 'error') return 'error';
  if (answer.traceCut) return 'trace-cut';
  const raised = answer.ending === 'exception';
  if (raised && c.exceptions === 'deliver') return 'delivery';
  if (answer.codeWritten && answer.ending === 'steps') return 'self-modified';
  const ends = [c.initial, state];
  const typed = ends.some((s) => (s.cr0 & CR0_PE) !== 0 && (s.eflags & VM) === 0);
  const areas = systemAreas(...ends);
  const mayAlign = ends.some((s) => (s.cr0 & CR0_AM) !== 0);
  if (mayAlign && ends.some((s) => (s.eflags & AC) !== 0)) return 'alignment';
  for (let n = 0; n < trace.length; n++) {
    const traced = trace[n]!;
    const last = n === trace.length - 1;
    // Of a repeated instruction each iteration is here.
    const faulted = last && raised && answer.retired < trace.length;
    const after = trace[n + 1]?.segments ?? state.segments;
    const status = decode(traced.code, 0, 16, (traced.segments[CS]!.attributes & ATTR_DB) !== 0, insn);
    const length = status === DecodeStatus.Ok ? insn.length : 15;
    if (!codeWithinLimit(traced.segments, traced.at, length)) return 'code-limit';
    if (status !== DecodeStatus.Ok) {
      if ((insn.prefixes & Prefix.Lock) !== 0) return 'lock';
      continue;
    }
    if (UNIMPLEMENTED.has(insn.row.mnemonic)) return 'unimplemented';
    const limit =
      accessesForbidden(insn, traced, typed, areas, after) ?? (misaligned(traced) ? 'sse-alignment' : undefined);
    if (limit !== undefined) return limit;
    if (faulted && (answer.vector === 6 || answer.vector === 7 || answer.vector === 14)) continue;
    const result = resultLimit();
    if (result !== undefined) return result;
    if (insn.k0 === K.Dreg && !last) return 'breakpoints';
    if (mayAlign && (insn.row.mnemonic === 'popf' || insn.row.mnemonic === 'iret')) return 'alignment';
  }
  return endLimit(answer, trace.at(-1));
}

function endLimit(answer: ChildAnswer, last: TracedInstruction | undefined): UnicornLimit | undefined {
  const { state } = answer;
  const cs = state.segments[CS]!;
  if (state.eip > cs.limit && (cs.attributes & ATTR_S) !== 0) return 'code-limit';
  // A page fault in fetching: must be of the instruction that EIP tells.
  const at = (cs.base + state.eip) >>> 0;
  if (answer.ending !== 'exception' || answer.vector !== 14 || last?.at === at) return undefined;
  return (state.cr2 - at) >>> 0 < 15 && (state.cr2 === at || state.cr2 % 4096 === 0) ? undefined : 'fetch-ahead';
}
