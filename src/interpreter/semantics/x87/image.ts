/**
 * x87 semantics: the environment and state images of FLDENV, FNSTENV, FRSTOR
 * and FNSAVE in their four formats: 16 or 32 bits, protected mode or real
 * (and virtual-8086) mode (SDM vol. 1 section 8.1.10).
 */
import type { Cpu } from '../../../cpu/cpu.ts';
import * as L from '../../../cpu/layout.ts';
import { CR0_PE, VM } from '../../../cpu/registers.ts';
import type { Instruction } from '../../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../../handler.ts';
import { ea } from '../../operands.ts';
import { EXCEPTIONS } from '../../softfloat/context.ts';
import { initializeFpu, setControlWord } from './control.ts';
import { CONTROL, checkAvailable, physical, ready, STATUS, summarize, TAGS } from './state.ts';
import { fullTags, storedTags } from './tags.ts';

const IP = L.FPU_IP >> 2;
const IP_CS = L.FPU_CS >> 2;
const DP = L.FPU_DP >> 2;
const DP_DS = L.FPU_DS >> 2;
const OPCODE = L.FPU_OPCODE >> 2;

/** Bytes of a register in the image. */
const REGISTER = 10;

/** The seven words of an environment, as they go to or come from memory. */
const WORDS = new Int32Array(7);

function environmentSize(i: Instruction): number {
  return i.operandSize === 2 ? 14 : 28;
}

/** Whether the pointers are in the form of real and virtual-8086 mode: linear addresses and the opcode. */
function realFormat(cpu: Cpu): boolean {
  return (cpu.s32[L.CR0 >> 2]! & CR0_PE) === 0 || (cpu.eflags & VM) !== 0;
}

/** Fills WORDS from the state. */
function gather(cpu: Cpu, wide: boolean): void {
  const s32 = cpu.s32;
  // The upper halves of 32-bit images are ones where they mean nothing.
  const fill = wide ? 0xffff_0000 : 0;
  WORDS[0] = fill | s32[CONTROL]!;
  WORDS[1] = fill | s32[STATUS]!;
  WORDS[2] = fill | fullTags(cpu);
  if (!realFormat(cpu)) {
    WORDS[3] = s32[IP]!;
    WORDS[4] = s32[IP_CS]! | (wide ? s32[OPCODE]! << 16 : 0);
    WORDS[5] = s32[DP]!;
    WORDS[6] = fill | s32[DP_DS]!;
    return;
  }
  const ip = ((s32[IP_CS]! << 4) + s32[IP]!) | 0;
  const dp = ((s32[DP_DS]! << 4) + s32[DP]!) | 0;
  WORDS[3] = fill | (ip & 0xffff);
  WORDS[5] = fill | (dp & 0xffff);
  if (wide) {
    WORDS[4] = ((ip >>> 16) << 12) | s32[OPCODE]!;
    WORDS[6] = (dp >>> 16) << 12;
  } else {
    WORDS[4] = ((ip >>> 4) & 0xf000) | s32[OPCODE]!;
    WORDS[6] = (dp >>> 4) & 0xf000;
  }
}

/** Takes the state from WORDS; for tags only whether a register is empty matters. */
function scatter(cpu: Cpu, wide: boolean): void {
  const s32 = cpu.s32;
  s32[STATUS] = WORDS[1]! & 0xffff;
  s32[TAGS] = storedTags(WORDS[2]!);
  setControlWord(cpu, WORDS[0]!);
  if (!realFormat(cpu)) {
    s32[IP] = WORDS[3]!;
    s32[IP_CS] = WORDS[4]! & 0xffff;
    // The 16-bit image has no opcode: it reads as zero.
    s32[OPCODE] = wide ? (WORDS[4]! >>> 16) & 0x7ff : 0;
    s32[DP] = WORDS[5]!;
    s32[DP_DS] = WORDS[6]! & 0xffff;
    return;
  }
  s32[OPCODE] = WORDS[4]! & 0x7ff;
  s32[IP_CS] = 0;
  s32[DP_DS] = 0;
  if (wide) {
    s32[IP] = (WORDS[3]! & 0xffff) | ((WORDS[4]! & 0x0fff_f000) << 4);
    s32[DP] = (WORDS[5]! & 0xffff) | ((WORDS[6]! & 0x0fff_f000) << 4);
  } else {
    s32[IP] = (WORDS[3]! & 0xffff) | ((WORDS[4]! & 0xf000) << 4);
    s32[DP] = (WORDS[5]! & 0xffff) | ((WORDS[6]! & 0xf000) << 4);
  }
}

function writeEnvironment(cpu: Cpu, linear: number, wide: boolean): void {
  gather(cpu, wide);
  for (let k = 0; k < 7; k++) {
    if (wide) cpu.writeLinear32((linear + 4 * k) | 0, WORDS[k]!);
    else cpu.writeLinear16((linear + 2 * k) | 0, WORDS[k]! & 0xffff);
  }
}

function readEnvironment(cpu: Cpu, linear: number, wide: boolean): void {
  for (let k = 0; k < 7; k++) {
    WORDS[k] = wide ? cpu.readLinear32((linear + 4 * k) | 0) : cpu.readLinear16((linear + 2 * k) | 0);
  }
}

/** Linear address of an image to be written: its first and its last byte are tried, as processors do (CR2 tells). */
function imageForWrite(cpu: Cpu, i: Instruction, size: number): number {
  const linear = cpu.linearForWrite(i.segment, ea(cpu, i), size);
  cpu.checkAlignment(linear, i.operandSize);
  cpu.probeWrite(linear, 1);
  cpu.probeWrite((linear + size - 1) | 0, 1);
  return linear;
}

/** Linear address of an image to be read: both of the pages it may lie in are read from once. */
function imageForRead(cpu: Cpu, i: Instruction, size: number): number {
  const linear = cpu.linearForRead(i.segment, ea(cpu, i), size);
  cpu.checkAlignment(linear, i.operandSize);
  cpu.readLinear8(linear);
  cpu.readLinear8((linear + size - 1) | 0);
  return linear;
}

const fnstenv: Handler = (cpu, i) => {
  checkAvailable(cpu);
  writeEnvironment(cpu, imageForWrite(cpu, i, environmentSize(i)), i.operandSize === 4);
  cpu.s32[CONTROL] = cpu.s32[CONTROL]! | EXCEPTIONS;
  summarize(cpu);
};

const fldenv: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  const wide = i.operandSize === 4;
  readEnvironment(cpu, imageForRead(cpu, i, environmentSize(i)), wide);
  scatter(cpu, wide);
};

const fnsave: Handler = (cpu, i) => {
  checkAvailable(cpu);
  const environment = environmentSize(i);
  const linear = imageForWrite(cpu, i, environment + 8 * REGISTER);
  writeEnvironment(cpu, linear, i.operandSize === 4);
  for (let n = 0; n < 8; n++) {
    const from = (L.FPU_REGISTERS >> 2) + physical(cpu, n) * 4;
    const to = (linear + environment + n * REGISTER) | 0;
    // By words: the image is aligned to 2 or 4 bytes as a whole, its registers are not (SDM vol. 3 table 6-7).
    for (let k = 0; k < REGISTER; k += 2) {
      cpu.writeLinear16((to + k) | 0, (cpu.s32[from + (k >> 2)]! >>> (8 * (k & 2))) & 0xffff);
    }
  }
  initializeFpu(cpu);
};

const frstor: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  const wide = i.operandSize === 4;
  const environment = environmentSize(i);
  const linear = imageForRead(cpu, i, environment + 8 * REGISTER);
  readEnvironment(cpu, linear, wide);
  scatter(cpu, wide);
  for (let n = 0; n < 8; n++) {
    const to = (L.FPU_REGISTERS >> 2) + physical(cpu, n) * 4;
    const from = (linear + environment + n * REGISTER) | 0;
    const word = (k: number) => cpu.readLinear16((from + k) | 0);
    cpu.s32[to] = word(0) | (word(2) << 16);
    cpu.s32[to + 1] = word(4) | (word(6) << 16);
    cpu.s32[to + 2] = word(8);
    cpu.s32[to + 3] = 0;
  }
};

const always =
  (handler: Handler): Binder =>
  () =>
    handler;

export const X87_IMAGE: Semantics = {
  fnstenv: always(fnstenv),
  fldenv: always(fldenv),
  fnsave: always(fnsave),
  frstor: always(frstor),
};
