/**
 * The three forms of x87 tags: as stored (00b or 11b a register), as FSTENV
 * shows them (valid, zero, special, empty), and FXSAVE's one bit a register.
 */
import type { Cpu } from '../../../cpu/cpu.ts';
import { Float80, isNormal, isZero } from '../../softfloat/float80.ts';
import { isEmpty, loadRegister, TAGS } from './state.ts';

const VALID = 0;
const ZERO = 1;
const SPECIAL = 2;
const EMPTY = 3;

const R = new Float80();

/** The tag word with the class of every register. */
export function fullTags(cpu: Cpu): number {
  let tags = 0;
  for (let register = 0; register < 8; register++) {
    let tag = EMPTY;
    if (!isEmpty(cpu, register)) {
      loadRegister(cpu, register, R);
      tag = isNormal(R) ? VALID : isZero(R) ? ZERO : SPECIAL;
    }
    tags |= tag << (register << 1);
  }
  return tags;
}

/** Tags to store for a tag word from memory: a register is empty, or not. */
export function storedTags(word: number): number {
  const empty = word & (word >>> 1) & 0x5555;
  return empty | (empty << 1);
}

/** FXSAVE's byte: a bit set for every register in use. */
export function abridgedTags(cpu: Cpu): number {
  let bits = 0;
  for (let register = 0; register < 8; register++) if (!isEmpty(cpu, register)) bits |= 1 << register;
  return bits;
}

/** Sets the tags from FXSAVE's byte. */
export function setAbridgedTags(cpu: Cpu, bits: number): void {
  let tags = 0;
  for (let register = 0; register < 8; register++) if ((bits & (1 << register)) === 0) tags |= EMPTY << (register << 1);
  cpu.s32[TAGS] = tags;
}
