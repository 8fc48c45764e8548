/**
 * Makes cases alike in what does not matter: registers that the instruction has nothing to do with get values that all
 * cases share, so that a file of vectors is small.
 */
import { type Instruction, K } from '../../../src/decoder/instruction.ts';
import type { ArchState, FuzzCase } from '../../case.ts';

const GPR: readonly number[] = [
  0x8000_0000, 0x0123_4567, 0xfedc_ba98, 0x7fff_ffff, 0, 0x0004_8000, 0xffff_ffff, 0x5555_aaaa,
];
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
  const { k0, k1, k2, r0, r1, r2 } = insn;
  const bit = (k: number, r: number) => (k === kind ? 1 << r : 0);
  return bit(k0, r0) | bit(k1, r1) | bit(k2, r2);
}

const USED_ANYWAY = 0b11;
const IMPLICIT_XMM0 = /^(p?blendv|pcmp[ei]str)/;

function slimFpu(fpu: ArchState['fpu'], insn: Instruction): ArchState['fpu'] {
  const top = (fpu.status >>> 11) & 7;
  const inStack = insn.row.feature === 'mmx' ? 0 : operandBits(insn, K.St) | USED_ANYWAY;
  const kept = ((inStack << top) | ((inStack << top) >>> 8) | operandBits(insn, K.Mm)) & 0xff;
  return { ...fpu, registers: fpu.registers.map((digits, n) => ((kept >>> n) & 1 ? digits : F80[n]!)) };
}

/** Rows whose general registers are all operands, or parts of an address. */
const EXPLICIT = new Set(
  (
    'add or adc sbb and sub xor cmp test mov lea movzx movsx inc dec neg not shl shr sar rol ror rcl rcr shld shrd imul ' +
    'bt bts btr btc bsf bsr setcc cmovcc bswap xadd xchg arpl lar lsl verr verw nop jcc jmp movnti movbe crc32 popcnt'
  ).split(' '),
);
const FLOATING: ReadonlySet<string> = new Set(
  'fpu fcmov fisttp mmx sse sse2 sse3 ssse3 sse41 sse42 fxsr undocumented'.split(' '),
);
const ESP = 4;
const EDI = 7;
/** Registers that floating-point and vector instructions use without naming them. */
const IMPLICIT = new Map([
  ['maskmovq', 1 << EDI],
  ['maskmovdqu', 1 << EDI],
  ['pcmpestri', 0b0111],
  ['pcmpestrm', 0b0101],
  ['salc', 0b0001],
]);

/** General registers that an instruction uses, as bits; all, where that is not known. */
function usedGpr(insn: Instruction): number {
  const { row, base, index, s0, s1 } = insn;
  const { mnemonic, feature } = row;
  if (!EXPLICIT.has(mnemonic) && !FLOATING.has(feature)) return 0xff;
  if (mnemonic === 'imul' && insn.count === 1) return 0xff;
  let operands = operandBits(insn, K.Reg);
  // AH to BH are parts of EAX to EBX.
  if (s0 === 1 || s1 === 1) operands |= operands >>> 4;
  return (operands | (1 << base) | (1 << index) | (1 << ESP) | (IMPLICIT.get(mnemonic) ?? 0)) & 0xff;
}

/** The case with everything standard that its one instruction does not read. */
export function slimCase(c: FuzzCase, insn: Instruction): FuzzCase {
  const { fpu, gpr, xmm } = c.initial;
  const used = usedGpr(insn);
  const kept = operandBits(insn, K.Xmm) | (IMPLICIT_XMM0.test(insn.row.mnemonic) ? 1 : 0);
  const plain = (digits: string) => /^0*$/.test(digits);
  return {
    ...c,
    initial: {
      ...c.initial,
      gpr: gpr.map((value, n) => ((used >>> n) & 1 ? value : GPR[n]!)),
      fpu: fpu.registers.every(plain) ? fpu : slimFpu(fpu, insn),
      xmm: xmm.every(plain) ? xmm : xmm.map((digits, n) => ((kept >>> n) & 1 ? digits : XMM[n]!)),
    },
  };
}
