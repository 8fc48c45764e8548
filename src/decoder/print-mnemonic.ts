/**
 * The name an instruction is printed with: the table's size-neutral mnemonic
 * turned into the usual one, with the prefixes that mean something for it.
 *
 * What holds here: two instructions that act differently print differently, so a
 * size that no operand shows is told by `data16`, `data32`, `addr16` or `addr32`.
 */
import { DS } from '../cpu/registers.ts';
import type { Instruction } from './instruction.ts';
import { Prefix } from './instruction.ts';

/** Names of the conditions 0 to 15. */
export const CONDITIONS: readonly string[] = [
  'o',
  'no',
  'b',
  'ae',
  'e',
  'ne',
  'be',
  'a',
  's',
  'ns',
  'p',
  'np',
  'l',
  'ge',
  'le',
  'g',
];

/** Mnemonics whose name tells the operand size: 16-bit name, 32-bit name. */
const BY_OPERAND_SIZE: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['cbw', ['cbw', 'cwde']],
  ['cwd', ['cwd', 'cdq']],
  ['pusha', ['pusha', 'pushad']],
  ['popa', ['popa', 'popad']],
  ['pushf', ['pushf', 'pushfd']],
  ['popf', ['popf', 'popfd']],
  ['iret', ['iret', 'iretd']],
]);

const RENAMED: ReadonlyMap<string, string> = new Map([
  ['callf', 'call far'],
  ['jmpf', 'jmp far'],
  ['wait', 'fwait'],
]);

const STRINGS: ReadonlySet<string> = new Set(['movs', 'cmps', 'stos', 'lods', 'scas', 'ins', 'outs']);

/** Those whose operand size, when a prefix changes it, shows nowhere else. */
const HIDDEN_OPERAND_SIZE: ReadonlySet<string> = new Set([
  'call',
  'jmp',
  'jcc',
  'jcxz',
  'loop',
  'loope',
  'loopne',
  'ret',
  'retf',
  'enter',
  'leave',
  'push',
  'pop',
  'lgdt',
  'lidt',
  'sgdt',
  'sidt',
]);

/** Those that address memory by an implied register, with the segment in the instruction. */
const IMPLIED_MEMORY: ReadonlySet<string> = new Set(['monitor', 'maskmovq', 'maskmovdqu']);
const SEGMENT_NAMES: readonly string[] = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

/** Is it one of the string instructions? */
export function isString(insn: Instruction): boolean {
  return STRINGS.has(insn.row.mnemonic);
}

function name(insn: Instruction): string {
  const mnemonic = insn.row.mnemonic;
  const pair = BY_OPERAND_SIZE.get(mnemonic);
  if (pair) return pair[insn.operandSize === 2 ? 0 : 1];
  if (STRINGS.has(mnemonic)) return mnemonic + (insn.s0 === 1 ? 'b' : insn.s0 === 2 ? 'w' : 'd');
  if (mnemonic === 'jcc') return `j${CONDITIONS[insn.cond]}`;
  if (mnemonic === 'setcc') return `set${CONDITIONS[insn.cond]}`;
  if (mnemonic === 'cmovcc') return `cmov${CONDITIONS[insn.cond]}`;
  if (mnemonic === 'xlat' && (insn.prefixes & Prefix.AddressSize) === 0 && insn.segment === DS) return 'xlatb';
  if (mnemonic === 'jcxz') return insn.addressSize === 2 ? 'jcxz' : 'jecxz';
  return RENAMED.get(mnemonic) ?? mnemonic;
}

/** Does a general register or a memory operand tell the operand size? */
function showsOperandSize(insn: Instruction): boolean {
  const code = insn.row.operands[0] ?? '';
  return code === 'Ev' || code === 'Zv' || code === 'Ap' || code === 'Mp';
}

function prefix(insn: Instruction): string {
  const mnemonic = insn.row.mnemonic;
  let text = '';
  if ((insn.prefixes & Prefix.Lock) !== 0) text += 'lock ';
  if (STRINGS.has(mnemonic)) {
    const compares = mnemonic === 'cmps' || mnemonic === 'scas';
    if ((insn.prefixes & Prefix.Rep) !== 0) text += compares ? 'repe ' : 'rep ';
    if ((insn.prefixes & Prefix.Repne) !== 0) text += 'repne ';
  }
  if ((insn.prefixes & Prefix.OperandSize) !== 0 && HIDDEN_OPERAND_SIZE.has(mnemonic) && !showsOperandSize(insn)) {
    text += insn.operandSize === 2 ? 'data16 ' : 'data32 ';
  }
  const implied = IMPLIED_MEMORY.has(mnemonic);
  if ((insn.prefixes & Prefix.AddressSize) !== 0 && (implied || mnemonic.startsWith('loop'))) {
    text += insn.addressSize === 2 ? 'addr16 ' : 'addr32 ';
  }
  if (implied && insn.segment !== DS) text += `${SEGMENT_NAMES[insn.segment]} `;
  return text;
}

/** The prefixes and the mnemonic, as printed before the operands. */
export function formatMnemonic(insn: Instruction): string {
  return prefix(insn) + name(insn);
}
