/**
 * FXSAVE and FXRSTOR: the 512-byte image of the x87, MMX and SSE state
 * (SDM vol. 1 section 10.5). Neither reports a pending x87 exception.
 */
import type { Cpu } from '../../../cpu/cpu.ts';
import { VEC_GP } from '../../../cpu/exceptions.ts';
import * as L from '../../../cpu/layout.ts';
import { CR4_OSFXSR } from '../../../cpu/registers.ts';
import type { Instruction } from '../../../decoder/instruction.ts';
import type { Handler, Semantics } from '../../handler.ts';
import { ea } from '../../operands.ts';
import { MXCSR_MASK } from '../sse-control.ts';
import { setControlWord } from './control.ts';
import { CONTROL, checkAvailable, physical, STATUS } from './state.ts';
import { abridgedTags, setAbridgedTags } from './tags.ts';

const SIZE = 512;
/** Where the registers start in the image. */
const ST = 32;
const XMM = 160;

/** Linear address of the image, which must be aligned to 16 bytes. */
function imageAddress(cpu: Cpu, i: Instruction, write: boolean): number {
  checkAvailable(cpu);
  const offset = ea(cpu, i);
  const linear = write ? cpu.linearForWrite(i.segment, offset, SIZE) : cpu.linearForRead(i.segment, offset, SIZE);
  if ((linear & 15) !== 0) cpu.raise(VEC_GP, 0);
  return linear;
}

function hasSse(cpu: Cpu): boolean {
  return (cpu.s32[L.CR4 >> 2]! & CR4_OSFXSR) !== 0;
}

const fxsave: Handler = (cpu, i) => {
  const linear = imageAddress(cpu, i, true);
  // Processors try the last byte before the first (CR2 tells).
  cpu.probeWrite((linear + SIZE - 1) | 0, 1);
  cpu.probeWrite(linear, 1);
  const s32 = cpu.s32;
  const put = (at: number, value: number): void => cpu.writeLinear32((linear + at) | 0, value);
  put(0, (s32[CONTROL]! & 0xffff) | (s32[STATUS]! << 16));
  put(4, abridgedTags(cpu) | (s32[L.FPU_OPCODE >> 2]! << 16));
  put(8, s32[L.FPU_IP >> 2]!);
  put(12, s32[L.FPU_CS >> 2]! & 0xffff);
  put(16, s32[L.FPU_DP >> 2]!);
  put(20, s32[L.FPU_DS >> 2]! & 0xffff);
  put(24, s32[L.MXCSR >> 2]!);
  put(28, MXCSR_MASK);
  for (let n = 0; n < 8; n++) {
    const from = (L.FPU_REGISTERS >> 2) + physical(cpu, n) * 4;
    put(ST + 16 * n, s32[from]!);
    put(ST + 16 * n + 4, s32[from + 1]!);
    put(ST + 16 * n + 8, s32[from + 2]! & 0xffff);
    put(ST + 16 * n + 12, 0);
  }
  if (hasSse(cpu)) for (let k = 0; k < 32; k++) put(XMM + 4 * k, s32[(L.XMM >> 2) + k]!);
};

const fxrstor: Handler = (cpu, i) => {
  const linear = imageAddress(cpu, i, false);
  const s32 = cpu.s32;
  const get = (at: number): number => cpu.readLinear32((linear + at) | 0);
  // Both pages are read from, the last byte first, before anything changes.
  cpu.readLinear8((linear + SIZE - 1) | 0);
  const words = get(0);
  const mxcsr = get(24);
  if (hasSse(cpu) && (mxcsr & ~MXCSR_MASK) !== 0) cpu.raise(VEC_GP, 0);
  const tags = get(4);
  s32[STATUS] = words >>> 16;
  setControlWord(cpu, words & 0xffff);
  setAbridgedTags(cpu, tags & 0xff);
  s32[L.FPU_OPCODE >> 2] = (tags >>> 16) & 0x7ff;
  s32[L.FPU_IP >> 2] = get(8);
  s32[L.FPU_CS >> 2] = get(12) & 0xffff;
  s32[L.FPU_DP >> 2] = get(16);
  s32[L.FPU_DS >> 2] = get(20) & 0xffff;
  for (let n = 0; n < 8; n++) {
    const to = (L.FPU_REGISTERS >> 2) + physical(cpu, n) * 4;
    s32[to] = get(ST + 16 * n);
    s32[to + 1] = get(ST + 16 * n + 4);
    s32[to + 2] = get(ST + 16 * n + 8) & 0xffff;
    s32[to + 3] = 0;
  }
  if (!hasSse(cpu)) return;
  s32[L.MXCSR >> 2] = mxcsr;
  for (let k = 0; k < 32; k++) s32[(L.XMM >> 2) + k] = get(XMM + 4 * k);
};

export const FXSAVE: Semantics = { fxsave: () => fxsave, fxrstor: () => fxrstor };
