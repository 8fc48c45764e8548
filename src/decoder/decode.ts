/**
 * Bytes to one instruction.
 *
 * What holds here: decoding follows the table's typed arrays, reads no byte at or after
 * the limit, allocates nothing and throws nothing, whatever the bytes are. The
 * module keeps the state of the decode under way in module variables; it is
 * not re-entrant, and need not be.
 */
import { CS, DS, EBP, ES, ESP, FS, GS, SS } from '../cpu/registers.ts';
import {
  ENTRIES, ENTRY_GROUP, ENTRY_INDEX, ENTRY_MODRM, FIXED_REGISTERS, GROUPS, LOCKABLE, MEMORY_SIZES, NO_ENTRY,
  OPERAND_COUNTS, OPERAND_SOURCES, REGISTER_SIZES,
} from './decode-tables.ts';
import type { Instruction } from './instruction.ts';
import { K, NO_REG, Prefix } from './instruction.ts';
import type { OpcodeRow } from './opcode-row.ts';
import { OPCODES } from './opcode-table.ts';
import { SIZE_BY_OPERAND_SIZE, Source } from './operand-codes.ts';

/** The outcome of {@link decode}. */
export const DecodeStatus = {
  Ok: 0,
  /** Undefined encoding: the processor raises #UD. */
  Invalid: 1,
  /** More than 15 bytes: the processor raises #GP(0). */
  TooLong: 2,
  /** The instruction goes on past the limit. */
  NeedMore: 3,
} as const;
export type DecodeStatus = (typeof DecodeStatus)[keyof typeof DecodeStatus];

/** The longest instruction, in bytes. */
export const MAX_LENGTH = 15;

/** Base, index and default segment of the 16-bit addressing forms, by r/m (SDM vol. 2 table 2-1). */
const BASE16 = Uint8Array.of(3, 3, 5, 5, 6, 7, 5, 3);
const INDEX16 = Uint8Array.of(6, 7, 6, 7, NO_REG, NO_REG, NO_REG, NO_REG);
const SEGMENT16 = Uint8Array.of(DS, DS, SS, SS, DS, DS, SS, DS);

/** A byte's meaning as a prefix: 0 none, else a case of the loop in {@link decode}. */
const PREFIX_KINDS: Uint8Array = new Uint8Array(256);
const PREFIX_SEGMENT = 1;
const PREFIX_OPERAND = 2;
const PREFIX_ADDRESS = 3;
const PREFIX_LOCK = 4;
const PREFIX_REPNE = 5;
const PREFIX_REP = 6;
const SEGMENT_PREFIXES: readonly (readonly [number, number])[] = [
  [0x26, ES], [0x2e, CS], [0x36, SS], [0x3e, DS], [0x64, FS], [0x65, GS],
];
const SEGMENT_OF_PREFIX: Uint8Array = new Uint8Array(256);
for (const [byte, segment] of SEGMENT_PREFIXES) {
  PREFIX_KINDS[byte] = PREFIX_SEGMENT;
  SEGMENT_OF_PREFIX[byte] = segment;
}
PREFIX_KINDS[0x66] = PREFIX_OPERAND;
PREFIX_KINDS[0x67] = PREFIX_ADDRESS;
PREFIX_KINDS[0xf0] = PREFIX_LOCK;
PREFIX_KINDS[0xf2] = PREFIX_REPNE;
PREFIX_KINDS[0xf3] = PREFIX_REP;

let code: Uint8Array = new Uint8Array(0);
/** The next byte to read, and the first that must not be read. */
let at = 0;
let end = 0;
/** Set when a read ran into `end`; the values read are then void. */
let short = false;
/** The segment override, or -1. */
let override = -1;

function u8(): number {
  if (at >= end) {
    short = true;
    return 0;
  }
  return code[at++] as number;
}

function i8(): number {
  return (u8() << 24) >> 24;
}

function u16(): number {
  const low = u8();
  return low | (u8() << 8);
}

function i16(): number {
  return (u16() << 16) >> 16;
}

function i32(): number {
  if (at + 4 > end) {
    at = end;
    short = true;
    return 0;
  }
  const value =
    (code[at] as number) | ((code[at + 1] as number) << 8) | ((code[at + 2] as number) << 16) |
    ((code[at + 3] as number) << 24);
  at += 4;
  return value;
}

function address16(out: Instruction, mod: number, rm: number): void {
  if (mod === 0 && rm === 6) {
    out.base = NO_REG;
    out.segment = DS;
    out.disp = i16();
    return;
  }
  out.base = BASE16[rm] as number;
  out.index = INDEX16[rm] as number;
  out.segment = SEGMENT16[rm] as number;
  out.disp = mod === 0 ? 0 : mod === 1 ? i8() : i16();
}

function address32(out: Instruction, mod: number, rm: number): void {
  let base = rm;
  if (rm === 4) {
    const sib = u8();
    base = sib & 7;
    const index = (sib >> 3) & 7;
    if (index !== 4) {
      out.index = index;
      out.scale = sib >> 6;
    }
  }
  if (mod === 0 && base === 5) {
    base = NO_REG;
    out.disp = i32();
  } else if (mod === 1) out.disp = i8();
  else if (mod === 2) out.disp = i32();
  out.base = base;
  out.segment = base === EBP || base === ESP ? SS : DS;
}

/** Reads the memory operand that a ModR/M byte with mod other than 3 stands for. */
function address(out: Instruction): void {
  const mod = out.modrm >> 6;
  const rm = out.modrm & 7;
  if (out.addressSize === 2) address16(out, mod, rm);
  else address32(out, mod, rm);
  if (override >= 0) out.segment = override;
}

function sizeOf(size: number, operandSize: number): number {
  return size >= 0 ? size : (SIZE_BY_OPERAND_SIZE[(-size << 1) | (operandSize >> 2)] as number);
}

function setOperand(out: Instruction, i: number, kind: number, register: number, size: number): void {
  switch (i) {
    case 0:
      out.k0 = kind;
      out.r0 = register;
      out.s0 = size;
      return;
    case 1:
      out.k1 = kind;
      out.r1 = register;
      out.s1 = size;
      return;
    case 2:
      out.k2 = kind;
      out.r2 = register;
      out.s2 = size;
      return;
    default:
      out.k3 = kind;
      out.r3 = register;
      out.s3 = size;
  }
}

/** Reads operand `i` of the row; displacement and immediates come off the bytes in operand order. */
function operand(out: Instruction, slot: number, i: number): void {
  const size = sizeOf(REGISTER_SIZES[slot] as number, out.operandSize);
  const rm = out.modrm & 7;
  const reg = (out.modrm >> 3) & 7;
  const source = OPERAND_SOURCES[slot] as number;
  switch (source) {
    case Source.GprRm:
    case Source.MmRm:
    case Source.XmmRm:
    case Source.Mem:
      if (out.modrm < 0xc0) {
        setOperand(out, i, K.Mem, 0, sizeOf(MEMORY_SIZES[slot] as number, out.operandSize));
      } else {
        const kind = source === Source.GprRm ? K.Reg : source === Source.MmRm ? K.Mm : K.Xmm;
        setOperand(out, i, kind, rm, size);
      }
      return;
    case Source.GprReg:
      setOperand(out, i, K.Reg, reg, size);
      return;
    case Source.MmReg:
      setOperand(out, i, K.Mm, reg, size);
      return;
    case Source.XmmReg:
      setOperand(out, i, K.Xmm, reg, size);
      return;
    case Source.GprRmOnly:
      setOperand(out, i, K.Reg, rm, size);
      return;
    case Source.MmRmOnly:
      setOperand(out, i, K.Mm, rm, size);
      return;
    case Source.XmmRmOnly:
      setOperand(out, i, K.Xmm, rm, size);
      return;
    case Source.GprOpcode:
      setOperand(out, i, K.Reg, out.opcode & 7, size);
      return;
    case Source.GprFixed:
      setOperand(out, i, K.Reg, FIXED_REGISTERS[slot] as number, size);
      return;
    case Source.SregReg:
      setOperand(out, i, K.Sreg, reg, size);
      return;
    case Source.SregFixed:
      setOperand(out, i, K.Sreg, FIXED_REGISTERS[slot] as number, size);
      return;
    case Source.CregReg:
      setOperand(out, i, K.Creg, reg, size);
      return;
    case Source.DregReg:
      setOperand(out, i, K.Dreg, reg, size);
      return;
    case Source.StRm:
      setOperand(out, i, K.St, rm, size);
      return;
    case Source.StTop:
      setOperand(out, i, K.St, 0, size);
      return;
    case Source.XmmZero:
      setOperand(out, i, K.Xmm, 0, size);
      return;
    case Source.One:
      out.imm = 1;
      setOperand(out, i, K.One, 0, size);
      return;
    case Source.Element:
      out.s0 = size;
      return;
    default:
      immediate(out, source, i, size);
  }
}

function immediate(out: Instruction, source: number, i: number, size: number): void {
  let kind: number = K.Imm;
  switch (source) {
    case Source.Imm8:
      // ENTER's second immediate follows its first.
      if (i === 1 && out.k0 === K.Imm) out.imm2 = u8();
      else out.imm = u8();
      break;
    case Source.Imm8Signed:
      out.imm = i8();
      break;
    case Source.Imm16:
      out.imm = u16();
      break;
    case Source.ImmZ:
      out.imm = size === 2 ? u16() : i32();
      break;
    case Source.Rel8:
      kind = K.Rel;
      out.imm = i8();
      break;
    case Source.RelZ:
      kind = K.Rel;
      out.imm = size === 2 ? i16() : i32();
      break;
    case Source.Far:
      kind = K.Far;
      out.imm = size === 4 ? u16() : i32();
      out.imm2 = u16();
      break;
    default:
      // Source.Moffs: an address of the address size, and no ModR/M byte.
      kind = K.Mem;
      out.disp = out.addressSize === 2 ? i16() : i32();
      break;
  }
  setOperand(out, i, kind, 0, size);
}

function clear(out: Instruction): void {
  out.prefixes = 0;
  out.opcode = 0;
  out.modrm = 0;
  out.cond = 0;
  out.k0 = out.k1 = out.k2 = out.k3 = K.None;
  out.r0 = out.r1 = out.r2 = out.r3 = 0;
  out.s0 = out.s1 = out.s2 = out.s3 = 0;
  out.base = NO_REG;
  out.index = NO_REG;
  out.scale = 0;
  out.disp = 0;
  out.imm = 0;
  out.imm2 = 0;
}

/** Reads the prefixes into `out` and `override`; returns the byte after them. */
function prefixBytes(out: Instruction): number {
  let prefixes = 0;
  for (;;) {
    const byte = u8();
    switch (PREFIX_KINDS[byte]) {
      case PREFIX_SEGMENT:
        prefixes |= Prefix.Segment;
        override = SEGMENT_OF_PREFIX[byte] as number;
        break;
      case PREFIX_OPERAND:
        prefixes |= Prefix.OperandSize;
        break;
      case PREFIX_ADDRESS:
        prefixes |= Prefix.AddressSize;
        break;
      case PREFIX_LOCK:
        prefixes |= Prefix.Lock;
        break;
      // Of F2 and F3 the last one counts.
      case PREFIX_REPNE:
        prefixes = (prefixes & ~Prefix.Rep) | Prefix.Repne;
        break;
      case PREFIX_REP:
        prefixes = (prefixes & ~Prefix.Repne) | Prefix.Rep;
        break;
      default:
        out.prefixes = prefixes;
        return byte;
    }
  }
}

/** Reads the opcode after its first byte; returns where it stands in {@link ENTRIES}. */
function opcodeEntry(out: Instruction, first: number): number {
  const prefixes = out.prefixes;
  const prefixClass =
    (prefixes & Prefix.Rep) !== 0 ? 2 : (prefixes & Prefix.Repne) !== 0 ? 3 : (prefixes & Prefix.OperandSize) !== 0 ? 1 : 0;
  let map = 0;
  let byte = first;
  if (byte === 0x0f) {
    map = 1;
    byte = u8();
    if (byte === 0x38) {
      map = 2;
      byte = u8();
    } else if (byte === 0x3a) {
      map = 3;
      byte = u8();
    }
  }
  out.opcode = byte;
  return (map << 10) | (prefixClass << 8) | byte;
}

/**
 * Decodes one instruction.
 *
 * @param bytes where the code is
 * @param offset index of its first byte
 * @param limit index of the first byte that must not be read (exclusive)
 * @param code32 CS.D: default operand and address size are 32 bits
 * @param out receives the instruction; complete only when the status is Ok. With Invalid its `length` is the number
 *   of bytes that were looked at.
 * @returns Ok; Invalid (#UD); TooLong (#GP(0), SDM vol. 2 section 2.3.11); NeedMore when bytes at or past `limit` are needed
 */
export function decode(
  bytes: Uint8Array, offset: number, limit: number, code32: boolean, out: Instruction,
): DecodeStatus {
  code = bytes;
  at = offset;
  const longest = offset + MAX_LENGTH;
  end = limit < longest ? limit : longest;
  short = false;
  override = -1;
  clear(out);

  const first = prefixBytes(out);
  const where = opcodeEntry(out, first);
  const prefixes = out.prefixes;
  out.operandSize = code32 === ((prefixes & Prefix.OperandSize) === 0) ? 4 : 2;
  out.addressSize = code32 === ((prefixes & Prefix.AddressSize) === 0) ? 4 : 2;
  out.segment = override >= 0 ? override : DS;

  const entry = ENTRIES[where] as number;
  let row = entry & ENTRY_INDEX;
  if (short || entry === NO_ENTRY) return failure(out, offset);
  if ((entry & ENTRY_MODRM) !== 0) {
    const modrm = u8();
    out.modrm = modrm;
    if ((entry & ENTRY_GROUP) !== 0) row = GROUPS[(row << 8) | modrm] as number;
    if (short || row === NO_ENTRY) return failure(out, offset);
  }
  out.row = OPCODES[row] as OpcodeRow;
  out.cond = out.opcode & 15;
  const operands = OPERAND_COUNTS[row] as number;
  out.count = operands;

  const slot = row << 2;
  if (out.modrm < 0xc0 && (entry & ENTRY_MODRM) !== 0 && OPERAND_SOURCES[slot] !== Source.GprRmOnly &&
    OPERAND_SOURCES[slot + 1] !== Source.GprRmOnly) {
    address(out);
  }
  if (OPERAND_SOURCES[slot] !== Source.None) operand(out, slot, 0);
  if (operands > 1) operand(out, slot + 1, 1);
  if (operands > 2) operand(out, slot + 2, 2);

  if (short) return failure(out, offset);
  out.length = at - offset;
  if ((prefixes & Prefix.Lock) !== 0 && (LOCKABLE[row] === 0 || out.k0 !== K.Mem)) return DecodeStatus.Invalid;
  return DecodeStatus.Ok;
}

/** Why decoding stopped: bytes missing, too many, or no such encoding. */
function failure(out: Instruction, offset: number): DecodeStatus {
  out.length = at - offset;
  if (!short) return DecodeStatus.Invalid;
  return end - offset >= MAX_LENGTH ? DecodeStatus.TooLong : DecodeStatus.NeedMore;
}
