/**
 * Which general registers an instruction may write: its operands, and what its
 * mnemonic implies. Rather one too many than one too few.
 */
import { type Instruction, K } from '../../src/decoder/instruction.ts';

const EAX = 1;
const ECX = 2;
const EDX = 4;
const EBX = 8;
const ESP = 16;
const EBP = 32;
const ESI = 64;
const EDI = 128;

const of = (names: string, mask: number) => names.split(' ').map((name): [string, number] => [name, mask]);

const IMPLIED: ReadonlyMap<string, number> = new Map([
  ...of('mul imul div idiv cwd cmpxchg8b rdtsc rdmsr rdpmc', EAX | EDX),
  ...of('cbw aaa aas aam aad daa das lahf salc xlat in cmpxchg', EAX),
  ...of('movs cmps', ESI | EDI | ECX),
  ...of('stos scas ins', EDI | ECX),
  ...of('lods', ESI | EAX | ECX),
  ...of('outs', ESI | ECX),
  ...of('loop loope loopne', ECX),
  ...of('push pop pushf popf pusha call ret callf retf iret', ESP),
  ...of('enter leave', ESP | EBP),
  ...of('popa', 0xff),
  ...of('cpuid', EAX | EBX | ECX | EDX),
  ...of('pcmpestri pcmpistri', ECX),
]);

/** Bits of the general registers, by number. */
export function writtenRegisters(insn: Instruction): number {
  let mask = IMPLIED.get(insn.row.mnemonic) ?? 0;
  if (insn.k0 === K.Reg) mask |= 1 << (insn.s0 === 1 ? insn.r0 & 3 : insn.r0);
  const exchanges = insn.row.mnemonic === 'xchg' || insn.row.mnemonic === 'xadd';
  if (exchanges && insn.k1 === K.Reg) mask |= 1 << (insn.s1 === 1 ? insn.r1 & 3 : insn.r1);
  // MUL and its like name a factor, no destination; IMUL with several operands writes no other.
  if (insn.row.mnemonic === 'imul' && insn.count > 1) mask &= ~(EAX | EDX) | (1 << insn.r0);
  return mask;
}
