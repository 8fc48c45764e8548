/**
 * Random cases made from the opcode table: every encoding of the integer
 * instructions that a user program can execute, operands at the edges, memory
 * operands inside the window.
 */
import { DF, FLAGS_ARITH } from '../../../src/cpu/registers.ts';
import type { Encoding, OpcodeRow } from '../../../src/decoder/opcode-row.ts';
import { OPCODES } from '../../../src/decoder/opcode-table.ts';
import type { Case } from './record.ts';
import { DATA, DATA_PAGE, LANDING, WINDOW } from './record.ts';

const MNEMONICS: ReadonlySet<string> = new Set(
  (
    'add or adc sbb and sub xor cmp rol ror rcl rcr shl shr sar inc dec test not neg mul imul div idiv daa das aaa aas aam ' +
    'aad cbw cwd mov lea xchg nop xlat bound push pop pusha popa enter leave movs cmps stos lods scas jcc loopne loope ' +
    'loop jcxz jmp call sahf lahf cmc clc stc cld std salc cmovcc setcc movzx movsx bswap bt bts btr btc bsf bsr popcnt shld ' +
    'shrd cmpxchg cmpxchg8b xadd movnti movbe crc32'
  ).split(' '),
);

const STRINGS: ReadonlySet<string> = new Set(['movs', 'cmps', 'stos', 'lods', 'scas']);
const BRANCHES: ReadonlySet<string> = new Set(['jcc', 'loopne', 'loope', 'loop', 'jcxz', 'jmp', 'call']);
const STACK: ReadonlySet<string> = new Set(['push', 'pop', 'pusha', 'popa', 'enter', 'leave', 'call']);

const GENERAL = /^(E[vbwd]|G[vbwd]|Z[vb]|I[bzw]|sIb|eAX|AL|CL|AX|1|M|Mq|Md|Mv|Ma|O[bv]|X[bv]|Y[bv]|Jb|Jz)$/;

/** The rows that the cases are made from. */
export const INTEGER_ROWS: readonly OpcodeRow[] = OPCODES.filter(
  (row) =>
    MNEMONICS.has(row.mnemonic) &&
    row.operands.every((o) => GENERAL.test(o)) &&
    // Indirect jumps go anywhere; processors disagree about which NOPs there are.
    row.id !== 'jmp Ev' &&
    row.id !== 'call Ev' &&
    row.id !== 'nop Ev',
);

/** xorshift32: the same cases for the same seed. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0 || 1;
  }
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return Math.imul(x, 0x2545_f491) >>> 0;
  }
  below(n: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * n);
  }
  /** A value that is often at an edge of 8, 16 or 32 bits. */
  value(): number {
    switch (this.below(8)) {
      case 0:
        return this.below(4) - 2;
      case 1:
        return (1 << this.below(32)) - this.below(3);
      case 2:
        return (this.next() & 0x8080_8080) | 0;
      case 3:
        return this.below(64);
      default:
        return this.next() | 0;
    }
  }
}

/** The middle of the window: its linear address, and its offset in the 16-bit data segment. */
const MIDDLE = DATA + WINDOW / 2;
const SMALL_MIDDLE = MIDDLE - DATA_PAGE;

/** Registers that no address is made of. */
const FREE = [0, 1, 2, 5];

/** What one case is being made of. */
interface Draft {
  readonly random: Random;
  readonly registers: Int32Array;
  readonly code: number[];
  /** Offset of the middle of the window. */
  readonly middle: number;
  /** Of the operand and of the address, in bytes. */
  readonly operandSize: number;
  readonly addressSize: number;
}

/** Puts a number of `size` bytes into the code. */
function emit(draft: Draft, value: number, size: number): void {
  for (let k = 0; k < size; k++) draft.code.push((value >> (8 * k)) & 0xff);
}

/** Sets a register to an offset; with 16-bit addresses its upper half may hold anything. */
function point(draft: Draft, register: number, offset: number): void {
  const upper = draft.addressSize === 2 ? draft.random.next() & 0xffff_0000 : 0;
  draft.registers[register] = draft.addressSize === 2 ? upper | (offset & 0xffff) : offset;
}

/** A ModR/M byte with 32-bit addressing that ends up in the window, and what belongs to it. */
function address32(draft: Draft, reg: number): void {
  const { random, middle } = draft;
  const EBX = 3;
  const near = random.below(32) - 16;
  point(draft, EBX, middle);
  point(draft, 7, middle);
  draft.registers[6] = random.below(9) - 4;
  switch (random.below(4)) {
    case 0:
      draft.code.push((reg << 3) | 5);
      emit(draft, middle + near, 4);
      break;
    case 1:
      // [ebx + disp8]
      draft.code.push(0x40 | (reg << 3) | EBX, near & 0xff);
      break;
    case 2:
      // [ebx + esi * scale + disp8]
      draft.code.push(0x44 | (reg << 3), (random.below(3) << 6) | (6 << 3) | EBX, (near >> 1) & 0xff);
      break;
    default:
      // [edi]
      draft.code.push((reg << 3) | 7);
  }
}

/** The same with 16-bit addressing. */
function address16(draft: Draft, reg: number): void {
  const { random, middle } = draft;
  const near = random.below(32) - 16;
  point(draft, 3, middle + 0x3000);
  point(draft, 6, near - 0x3000);
  point(draft, 7, middle);
  switch (random.below(4)) {
    case 0:
      draft.code.push((reg << 3) | 6);
      emit(draft, middle + near, 2);
      break;
    case 1:
      // [bx + si]: the sum wraps
      draft.code.push(reg << 3);
      break;
    case 2:
      // [bx + disp16]
      draft.code.push(0x80 | (reg << 3) | 7);
      emit(draft, near - 0x3000, 2);
      break;
    default:
      // [di + disp8]
      draft.code.push(0x40 | (reg << 3) | 5, near & 0xff);
  }
}

/** Bytes before the opcode; the operand size first, where it is asked for. */
function emitPrefixes(draft: Draft, encoding: Encoding, small: boolean, isString: boolean): void {
  const { code, random } = draft;
  if ((draft.operandSize === 2) !== small) code.push(0x66);
  if ((draft.addressSize === 2) !== small) code.push(0x67);
  if ((encoding.prefixClasses & 3) === 0) code.push((encoding.prefixClasses & 4) !== 0 ? 0xf3 : 0xf2);
  if (isString && random.below(2) === 0) code.push(random.below(2) === 0 ? 0xf2 : 0xf3);
  if (encoding.map > 0) code.push(0x0f);
  if (encoding.map === 2) code.push(0x38);
  code.push(encoding.opcode + random.below(encoding.span));
}

function emitModrm(draft: Draft, row: OpcodeRow, encoding: Encoding): void {
  const { code, random, registers } = draft;
  const isBit = /^bt.?$/.test(row.mnemonic);
  const isMemory = encoding.mod === 'memory' || (encoding.mod === 'any' && random.below(2) === 0);
  const any = isBit ? (FREE[random.below(4)] ?? 0) : random.below(8);
  const reg = encoding.reg >= 0 ? encoding.reg : any;
  if (encoding.modrm >= 0) code.push(encoding.modrm);
  else if (!isMemory) code.push(0xc0 | (reg << 3) | random.below(8));
  else {
    // Bit strings reach as far as their register says.
    if (isBit && encoding.reg < 0) registers[reg] = random.below(512) - 256;
    if (draft.addressSize === 2) address16(draft, reg);
    else address32(draft, reg);
  }
}

function emitOperands(draft: Draft, row: OpcodeRow): void {
  const { code, random } = draft;
  for (const operand of row.operands) {
    const value = random.value();
    if (operand === 'Jb') code.push(LANDING - code.length - 1);
    else if (operand === 'Jz') emit(draft, LANDING - code.length - draft.operandSize, draft.operandSize);
    else if (operand === 'Ib' && row.mnemonic === 'enter') code.push(random.below(6));
    else if (operand === 'Ib' || operand === 'sIb') code.push(value & 0xff);
    else if (operand === 'Iw') emit(draft, value & 15, 2);
    else if (operand === 'Iz') emit(draft, value, draft.operandSize);
    else if (operand.startsWith('O')) emit(draft, draft.middle, draft.addressSize);
  }
}

/** Registers that the instruction uses without naming them. */
function setImpliedRegisters(draft: Draft, row: OpcodeRow, small: boolean): void {
  const { random, registers, middle } = draft;
  const { mnemonic } = row;
  if (STACK.has(mnemonic)) {
    // The stack's size goes by the segment, not by the address size.
    const upper = small ? random.next() & 0xffff_0000 : 0;
    registers[4] = upper | middle;
    registers[5] = (small ? random.next() & 0xffff_0000 : 0) | (middle + 16 + random.below(8) * 4);
  }
  if (STRINGS.has(mnemonic)) {
    point(draft, 6, middle + random.below(64) - 32);
    point(draft, 7, middle + random.below(64) - 32);
    point(draft, 1, random.below(9));
  }
  if (mnemonic === 'xlat') point(draft, 3, middle - WINDOW / 2);
  if (/^(loop|jcxz)/.test(mnemonic)) point(draft, 1, random.below(3));
}

/** A case for one encoding of a row: 16-bit code when `small`. */
export function makeCase(row: OpcodeRow, encoding: Encoding, random: Random, small: boolean): Case {
  const { mnemonic } = row;
  const isString = STRINGS.has(mnemonic);
  const registers = new Int32Array(8);
  for (let r = 0; r < 8; r++) registers[r] = random.value();
  const memory = new Uint8Array(WINDOW);
  for (let k = 0; k < WINDOW; k += 4) new DataView(memory.buffer).setInt32(k, random.value(), true);
  if (random.below(3) === 0) memory.fill(random.below(256), 96, 160);

  // In flat segments an EIP or SP of 16 bits leads nowhere, and 16-bit addresses reach no window.
  const otherOperand =
    random.below(3) === 0 && (encoding.prefixClasses & 2) !== 0 && (small || !BRANCHES.has(mnemonic));
  const otherAddress = small && random.below(3) === 0;
  const draft: Draft = {
    random,
    registers,
    code: [],
    // Now and then around the segment's limit, so that some accesses fault.
    middle: !small ? MIDDLE : random.below(6) === 0 ? 0xff8 + random.below(16) : SMALL_MIDDLE,
    operandSize: small !== otherOperand ? 2 : 4,
    addressSize: small && !otherAddress ? 2 : 4,
  };
  emitPrefixes(draft, encoding, small, isString);
  if (encoding.hasModrm) emitModrm(draft, row, encoding);
  emitOperands(draft, row);
  setImpliedRegisters(draft, row, small);
  const flags = 0x202 | (random.next() & (FLAGS_ARITH | (isString ? DF : 0)));
  return { small, code: Uint8Array.from(draft.code), registers, flags, memory };
}
