/**
 * The operand codes of the opcode table, as SDM vol. 2 appendix A spells them
 * ("Ev", "Gb", "Wps"), given a meaning: where the operand is found and how many
 * bytes it has. Beyond the appendix: `Zb`/`Zv` a register in the low
 * opcode bits, `sIb` a sign-extended byte, `Rv/Mw` a register of one size or memory of
 * another, `ST0`/`STi` x87 registers, `Menv`/`Mstate` the x87 images.
 */

/** Where an operand is found. */
export const Source = {
  None: 0,
  GprRm: 1,
  MmRm: 2,
  XmmRm: 3,
  GprReg: 4,
  MmReg: 5,
  XmmReg: 6,
  /** Memory by ModR/M; the register form is another row or undefined. */
  Mem: 7,
  /** Register by the r/m field. */
  GprRmOnly: 8,
  MmRmOnly: 9,
  XmmRmOnly: 10,
  GprOpcode: 11,
  GprFixed: 12,
  SregReg: 13,
  SregFixed: 14,
  CregReg: 15,
  DregReg: 16,
  Imm8: 17,
  Imm8Signed: 18,
  Imm16: 19,
  ImmZ: 20,
  Rel8: 21,
  RelZ: 22,
  Far: 23,
  Moffs: 24,
  StRm: 25,
  StTop: 26,
  One: 27,
  XmmZero: 28,
  /** Implied memory of a string instruction: no operand, only its size. */
  Element: 29,
} as const;

/** Sizes that depend on the operand size; negative, to be looked up in {@link SIZE_BY_OPERAND_SIZE}. */
const V = -1;
const FAR = -2;
const PAIR = -3;
const ENV = -4;
const STATE = -5;

/** At [-size * 2 + (operand size is 4 bytes ? 1 : 0)]: bytes. */
export const SIZE_BY_OPERAND_SIZE: Int32Array = Int32Array.of(0, 0, 2, 4, 4, 6, 4, 8, 14, 28, 94, 108);

export interface OperandCode {
  readonly source: number;
  /** Bytes when it is a register (or an immediate); negative: depends on the operand size. */
  readonly registerSize: number;
  /** Bytes when it is memory. */
  readonly memorySize: number;
  /** Register number of a fixed register. */
  readonly register: number;
}

const TYPE_SIZES: Readonly<Record<string, number>> = {
  '': 0,
  b: 1,
  w: 2,
  d: 4,
  q: 8,
  dq: 16,
  x: 16,
  ps: 16,
  pd: 16,
  ss: 4,
  sd: 8,
  si: 4,
  pi: 8,
  v: V,
  z: V,
  p: FAR,
  a: PAIR,
  s: 6,
  t: 10,
  env: ENV,
  state: STATE,
  fx: 512,
};

const LETTER_SOURCES: Readonly<Record<string, number>> = {
  E: Source.GprRm,
  Q: Source.MmRm,
  W: Source.XmmRm,
  G: Source.GprReg,
  P: Source.MmReg,
  V: Source.XmmReg,
  M: Source.Mem,
  R: Source.GprRmOnly,
  N: Source.MmRmOnly,
  U: Source.XmmRmOnly,
  Z: Source.GprOpcode,
  S: Source.SregReg,
  C: Source.CregReg,
  D: Source.DregReg,
  O: Source.Moffs,
  X: Source.Element,
  Y: Source.Element,
};

const code = (source: number, size: number, register = 0, memorySize = size): OperandCode => ({
  source,
  registerSize: size,
  memorySize,
  register,
});

const WHOLE_CODES: Readonly<Record<string, OperandCode>> = {
  AL: code(Source.GprFixed, 1, 0),
  CL: code(Source.GprFixed, 1, 1),
  AX: code(Source.GprFixed, 2, 0),
  DX: code(Source.GprFixed, 2, 2),
  eAX: code(Source.GprFixed, V, 0),
  ES: code(Source.SregFixed, 2, 0),
  CS: code(Source.SregFixed, 2, 1),
  SS: code(Source.SregFixed, 2, 2),
  DS: code(Source.SregFixed, 2, 3),
  FS: code(Source.SregFixed, 2, 4),
  GS: code(Source.SregFixed, 2, 5),
  '1': code(Source.One, 1),
  Ib: code(Source.Imm8, 1),
  sIb: code(Source.Imm8Signed, V),
  Iw: code(Source.Imm16, 2),
  Iz: code(Source.ImmZ, V),
  Jb: code(Source.Rel8, 1),
  Jz: code(Source.RelZ, V),
  Ap: code(Source.Far, FAR),
  ST0: code(Source.StTop, 10),
  STi: code(Source.StRm, 10),
  XMM0: code(Source.XmmZero, 16),
  'Rv/Mw': code(Source.GprRm, V, 0, 2),
  'Rd/Mw': code(Source.GprRm, 4, 0, 2),
  'Rd/Mb': code(Source.GprRm, 4, 0, 1),
};

/**
 * The meaning of one operand code.
 * @throws Error when the code is not known (a mistake in the table)
 */
export function operandCode(text: string): OperandCode {
  const whole = WHOLE_CODES[text];
  if (whole) return whole;
  const source = LETTER_SOURCES[text.charAt(0)];
  const size = TYPE_SIZES[text.slice(1)];
  if (source === undefined || size === undefined) throw new Error(`opcode table: unknown operand code "${text}"`);
  return code(source, size);
}

const MODRM_SOURCES: ReadonlySet<number> = new Set<number>([
  Source.GprRm,
  Source.MmRm,
  Source.XmmRm,
  Source.GprReg,
  Source.MmReg,
  Source.XmmReg,
  Source.Mem,
  Source.GprRmOnly,
  Source.MmRmOnly,
  Source.XmmRmOnly,
  Source.SregReg,
  Source.CregReg,
  Source.DregReg,
  Source.StRm,
]);

/** Does an instruction with these operands have a ModR/M byte? */
export function needsModrm(operands: readonly string[]): boolean {
  return operands.some((text) => MODRM_SOURCES.has(operandCode(text).source));
}

/** What the operands imply of the mod field. `R` (MOV of control and debug registers) ignores it. */
export function modOf(operands: readonly string[]): 'any' | 'register' | 'memory' {
  const sources = operands.map((text) => operandCode(text).source);
  if (sources.includes(Source.Mem)) return 'memory';
  const registerOnly: readonly number[] = [Source.MmRmOnly, Source.XmmRmOnly, Source.StRm];
  return sources.some((source) => registerOnly.includes(source)) ? 'register' : 'any';
}
