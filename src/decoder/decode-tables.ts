/**
 * The opcode table turned into typed arrays for the decoder.
 *
 * What holds here: `entries` finds, by map, prefix class and opcode byte, either a row or a group
 * of 256 rows that the ModR/M byte chooses from. A row that names its
 * prefix goes before one that does not. Two rows for one encoding are an
 * error, found when the module is loaded. A processor that lacks some rows has tables of its own, without them:
 * instruction-set.ts.
 */
import type { Encoding, OpcodeRow } from './opcode-row.ts';
import { OPCODES } from './opcode-table.ts';
import { operandCode, Source } from './operand-codes.ts';

/** Bits of an entry: the low 14 are a row or a group. */
export const ENTRY_INDEX = 0x3fff;
export const ENTRY_MODRM = 0x4000;
export const ENTRY_GROUP = 0x8000;
/** No such encoding; as an entry and as a row in a group. */
export const NO_ENTRY = 0xffff;

/** How the decoder finds a row. */
export interface DecodeTables {
  /** At [map << 10 | prefix class << 8 | opcode]; prefix classes are none, 66, F3, F2. */
  readonly entries: Uint16Array;
  /** At [group << 8 | ModR/M]: a row, or NO_ENTRY. */
  readonly groups: Uint16Array;
}

const ENTRY_COUNT = 4 * 4 * 256;

const count = OPCODES.length;
/** At [row * 4 + operand]: a value of {@link Source}. */
export const OPERAND_SOURCES: Uint8Array = new Uint8Array(count * 4);
/** At [row * 4 + operand]: bytes, or negative for SIZE_BY_OPERAND_SIZE, as register and as memory. */
export const REGISTER_SIZES: Int16Array = new Int16Array(count * 4);
export const MEMORY_SIZES: Int16Array = new Int16Array(count * 4);
/** At [row * 4 + operand]: number of a fixed register. */
export const FIXED_REGISTERS: Uint8Array = new Uint8Array(count * 4);
/** At [row]: number of explicit operands; LOCK allowed. */
export const OPERAND_COUNTS: Uint8Array = new Uint8Array(count);
export const LOCKABLE: Uint8Array = new Uint8Array(count);

function fillOperands(row: OpcodeRow): void {
  const codes = row.operands.map(operandCode);
  // A string instruction has no explicit operand; the element's size stands in slot 0.
  const element = codes.find((code) => code.source === Source.Element);
  const explicit = element ? [element] : codes;
  OPERAND_COUNTS[row.index] = element ? 0 : codes.length;
  LOCKABLE[row.index] = row.lockable ? 1 : 0;
  explicit.forEach((code, i) => {
    const at = row.index * 4 + i;
    OPERAND_SOURCES[at] = code.source;
    REGISTER_SIZES[at] = code.registerSize;
    MEMORY_SIZES[at] = code.memorySize;
    FIXED_REGISTERS[at] = code.register;
  });
}

/** Is this register number valid in this place? CS is no destination of MOV; CR1 and CR5 to CR7 do not exist. */
function registerExists(row: OpcodeRow, reg: number): boolean {
  if (row.operands.includes('Sw')) return reg < 6 && !(row.operands[0] === 'Sw' && reg === 1);
  if (row.operands.includes('Cd')) return reg === 0 || (reg >= 2 && reg <= 4);
  return true;
}

function modrmFits(row: OpcodeRow, encoding: Encoding, modrm: number): boolean {
  if (encoding.modrm >= 0 && encoding.modrm !== modrm) return false;
  const reg = (modrm >> 3) & 7;
  if (encoding.reg >= 0 && encoding.reg !== reg) return false;
  if (encoding.mod !== 'any' && (encoding.mod === 'register') !== modrm >= 0xc0) return false;
  return registerExists(row, reg);
}

/** What stands in one place of ENTRIES while it is being built. */
interface Slot {
  readonly rows: Uint16Array;
  hasModrm: boolean;
  named: boolean;
}

function collectSlots(available: (row: OpcodeRow) => boolean): (Slot | undefined)[] {
  const slots: (Slot | undefined)[] = new Array(ENTRY_COUNT);
  // Rows that name a prefix come first; the others then take only what is still free as a whole.
  for (const named of [true, false]) {
    for (const row of OPCODES) {
      if (!available(row)) continue;
      for (const encoding of row.encodings) {
        if ((encoding.prefixClasses !== 15) !== named) continue;
        for (let i = 0; i < encoding.span; i++) addEncoding(slots, row, encoding, encoding.opcode + i, named);
      }
    }
  }
  return slots;
}

function addEncoding(
  slots: (Slot | undefined)[],
  row: OpcodeRow,
  encoding: Encoding,
  opcode: number,
  named: boolean,
): void {
  for (let prefix = 0; prefix < 4; prefix++) {
    if (((encoding.prefixClasses >> prefix) & 1) === 0) continue;
    const at = (encoding.map << 10) | (prefix << 8) | opcode;
    const slot = slots[at] ?? { rows: new Uint16Array(256).fill(NO_ENTRY), hasModrm: encoding.hasModrm, named };
    // One opcode may mix rows that name a prefix with rows that do not only if ModR/M tells them apart (0F 01).
    if (slot.named && !named && !encoding.hasModrm) continue;
    if (slot.hasModrm !== encoding.hasModrm) throw new Error(`opcode table: "${row.id}": ModR/M byte or not?`);
    slots[at] = slot;
    for (let modrm = 0; modrm < 256; modrm++) {
      if (!modrmFits(row, encoding, modrm)) continue;
      if (slot.rows[modrm] !== NO_ENTRY) {
        const other = OPCODES[slot.rows[modrm] ?? 0]?.id;
        throw new Error(`opcode table: "${row.id}" and "${other}" share an encoding (opcode ${opcode.toString(16)})`);
      }
      slot.rows[modrm] = row.index;
    }
  }
}

/** The tables of a processor that has the rows for which `available` says so. */
export function buildTables(available: (row: OpcodeRow) => boolean): DecodeTables {
  const entries = new Uint16Array(ENTRY_COUNT).fill(NO_ENTRY);
  const groups: Uint16Array[] = [];
  const known = new Map<string, number>();
  collectSlots(available).forEach((slot, at) => {
    if (!slot) return;
    const first = slot.rows[0] ?? NO_ENTRY;
    const flags = slot.hasModrm ? ENTRY_MODRM : 0;
    if (first !== NO_ENTRY && slot.rows.every((row) => row === first)) {
      entries[at] = first | flags;
      return;
    }
    const key = slot.rows.join();
    const group = known.get(key) ?? groups.push(slot.rows) - 1;
    known.set(key, group);
    entries[at] = group | flags | ENTRY_GROUP;
  });
  const all = new Uint16Array(groups.length * 256);
  for (const [i, rows] of groups.entries()) all.set(rows, i * 256);
  return { entries, groups: all };
}

OPCODES.forEach(fillOperands);

/** The tables of a processor that has every row. */
export const ALL_TABLES: DecodeTables = buildTables(() => true);
