/**
 * Makes cases alike in what does not matter: x87 and XMM registers that are no operand of the instruction get values that
 * all cases share, so that a file of vectors is small.
 */
import { type Instruction, K } from '../../../src/decoder/instruction.ts';
import type { ArchState, FuzzCase } from '../../case.ts';

/** What other registers hold: pi, e, a denormal, a NaN and others, no two of them alike. */
const F80: readonly string[] = [
  '4000c90fdaa22168c235',
  '4000adf85458a2bb4a9b',
  'c0058000000000000001',
  '00000000000012345678',
  '7fffc0000000deadbeef',
  '80000000000000000000',
  '3ffe9a209a84fbcff799',
  'c03effffffffffffffff',
];
const XMM: readonly string[] = [
  '00112233445566778899aabbccddeeff',
  '400921fb54442d183ff0000000000000',
  '7fc000003f8000008000000000000001',
  'fedcba98765432100123456789abcdef',
  '0000000080000000ffffffff7fffffff',
  '7ff8000000000000fff0000000000000',
  '3f8000004000000040400000c0800000',
  'ffffffffffffffffffffffffffffffff',
];

/** Numbers of the registers of one kind among the operands, as bits. */
function operandBits(insn: Instruction, kind: number): number {
  const { k0, k1, k2, k3, r0, r1, r2, r3 } = insn;
  const bit = (k: number, r: number) => (k === kind ? 1 << r : 0);
  return bit(k0, r0) | bit(k1, r1) | bit(k2, r2) | bit(k3, r3);
}

const USED_ANYWAY = 0b11;
const IMPLICIT_XMM0 = /^(p?blendv|pcmp[ei]str)/;

function slimFpu(fpu: ArchState['fpu'], insn: Instruction): ArchState['fpu'] {
  const top = (fpu.status >>> 11) & 7;
  const inStack = insn.row.feature === 'mmx' ? 0 : operandBits(insn, K.St) | USED_ANYWAY;
  const kept = ((inStack << top) | ((inStack << top) >>> 8) | operandBits(insn, K.Mm)) & 0xff;
  return { ...fpu, registers: fpu.registers.map((digits, n) => ((kept >>> n) & 1 ? digits : F80[n]!)) };
}

/** The case with everything standard that its one instruction does not read. */
export function slimCase(c: FuzzCase, insn: Instruction): FuzzCase {
  const { fpu, xmm } = c.initial;
  const kept = operandBits(insn, K.Xmm) | (IMPLICIT_XMM0.test(insn.row.mnemonic) ? 1 : 0);
  const plain = (digits: string) => /^0*$/.test(digits);
  return {
    ...c,
    initial: {
      ...c.initial,
      fpu: fpu.registers.every(plain) ? fpu : slimFpu(fpu, insn),
      xmm: xmm.every(plain) ? xmm : xmm.map((digits, n) => ((kept >>> n) & 1 ? digits : XMM[n]!)),
    },
  };
}
