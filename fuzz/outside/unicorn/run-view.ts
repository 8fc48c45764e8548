/**
 * What Unicorn does with instructions that it has begun, one after the other: whether it could be wrong by what stands in
 * limits.ts. The processor's mode, where it matters, is looked at at both ends of the run.
 */
import { ATTR_DB } from '../../../src/cpu/descriptors.ts';
import * as R from '../../../src/cpu/registers.ts';
import { type Instruction, K, Prefix } from '../../../src/decoder/instruction.ts';
import type { ArchState, FuzzCase } from '../../case.ts';
import { initialPhysical, initialRights, initialWord } from '../../initial-memory.ts';
import type { UnicornLimit } from './limits.ts';
import { accessesForbidden, FAR, FAR_POINTER, type SystemAreas, segmentAllows } from './segment-view.ts';
import type { TracedInstruction } from './words.ts';

const named = (names: string) => new Set(names.split(' '));

const UNIMPLEMENTED = named(
  'sysenter sysexit int1 rsm monitor mwait clflush rdpmc popcnt movbe clac stac syscall sysret rdtscp',
);
const MODEL = named('cpuid rdtsc rdmsr wrmsr');
const PORTS = named('in out ins outs');
const VIRTUAL_FLAGS = named('pushf popf cli sti int iret');
/** Of SSE's: operands of 16 bytes need not be aligned. */
const SSE_UNALIGNED =
  /^(movup|movdqu|lddqu|movlp|movhp|movs[sd]|movq$|movd$|movdq2q|maskmov|pinsr|pextr|pmov[sz]x|pcmp[ei]str)/;
const SSE = /^s?sse/;
/** Their operands in memory are two, one behind the other. */
const IN_PARTS = named('sgdt sidt lgdt lidt bound');
const HORIZONTAL = /^ph(add|sub)/;

const CR0_RESERVED = 0x1ffa_ffc0;
/** VME to PSE, PGE to OSXMMEXCPT: what every processor since the Pentium III has; others a model may refuse. */
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

/** What holds for a whole run: both ends of it are looked at where the processor's mode matters. */
export class RunView {
  private readonly insn: Instruction;
  readonly c: FuzzCase;
  readonly ends: readonly [ArchState, ArchState];
  /** Segments' types count. */
  readonly typed: boolean;
  readonly areas: SystemAreas;
  /** LTR has been executed. */
  taskLoaded = false;
  private readonly mayAlign: boolean;

  /** @param insn the instruction that is asked about, decoded anew each time */
  constructor(c: FuzzCase, end: ArchState, insn: Instruction) {
    this.insn = insn;
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
    const { mnemonic } = this.insn.row;
    const virtual = (s: ArchState) => (s.eflags & R.VM) !== 0;
    const level = (s: ArchState) => (s.eflags >> 12) & 3;
    if (PORTS.has(mnemonic) && this.any((s) => virtual(s) || s.cpl > level(s))) return 'io-permission';
    if (VIRTUAL_FLAGS.has(mnemonic) && this.any((s) => virtual(s) && (s.cr4 & R.CR4_VME) !== 0)) return 'vme';
    const flag = mnemonic === 'cli' || mnemonic === 'sti';
    return flag && this.any((s) => s.cpl === 3 && (s.cr4 & R.CR4_PVI) !== 0) ? 'vme' : undefined;
  }

  /** Whether it may have been accessed at the level of a user, as it should. */
  private supervised(traced: TracedInstruction): boolean {
    if (!FAR.has(this.insn.row.mnemonic) || !this.any((s) => s.cpl === 3)) return false;
    return traced.accesses.some(({ at, write }) => {
      if (this.areas.some((a) => (at - a.base) >>> 0 <= a.limit)) return false;
      const wanted = write ? 6 : 4;
      return (initialRights(this.c, at) & wanted) !== wanted;
    });
  }

  /** A far pointer at the end of the 64 KB that 16-bit addresses reach. */
  private wraps({ accesses, segments }: TracedInstruction): boolean {
    const parts = FAR_POINTER.has(this.insn.row.mnemonic) || IN_PARTS.has(this.insn.row.mnemonic);
    if (this.insn.addressSize !== 2 || !parts || accesses.length === 0) return false;
    return ((accesses[0]!.at - segments[this.insn.segment]!.base) & 0xffff) > 0x1_0000 - 8;
  }

  /** Whether more was read, in another page, than the operand in memory has. */
  private readsMore({ accesses }: TracedInstruction): boolean {
    return (
      /^(rounds[sd]|cvtps2pd|cvtdq2pd|cvtt?ps2pi|punpckl(bw|wd|dq))$/.test(this.insn.row.mnemonic) &&
      (accesses[0]?.at ?? 0) % 4096 > 4096 - 16
    );
  }

  private misaligned(traced: TracedInstruction): UnicornLimit | undefined {
    const bytewise = this.insn.row.mnemonic === 'maskmovq';
    if (this.mayAlign && (bytewise || traced.accesses.some(({ at, size }) => at % size !== 0))) return 'alignment';
    if (
      !(SSE.test(this.insn.row.feature) || this.insn.row.feature === 'fxsr') ||
      SSE_UNALIGNED.test(this.insn.row.mnemonic)
    )
      return undefined;
    const whole = this.insn.row.feature === 'fxsr';
    const wide =
      whole || (this.insn.k0 === K.Mem && this.insn.s0 === 16) || (this.insn.k1 === K.Mem && this.insn.s1 === 16);
    return wide && (traced.accesses[0]?.at ?? 0) % 16 !== 0 ? 'sse-alignment' : undefined;
  }

  /** Why an instruction that was begun was not carried out as it should; `after`: the segments behind it. */
  begun(traced: TracedInstruction, after: TracedInstruction['segments']): UnicornLimit | undefined {
    if (UNIMPLEMENTED.has(this.insn.row.mnemonic)) return 'unimplemented';
    if (this.insn.row.mnemonic === 'crc32') return 'crc32';
    if (this.wraps(traced)) return 'pointer-wrap';
    const narrow = (traced.segments[R.SS]!.attributes & ATTR_DB) === 0;
    if (narrow && this.insn.row.mnemonic === 'pop' && this.insn.k0 === K.Mem && this.insn.base === R.ESP)
      return 'pop-wrap';
    if (this.readsMore(traced)) return 'wide-read';
    const both = Prefix.Rep | Prefix.Repne;
    if (repeatsTwice(traced)) return 'repeated-both';
    const mandatory = SSE.test(this.insn.row.feature) && (this.insn.prefixes & Prefix.OperandSize) !== 0;
    if (mandatory && (this.insn.prefixes & both) !== 0) return 'mandatory-prefix';
    return (
      this.privilege() ??
      accessesForbidden(this.insn, traced, this.typed, this.areas, after) ??
      this.misaligned(traced) ??
      (this.supervised(traced) ? 'far-supervisor' : undefined)
    );
  }

  /** Why the result of one that retired is no evidence. */
  retired(traced: TracedInstruction, last: boolean): UnicornLimit | undefined {
    const { mnemonic } = this.insn.row;
    const [, end] = this.ends;
    if (MODEL.has(mnemonic)) return 'model';
    if (this.insn.k0 === K.Dreg && !last) return 'breakpoints';
    if (this.insn.k0 === K.Dreg && ((end.dr[4]! & 0x1000) | (end.dr[5]! & 0xd800)) !== 0) return 'debug-reserved';
    if ((mnemonic === 'hlt' || mnemonic === 'pause') && this.any((s) => (s.eflags & R.TF) !== 0)) return 'hlt-trap';
    if (mnemonic === 'ltr') this.taskLoaded = true;
    if (mnemonic === 'ltr' && (end.segments[R.TR]!.selector & 0xfffc) === 0) return 'null-system';
    if (mnemonic === 'lldt' && (end.segments[R.LDTR]!.selector & 0xfffc) === 0) return 'null-system';
    if (mnemonic === 'popa' && this.skipsForbidden(traced)) return 'popa-skip';
    if (this.insn.operandSize === 4 && (mnemonic === 'lar' || (mnemonic === 'smsw' && this.insn.k0 === K.Reg)))
      return 'undefined';
    if (mnemonic === 'neg' && (this.insn.prefixes & Prefix.Lock) !== 0) return 'locked-neg';
    if ((mnemonic === 'ret' || mnemonic === 'retf') && this.insn.k0 === K.Imm && (this.insn.imm & 0x8000) !== 0)
      return 'return-signed';
    if (mnemonic === 'arpl' && this.insn.k0 === K.Mem) return 'written-back';
    if (this.insn.k0 === K.Creg && !this.controlTaken()) return 'control-values';
    if (/^bs[fr]$/.test(mnemonic) && (this.insn.prefixes & Prefix.Rep) !== 0) return 'model';
    if (mnemonic === 'pushf' && this.insn.operandSize === 4 && this.any((s) => (s.eflags & (R.VM | R.RF)) !== 0))
      return 'pushf-image';
    if (/^fx(save|rstor)$/.test(mnemonic) && this.any((s) => (s.cr4 & R.CR4_OSFXSR) === 0)) return 'undefined';
    if (mnemonic === 'iret' && this.popsVirtualFlags(traced)) return 'iret-virtual';
    if (mnemonic === 'iret' && this.typed && (end.eflags & R.VM) !== 0 && this.irregular(traced)) return 'iret-virtual';
    if (HORIZONTAL.test(mnemonic) && this.insn.k0 === this.insn.k1 && this.insn.r0 === this.insn.r1)
      return 'horizontal';
    if (this.insn.operandSize === 2 && mnemonic === 'bswap') return 'undefined';
    if (this.insn.operandSize === 2 && (mnemonic === 'shld' || mnemonic === 'shrd')) {
      const count = this.insn.k2 === K.Imm ? this.insn.imm : traced.ecx;
      if ((count & 31) > 16) return 'undefined';
    }
    // With a mask of zeroes it is the processor's affair what is looked at.
    if (mnemonic.startsWith('maskmov') && traced.accesses.length < (mnemonic === 'maskmovq' ? 8 : 16))
      return 'undefined';
    if (/^pcmp[ei]str/.test(mnemonic)) {
      const endless = this.any(({ gpr }) => gpr[R.EAX] === 0x8000_0000 || gpr[R.EDX] === 0x8000_0000);
      if ((this.insn.imm & 0xc) === 0xc || endless) return 'string-order';
    }
    return mnemonic === 'enter' ? this.enter(traced) : undefined;
  }

  /** Of POPA: whether the place of ESP, which is not accessed, could not have been. */
  private skipsForbidden({ accesses, segments }: TracedInstruction): boolean {
    const ss = segments[R.SS]!;
    const size = this.insn.operandSize;
    const mask = (ss.attributes & ATTR_DB) !== 0 ? 0xffff_ffff : 0xffff;
    const offset = (((accesses[0]?.at ?? 0) - ss.base + 3 * size) & mask) >>> 0;
    return segmentAllows(ss, (ss.base + offset) >>> 0, size, false, this.typed) !== undefined;
  }

  /** Whether a control register has taken what the processor allows, and all of it. */
  private controlTaken(): boolean {
    const [, end] = this.ends;
    return controlAllowed(end) && (this.insn.r0 !== 4 || end.gpr[this.insn.r1] === end.cr4);
  }

  /** Whether VIF or VIP is set before a return, behind it, or in what it takes from the stack. */
  private popsVirtualFlags({ accesses }: TracedInstruction): boolean {
    const flags = R.VIF | R.VIP;
    if (this.any((s) => (s.eflags & flags) !== 0)) return true;
    if (this.insn.operandSize !== 4 || accesses.length === 0) return false;
    return (initialWord(this.c, initialPhysical(this.c, (accesses[0]!.at + 8) >>> 0)) & flags) !== 0;
  }

  /** A return to virtual-8086 mode that must not be: of an outer level, or to where 16 bits do not reach. */
  private irregular({ accesses }: TracedInstruction): boolean {
    if (this.ends[0].cpl > 0 || accesses.length === 0) return true;
    return initialWord(this.c, initialPhysical(this.c, accesses[0]!.at)) > 0xffff;
  }

  private enter({ segments }: TracedInstruction): UnicornLimit | undefined {
    const ss = segments[R.SS]!;
    const wide = (ss.attributes & ATTR_DB) !== 0;
    if (wide !== (this.insn.operandSize === 4)) return 'enter';
    const bounded = ss.limit !== 0xffff_ffff || this.any((s) => (s.cr0 & R.CR0_PG) !== 0);
    return (this.insn.imm & 0xffff) !== 0 && (bounded || this.mayAlign) ? 'enter' : undefined;
  }

  /** Alignment comes before a page fault. */
  get checksAlignment(): boolean {
    return this.mayAlign;
  }
}
