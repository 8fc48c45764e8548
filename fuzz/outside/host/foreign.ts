/**
 * Instructions that the host's processor, or its kernel, carries out in another way than an IA-32 processor of this
 * project's model: it has learnt new ones in old encodings, it runs in IA-32e mode, and some are the kernel's to answer.
 * Cases with them are refused, not compared.
 */
import { CS } from '../../../src/cpu/registers.ts';
import { DecodeStatus, decode, MAX_LENGTH } from '../../../src/decoder/decode.ts';
import { Instruction, Prefix } from '../../../src/decoder/instruction.ts';
import type { OpcodeRow } from '../../../src/decoder/opcode-row.ts';
import type { FuzzCase } from '../../case.ts';
import { NOT_FOR_HOST } from '../../exclusions.ts';
import { byteAt } from './memory-bytes.ts';

/** Why an instruction is not judged by the host; undefined where it is. */
export function foreignReason(insn: Instruction): string | undefined {
  const { mnemonic } = insn.row;
  const rep = (insn.prefixes & Prefix.Rep) !== 0;
  if (rep && (mnemonic === 'bsf' || mnemonic === 'bsr')) return `F3 ${mnemonic} is TZCNT or LZCNT`;
  const repeated = (insn.prefixes & (Prefix.Rep | Prefix.Repne)) !== 0;
  if (repeated && (mnemonic === 'loope' || mnemonic === 'loopne'))
    return `F2 and F3 choose the condition of ${mnemonic}`;
  // PREFETCHW, and its kin: AMD's have no form with a register.
  if (mnemonic === 'nop' && insn.opcode === 0x0d && insn.modrm >= 0xc0) return '0F 0D with a register may be undefined';
  const why = NOT_FOR_HOST.get(mnemonic);
  return why === undefined ? undefined : `${mnemonic} ${why}`;
}

const CONDITIONAL: ReadonlySet<string> = new Set(['jcc', 'loop', 'loope', 'loopne', 'jcxz']);

/** What stands where processors differ: at the end of its page or segment. */
function atTheEnd(c: FuzzCase, { mnemonic }: OpcodeRow, linear: number, length: number): string | undefined {
  const { base, limit } = c.initial.segments[CS]!;
  const segmentLeft = limit - (linear - base) + 1;
  // AMD's raise #GP also where it is taken, but not always: the next address is beyond the limit.
  if (CONDITIONAL.has(mnemonic))
    return segmentLeft <= length ? 'a conditional branch at the end of its segment' : undefined;
  // UD1 has an operand for some processors only.
  if (mnemonic !== 'ud0' && mnemonic !== 'ud1') return undefined;
  return Math.min(0x1000 - (linear & 0xfff), segmentLeft) < length ? `${mnemonic} at the end of a page` : undefined;
}

const PREFIXES: ReadonlySet<number> = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);

const opcodeAt = (code: Uint8Array) => code.findIndex((byte) => !PREFIXES.has(byte));

/**
 * LOCK before what cannot be locked is undefined for all; but for AMD's way to name CR8, and its VERR and VERW (0F 00),
 * which do not mind.
 */
function isLocked(code: Uint8Array): boolean {
  const at = opcodeAt(code);
  const second = code[at] === 0x0f ? code[at + 1]! : -1;
  return code.subarray(0, at).includes(0xf0) && second !== 0 && (second & 0xfd) !== 0x20;
}

function isUdWithOperand(code: Uint8Array): boolean {
  const at = opcodeAt(code);
  return code[at] === 0x0f && (code[at + 1] === 0xb9 || code[at + 1] === 0xff);
}

const insn = new Instruction();
const bytes = new Uint8Array(MAX_LENGTH);

/** Whether all of a case's code is one instruction with a LOCK that it does not take: undefined, whatever it is. */
export function isLockedAlone(c: FuzzCase): boolean {
  const code32 = c.mode === 'protected32';
  const start = (c.initial.segments[CS]!.base + c.initial.eip) >>> 0;
  for (let n = 0; n < MAX_LENGTH; n++) bytes[n] = byteAt(c, start + n);
  if (decode(bytes, 0, MAX_LENGTH, code32, insn) !== DecodeStatus.Invalid || !isLocked(bytes)) return false;
  bytes.copyWithin(bytes.indexOf(0xf0), bytes.indexOf(0xf0) + 1);
  const status = decode(bytes, 0, MAX_LENGTH - 1, code32, insn);
  // Where it cannot all be fetched, that comes first (and Linux answers SMSW and its like by itself).
  const { base, limit } = c.initial.segments[CS]!;
  const whole = insn.length + 1 + start - base - 1 <= limit;
  return status === DecodeStatus.Ok && whole && insn.length + 1 >= c.codeLength && !/^ud[01]$/.test(insn.row.mnemonic);
}

/** Why a case's code, as it was generated, is not judged by the host. */
export function foreignCode(c: FuzzCase): string | undefined {
  if (isLockedAlone(c)) return undefined;
  const code32 = c.mode === 'protected32';
  const start = (c.initial.segments[CS]!.base + c.initial.eip) >>> 0;
  for (let at = 0, length = 0; at < c.codeLength; at += length) {
    for (let n = 0; n < MAX_LENGTH; n++) bytes[n] = byteAt(c, start + at + n);
    let status = decode(bytes, 0, MAX_LENGTH, code32, insn);
    const locked = status === DecodeStatus.Invalid && isLocked(bytes);
    if (locked) {
      // What it would be without: code behind it can still be jumped to.
      bytes.copyWithin(bytes.indexOf(0xf0), bytes.indexOf(0xf0) + 1);
      status = decode(bytes, 0, MAX_LENGTH - 1, code32, insn);
      if (status === DecodeStatus.Invalid) return undefined;
    }
    // Not in the table: whether it is undefined depends on the processor's model.
    if (status === DecodeStatus.Invalid) return 'an encoding that newer processors may know';
    if (status !== DecodeStatus.Ok) return isUdWithOperand(bytes) ? 'ud0 or ud1 that is too long' : undefined;
    length = insn.length + (locked ? 1 : 0);
    const reason = foreignReason(insn) ?? atTheEnd(c, insn.row, start + at, length);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
