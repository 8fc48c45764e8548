/**
 * What goes to host.c and comes back from it: one instruction, the state before
 * it, the state after it.
 */
export const WINDOW = 256;
/** Where the 16-bit data segment begins; it has 4096 bytes. */
export const DATA_PAGE = 0x0110_0000;
/** Where the 16-bit code segment begins; it has 64 KB. */
export const CODE_BASE = 0x0100_0000;
/** Linear address of the window of memory. */
export const DATA = 0x0110_0800;
/** Linear address of the instruction. */
export const SLOT = 0x0100_0100;
/** Where a taken branch lands, from {@link SLOT}. */
export const LANDING = 64;

/** One instruction and the state it begins in. */
export interface Case {
  /** In 16-bit code and the small segments, or in 32-bit code and flat ones. */
  readonly small: boolean;
  readonly code: Uint8Array;
  readonly registers: Int32Array;
  readonly flags: number;
  readonly memory: Uint8Array;
}

/** The state it ends in. */
export interface Outcome {
  readonly registers: Int32Array;
  readonly flags: number;
  /** 0, or the kind of fault: 'divide', 'invalid', 'protection'. */
  readonly fault: string;
  readonly taken: boolean;
  readonly memory: Uint8Array;
}

const CASE_SIZE = 16 + 32 + 4 + WINDOW;
const OUTCOME_SIZE = 32 + 4 + 4 + 4 + WINDOW;
const SIGNALS: ReadonlyMap<number, string> = new Map([
  [0, ''],
  [8, 'divide'],
  [4, 'invalid'],
  [11, 'protection'],
  [7, 'protection'],
  [5, 'trap'],
]);

/** The bytes that host.c reads. */
export function encodeCases(cases: readonly Case[]): Uint8Array {
  const bytes = new Uint8Array(cases.length * CASE_SIZE);
  const view = new DataView(bytes.buffer);
  cases.forEach((c, n) => {
    const at = n * CASE_SIZE;
    bytes[at] = c.code.length | (c.small ? 0x80 : 0);
    bytes.set(c.code, at + 1);
    for (let r = 0; r < 8; r++) view.setInt32(at + 16 + r * 4, c.registers[r] ?? 0, true);
    view.setInt32(at + 48, c.flags, true);
    bytes.set(c.memory, at + 52);
  });
  return bytes;
}

/** What host.c wrote. */
export function decodeOutcomes(bytes: Uint8Array): Outcome[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const outcomes: Outcome[] = [];
  for (let at = 0; at + OUTCOME_SIZE <= bytes.length; at += OUTCOME_SIZE) {
    const registers = new Int32Array(8);
    for (let r = 0; r < 8; r++) registers[r] = view.getInt32(at + r * 4, true);
    outcomes.push({
      registers,
      flags: view.getInt32(at + 32, true),
      fault: SIGNALS.get(view.getInt32(at + 36, true)) ?? 'signal',
      taken: view.getInt32(at + 40, true) !== 0,
      memory: bytes.slice(at + 44, at + 44 + WINDOW),
    });
  }
  return outcomes;
}
