/**
 * What of Unicorn's floating point is evidence: results are, exceptions are not. Follows a case's instructions
 * one after another; knows in the end which bits of the status are worth nothing.
 */
import { type Instruction, K } from '../../../src/decoder/instruction.ts';
import type { ArchState, FuzzCase } from '../../case.ts';
import type { UnicornLimit } from './limits.ts';
import type { TracedInstruction } from './words.ts';

const named = (names: string) => new Set(names.split(' '));

const X87 = named('fpu fcmov fisttp');
/** Neither computing nor looking at pending exceptions or the stack. */
const NO_WAIT = named('fninit fnclex fnstcw fneni fndisi fnsetpm fnstsw fnstenv fnsave');
/** No operand on the stack that could be missing. */
const NO_OPERAND = named('fnop wait fldcw ffree ffreep fincstp fdecstp fldenv frstor');
const PUSH = named('fld fild fld1 fldz');
const INEXACT = named(
  'f2xm1 fyl2x fyl2xp1 fptan fpatan fsin fcos fsincos fprem fprem1 fscale fxtract fbld fbstp fldl2t fldl2e fldpi fldlg2 fldln2 fisttp',
);
/** C0, C2 and C3 are undefined behind them, and Unicorn changes them. */
const CONDITIONS_CLEARED = named('fsqrt fincstp fdecstp');
const COMPARES_FLAGS = named('fcomi fcomip fucomi fucomip');
const POPS_TWO = named('fcompp fucompp');
const LOADS_CONTROL = named('fldcw fldenv frstor fxrstor');
const STORES_STATUS = named('fnstsw fxsave');
const STORES_MXCSR = named('stmxcsr fxsave');

const SSE = /^s?sse/;
/** These compute nothing in floating point. */
const SSE_EXACT =
  /^(p|mov|andp|andnp|orp|xorp|shufp|unpck|lddqu|[lms]fence|clflush|prefetch|stmxcsr|ldmxcsr|blend|extractps|insertps|crc32|maskmov)/;
/** Of two operands, where both may be NaN. */
const SSE_TWO = /^(addsub|add|sub|mul|div|hadd|hsub|dp)(ss|sd|ps|pd)$/;

/** What pseudo-denormals are wrong in. */
const TAKES_PSEUDO = /^(frndint|fu?com|ftst|fsqrt|fi?(add|sub|mul|div))/;

const APPROXIMATE = /^r(cp|sqrt)[ps]s$/;

/** IE to PE, SF, ES, C1, B. */
const FPU_EXCEPTION_BITS = 0x82ff;
const TOP = 0x3800;
const ES_PENDING = 0x80;
const FPU_PENDING = 0x8080;
/** RC, PC and the masks; bit 6 is always set. */
const CONTROL = 0x1f3f;
const MXCSR_FLAGS = 0x3f;
/** FZ, DAZ. */
const MXCSR_FLUSH = 0x8040;
const MXCSR_MASKS = 0x1f80;

/** Bits of status registers that an outcome does not tell. */
export interface UnknownBits {
  readonly fpuStatus: number;
  readonly mxcsr: number;
}

const isNanF80 = (digits: string) => /^[7f]fff/.test(digits) && !digits.endsWith('8000000000000000');

const isSignalingF80 = (digits: string) => /^[7f]fff[89ab]/.test(digits) && isNanF80(digits);

function lanesHaveNan(digits: string, kind: string): boolean {
  const width = kind.endsWith('s') ? 8 : 16;
  const first = kind.startsWith('s') ? 32 - width : 0;
  for (let at = first; at < 32; at += width) {
    const exponent = Number.parseInt(digits.slice(at, at + (width === 8 ? 3 : 3)), 16);
    const all = width === 8 ? (exponent & 0x7f8) === 0x7f8 : (exponent & 0x7ff) === 0x7ff;
    const rest = BigInt(`0x${digits.slice(at, at + width)}`) & (width === 8 ? 0x7f_ffffn : 0xf_ffff_ffff_ffffn);
    if (all && rest !== 0n) return true;
  }
  return false;
}

export class FloatingView {
  private fpuUnknown = 0;
  private mxcsrUnknown = 0;
  /** MMX registers written: their exponents are ones. */
  private readonly mmx = new Set<number>();
  private widened = false;
  private loaded = false;
  private emptied = false;
  /** Of SSSE3's Unicorn does not know that they are MMX instructions. */
  private entered = false;
  private readonly sums = new Map<number, string>();
  /** Registers with sums of products. */
  private readonly products = new Set<number>();
  private readonly fpuMasked: boolean;
  private readonly sseMasked: boolean;
  private readonly sseFlushes: boolean;
  private readonly holdsNan: boolean;
  /** Denormals with the first bit set. */
  private readonly holdsPseudo: boolean;
  private readonly mxcsrAllowed: boolean;

  constructor(c: FuzzCase, end: ArchState) {
    const ends = [c.initial, end];
    this.fpuMasked = ends.every((s) => (s.fpu.control & 0x3f) === 0x3f);
    this.sseMasked = ends.every((s) => (s.mxcsr & MXCSR_MASKS) === MXCSR_MASKS);
    this.sseFlushes = ends.some((s) => (s.mxcsr & MXCSR_FLUSH) !== 0);
    this.holdsPseudo = ends.some((s) => s.fpu.registers.some((digits) => /^[08]000[89a-f]/.test(digits)));
    this.holdsNan = ends.some((s) => s.fpu.registers.some(isNanF80));
    this.mxcsrAllowed = end.mxcsr >>> 16 === 0;
  }

  /** Why the result of an instruction is no evidence; undefined where it is. */
  retired(insn: Instruction, traced: TracedInstruction): UnicornLimit | undefined {
    const { mnemonic, feature } = insn.row;
    this.loaded ||= LOADS_CONTROL.has(mnemonic);
    if (mnemonic === 'fnstenv' || mnemonic === 'fnsave') return 'x87-image';
    if (STORES_STATUS.has(mnemonic) && this.fpuUnknown !== 0) return 'x87-image';
    if (STORES_MXCSR.has(mnemonic) && this.mxcsrUnknown !== 0) return 'sse-exception';
    // Reserved parts of the area lie in another page, which Unicorn does not look at.
    const image = feature === 'fxsr' || mnemonic === 'fldenv' || mnemonic === 'frstor';
    if (image && (traced.accesses[0]?.at ?? 0) % 4096 > 4096 - 512) return 'x87-image';
    if (mnemonic === 'ldmxcsr' || mnemonic === 'fxrstor') {
      if (!this.mxcsrAllowed) return 'sse-exception';
      this.mxcsrUnknown = 0;
      // ES and B follow the exceptions that are not masked; here they are what was in memory.
      if (mnemonic === 'fxrstor') {
        this.fpuUnknown = FPU_PENDING;
        this.mmx.clear();
        this.entered = this.emptied = false;
      }
      return undefined;
    }
    if (mnemonic === 'fxsave' && this.mmx.size > 0) return 'mmx';
    if (mnemonic === 'cvtpi2pd' && insn.k1 === K.Mem) return 'mmx';
    const media = insn.k0 === K.Mm || insn.k1 === K.Mm || mnemonic === 'emms';
    const limit = media ? this.media(insn, traced) : undefined;
    if (limit !== undefined) return limit;
    if (X87.has(feature) || mnemonic === 'ffreep' || mnemonic === 'fstpnce' || mnemonic === 'wait') {
      return this.x87(insn, traced);
    }
    // What has come of two NaNs may be anything's operand now.
    if (SSE.test(feature) && this.usesSum(insn)) return 'sse-nan';
    return SSE.test(feature) && !SSE_EXACT.test(mnemonic) ? this.sse(insn) : undefined;
  }

  /** Whether an operand is the result of an operation on two numbers. */
  private usesSum(insn: Instruction): boolean {
    return (insn.k0 === K.Xmm && this.sums.has(insn.r0)) || (insn.k1 === K.Xmm && this.sums.has(insn.r1));
  }

  private media(insn: Instruction, { fpuStatus }: TracedInstruction): UnicornLimit | undefined {
    if ((fpuStatus & ES_PENDING) !== 0) return 'x87';
    if (insn.row.mnemonic === 'emms') {
      // It leaves TOP as it was.
      this.emptied = true;
      this.entered = false;
      this.fpuUnknown |= TOP;
    } else if (insn.k0 === K.Mm && insn.row.mnemonic !== 'maskmovq') {
      this.mmx.add(insn.r0);
    }
    if (insn.row.feature === 'ssse3') this.entered = true;
    return undefined;
  }

  private x87(insn: Instruction, { fpuStatus, fpuEmpty }: TracedInstruction): UnicornLimit | undefined {
    const { mnemonic } = insn.row;
    if (mnemonic === 'fninit') {
      this.fpuUnknown = 0;
      this.emptied = false;
    }
    if (mnemonic === 'fnclex') this.fpuUnknown &= ~0x80ff;
    if (this.mmx.size > 0 || this.emptied || this.entered) return 'x87';
    if (NO_WAIT.has(mnemonic)) return undefined;
    if ((fpuStatus & ES_PENDING) !== 0 || !this.fpuMasked) return 'x87';
    if (this.sseFlushes) return 'sse-denormal';
    if (INEXACT.has(mnemonic)) return 'x87-inexact';
    if (mnemonic === 'fxam' || (this.holdsPseudo && TAKES_PSEUDO.test(mnemonic))) return 'x87-format';
    if (mnemonic === 'wait' || mnemonic === 'fnop') return undefined;
    this.fpuUnknown |= FPU_EXCEPTION_BITS | (CONDITIONS_CLEARED.has(mnemonic) ? 0x4500 : 0);
    if (COMPARES_FLAGS.has(mnemonic)) return 'x87-flags';
    if (NO_OPERAND.has(mnemonic)) return undefined;
    const top = fpuStatus >> 11;
    const empty = (n: number) => ((fpuEmpty >> ((top + n) & 7)) & 1) !== 0;
    const source = insn.k1 === K.St ? insn.r1 : insn.k0 === K.St ? insn.r0 : 0;
    this.widened ||= mnemonic === 'fld' && insn.k0 === K.Mem && insn.s0 < 10;
    if (PUSH.has(mnemonic)) return !empty(7) || (insn.k0 === K.St && empty(source)) ? 'x87' : undefined;
    if (empty(0)) return 'x87';
    const narrowed = insn.k0 === K.Mem && insn.s0 < 10;
    if ((mnemonic === 'fst' || mnemonic === 'fstp') && narrowed && this.holdsNan) return 'x87-format';
    // Into an empty register: it stays marked as empty.
    if (mnemonic === 'fst' || mnemonic === 'fstp') return insn.k0 === K.St && empty(insn.r0) ? 'x87' : undefined;
    const other = insn.k0 === K.St && insn.k1 === K.St ? (insn.r0 === 0 ? insn.r1 : insn.r0) : source;
    return empty(other) || (POPS_TWO.has(mnemonic) && empty(1)) ? 'x87' : undefined;
  }

  private sse(insn: Instruction): UnicornLimit | undefined {
    if (!this.sseMasked) return 'sse-exception';
    if (insn.row.mnemonic === 'dpps') return 'sse-order';
    if (this.sseFlushes || APPROXIMATE.test(insn.row.mnemonic)) return 'sse-denormal';
    this.mxcsrUnknown |= MXCSR_FLAGS;
    if (insn.row.mnemonic === 'dppd') this.products.add(insn.r0);
    const kind = SSE_TWO.exec(insn.row.mnemonic)?.[2];
    if (kind !== undefined) this.sums.set(insn.r0, kind);
    return undefined;
  }

  /** Why the state at the end is no evidence. */
  end(state: ArchState): UnicornLimit | undefined {
    const { control, registers } = state.fpu;
    if (this.widened && registers.some(isSignalingF80)) return 'x87-format';
    if (this.loaded && control !== ((control & CONTROL) | 0x40)) return 'x87-control';
    for (const [register, kind] of this.sums) if (lanesHaveNan(state.xmm[register]!, kind)) return 'sse-nan';
    for (const register of this.products) if (/^(.{16})?0{16}/.test(state.xmm[register]!)) return 'sse-order';
    return undefined;
  }

  get unknown(): UnknownBits {
    return { fpuStatus: this.fpuUnknown, mxcsr: this.mxcsrUnknown };
  }

  /** The state with what Unicorn leaves out when it writes an MMX register (SDM vol. 1 section 9.5.1). */
  completed(state: ArchState): ArchState {
    if (this.mmx.size === 0) return state;
    const { status, empty } = state.fpu;
    const entered = this.entered ? { status: status & ~TOP, empty: 0 } : { status, empty };
    const registers = state.fpu.registers.map((digits, n) => (this.mmx.has(n) ? `ffff${digits.slice(4)}` : digits));
    return { ...state, fpu: { ...state.fpu, ...entered, registers } };
  }
}
