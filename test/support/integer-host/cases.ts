/**
 * Random cases made from the opcode table: every encoding of the integer
 * instructions that a user program can execute, operands at the edges, memory
 * operands inside the window.
 */
import { DF, FLAGS_ARITH } from '../../../src/cpu/registers.ts';
import type { Encoding, OpcodeRow } from '../../../src/decoder/opcode-row.ts';
import { OPCODES } from '../../../src/decoder/opcode-table.ts';
import type { Case } from './record.ts';
import { DATA, LANDING, WINDOW } from './record.ts';

const MNEMONICS: ReadonlySet<string> = new Set(
  (
    'add or adc sbb and sub xor cmp rol ror rcl rcr shl shr sar inc dec test not neg mul imul div idiv daa das aaa aas aam ' +
    'aad cbw cwd mov lea xchg nop xlat bound push pop pusha popa enter leave movs cmps stos lods scas jcc loopne loope ' +
    'loop jcxz jmp sahf lahf cmc clc stc cld std salc cmovcc setcc movzx movsx bswap bt bts btr btc bsf bsr popcnt shld ' +
    'shrd cmpxchg cmpxchg8b xadd movnti movbe crc32'
  ).split(' '),
);

const STRINGS: ReadonlySet<string> = new Set(['movs', 'cmps', 'stos', 'lods', 'scas']);
const BRANCHES: ReadonlySet<string> = new Set(['jcc', 'loopne', 'loope', 'loop', 'jcxz', 'jmp']);
const STACK: ReadonlySet<string> = new Set(['push', 'pop', 'pusha', 'popa', 'enter', 'leave']);

const GENERAL = /^(E[vbwd]|G[vbwd]|Z[vb]|I[bzw]|sIb|eAX|AL|CL|AX|1|M|Mq|Md|Mv|Ma|O[bv]|X[bv]|Y[bv]|Jb)$/;

/** The rows that the cases are made from. */
export const INTEGER_ROWS: readonly OpcodeRow[] = OPCODES.filter(
  (row) =>
    MNEMONICS.has(row.mnemonic) &&
    row.operands.every((o) => GENERAL.test(o)) &&
    // Indirect jumps go anywhere; processors disagree about which NOPs there are.
    row.id !== 'jmp Ev' &&
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

/** Registers point into the window when memory is addressed through them: byte offset from DATA. */
const MIDDLE = DATA + WINDOW / 2;

/** Registers that no address is made of. */
const FREE = [0, 1, 2, 5];

function modrmBytes(random: Random, encoding: Encoding, isMemory: boolean, free: boolean): number[] {
  const any = free ? (FREE[random.below(4)] ?? 0) : random.below(8);
  const reg = encoding.reg >= 0 ? encoding.reg : any;
  if (!isMemory) return [0xc0 | (reg << 3) | random.below(8)];
  switch (random.below(4)) {
    case 0: {
      // [disp32]
      const at = MIDDLE + random.below(32) - 16;
      return [(reg << 3) | 5, at & 0xff, (at >> 8) & 0xff, (at >> 16) & 0xff, at >>> 24];
    }
    case 1:
      // [ebx + disp8]
      return [0x40 | (reg << 3) | 3, random.below(32) - 16];
    case 2:
      // [ebx + esi * scale + disp8]; ESI is small then
      return [0x44 | (reg << 3), (random.below(3) << 6) | (6 << 3) | 3, random.below(16) - 8];
    default:
      // [edi]
      return [(reg << 3) | 7];
  }
}

/** A case for one encoding of a row, or undefined where the encoding cannot be tried alone. */
export function makeCase(row: OpcodeRow, encoding: Encoding, random: Random): Case {
  const { mnemonic } = row;
  const isString = STRINGS.has(mnemonic);
  const isBit = /^bt.?$/.test(mnemonic);
  const isBranch = BRANCHES.has(mnemonic);
  const registers = new Int32Array(8);
  for (let r = 0; r < 8; r++) registers[r] = random.value();
  const memory = new Uint8Array(WINDOW);
  for (let k = 0; k < WINDOW; k += 4) new DataView(memory.buffer).setInt32(k, random.value(), true);
  if (random.below(3) === 0) memory.fill(random.below(256), 96, 160);

  const code: number[] = [];
  const small = random.below(3) === 0 && !isBranch && !STACK.has(mnemonic) && (encoding.prefixClasses & 2) !== 0;
  if (small) code.push(0x66);
  if ((encoding.prefixClasses & 3) === 0) code.push((encoding.prefixClasses & 4) !== 0 ? 0xf3 : 0xf2);
  else if (encoding.prefixClasses === 2 && !small) code.push(0x66);
  if (isString && random.below(2) === 0) code.push(random.below(2) === 0 ? 0xf2 : 0xf3);
  if (encoding.map > 0) code.push(0x0f);
  if (encoding.map === 2) code.push(0x38);
  code.push(encoding.opcode + random.below(encoding.span));
  const isMemory = encoding.mod === 'memory' || (encoding.mod === 'any' && random.below(2) === 0);
  if (encoding.hasModrm) {
    const bytes = encoding.modrm >= 0 ? [encoding.modrm] : modrmBytes(random, encoding, isMemory, isBit);
    if (isMemory) {
      registers[3] = MIDDLE;
      registers[7] = MIDDLE;
      registers[6] = random.below(9) - 4;
      // Bit strings reach as far as their register says.
      if (isBit && encoding.reg < 0) registers[((bytes[0] ?? 0) >> 3) & 7] = random.below(512) - 256;
    }
    code.push(...bytes.map((b) => b & 0xff));
  }
  if (STACK.has(mnemonic)) {
    registers[4] = MIDDLE;
    registers[5] = MIDDLE + 16 + random.below(8) * 4;
  }
  if (isString) {
    registers[6] = MIDDLE + random.below(64) - 32;
    registers[7] = MIDDLE + random.below(64) - 32;
    registers[1] = random.below(9);
  }
  if (mnemonic === 'xlat') registers[3] = DATA;
  if (mnemonic === 'loop' || mnemonic === 'jcxz' || mnemonic.startsWith('loop')) registers[1] = random.below(3);
  for (const operand of row.operands) {
    const value = random.value();
    if (operand === 'Jb') code.push(LANDING - code.length - 1);
    else if (operand === 'Ib' && mnemonic === 'enter') code.push(random.below(6));
    else if (operand === 'Ib' || operand === 'sIb') code.push(value & 0xff);
    else if (operand === 'Iw') code.push(value & 15, 0);
    else if (operand === 'Iz') {
      code.push(value & 0xff, (value >> 8) & 0xff);
      if (!small) code.push((value >> 16) & 0xff, value >>> 24);
    } else if (operand.startsWith('O'))
      code.push(MIDDLE & 0xff, (MIDDLE >> 8) & 0xff, (MIDDLE >> 16) & 0xff, MIDDLE >>> 24);
  }
  const flags = 0x202 | (random.next() & (FLAGS_ARITH | (isString ? DF : 0)));
  return { code: Uint8Array.from(code), registers, flags, memory };
}
