/**
 * A case's state as words in an order of this format's own, whatever the engines' layout is: files stay good when that
 * changes. A change here is a new format (vector-file.ts).
 */
import { type ArchState, MODES, type SegmentState } from '../../case.ts';
import { MAX_STEPS } from '../../case-json.ts';

const GPR = 0;
const EIP = 8;
const EFLAGS = 9;
const SEGMENTS = 10;
const CPL = 42;
const CONTROL = 43;
const DEBUG = 47;
const TABLES = 53;
const SYSENTER = 57;
const FPU = 60;
const MXCSR = 68;
const FPR = 69;
const XMM = 93;
/** Words of a state. */
export const STATE_WORDS = 125;

/** Behind it, of a case: mode, length of the code, steps; the background's address, size (0: none) and seed. */
export const MODE = 125;
export const CODE_LENGTH = 126;
export const STEPS = 127;
export const BACKGROUND = 128;
export const CASE_WORDS = 131;

/** Largest values. */
const LIMITS = new Uint32Array(CASE_WORDS).fill(0xffff_ffff);
for (let n = 0; n < 8; n++) {
  LIMITS[SEGMENTS + n * 4] = 0xffff;
  LIMITS[FPR + n * 3 + 2] = 0xffff;
}
LIMITS[CPL] = 3;
LIMITS[TABLES + 1] = LIMITS[TABLES + 3] = 0xffff;
[0xffff, 0xffff, 0xff, 0x7ff, 0xffff_ffff, 0xffff, 0xffff_ffff, 0xffff].forEach((most, n) => {
  LIMITS[FPU + n] = most;
});
LIMITS[MXCSR] = 0xffff;
LIMITS[MODE] = MODES.length - 1;
LIMITS[CODE_LENGTH] = LIMITS[BACKGROUND] = LIMITS[BACKGROUND + 1] = 0x10_0000;
LIMITS[STEPS] = MAX_STEPS;
LIMITS[BACKGROUND + 2] = 0x7fff_ffff;

/** Whether a word may have a value. */
export function isWithinLimit(index: number, value: number): boolean {
  return value >>> 0 <= LIMITS[index]!;
}

const parse8 = (digits: string, from: number) => Number.parseInt(digits.slice(from, from + 8), 16) | 0;
const hex8 = (value: number) => (value >>> 0).toString(16).padStart(8, '0');

/** Writes a state's words; those behind it stay. */
export function wordsOfState(s: ArchState, to: Int32Array): void {
  to.set(s.gpr, GPR);
  to[EIP] = s.eip;
  to[EFLAGS] = s.eflags;
  s.segments.forEach(({ selector, base, limit, attributes }, n) => {
    to.set([selector, base, limit, attributes], SEGMENTS + n * 4);
  });
  to.set([s.cpl, s.cr0, s.cr2, s.cr3, s.cr4, ...s.dr], CPL);
  to.set([s.gdtr.base, s.gdtr.limit, s.idtr.base, s.idtr.limit, ...s.sysenter], TABLES);
  const { control, status, empty, opcode, ip, cs, dp, ds, registers } = s.fpu;
  to.set([control, status, empty, opcode, ip, cs, dp, ds, s.mxcsr], FPU);
  registers.forEach((digits, n) => {
    to.set([parse8(digits, 12), parse8(digits, 4), Number.parseInt(digits.slice(0, 4), 16)], FPR + n * 3);
  });
  s.xmm.forEach((digits, n) => {
    for (let k = 0; k < 4; k++) to[XMM + n * 4 + k] = parse8(digits, 24 - k * 8);
  });
}

/** A number for each part of a state that is made anew as a whole. */
const GROUPS = { gpr: 1, segments: 2, dr: 4, tables: 8, sysenter: 16, fpu: 32, fpr: 64, xmm: 128 } as const;
const GROUP_OF = new Uint8Array(STATE_WORDS);
GROUP_OF.fill(GROUPS.gpr, GPR, EIP);
GROUP_OF.fill(GROUPS.segments, SEGMENTS, CPL);
GROUP_OF.fill(GROUPS.dr, DEBUG, TABLES);
GROUP_OF.fill(GROUPS.tables, TABLES, SYSENTER);
GROUP_OF.fill(GROUPS.sysenter, SYSENTER, FPU);
GROUP_OF.fill(GROUPS.fpu, FPU, MXCSR);
GROUP_OF.fill(GROUPS.fpr, FPR, XMM);
GROUP_OF.fill(GROUPS.xmm, XMM, STATE_WORDS);

function segmentAt(w: Int32Array, n: number): SegmentState {
  const at = SEGMENTS + n * 4;
  return {
    selector: w[at]!,
    base: w[at + 1]! >>> 0,
    limit: w[at + 2]! >>> 0,
    attributes: w[at + 3]! & 0x00f0_ff00,
  };
}

const fprAt = (w: Int32Array, at: number) => w[at + 2]!.toString(16).padStart(4, '0') + hex8(w[at + 1]!) + hex8(w[at]!);
const xmmAt = (w: Int32Array, at: number) => hex8(w[at + 3]!) + hex8(w[at + 2]!) + hex8(w[at + 1]!) + hex8(w[at]!);

/** Registers of several words: those of `before` where no word of theirs is among `changed`. */
function registersOf(
  w: Int32Array,
  changed: readonly number[],
  before: readonly string[],
  first: number,
  size: number,
  spell: (w: Int32Array, at: number) => string,
): string[] {
  const out = [...before];
  for (const index of changed) {
    const n = Math.floor((index - first) / size);
    if (index >= first && n < 8 && out[n] === before[n]) out[n] = spell(w, first + n * size);
  }
  return out;
}

/**
 * The state of some words.
 * @param changed in which words it differs from `before`; what does not is taken over, not made anew
 */
export function stateOfWords(w: Int32Array, changed: readonly number[], before: ArchState): ArchState {
  let groups = 0;
  for (const index of changed) if (index < STATE_WORDS) groups |= GROUP_OF[index]!;
  const has = (group: keyof typeof GROUPS) => (groups & GROUPS[group]) !== 0;
  const u = (index: number) => w[index]! >>> 0;
  const unsigned = (from: number, count: number) => Array.from({ length: count }, (_, n) => u(from + n));
  let { fpu } = before;
  if (has('fpu') || has('fpr')) {
    const [control, status, empty, opcode, ip, cs, dp, ds] = unsigned(FPU, 8) as [number, number, number, ...number[]];
    const registers = has('fpr') ? registersOf(w, changed, fpu.registers, FPR, 3, fprAt) : fpu.registers;
    fpu = { control, status, empty, registers, opcode: opcode!, ip: ip!, cs: cs!, dp: dp!, ds: ds! };
  }
  const touched = (n: number) => changed.some((index) => index >= SEGMENTS + n * 4 && index < SEGMENTS + n * 4 + 4);
  return {
    gpr: has('gpr') ? unsigned(GPR, 8) : before.gpr,
    eip: u(EIP),
    eflags: u(EFLAGS),
    segments: has('segments')
      ? before.segments.map((segment, n) => (touched(n) ? segmentAt(w, n) : segment))
      : before.segments,
    cpl: u(CPL),
    cr0: u(CONTROL),
    cr2: u(CONTROL + 1),
    cr3: u(CONTROL + 2),
    cr4: u(CONTROL + 3),
    dr: has('dr') ? unsigned(DEBUG, 6) : before.dr,
    gdtr: has('tables') ? { base: u(TABLES), limit: u(TABLES + 1) } : before.gdtr,
    idtr: has('tables') ? { base: u(TABLES + 2), limit: u(TABLES + 3) } : before.idtr,
    sysenter: has('sysenter') ? [u(SYSENTER), u(SYSENTER + 1), u(SYSENTER + 2)] : before.sysenter,
    fpu,
    mxcsr: u(MXCSR),
    xmm: has('xmm') ? registersOf(w, changed, before.xmm, XMM, 4, xmmAt) : before.xmm,
  };
}

/** The state whose words are all zero. */
export const ZERO_STATE: ArchState = {
  gpr: [0, 0, 0, 0, 0, 0, 0, 0],
  eip: 0,
  eflags: 0,
  segments: Array.from({ length: 8 }, () => ({ selector: 0, base: 0, limit: 0, attributes: 0 })),
  cpl: 0,
  cr0: 0,
  cr2: 0,
  cr3: 0,
  cr4: 0,
  dr: [0, 0, 0, 0, 0, 0],
  gdtr: { base: 0, limit: 0 },
  idtr: { base: 0, limit: 0 },
  sysenter: [0, 0, 0],
  fpu: {
    control: 0,
    status: 0,
    empty: 0,
    registers: Array.from({ length: 8 }, () => '0'.repeat(20)),
    opcode: 0,
    ip: 0,
    cs: 0,
    dp: 0,
    ds: 0,
  },
  mxcsr: 0,
  xmm: Array.from({ length: 8 }, () => '0'.repeat(32)),
};
