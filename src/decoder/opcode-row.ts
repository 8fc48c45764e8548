/**
 * The shape of one row of the opcode table: everything that is said of an
 * instruction as data. Decoder, printer, translator, fuzz generator and the
 * support matrix read it; it holds no behaviour.
 */

/** How the translator handles a row. */
export type Handling = 'translated' | 'callout' | 'interpreted';

/** Feature an encoding belongs to; a CPU model without it raises #UD. */
export type Feature =
  | '8086'
  | '186'
  | '286'
  | '386'
  | '486'
  | 'pentium'
  | 'ppro'
  | 'cpuid'
  | 'cx8'
  | 'cmov'
  | 'fpu'
  | 'fcmov'
  | 'fisttp'
  | 'mmx'
  | 'sse'
  | 'sse2'
  | 'sse3'
  | 'ssse3'
  | 'sse41'
  | 'sse42'
  | 'popcnt'
  | 'fxsr'
  | 'sep'
  | 'tsc'
  | 'msr'
  | 'clflush'
  | 'monitor'
  | 'movbe'
  | 'smap'
  | 'syscall'
  | 'rdtscp'
  | 'undocumented';

/** One encoding of a row: everything but the operands' bytes. */
export interface Encoding {
  /** Opcode map: 0 one-byte, 1 `0F`, 2 `0F 38`, 3 `0F 3A`. */
  readonly map: 0 | 1 | 2 | 3;
  /**
   * Prefix classes it answers to, as a set of bits: 1 none, 2 `66`, 4 `F3`,
   * 8 `F2`. 15 where prefixes do not choose the instruction.
   */
  readonly prefixClasses: number;
  /** First opcode byte. */
  readonly opcode: number;
  /** How many consecutive opcode bytes: 1; 8 for `+r`; 16 for `+cc`. */
  readonly span: 1 | 8 | 16;
  /** Is there a ModR/M byte? */
  readonly hasModrm: boolean;
  /** Required reg field of ModR/M ("/digit"), or -1. */
  readonly reg: number;
  /** Required whole ModR/M byte, or -1. */
  readonly modrm: number;
  /** What the mod field must say: register (3), memory (not 3), or either. */
  readonly mod: 'any' | 'register' | 'memory';
}

export interface OpcodeRow {
  /** Position in the table; stable within one build. */
  readonly index: number;
  /** Unique name: mnemonic and operand codes, as "add Eb,Gb". Encodings that mean the same share a `name`d behaviour through `mnemonic`. */
  readonly id: string;
  /** Every encoding that means this row; at least one. */
  readonly encodings: readonly Encoding[];
  /**
   * Size-neutral mnemonic by which semantics are looked up: "add", "movs",
   * "jcc", "cbw". See the head of opcode-table.ts for where it differs from
   * what the printer shows.
   */
  readonly mnemonic: string;
  /** Operand codes of SDM vol. 2 appendix A: "Ev", "Gb", "Ib", "M", "Wps", "eAX" ... */
  readonly operands: readonly string[];
  /** Arithmetic flags read / written / left undefined: bits of EFLAGS. */
  readonly flagsRead: number;
  readonly flagsWritten: number;
  readonly flagsUndefined: number;
  /** May carry LOCK when the destination is memory. */
  readonly lockable: boolean;
  readonly feature: Feature;
  readonly handling: Handling;
  /** Sensitive in Popek and Goldberg's sense (DESIGN "the monitor"), whether it traps or not. */
  readonly sensitive: boolean;
  /** Ends a basic block: transfers control, or may change how the next instruction is decoded or executed. */
  readonly endsBlock: boolean;
}
