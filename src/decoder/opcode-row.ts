/**
 * The shape of one row of the opcode table: everything that is said of an
 * instruction as data. Decoder, printer, translator, fuzz generator and the
 * support matrix read it; it holds no behaviour.
 */

/** How the translator handles a row. */
export type Handling = 'translated' | 'callout' | 'interpreted';

/** Feature an encoding belongs to; a CPU model without it raises #UD. */
export type Feature =
  | '8086' | '186' | '286' | '386' | '486' | 'pentium' | 'ppro' | 'cx8' | 'cmov' | 'fpu' | 'fcmov' | 'fisttp'
  | 'mmx' | 'sse' | 'sse2' | 'sse3' | 'ssse3' | 'sse41' | 'sse42' | 'popcnt' | 'fxsr' | 'sep' | 'tsc' | 'msr'
  | 'clflush' | 'monitor' | 'movbe' | 'undocumented';

export interface OpcodeRow {
  /** Position in the table; stable within one build. */
  readonly index: number;
  /** Unique name: mnemonic and operand codes, as "add Eb,Gb". Encodings that mean the same share a `name`d behaviour through `mnemonic`. */
  readonly id: string;
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
