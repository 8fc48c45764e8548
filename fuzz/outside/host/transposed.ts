/**
 * Real and virtual-8086 mode on the host: a program may have 16-bit segments with any base and limit, and what an
 * instruction does by the base and limit of its segments it does in every mode (SDM vol. 3 section 20.1.1: base is
 * the selector times 16, limit FFFFh). A case is carried over into protected mode, and its outcome back.
 *
 * What holds: an outcome comes back only where the mode cannot matter. What loads, stores or tests selectors, flags of
 * the system or levels is told by faults of its operands alone, and those only where they come first.
 */
import { ATTR_CODE, ATTR_DB, ATTR_EC, ATTR_RW } from '../../../src/cpu/descriptors.ts';
import * as R from '../../../src/cpu/registers.ts';
import { DecodeStatus, decode, MAX_LENGTH } from '../../../src/decoder/decode.ts';
import { Instruction, K } from '../../../src/decoder/instruction.ts';
import type { FuzzCase, Outcome, Patch, SegmentState } from '../../case.ts';
import { pageTables } from '../../generate/pages.ts';
import { descriptorTables, GDT, HIGH, LDT } from '../../generate/segments.ts';
import { isLockedAlone } from './foreign.ts';
import { byteAt } from './memory-bytes.ts';

const named = (names: string) => new Set(names.split(' '));

/** Beside all that is sensitive: their image in memory has another format in real mode, or they are undefined there. */
const BY_MODE = named('fnstenv fldenv fnsave frstor arpl');
/** Sensitive, but the same everywhere as far as the exception goes. */
const SAME_EXCEPTION = named('int3 into int1');
/** Subject to IOPL in virtual-8086 mode before anything else happens. */
const BY_IOPL = named('pushf popf iret int cli sti');
/** Their faults come from the operand, or the stack, and nothing else of the same kind comes before. */
const FAULTS = named('push pop pushf popf mov les lds lss lfs lgs callf jmpf retf iret fnstenv fldenv fnsave frstor');

const FAR_POINTER = /^(l[defgs]s|callf|jmpf)$/;

const ARITHMETIC_AND_DIRECTION = R.FLAGS_ARITH | R.DF;
const DATA_FLAT_BITS = 0xf300;
const CODE_BITS = 0xfb00;
const PAGE_DIRECTORY = 0x6000;
const HOST_CR0 = (R.CR0_PE | R.CR0_PG | R.CR0_NE | R.CR0_AM | 2 | 0x10 | (1 << 16)) >>> 0;

/** A case in protected mode, and the way back for what came of it. */
export interface Transposed {
  readonly c: FuzzCase;
  readonly back: (outcome: Outcome) => Outcome | undefined;
}

/** Whether a data segment is one that can be read and written, and expands upwards. */
const isPlain = ({ attributes }: SegmentState) =>
  (attributes & ATTR_CODE) === 0 && (attributes & ATTR_EC) === 0 && (attributes & ATTR_RW) !== 0;

/** Descriptors that have been made, by what is in them: the same patch for the same segments. */
const kept = new Map<string, Patch>();
const MOST_KEPT = 256;

function ldtOf(segments: readonly SegmentState[]): Patch {
  const key = segments.map(({ base, limit, attributes }) => `${base}:${limit}:${attributes & ATTR_DB}`).join();
  const known = kept.get(key);
  if (known !== undefined) return known;
  const words = new Int32Array(32);
  segments.forEach(({ base, limit, attributes }, n) => {
    const large = limit > 0xf_ffff;
    const size = large ? limit >>> 12 : limit;
    const kind = (n === R.CS ? CODE_BITS : DATA_FLAT_BITS | (attributes & ATTR_DB)) | (large ? 0x80_0000 : 0);
    words[n * 2] = (size & 0xffff) | (base << 16);
    words[n * 2 + 1] = ((base >>> 16) & 0xff) | (base & 0xff00_0000) | (size & 0xf_0000) | kind;
  });
  const patch = { at: LDT, bytes: new Uint8Array(words.buffer) };
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, patch);
  return patch;
}

/** All pages there are, for everybody; the tables of cases that have none. */
const PLAIN_TABLES: readonly Patch[] = pageTables(true, true).map((patch, n) => {
  if (n !== 1) return patch;
  const entries = Array.from({ length: 0x100 }, (_, page) => (page < 0x10 ? 0 : (page << 12) | 0x67));
  return { at: patch.at, bytes: new Uint8Array(Int32Array.from(entries).buffer) };
});

const insn = new Instruction();
const code = new Uint8Array(MAX_LENGTH);

function decodeAt(c: FuzzCase, linear: number): DecodeStatus {
  for (let n = 0; n < MAX_LENGTH; n++) code[n] = byteAt(c, (linear + n) >>> 0);
  return decode(code, 0, MAX_LENGTH, false, insn);
}

/** What may be learnt: all of it, or faults only. */
type Worth = 'all' | 'faults';

function worthOf(c: FuzzCase): Worth | string {
  const { segments, eip, eflags, gpr } = c.initial;
  const start = (segments[R.CS]!.base + eip) >>> 0;
  for (let at = 0; at < c.codeLength; at += insn.length) {
    // What cannot be decoded: whether it is undefined elsewhere is found out as in protected mode.
    if (decodeAt(c, (start + at) >>> 0) !== DecodeStatus.Ok) return 'all';
    const { row } = insn;
    const { mnemonic } = row;
    if (mnemonic === 'pusha' && c.mode === 'real' && (gpr[R.ESP]! & 0xffff) < 32)
      return 'PUSHA at the end of the stack';
    if (SAME_EXCEPTION.has(mnemonic) || !(row.sensitive || BY_MODE.has(mnemonic))) continue;
    const alone = at === 0 && insn.length >= c.codeLength;
    if (!alone || !FAULTS.has(mnemonic)) return `${mnemonic} depends on the mode`;
    const virtual = c.mode === 'virtual8086';
    if (virtual && BY_IOPL.has(mnemonic) && (eflags & R.IOPL) !== R.IOPL) return `${mnemonic} depends on the level`;
    return 'faults';
  }
  return 'all';
}

/** Whether the operand in memory of the instruction that was decoded last is beyond the limit of its segment. */
function operandBeyond(c: FuzzCase): boolean {
  if (insn.k0 !== K.Mem && insn.k1 !== K.Mem) return false;
  const { gpr, segments } = c.initial;
  const register = (n: number) => (n < 8 ? gpr[n]! : 0);
  const sum = register(insn.base) + ((register(insn.index) << insn.scale) >>> 0) + insn.disp;
  const offset = insn.addressSize === 2 ? sum & 0xffff : sum >>> 0;
  // The selector of a far pointer may go round at 64 KB: its offset must be beyond.
  const size = FAR_POINTER.test(insn.row.mnemonic) ? insn.operandSize : insn.k0 === K.Mem ? insn.s0 : insn.s1;
  return insn.segment !== R.SS && offset + Math.max(size, 1) - 1 > segments[insn.segment]!.limit;
}

/** Linear address of the top of the stack. */
function stackAddress({ initial }: FuzzCase): number {
  const ss = initial.segments[R.SS]!;
  const pointer = (ss.attributes & ATTR_DB) !== 0 ? initial.gpr[R.ESP]! : initial.gpr[R.ESP]! & 0xffff;
  return (ss.base + pointer) >>> 0;
}

/** Bytes that a return without a change of level takes from the stack. */
const frameSize = () => (insn.row.mnemonic === 'iret' ? 3 : 2) * insn.operandSize;

/** Whether an address lies in them. */
function inFrame(c: FuzzCase, address: number): boolean {
  return (address - stackAddress(c)) >>> 0 < frameSize();
}

/** Whether one of its words reaches beyond the stack segment. */
function frameBeyond(c: FuzzCase): boolean {
  const ss = c.initial.segments[R.SS]!;
  const pointer = (stackAddress(c) - ss.base) >>> 0;
  const mask = (ss.attributes & ATTR_DB) !== 0 ? 0xffff_ffff : 0xffff;
  for (let at = 0; at < frameSize(); at += insn.operandSize) {
    if (((pointer + at) & mask) >>> 0 > ss.limit - insn.operandSize + 1) return true;
  }
  return false;
}

/** Whether a fault is one of the operand or the stack, and would be there in every mode. */
function isOfOperand(c: FuzzCase, { ending, state }: Outcome): boolean {
  if (ending.kind !== 'exception' || ending.software || state.eip !== c.initial.eip) return false;
  const { vector, errorCode } = ending;
  if (vector === 6 || vector === 7 || vector === 16) return true;
  if (vector !== 14 && errorCode !== 0) return false;
  if (decodeAt(c, (c.initial.segments[R.CS]!.base + c.initial.eip) >>> 0) !== DecodeStatus.Ok) return false;
  const returns = insn.row.mnemonic === 'retf' || insn.row.mnemonic === 'iret';
  if (vector === 14) return !returns || inFrame(c, state.cr2);
  // A return to another level would go on to a stack that is none here.
  if (vector === 17) return !returns || stackAddress(c) % insn.operandSize !== 0;
  if (vector === 12) return !returns || frameBeyond(c);
  return vector === 13 && operandBeyond(c);
}

/** An outcome in the terms of the case's own mode; undefined where the mode may have mattered. */
function carriedBack(c: FuzzCase, worth: Worth, outcome: Outcome): Outcome | undefined {
  const { initial } = c;
  let { ending } = outcome;
  let { eip } = outcome.state;
  const paging = (initial.cr0 & R.CR0_PG) !== 0;
  if (ending.kind === 'exception' && !ending.software) {
    // The host has no memory there.
    if (ending.vector === 14 && !paging) return undefined;
    if (worth === 'faults' && !isOfOperand(c, outcome)) return undefined;
    if (ending.vector === 13) {
      const status = decodeAt(c, (initial.segments[R.CS]!.base + eip) >>> 0);
      // Code can be written to in real mode.
      if (status === DecodeStatus.Ok && insn.segment === R.CS) return undefined;
      const fetched = eip <= initial.segments[R.CS]!.limit;
      if (fetched && status === DecodeStatus.Ok && insn.row.mnemonic === 'hlt' && c.mode === 'real') {
        ending = { kind: 'halt' };
        eip = (eip + insn.length) >>> 0;
      }
    }
  } else if (worth === 'faults') return undefined;
  const { gpr, eflags, fpu, mxcsr, xmm, cr2 } = outcome.state;
  const flags = (eflags & ARITHMETIC_AND_DIRECTION) | (initial.eflags & ~(ARITHMETIC_AND_DIRECTION | R.RF));
  return { ...outcome, ending, state: { ...initial, gpr, eip, eflags: flags >>> 0, fpu, mxcsr, xmm, cr2 } };
}

/** A case of real or virtual-8086 mode in protected mode, or why that would be another one. */
export function transpose(c: FuzzCase): Transposed | string {
  const { initial } = c;
  const virtual = c.mode === 'virtual8086';
  const [needed, unwanted] = [R.CR0_NE, R.CR0_TS | R.CR0_EM];
  if ((initial.cr0 & needed) === 0 || (initial.cr0 & unwanted) !== 0) return "CR0 is not Linux'";
  if ((initial.eflags & R.TF) !== 0) return 'EFLAGS.TF';
  const segments = initial.segments.slice(0, 6);
  if (segments.some((segment, n) => n !== R.CS && !isPlain(segment))) return 'a data segment of another kind';
  if ((segments[R.CS]!.attributes & ATTR_DB) !== 0) return 'a code segment of 32 bits';
  if (segments.some(({ limit }) => limit > 0xf_ffff && (limit & 0xfff) !== 0xfff)) return 'a limit of no descriptor';
  // What goes round at 4 GB may be refused or not (exclusions.ts, beyond-4g).
  if (segments.some(({ limit }) => limit === 0xffff_ffff)) return 'a segment of 4 GB';
  const worth = isLockedAlone(c) ? 'all' : worthOf(c);
  if (worth !== 'all' && worth !== 'faults') return worth;
  const paging = (initial.cr0 & R.CR0_PG) !== 0;
  const aligning = virtual && (initial.cr0 & R.CR0_AM) !== 0 && (initial.eflags & R.AC) !== 0;
  const own = paging ? c.patches : c.patches.filter(({ at, bytes }) => at + bytes.length > 0x1_0000);
  const tables = paging ? [] : PLAIN_TABLES;
  const carried: FuzzCase = {
    ...c,
    mode: 'protected16',
    patches: [...own, ...tables, descriptorTables(true)[0], ldtOf(segments)],
    initial: {
      ...initial,
      cpl: 3,
      cr0: HOST_CR0,
      cr3: paging ? initial.cr3 : PAGE_DIRECTORY,
      eflags: (initial.eflags & ARITHMETIC_AND_DIRECTION) | R.IF | 2 | (aligning ? R.AC : 0),
      gdtr: { base: (HIGH + GDT) >>> 0, limit: 0x7f },
      segments: [
        ...segments.map((segment, n) => ({
          ...segment,
          selector: n * 8 + 7,
          attributes:
            (n === R.CS ? CODE_BITS : DATA_FLAT_BITS | (segment.attributes & ATTR_DB)) |
            (segment.limit > 0xf_ffff ? 0x80_0000 : 0),
        })),
        { selector: 0x50, base: (HIGH + LDT) >>> 0, limit: 0x7f, attributes: 0x8200 },
        initial.segments[7]!,
      ],
    },
  };
  return { c: carried, back: (outcome) => carriedBack(c, worth, outcome) };
}
