/**
 * Whether Unicorn's outcome of a case is evidence: looks at what it executed, and finds what limits.ts lists.
 */
import { ATTR_DB, ATTR_S } from '../../../src/cpu/descriptors.ts';
import * as R from '../../../src/cpu/registers.ts';
import { DecodeStatus, decode } from '../../../src/decoder/decode.ts';
import { Instruction, K, Prefix } from '../../../src/decoder/instruction.ts';
import type { ArchState, FuzzCase } from '../../case.ts';
import { initialPhysical, initialRights, initialWord } from '../../initial-memory.ts';
import { aheadLimit, type Faulted, faultLimit, fetchLimit, readsAndWrites } from './fault-limits.ts';
import { FloatingView, type UnknownBits } from './floating-view.ts';
import type { UnicornLimit } from './limits.ts';
import { accessesForbidden, codeWithinLimit, FAR, FAR_POINTER, type SystemAreas } from './segment-view.ts';
import type { ChildAnswer, TracedInstruction } from './words.ts';

const named = (names: string) => new Set(names.split(' '));

const UNIMPLEMENTED = named('sysenter sysexit int1 rsm monitor mwait clflush rdpmc popcnt movbe');
const MODEL = named('cpuid rdtsc rdmsr wrmsr');
const PORTS = named('in out ins outs');
const VIRTUAL_FLAGS = named('pushf popf cli sti int iret');
/** Of SSE's: operands of 16 bytes need not be aligned. */
const SSE_UNALIGNED =
  /^(movup|movdqu|lddqu|movlp|movhp|movs[sd]|movq$|movd$|movdq2q|maskmov|pinsr|pextr|pmov[sz]x|pcmp[ei]str)/;
const SSE = /^s?sse/;
/** 3DNow! and SSE4a: 0F 0E, 0F 0F, 0F 78, 0F 79, behind prefixes. */
const AMD = /^(26|2e|36|3e|6[4-7]|f[23])*0f(0e|0f|78|79)/;
/** Their operands in memory are two, one behind the other. */
const IN_PARTS = named('sgdt sidt lgdt lidt bound');
const HORIZONTAL = /^ph(add|sub)/;

const insn = new Instruction();

/** Why Unicorn cannot judge a case, whatever comes of it. */
export function caseLimit(c: FuzzCase): UnicornLimit | undefined {
  if (c.interrupts.length > 0) return 'interrupts';
  if ((c.initial.dr[5]! & 0x20ff) !== 0) return 'breakpoints';
  return undefined;
}

/** VME to PSE, PGE to OSXMMEXCPT: what every processor since the Pentium III has; others a model may refuse. */
const CR0_RESERVED = 0x1ffa_ffc0;
const CR4_KNOWN = 0x79f;

/** Whether control registers hold what MOV may put there (SDM vol. 3 section 2.5), as far as the bits of CR0 go. */
function controlAllowed({ cr0, cr4 }: ArchState): boolean {
  if ((cr0 & CR0_RESERVED) !== 0 || ((cr0 & R.CR0_PG) !== 0 && (cr0 & R.CR0_PE) === 0)) return false;
  return ((cr0 & R.CR0_NW) === 0 || (cr0 & R.CR0_CD) !== 0) && (cr4 & ~CR4_KNOWN) === 0;
}

/** Whether both F2 and F3 stand before an instruction. */
function repeatsTwice({ code }: TracedInstruction): boolean {
  let seen = 0;
  for (const byte of code) {
    if (byte === 0xf2) seen |= 1;
    else if (byte === 0xf3) seen |= 2;
    else if (![0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0].includes(byte)) break;
  }
  return seen === 3;
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

/** What holds for a whole run: both ends of it are looked at where the processor's mode matters. */
class RunView {
  readonly c: FuzzCase;
  readonly ends: readonly [ArchState, ArchState];
  /** Segments' types count. */
  readonly typed: boolean;
  readonly areas: SystemAreas;
  private readonly mayAlign: boolean;

  constructor(c: FuzzCase, end: ArchState) {
    this.c = c;
    this.ends = [c.initial, end];
    this.typed = this.ends.some((s) => (s.cr0 & R.CR0_PE) !== 0 && (s.eflags & R.VM) === 0);
    this.areas = this.ends.flatMap((s) => [s.gdtr, s.idtr, s.segments[R.LDTR]!, s.segments[R.TR]!]);
    this.mayAlign = this.ends.some((s) => s.cpl === 3 && (s.cr0 & R.CR0_AM) !== 0 && (s.eflags & R.AC) !== 0);
  }

  private any(holds: (s: ArchState) => boolean): boolean {
    return this.ends.some(holds);
  }

  /** What depends on privilege, and is not looked at. */
  private privilege(): UnicornLimit | undefined {
    const { mnemonic } = insn.row;
    const virtual = (s: ArchState) => (s.eflags & R.VM) !== 0;
    const level = (s: ArchState) => (s.eflags >> 12) & 3;
    if (PORTS.has(mnemonic) && this.any((s) => virtual(s) || s.cpl > level(s))) return 'io-permission';
    if (VIRTUAL_FLAGS.has(mnemonic) && this.any((s) => virtual(s) && (s.cr4 & R.CR4_VME) !== 0)) return 'vme';
    const flag = mnemonic === 'cli' || mnemonic === 'sti';
    return flag && this.any((s) => s.cpl === 3 && (s.cr4 & R.CR4_PVI) !== 0) ? 'vme' : undefined;
  }

  /** Whether it may have been accessed at the level of a user, as it should. */
  private supervised(traced: TracedInstruction): boolean {
    if (!FAR.has(insn.row.mnemonic) || !this.any((s) => s.cpl === 3)) return false;
    return traced.accesses.some(({ at, write }) => {
      if (this.areas.some((a) => (at - a.base) >>> 0 <= a.limit)) return false;
      const wanted = write ? 6 : 4;
      return (initialRights(this.c, at) & wanted) !== wanted;
    });
  }

  /** A far pointer at the end of the 64 KB that 16-bit addresses reach. */
  private wraps({ accesses, segments }: TracedInstruction): boolean {
    const parts = FAR_POINTER.has(insn.row.mnemonic) || IN_PARTS.has(insn.row.mnemonic);
    if (insn.addressSize !== 2 || !parts || accesses.length === 0) return false;
    return ((accesses[0]!.at - segments[insn.segment]!.base) & 0xffff) > 0x1_0000 - 8;
  }

  /** Whether more was read, in another page, than the operand in memory has. */
  private readsMore({ accesses }: TracedInstruction): boolean {
    return /^rounds[sd]$/.test(insn.row.mnemonic) && (accesses[0]?.at ?? 0) % 4096 > 4096 - 16;
  }

  private misaligned(traced: TracedInstruction): UnicornLimit | undefined {
    if (this.mayAlign && traced.accesses.some(({ at, size }) => at % size !== 0)) return 'alignment';
    if (!(SSE.test(insn.row.feature) || insn.row.feature === 'fxsr') || SSE_UNALIGNED.test(insn.row.mnemonic))
      return undefined;
    const whole = insn.row.feature === 'fxsr';
    const wide = whole || (insn.k0 === K.Mem && insn.s0 === 16) || (insn.k1 === K.Mem && insn.s1 === 16);
    return wide && (traced.accesses[0]?.at ?? 0) % 16 !== 0 ? 'sse-alignment' : undefined;
  }

  /** Why an instruction that was begun was not carried out as it should; `after`: the segments behind it. */
  begun(traced: TracedInstruction, after: TracedInstruction['segments']): UnicornLimit | undefined {
    if (UNIMPLEMENTED.has(insn.row.mnemonic)) return 'unimplemented';
    if (insn.row.mnemonic === 'crc32') return 'crc32';
    if (this.wraps(traced)) return 'pointer-wrap';
    if (this.readsMore(traced)) return 'wide-read';
    const both = Prefix.Rep | Prefix.Repne;
    if (repeatsTwice(traced)) return 'repeated-both';
    const mandatory = SSE.test(insn.row.feature) && (insn.prefixes & Prefix.OperandSize) !== 0;
    if (mandatory && (insn.prefixes & both) !== 0) return 'mandatory-prefix';
    return (
      this.privilege() ??
      accessesForbidden(insn, traced, this.typed, this.areas, after) ??
      this.misaligned(traced) ??
      (this.supervised(traced) ? 'far-supervisor' : undefined)
    );
  }

  /** Why the result of one that retired is no evidence. */
  retired(traced: TracedInstruction, last: boolean): UnicornLimit | undefined {
    const { mnemonic } = insn.row;
    const [, end] = this.ends;
    if (MODEL.has(mnemonic)) return 'model';
    if (insn.k0 === K.Dreg && !last) return 'breakpoints';
    if (mnemonic === 'hlt' && (end.eflags & R.TF) !== 0) return 'hlt-trap';
    if (mnemonic === 'ltr' && (end.segments[R.TR]!.selector & 0xfffc) === 0) return 'null-system';
    if (mnemonic === 'lldt' && (end.segments[R.LDTR]!.selector & 0xfffc) === 0) return 'null-system';
    if (insn.operandSize === 4 && (mnemonic === 'lar' || (mnemonic === 'smsw' && insn.k0 === K.Reg)))
      return 'undefined';
    if (mnemonic === 'neg' && (insn.prefixes & Prefix.Lock) !== 0) return 'locked-neg';
    if ((mnemonic === 'ret' || mnemonic === 'retf') && insn.k0 === K.Imm && (insn.imm & 0x8000) !== 0)
      return 'return-signed';
    if (mnemonic === 'arpl' && insn.k0 === K.Mem) return 'written-back';
    if (insn.k0 === K.Creg && !this.controlTaken()) return 'control-values';
    if (/^bs[fr]$/.test(mnemonic) && (insn.prefixes & Prefix.Rep) !== 0) return 'model';
    if (mnemonic === 'pushf' && insn.operandSize === 4 && this.any((s) => (s.eflags & R.VM) !== 0))
      return 'pushf-virtual';
    if (/^fx(save|rstor)$/.test(mnemonic) && this.any((s) => (s.cr4 & R.CR4_OSFXSR) === 0)) return 'undefined';
    if (mnemonic === 'iret' && this.any((s) => (s.eflags & (R.VIF | R.VIP)) !== 0)) return 'iret-virtual';
    if (mnemonic === 'iret' && this.typed && (end.eflags & R.VM) !== 0 && this.irregular(traced)) return 'iret-virtual';
    if (HORIZONTAL.test(mnemonic) && insn.k0 === insn.k1 && insn.r0 === insn.r1) return 'horizontal';
    if (insn.operandSize === 2 && mnemonic === 'bswap') return 'undefined';
    if (insn.operandSize === 2 && (mnemonic === 'shld' || mnemonic === 'shrd')) {
      const count = insn.k2 === K.Imm ? insn.imm : traced.ecx;
      if ((count & 31) > 16) return 'undefined';
    }
    // With a mask of zeroes it is the processor's affair what is looked at.
    if (mnemonic.startsWith('maskmov') && traced.accesses.length < (mnemonic === 'maskmovq' ? 8 : 16))
      return 'undefined';
    if (/^pcmp[ei]str/.test(mnemonic)) {
      const endless = this.any(({ gpr }) => gpr[R.EAX] === 0x8000_0000 || gpr[R.EDX] === 0x8000_0000);
      if ((insn.imm & 0xc) === 0xc || endless) return 'string-order';
    }
    return mnemonic === 'enter' ? this.enter(traced) : undefined;
  }

  /** Whether a control register has taken what the processor allows, and all of it. */
  private controlTaken(): boolean {
    const [, end] = this.ends;
    return controlAllowed(end) && (insn.r0 !== 4 || end.gpr[insn.r1] === end.cr4);
  }

  /** A return to virtual-8086 mode that must not be: of an outer level, or to where 16 bits do not reach. */
  private irregular({ accesses }: TracedInstruction): boolean {
    if (this.ends[0].cpl > 0 || accesses.length === 0) return true;
    return initialWord(this.c, initialPhysical(this.c, accesses[0]!.at)) > 0xffff;
  }

  private enter({ segments }: TracedInstruction): UnicornLimit | undefined {
    const ss = segments[R.SS]!;
    const wide = (ss.attributes & ATTR_DB) !== 0;
    if (wide !== (insn.operandSize === 4)) return 'enter';
    const bounded = ss.limit !== 0xffff_ffff || this.any((s) => (s.cr0 & R.CR0_PG) !== 0);
    return (insn.imm & 0xffff) !== 0 && bounded ? 'enter' : undefined;
  }

  /** Alignment comes before a page fault. */
  get checksAlignment(): boolean {
    return this.mayAlign;
  }
}

/** Limits that concern the answer as a whole. */
function answerLimit(c: FuzzCase, answer: ChildAnswer): UnicornLimit | undefined {
  if (answer.ending === 'error') return 'error';
  if (answer.traceCut) return 'trace-cut';
  if (answer.diverged) return 'watched';
  if (answer.ending === 'exception' && c.exceptions === 'deliver') return 'delivery';
  if (answer.codeWritten && answer.ending === 'steps') return 'self-modified';
  const { state } = answer;
  const cs = state.segments[R.CS]!;
  return state.eip > cs.limit && (cs.attributes & ATTR_S) !== 0 ? 'code-limit' : undefined;
}

/** What an outcome of Unicorn's is worth. */
export function judge(c: FuzzCase, answer: ChildAnswer): Judgement {
  const whole = answerLimit(c, answer);
  if (whole !== undefined) return { limit: whole };
  const { trace, state } = answer;
  const raised = answer.ending === 'exception';
  const view = new RunView(c, state);
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
      if (AMD.test(Buffer.from(traced.code).toString('hex'))) return { limit: 'model' };
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
  if (raised && task.selector !== first.selector) return { limit: 'task-fault' };
  const fetching = raised && answer.vector === 14 && answer.retired >= trace.length;
  const limit = (fetching ? fetchLimit(c, answer) : aheadLimit(c, answer)) ?? floating.end(state);
  if (limit !== undefined) return { limit };
  return { limit, state: floating.completed(state), unknown: floating.unknown, unknownError };
}
