/**
 * In what processors differ although all of them are right, each thing by name and with its reason: what is not compared
 * with an oracle that judges for itself. Between this project's own engines everything is compared.
 *
 * Undefined flags are not among them: they come from the opcode table (undefined.ts).
 */
import { VEC_GP, VEC_MF, VEC_PF } from '../src/cpu/exceptions.ts';
import { ESP } from '../src/cpu/registers.ts';
import { K } from '../src/decoder/instruction.ts';
import type { Executed } from './engines/trace.ts';
import {
  image,
  imageSize,
  LINUX_ONLY,
  near4G,
  onStack,
  operandBytes,
  type Range,
  repeatsOverItself,
} from './exclusion-tools.ts';

/** A reason why processors differ, and what is not compared because of it. */
export interface Exclusion {
  readonly name: string;
  readonly reason: string;
  /** Mnemonics it applies to; undefined for all. */
  readonly mnemonics: ReadonlySet<string> | undefined;
  /** Applies to instructions that retired, or to the one that faulted. Left out: those that retired. */
  readonly when?: 'retired' | 'faulted' | 'either';
  /** Which of them, where it is not all. `next` is what comes after it. */
  readonly only?: (step: Executed, next: Executed | undefined) => boolean;
  /** Bits of the x87 status word. */
  readonly fpuStatus?: number;
  /** Which x87 registers are empty. */
  readonly fpuTags?: true;
  /** All of the x87. */
  readonly fpu?: true;
  /** Units of the last bit in x87 registers. */
  readonly fpuUlps?: number;
  /** A part of the value of singles in XMM registers. */
  readonly xmmRelative?: number;
  /** General registers: bit n for register n. */
  readonly gpr?: number;
  readonly memory?: (step: Executed) => readonly Range[];
  /** Which of several faults of memory it is (#NP, #SS, #GP, #PF, #AC), its error code and CR2. */
  readonly fault?: true;
  /** Nothing of the case is compared. */
  readonly unjudged?: true;
  /** Of what this leaves differently anything may come (or in these instructions): a case that goes on with them is not judged. */
  readonly spreads?: true | ReadonlySet<string>;
}

const named = (names: string) => new Set(names.split(' '));

const C1 = 0x200;
const TOP = 0x3800;
/** Instructions that store the x87's status word. */
const STATUS_STORES = named('fnstsw fnstenv fnsave fxsave');

/** Instructions that nothing of can be learnt from programs of the host, by mnemonic: their rows have no vectors. */
export const NOT_FOR_HOST: ReadonlyMap<string, string> = new Map(
  (
    [
      ['cpuid', 'names the processor'],
      ['rdtsc rdtscp rdpmc', 'counts on'],
      ['sgdt sidt smsw sldt str', "gives what is the kernel's, or is answered by it (UMIP)"],
      ['sysenter syscall', 'leads into the kernel'],
      ['sysexit sysret rsm', 'is another fault in IA-32e mode on some processors'],
      ['clac stac', 'is for level 0, and undefined at any other'],
      ['monitor mwait', 'is for user code on some processors, and undefined for the model'],
    ] as const
  ).flatMap(([names, why]) => names.split(' ').map((name): [string, string] => [name, why])),
);

export const EXCLUSIONS: readonly Exclusion[] = [
  {
    name: 'x87-transcendental',
    reason:
      'the SDM promises an error below one unit in the last place, not which of the two neighbours; C1 tells which it was',
    mnemonics: named('fsin fcos fsincos fptan fpatan f2xm1 fyl2x fyl2xp1'),
    fpuStatus: C1,
    fpuUlps: 2,
    spreads: true,
  },
  {
    name: 'sse-approximation',
    reason: 'RCPPS, RSQRTPS and their like are within 1.5 * 2^-12 of the value; each design has its own table',
    mnemonics: named('rcpps rcpss rsqrtps rsqrtss'),
    xmmRelative: 3 / 4096,
    spreads: true,
  },
  {
    name: 'x87-pointers',
    reason:
      'which instructions update FOP, FIP and FDP differs between processors, and newer ones keep no FCS and FDS (SDM vol. 1 section 8.1.8)',
    mnemonics: named('fnstenv fnsave'),
    // An image of 14 or 28 bytes; all but control, status and tag word is about the last instruction.
    memory: (step) => (step.insn.operandSize === 2 ? operandBytes(step, 6, 8) : operandBytes(step, 12, 16)),
  },
  {
    name: 'fxsave-pointers-and-reserved',
    reason:
      "FOP, FIP, FCS, FDP and FDS as for FNSTENV; reserved bytes and MXCSR_MASK are the processor model's own; behind XMM7 lie registers of another mode",
    mnemonics: named('fxsave'),
    memory: (step) => [
      ...operandBytes(step, 5, 19),
      ...operandBytes(step, 28, 4),
      ...Array.from({ length: 8 }, (_, n) => operandBytes(step, 32 + n * 16 + 10, 6)).flat(),
      ...operandBytes(step, 288, 224),
    ],
  },
  {
    name: 'push-segment-upper-half',
    reason:
      'a 32-bit PUSH of a segment register writes zeroes above it, or only the 16 bits, as the SDM says of newer processors',
    mnemonics: named('push'),
    only: ({ insn }) => insn.k0 === K.Sreg && insn.operandSize === 4,
    memory: (step) => onStack(step, -2, 2),
    spreads: true,
  },
  {
    name: 'push-segment-reach',
    reason: 'for the same reason the end of the segment, or a page, may or may not lie in between',
    mnemonics: named('push'),
    when: 'either',
    only: ({ insn, stack }) => {
      if (insn.k0 !== K.Sreg || insn.operandSize !== 4) return false;
      const last = stack.wide ? (stack.pointer - 1) >>> 0 : (stack.pointer - 1) & 0xffff;
      return last > stack.limit || last < 4 || ((stack.base + last) & 0xfff) < 2;
    },
    unjudged: true,
  },
  {
    name: 'push-segment-alignment',
    reason: 'for the same reason it must be aligned to 4 bytes, or to 2',
    mnemonics: named('push'),
    when: 'either',
    only: ({ insn, aligning, stack }) =>
      aligning && insn.k0 === K.Sreg && insn.operandSize === 4 && ((stack.base + stack.pointer) & 3) !== 0,
    unjudged: true,
  },
  {
    name: 'alignment-of-16-bytes',
    reason: 'whether 16 bytes that need not be aligned raise #AC is left to the implementation (SDM vol. 2 table 2-21)',
    mnemonics: named('movdqu movups movupd lddqu maskmovdqu pcmpestri pcmpestrm pcmpistri pcmpistrm'),
    when: 'either',
    only: ({ aligning, linear }) => aligning && ((linear ?? 0) & 15) !== 0,
    unjudged: true,
  },
  {
    name: 'fcomi-c1',
    reason: 'the SDM has FCOMI clear C1; AMD processors leave it as it was',
    mnemonics: named('fcomi fcomip fucomi fucomip'),
    fpuStatus: C1,
    spreads: STATUS_STORES,
  },
  {
    name: 'cvtpi2ps-from-memory',
    reason: 'the SDM has it enter MMX state with any operand, AMD processors only with an MMX register',
    mnemonics: named('cvtpi2ps'),
    only: ({ insn }) => insn.k1 === K.Mem,
    fpuStatus: TOP,
    fpuTags: true,
    spreads: true,
  },
  {
    name: 'cvtpi2ps-from-memory-pending',
    reason: 'and for the same reason only with an MMX register does it ask for pending exceptions of the x87',
    mnemonics: named('cvtpi2ps'),
    when: 'faulted',
    only: ({ insn, fault }) => insn.k1 === K.Mem && fault?.vector === VEC_MF,
    unjudged: true,
  },
  {
    name: 'mmx-state-before-fault',
    reason: 'some processors enter MMX state before these instructions fault',
    mnemonics: named('cvtpi2ps cvtpi2pd cvtps2pi cvttps2pi cvtpd2pi cvttpd2pi maskmovq'),
    when: 'faulted',
    fpuStatus: TOP,
    fpuTags: true,
  },
  {
    name: 'maskmov-fault-address',
    reason: 'the first byte that is stored, or the first of the operand; where it is in two pages, which of them',
    mnemonics: named('maskmovq maskmovdqu'),
    when: 'faulted',
    fault: true,
  },
  {
    name: 'maskmov-of-some',
    reason:
      'whether an empty mask can fault is left to the implementation (SDM vol. 2, MASKMOVQ); so it is with bytes not chosen in another page, or beyond 64 KB',
    mnemonics: named('maskmovq maskmovdqu'),
    when: 'either',
    only: ({ masked, linear, offset, insn, retired }) => {
      const { chosen, size } = masked!;
      const across = (linear! & 0xfff) + size > 0x1000 || (insn.addressSize === 2 && offset! + size > 0x1_0000);
      return retired ? chosen === 0 || (chosen < size && across) : chosen < size && across;
    },
    unjudged: true,
  },
  {
    name: 'order-of-accesses',
    reason: 'which of several accesses comes first is not laid down: where more than one faults, each is right',
    mnemonics: named('fnstenv fldenv fnsave frstor fxsave fxrstor call callf retf iret'),
    when: 'faulted',
    fault: true,
  },
  {
    name: 'ten-bytes-in-parts',
    reason: 'a page fault of the first 8 of 10 bytes may come before the limit of the last 2 is looked at',
    mnemonics: named('fld fstp fbld fbstp'),
    when: 'faulted',
    only: ({ insn }) => Math.max(insn.s0, insn.s1) === 10,
    fault: true,
  },
  {
    name: 'call-that-faults',
    reason: 'some processors push the return address before they look at the target; it lies below the stack pointer',
    mnemonics: named('call callf'),
    when: 'faulted',
    memory: (step) => onStack(step, -16, 16),
  },
  {
    name: 'popa-that-faults',
    reason: 'some processors have loaded a part of the registers before the fault; the next try loads all of them',
    mnemonics: named('popa'),
    when: 'faulted',
    gpr: 0xff & ~(1 << ESP),
  },
  {
    name: 'image-that-faults',
    reason: 'a part of it may have been stored before the fault',
    mnemonics: named('fnstenv fnsave fxsave'),
    when: 'faulted',
    memory: image,
  },
  {
    name: 'image-load-that-faults',
    reason: 'a part of it may have been loaded before the fault',
    mnemonics: named('fldenv frstor fxrstor'),
    when: 'faulted',
    fpu: true,
  },
  {
    name: 'parts-beyond-64k',
    reason:
      'operands that are moved in several parts go round at 64 KB with 16-bit addresses on some processors, on others they are beyond the limit',
    mnemonics: named('fnstenv fldenv fnsave frstor fxsave fxrstor fld fstp fbld fbstp'),
    when: 'either',
    only: (step) => step.insn.addressSize === 2 && (step.offset ?? 0) + imageSize(step) > 0x1_0000,
    unjudged: true,
  },
  {
    name: 'not-for-the-host',
    reason: 'user code jumped to an instruction that nothing can be learnt of from programs of the host (see above)',
    mnemonics: new Set(NOT_FOR_HOST.keys()),
    when: 'either',
    only: ({ user }) => user,
    unjudged: true,
  },
  {
    name: 'addresses-of-the-harness',
    reason: 'programs that execute cases on the host have their own memory there, where the case has none',
    mnemonics: undefined,
    when: 'faulted',
    only: ({ fault }) => fault?.vector === VEC_PF && fault.cr2 >= 0x3000_0000 && fault.cr2 < 0x3200_0000,
    unjudged: true,
  },
  {
    name: 'selectors-of-linux',
    reason: "a descriptor that Linux has in its GDT, for itself or 64-bit programs; a case's GDT has none there",
    mnemonics: undefined,
    when: 'faulted',
    only: ({ fault }) => fault?.vector === VEC_GP && LINUX_ONLY.has((fault.errorCode ?? 0) & ~3),
    unjudged: true,
  },
  {
    name: 'beyond-4g',
    reason:
      'where the effective limit is FFFFFFFFh, accesses that go round may or may not raise #SS or #GP (SDM vol. 3 section 6.3)',
    mnemonics: undefined,
    when: 'faulted',
    only: ({ offset, linear, stack }) => {
      const { base, pointer, frame, wide } = stack;
      return [offset, linear, base + pointer, base + frame, ...(wide ? [pointer, frame] : [])].some(near4G);
    },
    fault: true,
  },
  {
    name: 'repetition-over-itself',
    reason: 'a repeated string instruction that writes over itself may go on as it was',
    mnemonics: named('movs stos'),
    only: repeatsOverItself,
    unjudged: true,
  },
];
