/**
 * Compares what the host and the interpreter made of a case.
 */
import { AF, CF, DF, FLAGS_ARITH, OF } from '../../../src/cpu/registers.ts';
import type { OpcodeRow } from '../../../src/decoder/opcode-row.ts';
import type { Case, Outcome } from './record.ts';

const NAMES = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];

/** Whether the operand size is 16 bits. */
function isNarrow(c: Case): boolean {
  return (c.code[0] === 0x66) !== c.small;
}

/** Count of a shift, modulo 32. */
function countOf(row: OpcodeRow, c: Case): number {
  const last = row.operands.at(-1);
  if (last === '1') return 1;
  return (last === 'CL' ? (c.registers[1] ?? 0) : (c.code.at(-1) ?? 0)) & 31;
}

/** Which flags the manual leaves undefined for this very case: the table says it for the row's general case. */
function undefinedFlags(row: OpcodeRow, c: Case): number {
  if (/^(sh[lr]d?|sar|ro[lr]|rc[lr])$/.test(row.mnemonic)) {
    const count = countOf(row, c);
    if (count === 0) return 0;
    const always = row.flagsUndefined & AF;
    // CF of SHL and SHR by more than the width is undefined; for 16-bit double shifts everything is.
    if (count === 1) return always;
    if (row.mnemonic.endsWith('d') && count > 16 && isNarrow(c)) return FLAGS_ARITH;
    const narrow = /b/.test(row.operands[0] ?? '') ? 8 : isNarrow(c) ? 16 : 32;
    return always | OF | (count > narrow && /^sh[lr]$/.test(row.mnemonic) ? CF : 0);
  }
  return row.flagsUndefined;
}

/** Whether the result itself is undefined. */
function undefinedResult(row: OpcodeRow, c: Case): boolean {
  if (row.mnemonic === 'bswap') return isNarrow(c);
  return /^sh[lr]d$/.test(row.mnemonic) && isNarrow(c) && countOf(row, c) > 16;
}

/** Undefined when both agree, else what differs. `strict`: undefined flags count too. */
export function difference(row: OpcodeRow, c: Case, host: Outcome, ours: Outcome, strict: boolean): string | undefined {
  const out: string[] = [];
  const hex = (n: number) => (n >>> 0).toString(16);
  if (host.fault !== ours.fault) out.push(`fault: host ${host.fault || 'none'}, interpreter ${ours.fault || 'none'}`);
  // Some processors leave the registers that POPA had popped before it faulted; here it changes nothing then.
  const skip = !strict && (undefinedResult(row, c) || (row.mnemonic === 'popa' && host.fault !== ''));
  for (let r = 0; r < 8 && !skip; r++) {
    if (host.registers[r] !== ours.registers[r]) {
      out.push(`${NAMES[r]}: host ${hex(host.registers[r] ?? 0)}, interpreter ${hex(ours.registers[r] ?? 0)}`);
    }
  }
  const mask = (FLAGS_ARITH | DF) & ~(strict ? 0 : undefinedFlags(row, c));
  if (((host.flags ^ ours.flags) & mask) !== 0) {
    out.push(`flags: host ${hex(host.flags & mask)}, interpreter ${hex(ours.flags & mask)}`);
  }
  if (host.fault === '' && host.taken !== ours.taken) out.push(`taken: host ${host.taken}, interpreter ${ours.taken}`);
  const at = host.memory.findIndex((byte, k) => byte !== ours.memory[k]);
  if (at >= 0 && !skip) out.push(`memory[${at}]: host ${host.memory[at]}, interpreter ${ours.memory[at]}`);
  if (out.length === 0) return undefined;
  const bytes = Buffer.from(c.code).toString('hex');
  const before = [...c.registers].map((v, r) => `${NAMES[r]}=${hex(v)}`).join(' ');
  return `${row.id}${c.small ? ' in 16-bit code' : ''} [${bytes}] ${before} flags=${hex(c.flags)}: ${out.join('; ')}`;
}
