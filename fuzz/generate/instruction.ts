/**
 * One instruction: an encoding of a row with prefixes, operands and immediates. What
 * was made is decoded, so what is known of it is what the decoder says.
 */

import { DecodeStatus, decode } from '../../src/decoder/decode.ts';
import { Instruction, K } from '../../src/decoder/instruction.ts';
import type { Encoding } from '../../src/decoder/opcode-row.ts';
import { isString } from '../cells.ts';
import { wantsMemory } from './aims.ts';
import type { Draw } from './draw.ts';
import { addressForm, putMemory } from './operand.ts';
import { linearOf, placeOperand, wildAddress } from './places.ts';
import { le16, le32, type Registers } from './registers.ts';
import type { Choice } from './rows.ts';
import { anySelector, taskSelector } from './segments.ts';
import { CODE, type World } from './world.ts';

const MAP_BYTES: readonly (readonly number[])[] = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
const SS = 2;
const SEGMENT_PREFIXES = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];

/** What was made. */
export interface Made {
  readonly bytes: readonly number[];
  /** Decoded; undefined where the bytes are no instruction (#UD, or too long). */
  readonly insn: Instruction | undefined;
  /** Linear address of its memory operand, or -1. */
  readonly linear: number;
}

/** A form of operands that is wanted (cells.ts). */
export interface FormWish {
  /** Its operand that may be either is memory, or a register. */
  readonly memory: boolean;
  /** Bytes of the operand size; undefined where either will do. */
  readonly size: 2 | 4 | undefined;
  /** REP or REPNE, or none. */
  readonly repeated: boolean;
}

export interface MakeOptions {
  /** Registers that addresses must not use, as bits: they have other work. */
  readonly avoid: number;
  /** No prefixes without meaning, no LOCK where it is none: for code that should run on. */
  readonly calm: boolean;
  readonly form?: FormWish | undefined;
}

/** Prefixes before the opcode. The one that chooses the row stands last, as some rows would be others without. */
function prefixes(
  draw: Draw,
  { row, encoding }: Choice,
  options: MakeOptions,
  { aim, mode }: World,
  out: number[],
): number {
  const classes = encoding.prefixClasses;
  let override = -1;
  if (aim === 'lock') out.push(0xf0);
  if (aim?.startsWith('stack') === true && draw.once(2)) {
    override = SS;
    out.push(SEGMENT_PREFIXES[SS]!);
  } else if (draw.once(6)) {
    override = draw.below(6);
    out.push(SEGMENT_PREFIXES[override]!);
  }
  // What lies beyond 64 KB is out of reach otherwise.
  const beyond = mode !== 'protected32' && (aim === 'limit' || aim === 'stack-limit');
  // A byte at the end of 64 KB is within it, and what is aligned to 16.
  const farther = beyond && options.form !== undefined && (sizeOf(row) === 1 || (sizeOf(row) === 16 && draw.once(2)));
  if (farther || draw.once(beyond ? 2 : 8)) out.push(0x67);
  const sized = (classes & 3) === 0 && row.operands.some((operand) => /^[EGM]v$/.test(operand));
  const { form } = options;
  if (classes === 15 || (classes & 3) === 3 || sized) {
    const wanted = form?.size === undefined ? draw.once(3) : (mode === 'protected32') !== (form.size === 4);
    if (wanted) out.push(0x66);
  }
  const string = isString(row);
  if (string && (form === undefined ? draw.once(2) : form.repeated)) out.push(draw.once(2) ? 0xf3 : 0xf2);
  if (row.lockable && draw.once(5)) out.push(0xf0);
  if (!options.calm) {
    if (draw.once(64)) out.push(0xf0);
    if (classes === 15 && draw.once(32)) out.push(draw.once(2) ? 0xf3 : 0xf2);
    if (draw.once(64)) out.push(0x3e);
    if (draw.once(512)) for (let n = draw.between(8, 14); n > 0; n--) out.push(0x2e);
  }
  if ((classes & 1) === 0 && classes !== 15) out.push((classes & 2) !== 0 ? 0x66 : (classes & 4) !== 0 ? 0xf3 : 0xf2);
  // What stands last of the segment prefixes counts.
  for (const byte of out) {
    const at = SEGMENT_PREFIXES.indexOf(byte);
    if (at >= 0) override = at;
  }
  return override;
}

/** Bytes of its memory operand; 4 where that depends on more than the row. */
function operandSize(row: Choice['row']): number {
  if (row.mnemonic === 'xlat' || row.mnemonic.startsWith('maskmov') || row.operands.some((o) => /^[XY]b$/.test(o)))
    return 1;
  for (const operand of row.operands) {
    if (/^(M|W|O|E|Q|Rv\/M|Rd\/M)/.test(operand)) {
      if (/(dq|x|ps|pd)$/.test(operand)) return 16;
      if (/(q|sd|pi)$/.test(operand)) return 8;
      if (/t$/.test(operand)) return 10;
      if (/b$/.test(operand)) return 1;
      if (/w$/.test(operand)) return 2;
      if (/(env|state|fx)$/.test(operand)) return operand === 'Menv' ? 28 : operand === 'Mfx' ? 512 : 108;
      if (/[ps]$/.test(operand)) return 6;
    }
  }
  return 4;
}

const SIZES = new Map<Choice['row'], number>();
function sizeOf(row: Choice['row']): number {
  let size = SIZES.get(row);
  if (size === undefined) {
    size = operandSize(row);
    SIZES.set(row, size);
  }
  return size;
}

/** A branch's displacement: near, most often, where HLTs wait. */
function displacement(draw: Draw, world: World, eip: number): number {
  if (!draw.once(12)) return draw.between(-100, 100);
  return world.host ? (wildAddress(draw, true) - eip) | 0 : draw.extreme();
}

/** The bytes after ModR/M: more than any instruction needs. */
function immediate(
  draw: Draw,
  { row, encoding }: Choice,
  world: World,
  eip: number,
  narrow: boolean,
  wide: boolean,
): number[] {
  const first = row.operands[0];
  if (first === 'Jb' || first === 'Jz') {
    const value = first === 'Jb' && !draw.once(8) ? draw.between(-100, 100) : displacement(draw, world, eip);
    return le32(value);
  }
  const task = world.aim === 'bad-task' && !draw.once(8);
  const selector = task
    ? taskSelector(draw, world.level)
    : anySelector(draw, world.level, world.host, world.aim === 'absent');
  if (first === 'Ap') {
    const offset = CODE + 0x80 - (world.segments[1]!.base === 0 ? 0 : CODE);
    // The selector stands behind 2 or 4 bytes of offset.
    const value = draw.once(8) && !world.host ? draw.word() : offset;
    return wide
      ? [...le32(value), ...le16(selector), ...le16(selector)]
      : [...le16(value), ...le16(selector), ...le16(selector)];
  }
  if (encoding.opcode === 0xcd && encoding.map === 0) {
    // INT 80h is a system call of the host.
    const vector = draw.once(2) ? draw.below(256) : draw.below(32);
    return [world.host && vector === 0x80 ? 0x81 : vector];
  }
  if (row.mnemonic === 'enter')
    return [...le16(draw.once(2) ? draw.below(0x100) : draw.extreme()), draw.below(draw.once(3) ? 256 : 6)];
  if (row.operands.includes('Ob') || row.operands.includes('Ov')) {
    return narrow ? le16(0) : le32(0);
  }
  return [...le32(draw.extreme()), ...le32(draw.word())];
}

const decoded = new Instruction();

/**
 * Makes one instruction of a row; registers and memory are made to fit it.
 * @param eip where it will stand, in its code segment
 */
export function makeInstruction(
  draw: Draw,
  world: World,
  choice: Choice,
  registers: Registers,
  eip: number,
  options: MakeOptions,
): Made {
  const { row, encoding } = choice;
  const out: number[] = [];
  const override = prefixes(draw, choice, options, world, out);
  const narrow = world.code32 === out.includes(0x67);
  const prefixed66 = out.includes(0x66);
  const span = encoding.span;
  out.push(...MAP_BYTES[encoding.map]!, encoding.opcode + (span > 1 ? draw.below(span) : 0));
  const code = (world.segments[1]!.base + eip) | 0;
  let linear = -1;
  const place = (segment: number) => {
    const offset = placeOperand(draw, world, segment, sizeOf(row), narrow, code);
    linear = linearOf(world, segment, narrow ? offset & 0xffff : offset);
    return offset;
  };
  if (encoding.modrm >= 0) out.push(encoding.modrm);
  else if (encoding.hasModrm) {
    const reg = encoding.reg < 0 ? middleField(draw, row, encoding) : encoding.reg;
    const register = () => (options.form ? !options.form.memory : draw.once(wantsMemory(world.aim) ? 12 : 2));
    if (encoding.mod === 'register' || (encoding.mod === 'any' && register()))
      out.push(0xc0 | (reg << 3) | (draw.once(6) ? reg & 7 : draw.below(8)));
    else {
      const form = addressForm(draw, narrow, options.avoid);
      putMemory(draw, form, reg, place(override < 0 ? form.segment : override), registers, out);
    }
  } else if (row.operands.some((operand) => operand.startsWith('O'))) {
    const offset = place(override < 0 ? 3 : override);
    out.push(...(narrow ? le16(offset) : le32(offset)));
  }
  const length = out.length;
  out.push(...immediate(draw, choice, world, eip, narrow, world.code32 !== prefixed66));
  while (out.length < 24) out.push(draw.below(256));
  const status = decode(Uint8Array.from(out), 0, out.length, world.code32, decoded);
  if (status !== DecodeStatus.Ok)
    return { bytes: out.slice(0, Math.min(15, Math.max(length, 1))), insn: undefined, linear };
  return { bytes: out.slice(0, decoded.length), insn: decoded, linear: hasMemory(decoded) ? linear : -1 };
}

/** The middle field of ModR/M: of segment, control and debug registers most often one that exists. */
function middleField(draw: Draw, row: Choice['row'], { opcode, map }: Encoding): number {
  if (map === 0 && (opcode === 0x8c || opcode === 0x8e) && !draw.once(8)) return draw.below(6);
  if (map === 1 && (opcode === 0x20 || opcode === 0x22) && !draw.once(8)) return draw.pick([0, 2, 3, 4]);
  if (row.mnemonic === 'mov' && !draw.once(16) && row.operands.includes('Sw')) return draw.pick([0, 2, 3, 4, 5]);
  return draw.below(8);
}

export function hasMemory(insn: Instruction): boolean {
  return insn.k0 === K.Mem || insn.k1 === K.Mem || insn.k2 === K.Mem;
}
