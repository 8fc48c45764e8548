/**
 * Which row of the opcode table an instruction is drawn from. Every row and every
 * encoding of it is reachable, and none is starved for standing in a big family.
 */
import type { Encoding, Feature, OpcodeRow } from '../../src/decoder/opcode-row.ts';
import { OPCODES } from '../../src/decoder/opcode-table.ts';
import { NOT_FOR_HOST } from '../exclusions.ts';
import type { Draw } from './draw.ts';

export interface Choice {
  readonly row: OpcodeRow;
  readonly encoding: Encoding;
}

/** Beyond the processor that is modelled: both engines raise #UD, another processor may not. */
const NOT_MODELLED: ReadonlySet<Feature> = new Set<Feature>(['monitor']);

export function isModelled(row: OpcodeRow): boolean {
  return !NOT_MODELLED.has(row.feature);
}

/** Does the host's processor do in user mode what the row says? */
export function isForHost(row: OpcodeRow): boolean {
  return isModelled(row) && !NOT_FOR_HOST.has(row.mnemonic);
}

const FLOATING: ReadonlySet<Feature> = new Set<Feature>(['fpu', 'fcmov', 'fisttp']);
const VECTORS: ReadonlySet<Feature> = new Set<Feature>(['mmx', 'sse', 'sse2', 'sse3', 'ssse3', 'sse41', 'sse42']);

/** How often a row is drawn, compared with others: what comes in hundreds of like rows less often. */
function weight(row: OpcodeRow): number {
  if (!isModelled(row)) return 1;
  if (VECTORS.has(row.feature)) return 4;
  if (FLOATING.has(row.feature)) return 6;
  return 12;
}

export class RowChoice {
  private readonly choices: readonly Choice[];

  /** @param fits which rows take part */
  constructor(fits: (row: OpcodeRow) => boolean) {
    this.choices = OPCODES.filter(fits).flatMap((row) => {
      const times = Math.max(1, Math.round(weight(row) / row.encodings.length));
      return row.encodings.flatMap((encoding) => new Array<Choice>(times).fill({ row, encoding }));
    });
  }

  get empty(): boolean {
    return this.choices.length === 0;
  }

  draw(draw: Draw): Choice {
    return this.choices[draw.below(this.choices.length)]!;
  }
}

/**
 * Rows by a pattern: a row's id ("add Eb,Gb"), its mnemonic or its feature; `*` stands for anything, `|` between
 * alternatives.
 */
export function rowPattern(pattern: string): (row: OpcodeRow) => boolean {
  const tests = pattern
    .toLowerCase()
    .split('|')
    .map(
      (part) =>
        new RegExp(
          `^${part
            .trim()
            .replace(/[.+?^${}()[\]\\]/g, '\\$&')
            .replaceAll('*', '.*')}$`,
        ),
    );
  return (row) =>
    tests.some((test) => [row.id, row.mnemonic, row.feature].some((text) => test.test(text.toLowerCase())));
}

/** What shapes of sequences make themselves, or what would end them. */
const NOT_CALM: ReadonlySet<string> = new Set([
  ...['jcc', 'jmp', 'call', 'ret', 'jcxz', 'loop', 'loope', 'loopne', 'ud0', 'ud1', 'ud2'],
]);

/** Rows of code that goes on behind them, at any level. */
export function isCalm(row: OpcodeRow): boolean {
  return isModelled(row) && !NOT_CALM.has(row.mnemonic) && !(row.sensitive && row.handling === 'callout');
}
