/**
 * One fuzzing case: the whole state a processor starts from, and for how long
 * it runs. It holds everything that an oracle needs, so that any of them can
 * run it, and it can be kept as a file.
 */

/**
 * Physical memory of a case, in bytes; all of it is RAM. Reads beyond it give all ones, writes are lost; so it is with
 * all ports.
 */
export const CASE_MEMORY = 0x10_0000;

/** A segment register with its cache, as src/cpu/layout.ts has them: limit in bytes; attributes bits 8..15 and 20..23. */
export interface SegmentState {
  readonly selector: number;
  readonly base: number;
  readonly limit: number;
  readonly attributes: number;
}

/** In the order of src/cpu/registers.ts. */
export const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'] as const;

export interface TableRegister {
  readonly base: number;
  readonly limit: number;
}

/** Architectural state. Numbers are unsigned 32-bit unless said otherwise. */
export interface ArchState {
  /** EAX ECX EDX EBX ESP EBP ESI EDI. */
  readonly gpr: readonly number[];
  readonly eip: number;
  readonly eflags: number;
  /** ES CS SS DS FS GS LDTR TR. */
  readonly segments: readonly SegmentState[];
  readonly cpl: number;
  readonly cr0: number;
  readonly cr2: number;
  readonly cr3: number;
  readonly cr4: number;
  /** DR0..DR3, DR6, DR7. */
  readonly dr: readonly number[];
  readonly gdtr: TableRegister;
  readonly idtr: TableRegister;
  readonly sysenter: readonly [cs: number, esp: number, eip: number];
  readonly fpu: {
    readonly control: number;
    /** TOP inside. */
    readonly status: number;
    /** Which registers are empty: bit n for physical register Rn. */
    readonly empty: number;
    /** R0..R7 by physical number: 20 hex digits, sign and exponent first. */
    readonly registers: readonly string[];
    readonly opcode: number;
    readonly ip: number;
    readonly cs: number;
    readonly dp: number;
    readonly ds: number;
  };
  readonly mxcsr: number;
  /** XMM0..XMM7: 32 hex digits, most significant first. */
  readonly xmm: readonly string[];
}

/** Bytes at a physical address. */
export interface Patch {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** An area filled with pseudo-random words by {@link backgroundWords}: the same seed gives the same bytes everywhere. */
export interface Background {
  readonly at: number;
  /** In bytes; a multiple of 4. */
  readonly size: number;
  /** 1 to 2^31 - 1. */
  readonly seed: number;
}

export const MODES = ['real', 'protected16', 'protected32', 'virtual8086'] as const;
/** What kind of code it is: by CR0.PE, EFLAGS.VM and CS.D. */
export type Mode = (typeof MODES)[number];

export interface FuzzCase {
  /** Where it came from: "SEED:NUMBER" or a file's name. */
  readonly name: string;
  readonly mode: Mode;
  readonly initial: ArchState;
  /** Memory is zero but for the background and then the patches, in their order. */
  readonly background: Background | undefined;
  readonly patches: readonly Patch[];
  /** Linear address range of the code as generated, for listings and shrinking: it begins at CS base + EIP. */
  readonly codeLength: number;
  /**
   * At most so many instructions retire; each iteration of a repeated string instruction is one. Behind its code a case
   * has HLT: an oracle that cannot count runs on until that is reached (in ring 3, #GP).
   */
  readonly steps: number;
  /**
   * `first`: the run ends at the first exception or software interrupt, undelivered (the IDT's limit is 0);
   * `deliver`: it goes through the case's IDT, and the run goes on.
   */
  readonly exceptions: 'first' | 'deliver';
  /** Maskable interrupts requested when so many instructions have retired; taken when the guest lets them. */
  readonly interrupts: readonly { readonly after: number; readonly vector: number }[];
}

/** How a run ended. */
export type Ending =
  /** All its steps were taken. */
  | { readonly kind: 'steps' }
  | { readonly kind: 'halt' }
  /** With `exceptions: 'first'`. The error code is undefined where there is none, or where the oracle cannot tell (`unknownError`). */
  | {
      readonly kind: 'exception';
      readonly vector: number;
      readonly software: boolean;
      readonly errorCode: number | undefined;
      readonly unknownError?: true;
    }
  | { readonly kind: 'shutdown' }
  /** The oracle itself failed: threw, hung, or grew. Always a difference. */
  | { readonly kind: 'failed'; readonly message: string };

/** What a case left behind. */
export interface Outcome {
  readonly ending: Ending;
  /** Instructions retired; undefined where the oracle does not count. */
  readonly retired: number | undefined;
  /** At the end; of an undelivered exception: as it was then, EIP at the instruction (behind it for a trap). */
  readonly state: ArchState;
  /** Bits of the x87 status word and of MXCSR that the oracle cannot tell behind what was executed. */
  readonly unknown?: { readonly fpuStatus: number; readonly mxcsr: number };
  /** Bytes that differ from the case's initial memory, ascending, adjacent ones joined. */
  readonly written: readonly Patch[];
  /** Port and MMIO accesses in order, for oracles that see them. */
  readonly accesses: readonly string[] | undefined;
  /**
   * Of an engine that translates: instructions that translated code carried out, or began and left to the interpreter
   * with a fault or a rare case. 0: the interpreter did everything, and nothing has been judged.
   */
  readonly translated?: number | undefined;
}

/** The words of a background. xorshift32; one in eight is an extreme value. */
export function backgroundWords(seed: number, size: number): Int32Array {
  const words = new Int32Array(size / 4);
  let x = seed | 0;
  for (let n = 0; n < words.length; n++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[n] = (x & 7) === 0 ? EXTREMES[(x >>> 8) % EXTREMES.length]! : x;
  }
  return words;
}

/** Integers at which things change. */
export const EXTREMES: readonly number[] = [
  0, 1, 2, 7, 8, 15, 16, 31, 32, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, -0x8000_0000, -1,
];
