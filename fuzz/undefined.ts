/**
 * What two processors may leave differently behind the same code, so that it is not compared with an oracle that
 * judges for itself. Between this project's own engines everything is compared.
 *
 * Undefined flags come from the opcode table, and from nowhere else. All other exclusions stand here by name,
 * each with its reason.
 */
import { AF, CF, OF, PF, SF, ZF } from '../src/cpu/registers.ts';
import type { OpcodeRow } from '../src/decoder/opcode-row.ts';
import type { Executed } from './engines/trace.ts';

/** What is left out of a comparison. */
export interface Mask {
  /** Bits of EFLAGS. */
  readonly eflags: number;
  /** Bits of the x87 status word. */
  readonly fpuStatus: number;
  /** How far significands of x87 registers may be apart, in units of their last bit. */
  readonly fpuUlps: number;
  /** How far singles in XMM registers may be apart, as a part of their value. */
  readonly xmmRelative: number;
  /** Physical addresses. */
  readonly memory: readonly { readonly at: number; readonly length: number }[];
  /** Why nothing of the end can be compared; undefined where it can. */
  readonly unjudged: string | undefined;
  /** Names of the exclusions that apply. */
  readonly names: readonly string[];
}

const C1 = 0x200;

/** A reason why processors differ. */
export interface Exclusion {
  readonly name: string;
  readonly reason: string;
  /** Mnemonics it applies to. */
  readonly mnemonics: ReadonlySet<string>;
  readonly fpuStatus?: number;
  readonly fpuUlps?: number;
  readonly xmmRelative?: number;
  /** Bytes from the memory operand on that are not compared: [offset, length]. */
  readonly memory?: (executed: Executed) => readonly (readonly [number, number])[];
  /** The result is only good while nothing computes with it: a case that goes on behind it is not judged. */
  readonly spreads?: boolean;
}

const named = (names: string) => new Set(names.split(' '));

/** FNSTENV's image: 14 or 28 bytes; all but control, status and tag word is about the last instruction. */
function environmentPointers({ insn }: Executed): readonly (readonly [number, number])[] {
  return insn.operandSize === 2 ? [[6, 8]] : [[12, 16]];
}

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
    memory: environmentPointers,
  },
  {
    name: 'fxsave-pointers-and-reserved',
    reason:
      "FOP, FIP, FCS, FDP and FDS as for FNSTENV; reserved bytes and MXCSR_MASK are the processor model's own; behind XMM7 lie registers of another mode",
    mnemonics: named('fxsave'),
    memory: () => [
      [5, 19],
      [28, 4],
      ...Array.from({ length: 8 }, (_, n) => [32 + n * 16 + 10, 6] as const),
      [288, 224],
    ],
  },
];

const BY_MNEMONIC = new Map<string, Exclusion[]>();
for (const exclusion of EXCLUSIONS) {
  for (const mnemonic of exclusion.mnemonics) {
    BY_MNEMONIC.set(mnemonic, [...(BY_MNEMONIC.get(mnemonic) ?? []), exclusion]);
  }
}

const STATUS_FLAGS = CF | PF | AF | ZF | SF | OF;

/** Flags that are undefined behind an instruction, when `before` were so before it. */
function undefinedFlags(before: number, row: OpcodeRow): number {
  // What is written under a condition only is in the table as read too: it may be as undefined as it was.
  return (before & ~(row.flagsWritten & ~row.flagsRead)) | row.flagsUndefined;
}

/** What must be left out of the comparison of a case's end, by what it executed. */
export function maskOf(executed: readonly Executed[]): Mask {
  let eflags = 0;
  let fpuStatus = 0;
  let fpuUlps = 0;
  let xmmRelative = 0;
  let unjudged: string | undefined;
  const memory: { at: number; length: number }[] = [];
  const names = new Set<string>();
  let spreading: string | undefined;
  for (const step of executed) {
    const { row } = step.insn;
    if (spreading !== undefined && row.mnemonic !== 'hlt') unjudged ??= spreading;
    if (!step.retired) continue;
    eflags = undefinedFlags(eflags, row);
    for (const exclusion of BY_MNEMONIC.get(row.mnemonic) ?? []) {
      names.add(exclusion.name);
      fpuStatus |= exclusion.fpuStatus ?? 0;
      fpuUlps = Math.max(fpuUlps, exclusion.fpuUlps ?? 0);
      xmmRelative = Math.max(xmmRelative, exclusion.xmmRelative ?? 0);
      if (exclusion.spreads === true) spreading = `${row.mnemonic} goes into what follows`;
      const { linear } = step;
      if (linear === undefined) continue;
      for (const [from, length] of exclusion.memory?.(step) ?? []) memory.push({ at: linear + from, length });
    }
  }
  return {
    eflags: eflags & STATUS_FLAGS,
    fpuStatus,
    fpuUlps,
    xmmRelative,
    memory,
    unjudged,
    names: [...names],
  };
}
