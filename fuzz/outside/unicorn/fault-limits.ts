/**
 * Whether the exception that Unicorn's run of a case ended with is evidence: what it gets wrong in the order and the
 * side effects of faults.
 */
import { ATTR_DB } from '../../../src/cpu/descriptors.ts';
import { CR0_EM, CR0_PG, CR4_OSFXSR, CR4_PAE, CS, NT, TR } from '../../../src/cpu/registers.ts';
import { DecodeStatus, decode } from '../../../src/decoder/decode.ts';
import { Instruction, K } from '../../../src/decoder/instruction.ts';
import { CASE_MEMORY, type FuzzCase } from '../../case.ts';
import { initialByte, initialCode, initialPhysical, initialWord } from '../../initial-memory.ts';
import type { UnicornLimit } from './limits.ts';
import { accessForbidden, FAR, type SystemAreas } from './segment-view.ts';
import type { ChildAnswer, TracedInstruction } from './words.ts';

const PAGE = 4096;
const TOP = 0x3800;
/** They read their operand in memory, and write it. */
const READ_WRITE = new Set(
  'add or adc sbb and sub xor inc dec not neg rol ror rcl rcr shl shr sar shld shrd bts btr btc xchg xadd cmpxchg cmpxchg8b'.split(
    ' ',
  ),
);
const X87 = new Set(['fpu', 'fcmov', 'fisttp']);

/** What is known of an instruction that faulted. */
export interface Faulted {
  readonly insn: Instruction;
  readonly status: DecodeStatus;
  readonly traced: TracedInstruction;
  readonly typed: boolean;
  readonly areas: SystemAreas;
}

const within = (areas: SystemAreas, at: number) => areas.some((a) => (at - a.base) >>> 0 <= a.limit);

/** It reads its operand in memory before it writes it. */
export function readsAndWrites(insn: Instruction): boolean {
  return (insn.k0 === K.Mem || insn.k1 === K.Mem) && READ_WRITE.has(insn.row.mnemonic);
}

const probe = new Instruction();

/** Of a page fault in fetching: must be of the instruction that EIP tells, not of one behind it. */
export function fetchLimit(c: FuzzCase, answer: ChildAnswer): UnicornLimit | undefined {
  const { state } = answer;
  const cs = state.segments[CS]!;
  const at = (cs.base + state.eip) >>> 0;
  const code = initialCode(c, at);
  if (state.cr2 !== (at + code.length) >>> 0) return 'fetch-ahead';
  const status = decode(code, 0, code.length, (cs.attributes & ATTR_DB) !== 0, probe);
  return status === DecodeStatus.NeedMore ? undefined : 'fetch-ahead';
}

function lengthOf({ code, segments }: TracedInstruction): number {
  const status = decode(code, 0, 16, (segments[CS]!.attributes & ATTR_DB) !== 0, probe);
  return status === DecodeStatus.Ok ? probe.length : 15;
}

/** Whether the page behind code that ran was marked as accessed though nothing of it was: translated ahead. */
export function aheadLimit(c: FuzzCase, answer: ChildAnswer): UnicornLimit | undefined {
  if ((c.initial.cr0 & CR0_PG) === 0 || (c.initial.cr4 & CR4_PAE) !== 0) return undefined;
  const run = new Set(answer.trace.map(({ at }) => Math.floor(at / PAGE)));
  const ahead = [...run].map((page) => (page + 1) & 0xf_ffff);
  // Stopped by the count, it has looked at the next instruction.
  const { state } = answer;
  if (answer.ending === 'steps') ahead.push(((state.segments[CS]!.base + state.eip) >>> 0) >>> 12);
  for (const next of ahead) {
    const directory = initialWord(c, (c.initial.cr3 & ~0xfff) + (next >>> 10) * 4);
    const entry = (directory & ~0xfff) + (next & 0x3ff) * 4;
    const marked = answer.written.some(({ at, bytes }) => at <= entry && entry < at + bytes.length);
    if (!marked || run.has(next)) continue;
    const touched = answer.trace.some(
      (traced) =>
        Math.floor((traced.at + lengthOf(traced) - 1) / PAGE) === next ||
        traced.accesses.some(
          (a) => Math.floor((a.at + a.size - 1) / PAGE) === next || Math.floor(a.at / PAGE) === next,
        ),
    );
    if (!touched) return 'fetch-ahead';
  }
  return undefined;
}

function pageFaultLimit(f: Faulted, answer: ChildAnswer): UnicornLimit | undefined {
  const { insn, traced, areas } = f;
  const long =
    (insn.k0 === K.Mem && insn.s0 === 10) ||
    /^(cmps|pusha|popa|fxsave|fxrstor|fnsave|frstor|fnstenv|fldenv)$/.test(insn.row.mnemonic);
  if (long) return 'operand-order';
  if (insn.row.mnemonic === 'arpl') return 'written-back';
  if (insn.row.mnemonic === 'setcc') return 'lost-flags';
  const { cr2, cpl } = answer.state;
  if (FAR.has(insn.row.mnemonic) && cpl === 3) return 'far-supervisor';
  const wrote = (answer.code & 2) !== 0;
  const write = wrote || readsAndWrites(insn);
  if (!within(areas, cr2)) {
    // Where the operand begins there, all of it must be allowed.
    const size = cr2 % PAGE === 0 ? 1 : insn.k0 === K.Mem ? insn.s0 : insn.k1 === K.Mem ? insn.s1 : 1;
    const access = { at: cr2, size: Math.max(1, size), write };
    const why = accessForbidden(insn, traced.segments, access, traced.accesses.length, f.typed);
    if (why !== undefined) return why;
  }
  const wide = (insn.k0 === K.Mem && insn.s0 === 16) || (insn.k1 === K.Mem && insn.s1 === 16);
  if (wide && cr2 % 16 !== 0) return 'sse-alignment';
  // Found only in writing: what was read has been marked as accessed. In two pages: the other one may come first.
  if (/^rc[lr]$/.test(insn.row.mnemonic)) return 'write-intent';
  if (readsAndWrites(insn) && ((wrote && (answer.code & 1) !== 0) || cr2 % PAGE === 0)) return 'write-intent';
  return undefined;
}

/** The target's limit may be the reason: the error code names a code segment that has one. */
function farLimit(c: FuzzCase, answer: ChildAnswer): boolean {
  const selector = answer.code & 0xfffc;
  if (selector === 0) return false;
  const { gdtr, segments } = c.initial;
  const table = (selector & 4) !== 0 ? segments[6]! : gdtr;
  const at = table.base + (selector & ~7);
  if (at + 8 > CASE_MEMORY) return true;
  const low = initialWord(c, at);
  const limit = (low & 0xffff) | ((initialByte(c, at + 6) & 15) << 16);
  const isCode = (initialByte(c, at + 5) & 0x98) === 0x98;
  // A gate's target is looked up elsewhere.
  const isGate = (initialByte(c, at + 5) & 0x14) === 4;
  return isGate || (isCode && limit !== 0xf_ffff);
}

/** Why an instruction's fault, or what it left behind, is no evidence; undefined where it is. */
export function faultLimit(c: FuzzCase, f: Faulted, answer: ChildAnswer): UnicornLimit | undefined {
  const { insn, traced, status, areas } = f;
  const { vector } = answer;
  const { cr0, cr4 } = answer.state;
  // The last access may be the one that faults.
  const done = traced.accesses.filter(({ at, size }, n) => {
    const faulting = vector === 14 && n === traced.accesses.length - 1 && (answer.state.cr2 - at) >>> 0 < size;
    return !faulting;
  });
  if (done.some(({ at, write }) => write && !within(areas, at))) return 'partial-write';
  // What is no instruction has no row.
  const decoded = status === DecodeStatus.Ok;
  const partly = decoded && (insn.k0 === K.Xmm || /^(fxrstor|frstor|fldenv)$/.test(insn.row.mnemonic));
  if (vector === 14 && partly && done.length > 0) return 'partial-write';
  const length = status === DecodeStatus.Ok ? insn.length : 15;
  const crosses = (cr0 & CR0_PG) !== 0 && (traced.at % PAGE) + length > PAGE;
  if (crosses && (vector === 6 || vector === 7 || vector === 13)) return 'undefined-fetch';
  if (vector === 6) {
    if (status === DecodeStatus.Ok && insn.row.mnemonic === 'int') return 'interrupt-6';
    if (status === DecodeStatus.TooLong) return 'undefined-fetch';
    // TEST in group 3, hints that name a register, comparisons by the low bits of a predicate.
    if (decoded && /^(test|nop|cmp[sp][sd])$/.test(insn.row.mnemonic)) return 'alias';
  }
  if (vector === 7) {
    if (status !== DecodeStatus.Ok) return 'not-available-first';
    if (!X87.has(insn.row.feature) && ((cr0 & CR0_EM) !== 0 || (cr4 & CR4_OSFXSR) === 0)) return 'not-available-first';
  }
  if (status !== DecodeStatus.Ok && (vector === 14 || traced.accesses.length > 0)) return 'undefined-operand';
  const { fpu } = answer.state;
  const entered = ((fpu.status ^ traced.fpuStatus) & TOP) !== 0 || fpu.empty !== traced.fpuEmpty;
  // MMX instructions that take no memory.
  if (!decoded && entered) return 'mmx';
  if (!decoded) return vector === 13 ? 'level-first' : undefined;
  if ((X87.has(insn.row.feature) || insn.row.mnemonic === 'wait') && vector !== 7 && (traced.fpuStatus & 0x80) !== 0)
    return 'x87';
  if (vector !== 7 && (insn.k0 === K.Mm || insn.k1 === K.Mm)) return 'mmx';
  if (vector === 13 && FAR.has(insn.row.mnemonic) && farLimit(c, answer)) return 'far-limit';
  if (insn.row.mnemonic === 'retf' && insn.k0 === K.Imm && (insn.imm & 0x8000) !== 0) return 'return-signed';
  if (insn.row.mnemonic === 'iret' && (answer.state.eflags & NT) !== 0) {
    const link = initialPhysical(c, c.initial.segments[TR]!.base);
    if ((initialWord(c, link) & 0xfffc) === 0) return 'null-system';
  }
  // TEST as /1 is undefined for it, once it has read the operand.
  if (
    vector === 14 &&
    insn.row.mnemonic === 'test' &&
    (insn.modrm & 0x38) === 8 &&
    /^f[67]/.test(insn.opcode.toString(16))
  )
    return 'alias';
  return vector === 14 ? pageFaultLimit(f, answer) : undefined;
}
