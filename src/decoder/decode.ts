/**
 * Bytes to one instruction.
 *
 * What holds here: decoding follows the table's typed arrays, reads no byte at or after
 * the limit, allocates nothing and throws nothing, whatever the bytes are. The
 * module keeps the state of the decode under way in module variables; it is
 * not re-entrant, and need not be.
 */
import { CS, DS, ES, FS, GS, SS } from '../cpu/registers.ts';
import { position, ranShort, startReading, u8 } from './code-reader.ts';
import {
  ALL_TABLES,
  type DecodeTables,
  ENTRY_GROUP,
  ENTRY_INDEX,
  ENTRY_MODRM,
  LOCKABLE,
  NO_ENTRY,
  OPERAND_COUNTS,
  OPERAND_SOURCES,
} from './decode-tables.ts';
import { address } from './effective-address.ts';
import type { Instruction } from './instruction.ts';
import { K, Prefix } from './instruction.ts';
import type { OpcodeRow } from './opcode-row.ts';
import { OPCODES } from './opcode-table.ts';
import { Source } from './operand-codes.ts';
import { operand } from './operands.ts';

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

/** A byte's meaning as a prefix: 0 none, else a case of the loop in {@link decode}. */
const PREFIX_KINDS: Uint8Array = new Uint8Array(256);
const PREFIX_SEGMENT = 1;
const PREFIX_OPERAND = 2;
const PREFIX_ADDRESS = 3;
const PREFIX_LOCK = 4;
const PREFIX_REPNE = 5;
const PREFIX_REP = 6;
const SEGMENT_PREFIXES: readonly (readonly [number, number])[] = [
  [0x26, ES],
  [0x2e, CS],
  [0x36, SS],
  [0x3e, DS],
  [0x64, FS],
  [0x65, GS],
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

/** The segment override, or -1. */
let override = -1;

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

/** Reads the opcode after its first byte; returns where it stands in the tables' entries. */
function opcodeEntry(out: Instruction, first: number): number {
  const prefixes = out.prefixes;
  const prefixClass =
    (prefixes & Prefix.Rep) !== 0
      ? 2
      : (prefixes & Prefix.Repne) !== 0
        ? 3
        : (prefixes & Prefix.OperandSize) !== 0
          ? 1
          : 0;
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
 * @param tables of the processor: what it lacks is Invalid (instruction-set.ts)
 * @returns Ok; Invalid (#UD); TooLong (#GP(0), SDM vol. 2 section 2.3.11); NeedMore when bytes at or past `limit` are needed
 */
export function decode(
  bytes: Uint8Array,
  offset: number,
  limit: number,
  code32: boolean,
  out: Instruction,
  tables: DecodeTables = ALL_TABLES,
): DecodeStatus {
  const end = Math.min(limit, offset + MAX_LENGTH);
  startReading(bytes, offset, end);
  override = -1;
  out.clear();

  const first = prefixBytes(out);
  const where = opcodeEntry(out, first);
  const prefixes = out.prefixes;
  out.operandSize = code32 === ((prefixes & Prefix.OperandSize) === 0) ? 4 : 2;
  out.addressSize = code32 === ((prefixes & Prefix.AddressSize) === 0) ? 4 : 2;
  out.segment = override >= 0 ? override : DS;

  const entry = tables.entries[where] as number;
  let row = entry & ENTRY_INDEX;
  if (ranShort() || entry === NO_ENTRY) return failure(out, offset, end);
  if ((entry & ENTRY_MODRM) !== 0) {
    const modrm = u8();
    out.modrm = modrm;
    if ((entry & ENTRY_GROUP) !== 0) row = tables.groups[(row << 8) | modrm] as number;
    if (ranShort() || row === NO_ENTRY) return failure(out, offset, end);
  }
  out.row = OPCODES[row] as OpcodeRow;
  out.cond = out.opcode & 15;
  const operands = OPERAND_COUNTS[row] as number;
  out.count = operands;

  const slot = row << 2;
  if (
    out.modrm < 0xc0 &&
    (entry & ENTRY_MODRM) !== 0 &&
    OPERAND_SOURCES[slot] !== Source.GprRmOnly &&
    OPERAND_SOURCES[slot + 1] !== Source.GprRmOnly
  ) {
    address(out, override);
  }
  if (OPERAND_SOURCES[slot] !== Source.None) operand(out, slot, 0);
  if (operands > 1) operand(out, slot + 1, 1);
  if (operands > 2) operand(out, slot + 2, 2);

  if (ranShort()) return failure(out, offset, end);
  out.length = position() - offset;
  if ((prefixes & Prefix.Lock) !== 0 && (LOCKABLE[row] === 0 || out.k0 !== K.Mem)) return DecodeStatus.Invalid;
  return DecodeStatus.Ok;
}

/** Why decoding stopped: bytes missing, too many, or no such encoding. */
function failure(out: Instruction, offset: number, end: number): DecodeStatus {
  out.length = position() - offset;
  if (!ranShort()) return DecodeStatus.Invalid;
  return end - offset >= MAX_LENGTH ? DecodeStatus.TooLong : DecodeStatus.NeedMore;
}
