/**
 * What two processors may leave differently behind the same code, so that it is not compared with an oracle that
 * judges for itself: undefined flags, from the opcode table and from nowhere else, and what exclusions.ts names.
 * Between this project's own engines everything is compared.
 */
import { AF, CF, OF, PF, SF, ZF } from '../src/cpu/registers.ts';
import type { OpcodeRow } from '../src/decoder/opcode-row.ts';
import type { Executed } from './engines/trace.ts';
import type { Range } from './exclusion-tools.ts';
import { EXCLUSIONS, type Exclusion } from './exclusions.ts';

/** What is left out of a comparison. */
export interface Mask {
  /** Bits of EFLAGS. */
  readonly eflags: number;
  /** General registers: bit n for register n. */
  readonly gpr: number;
  /** Bits of the x87 status word. */
  readonly fpuStatus: number;
  /** Which x87 registers are empty; or all of the x87. */
  readonly fpuTags: boolean;
  readonly fpu: boolean;
  /** How far significands of x87 registers may be apart, in units of their last bit. */
  readonly fpuUlps: number;
  /** How far singles in XMM registers may be apart, as a part of their value. */
  readonly xmmRelative: number;
  /** Physical addresses. */
  readonly memory: readonly Range[];
  /** Which fault of memory it is. */
  readonly fault: boolean;
  /** Why nothing of the end can be compared; undefined where it can. */
  readonly unjudged: string | undefined;
  /** Names of the exclusions that apply. */
  readonly names: readonly string[];
}

const STATUS_FLAGS = CF | PF | AF | ZF | SF | OF;

/** Flags that are undefined behind an instruction, when `before` were so before it. */
function undefinedFlags(before: number, row: OpcodeRow): number {
  // What is written under a condition only is in the table as read too: it may be as undefined as it was.
  return (before & ~(row.flagsWritten & ~row.flagsRead)) | row.flagsUndefined;
}

/** Rows that the table has read flags which they only keep, when they shift by nothing or repeat nothing. */
const KEEPING: ReadonlySet<string> = new Set('rol ror shl shr sar shld shrd cmps scas'.split(' '));

/** Flags that something comes of. */
function usedFlags({ mnemonic, flagsRead }: OpcodeRow): number {
  if (mnemonic === 'rcl' || mnemonic === 'rcr') return CF;
  return KEEPING.has(mnemonic) ? 0 : flagsRead;
}

const ANY = EXCLUSIONS.filter(({ mnemonics }) => mnemonics === undefined);
const BY_MNEMONIC = new Map<string, readonly Exclusion[]>();
for (const exclusion of EXCLUSIONS) {
  for (const mnemonic of exclusion.mnemonics ?? []) {
    BY_MNEMONIC.set(mnemonic, [...(BY_MNEMONIC.get(mnemonic) ?? ANY), exclusion]);
  }
}

function applies({ when = 'retired', only }: Exclusion, step: Executed, next: Executed | undefined): boolean {
  const then = when === 'either' || (when === 'retired') === step.retired;
  return then && only?.(step, next) !== false;
}

/** The exclusions that apply to an instruction. */
export function exclusionsOf(step: Executed, next: Executed | undefined): readonly Exclusion[] {
  return (BY_MNEMONIC.get(step.insn.row.mnemonic) ?? ANY).filter((exclusion) => applies(exclusion, step, next));
}

/** What must be left out of the comparison of a case's end, by what it executed. */
export function maskOf(executed: readonly Executed[]): Mask {
  let eflags = 0;
  let unjudged: string | undefined;
  const found: Exclusion[] = [];
  const memory: Range[] = [];
  const spreading: Exclusion[] = [];
  executed.forEach((step, n) => {
    const { row } = step.insn;
    if ((eflags & usedFlags(row)) !== 0) unjudged ??= 'undefined flags were used';
    for (const { name, spreads } of spreading) {
      if (row.mnemonic !== 'hlt' && (spreads === true || spreads!.has(row.mnemonic))) unjudged ??= name;
    }
    for (const exclusion of exclusionsOf(step, executed[n + 1])) {
      found.push(exclusion);
      memory.push(...(exclusion.memory?.(step) ?? []));
      if (exclusion.unjudged === true) unjudged ??= exclusion.name;
      if (exclusion.spreads !== undefined) spreading.push(exclusion);
    }
    if (step.retired) eflags = undefinedFlags(eflags, row);
  });
  const bits = (field: 'gpr' | 'fpuStatus') => found.reduce((all, exclusion) => all | (exclusion[field] ?? 0), 0);
  const most = (field: 'fpuUlps' | 'xmmRelative') => Math.max(0, ...found.map((exclusion) => exclusion[field] ?? 0));
  return {
    eflags: eflags & STATUS_FLAGS,
    gpr: bits('gpr'),
    fpuStatus: bits('fpuStatus'),
    fpuTags: found.some(({ fpuTags }) => fpuTags === true),
    fpu: found.some(({ fpu }) => fpu === true),
    fpuUlps: most('fpuUlps'),
    xmmRelative: most('xmmRelative'),
    memory,
    fault: found.some(({ fault }) => fault === true),
    unjudged,
    names: [...new Set(found.map(({ name }) => name))],
  };
}
