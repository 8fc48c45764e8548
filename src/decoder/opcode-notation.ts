/**
 * Reads the notation in which the opcode table is written (opcodes/*.ts) into
 * rows. One line is one row, in columns that are at least two spaces apart:
 *
 *     encodings         instruction     attributes
 *     80/0 | 82/0       add Eb,Ib       w=oszapc lock
 *     66 0F 58          addpd Vpd,Wpd
 *     0F AE/5r          lfence
 *     0F 01=C8          monitor         callout
 *
 * An encoding is [prefix] [map] opcode. Prefix: NP (none), 66, F3, F2, NFx (none or
 * 66); left out where prefixes do not choose the instruction. Map: 0F, 0F38,
 * 0F3A, or nothing. The opcode may end in +r (register in the low three
 * bits), +cc (condition in the low four), /digit (reg field of ModR/M), then m
 * or r (memory or register only, where the operands do not imply it), or
 * =XX (the whole ModR/M byte). Encodings that mean the same share a line.
 *
 * Attributes: `w=`, `r=`, `u=` flags written, read, left undefined (o s z a p c,
 * d for DF, i for IF, n for NT); a flag that is written under a condition only
 * counts as read too, so that its earlier value is kept alive. `lock`,
 * `sensitive`, `ends`, a handling, or a feature.
 */
import { AF, CF, DF, IF, NT, OF, PF, SF, ZF } from '../cpu/registers.ts';
import type { Encoding, Feature, Handling, OpcodeRow } from './opcode-row.ts';
import { modOf, needsModrm } from './operand-codes.ts';

/** A row before it has its place in the table. */
export type RowDraft = Omit<OpcodeRow, 'index'>;

const FLAG_LETTERS: Readonly<Record<string, number>> = {
  o: OF,
  s: SF,
  z: ZF,
  a: AF,
  p: PF,
  c: CF,
  d: DF,
  i: IF,
  n: NT,
};

const PREFIX_CLASSES: Readonly<Record<string, number>> = { NP: 1, '66': 2, NFx: 3, F3: 4, F2: 8 };
const MAPS: Readonly<Record<string, 0 | 1 | 2 | 3>> = { '0F': 1, '0F38': 2, '0F3A': 3 };
const HANDLINGS: readonly string[] = ['translated', 'callout', 'interpreted'];
const ENCODING =
  /^(?:(NP|66|NFx|F3|F2) )?(?:(0F|0F38|0F3A) )?([0-9A-F]{2})(\+r|\+cc)?(?:\/([0-7])([mr])?|=([0-9A-F]{2}))?$/;

function flagBits(letters: string, line: string): number {
  let bits = 0;
  for (const letter of letters) {
    const bit = FLAG_LETTERS[letter];
    if (bit === undefined) throw new Error(`opcode table: unknown flag "${letter}" in "${line}"`);
    bits |= bit;
  }
  return bits;
}

function encodingOf(text: string, operands: readonly string[], line: string): Encoding {
  const match = ENCODING.exec(text.trim());
  if (!match) throw new Error(`opcode table: cannot read encoding "${text}" in "${line}"`);
  const [, prefix, map, opcode, plus, reg, modLetter, modrm] = match;
  const implied = modOf(operands);
  return {
    map: map === undefined ? 0 : (MAPS[map] ?? 0),
    prefixClasses: prefix === undefined ? 15 : (PREFIX_CLASSES[prefix] ?? 15),
    opcode: Number.parseInt(opcode ?? '', 16),
    span: plus === '+r' ? 8 : plus === '+cc' ? 16 : 1,
    hasModrm: reg !== undefined || modrm !== undefined || needsModrm(operands),
    reg: reg === undefined ? -1 : Number(reg),
    modrm: modrm === undefined ? -1 : Number.parseInt(modrm, 16),
    mod: modLetter === 'm' ? 'memory' : modLetter === 'r' ? 'register' : implied,
  };
}

function rowOf(line: string, feature: Feature, handling: Handling): RowDraft {
  const [encodings = '', instruction = '', attributes = ''] = line.split(/ {2,}/);
  const [mnemonic = '', operandText] = instruction.split(' ');
  if (mnemonic === '') throw new Error(`opcode table: no mnemonic in "${line}"`);
  const operands = operandText === undefined ? [] : operandText.split(',');
  const flags = { r: 0, w: 0, u: 0 };
  const draft = { feature, handling, lockable: false, sensitive: false, endsBlock: false };
  for (const word of attributes.split(' ')) {
    if (word === '') continue;
    if (word === 'lock') draft.lockable = true;
    else if (word === 'sensitive') draft.sensitive = true;
    else if (word === 'ends') draft.endsBlock = true;
    else if (HANDLINGS.includes(word)) draft.handling = word as Handling;
    else if (/^[rwu]=/.test(word)) flags[word[0] as 'r' | 'w' | 'u'] = flagBits(word.slice(2), line);
    else draft.feature = word as Feature;
  }
  return {
    id: instruction,
    encodings: encodings.split('|').map((text) => encodingOf(text, operands, line)),
    mnemonic,
    operands,
    flagsRead: flags.r,
    flagsWritten: flags.w,
    flagsUndefined: flags.u,
    ...draft,
  };
}

/**
 * Reads lines of the notation above.
 * @param feature what a line belongs to that names no feature
 * @param handling how a line is handled that names no handling
 * @throws Error naming the line that cannot be read (a mistake in the table)
 */
export function rows(feature: Feature, handling: Handling, text: string): RowDraft[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').map((line) => rowOf(line, feature, handling));
}
