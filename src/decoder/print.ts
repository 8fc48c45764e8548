/**
 * One instruction as text, in Intel syntax: `mov eax,dword ptr [ebp+8]`.
 *
 * What holds here: numbers under ten are decimal, others hexadecimal with 0x; an
 * immediate is printed unsigned at its operand's size, a displacement next to a
 * register signed; the segment shows where it is not the default one.
 */
import { DS, EBP, EBX, EDI, ESI, ESP, SS } from '../cpu/registers.ts';
import type { Instruction } from './instruction.ts';
import { K, NO_REG, Prefix } from './instruction.ts';
import { formatMnemonic, isString } from './print-mnemonic.ts';

export const REGISTERS32: readonly string[] = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'];
export const REGISTERS16: readonly string[] = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
export const REGISTERS8: readonly string[] = ['al', 'cl', 'dl', 'bl', 'ah', 'ch', 'dh', 'bh'];
export const SEGMENTS: readonly string[] = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'];

const MEMORY_SIZES: ReadonlyMap<number, string> = new Map([
  [1, 'byte'],
  [2, 'word'],
  [4, 'dword'],
  [6, 'fword'],
  [8, 'qword'],
  [10, 'tbyte'],
  [16, 'xmmword'],
]);

function number(value: number): string {
  return value < 10 ? value.toString() : `0x${value.toString(16)}`;
}

function unsigned(value: number, size: number): string {
  return number(size === 1 ? value & 0xff : size === 2 ? value & 0xffff : value >>> 0);
}

function register(n: number, size: number): string {
  return (size === 1 ? REGISTERS8 : size === 2 ? REGISTERS16 : REGISTERS32)[n] ?? '?';
}

function sizePrefix(size: number): string {
  const word = MEMORY_SIZES.get(size);
  return word === undefined ? '' : `${word} ptr `;
}

function segmentPrefix(insn: Instruction): string {
  const { base, addressSize } = insn;
  const stack = base === EBP || (base === ESP && addressSize === 4);
  return insn.segment === (stack ? SS : DS) ? '' : `${SEGMENTS[insn.segment]}:`;
}

function memory(insn: Instruction, size: number): string {
  const { base, index, addressSize } = insn;
  let text = '';
  if (base !== NO_REG) text = register(base, addressSize);
  if (index !== NO_REG) {
    const scaled = insn.scale > 0 || text === '' ? `*${1 << insn.scale}` : '';
    text += `${text === '' ? '' : '+'}${register(index, addressSize)}${scaled}`;
  }
  if (text === '') text = unsigned(insn.disp, addressSize);
  else if (insn.disp > 0) text += `+${number(insn.disp)}`;
  else if (insn.disp < 0) text += `-${number(-insn.disp)}`;
  // LEA computes an offset only; an override says nothing.
  const segment = insn.row.mnemonic === 'lea' ? '' : segmentPrefix(insn);
  return `${sizePrefix(size)}${segment}[${text}]`;
}

function operand(insn: Instruction, i: number, kind: number, n: number, size: number, eip: number): string {
  switch (kind) {
    case K.Reg:
      // The selector that MOV to a segment register reads is 16 bits of whatever register.
      return register(n, insn.k0 === K.Sreg ? 2 : size);
    case K.Mem:
      return memory(insn, size);
    case K.Imm:
      return unsigned(i === 1 && insn.k0 === K.Imm && insn.count === 2 ? insn.imm2 : insn.imm, size);
    case K.Rel:
      return unsigned(eip + insn.length + insn.imm, insn.operandSize);
    case K.Far:
      return `${unsigned(insn.imm2, 2)}:${unsigned(insn.imm, insn.operandSize)}`;
    case K.Sreg:
      return SEGMENTS[n] ?? '?';
    case K.Creg:
      return `cr${n}`;
    case K.Dreg:
      return `dr${n}`;
    case K.St:
      return `st(${n})`;
    case K.Mm:
      return `mm${n}`;
    case K.Xmm:
      return `xmm${n}`;
    default:
      return '1';
  }
}

/** x87 instructions that are written with the other register only: `fxch st(1)`. */
const TOP_UNWRITTEN: ReadonlySet<string> = new Set(['fcom', 'fcomp', 'fucom', 'fucomp', 'fxch']);

/**
 * The operands of a string instruction or XLAT, where the bare name would not say
 * all: another address size, or another segment than DS for the source. The
 * destination is always in ES.
 */
function implied(insn: Instruction): string {
  const { mnemonic } = insn.row;
  const hasSource = mnemonic !== 'stos' && mnemonic !== 'scas' && mnemonic !== 'ins';
  if ((insn.prefixes & Prefix.AddressSize) === 0 && (!hasSource || insn.segment === DS)) return '';
  const size = sizePrefix(mnemonic === 'xlat' ? 1 : insn.s0);
  const segment = insn.segment === DS ? '' : `${SEGMENTS[insn.segment]}:`;
  const source = `${size}${segment}[${register(mnemonic === 'xlat' ? EBX : ESI, insn.addressSize)}]`;
  const target = `${size}[${register(EDI, insn.addressSize)}]`;
  switch (mnemonic) {
    case 'movs':
      return ` ${target},${source}`;
    case 'cmps':
      return ` ${source},${target}`;
    case 'outs':
      return ` dx,${source}`;
    case 'ins':
      return ` ${target},dx`;
    case 'stos':
    case 'scas':
      return ` ${target}`;
    default:
      return ` ${source}`;
  }
}

/**
 * One instruction in Intel syntax.
 * @param eip offset of the instruction in its code segment, from which branch targets are computed
 */
export function format(insn: Instruction, eip: number): string {
  const name = formatMnemonic(insn);
  if (insn.count === 0) return isString(insn) || insn.row.mnemonic === 'xlat' ? name + implied(insn) : name;
  if (insn.k1 === K.St && TOP_UNWRITTEN.has(insn.row.mnemonic)) return `${name} st(${insn.r1})`;
  const operands = [operand(insn, 0, insn.k0, insn.r0, insn.s0, eip)];
  if (insn.count > 1) operands.push(operand(insn, 1, insn.k1, insn.r1, insn.s1, eip));
  if (insn.count > 2) operands.push(operand(insn, 2, insn.k2, insn.r2, insn.s2, eip));
  return `${name} ${operands.join(',')}`;
}
