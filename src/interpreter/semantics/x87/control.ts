/**
 * x87 semantics: the control instructions that move no numbers: WAIT, FNINIT,
 * FNCLEX, the control and status words, the stack pointer, FFREE, FNOP.
 */
import type { Cpu } from '../../../cpu/cpu.ts';
import { VEC_NM } from '../../../cpu/exceptions.ts';
import * as L from '../../../cpu/layout.ts';
import { CR0_MP, CR0_TS } from '../../../cpu/registers.ts';
import { K } from '../../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../../handler.ts';
import { ea } from '../../operands.ts';
import { CONTROL_INITIAL, EXCEPTIONS } from '../../softfloat/context.ts';
import {
  BUSY,
  CONTROL,
  checkAvailable,
  clearCond1,
  ES,
  pendingError,
  physical,
  point,
  pop,
  ready,
  SF,
  STATUS,
  setTop,
  summarize,
  TAGS,
} from './state.ts';

/** Bits of the control word that can be written; bit 6 always reads one. */
const CONTROL_WRITABLE = 0x1f3f;
const CONTROL_FIXED = 0x40;

/** Puts the FPU in the state of FNINIT; the registers keep their bits. */
export function initializeFpu(cpu: Cpu): void {
  const s32 = cpu.s32;
  s32[CONTROL] = CONTROL_INITIAL;
  s32[STATUS] = 0;
  s32[TAGS] = 0xffff;
  s32[L.FPU_OPCODE >> 2] = 0;
  s32[L.FPU_IP >> 2] = 0;
  s32[L.FPU_CS >> 2] = 0;
  s32[L.FPU_DP >> 2] = 0;
  s32[L.FPU_DS >> 2] = 0;
}

/** Loads the control word: exceptions that it unmasks become pending. */
export function setControlWord(cpu: Cpu, value: number): void {
  cpu.s32[CONTROL] = (value & CONTROL_WRITABLE) | CONTROL_FIXED;
  summarize(cpu);
}

const wait: Handler = (cpu) => {
  if ((cpu.s32[L.CR0 >> 2]! & (CR0_MP | CR0_TS)) === (CR0_MP | CR0_TS)) cpu.raise(VEC_NM);
  if ((cpu.s32[STATUS]! & ES) !== 0) pendingError(cpu);
};

const fninit: Handler = (cpu) => {
  checkAvailable(cpu);
  initializeFpu(cpu);
};

const fnclex: Handler = (cpu) => {
  checkAvailable(cpu);
  cpu.s32[STATUS] = cpu.s32[STATUS]! & ~(EXCEPTIONS | SF | ES | BUSY);
};

const fldcw: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  setControlWord(cpu, cpu.read16(i.segment, ea(cpu, i)));
};

const fnstcw: Handler = (cpu, i) => {
  checkAvailable(cpu);
  cpu.write16(i.segment, ea(cpu, i), cpu.s32[CONTROL]!);
};

const fnstswMemory: Handler = (cpu, i) => {
  checkAvailable(cpu);
  cpu.write16(i.segment, ea(cpu, i), cpu.s32[STATUS]!);
};

const fnstswAx: Handler = (cpu) => {
  checkAvailable(cpu);
  cpu.gpr16[0] = cpu.s32[STATUS]!;
};

const fincstp: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  point(cpu, i);
  clearCond1(cpu);
  setTop(cpu, physical(cpu, 1));
};

const fdecstp: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  point(cpu, i);
  clearCond1(cpu);
  setTop(cpu, physical(cpu, 7));
};

function free(popping: boolean): Handler {
  return (cpu, i) => {
    if (!ready(cpu)) return;
    point(cpu, i);
    clearCond1(cpu);
    cpu.s32[TAGS] = cpu.s32[TAGS]! | (3 << (physical(cpu, i.r0) << 1));
    if (popping) pop(cpu);
  };
}

/** FNOP. */
const fnop: Handler = (cpu, i) => {
  if (!ready(cpu)) return;
  point(cpu, i);
};

/** FENI, FDISI (8087) and FSETPM (80287) do nothing since the 387. */
const nothing: Handler = (cpu) => {
  checkAvailable(cpu);
};

const always =
  (handler: Handler): Binder =>
  () =>
    handler;

export const X87_CONTROL: Semantics = {
  wait: always(wait),
  fninit: always(fninit),
  fnclex: always(fnclex),
  fldcw: always(fldcw),
  fnstcw: always(fnstcw),
  fnstsw: (i) => (i.k0 === K.Mem ? fnstswMemory : fnstswAx),
  fincstp: always(fincstp),
  fdecstp: always(fdecstp),
  ffree: always(free(false)),
  ffreep: always(free(true)),
  fnop: always(fnop),
  fneni: always(nothing),
  fndisi: always(nothing),
  fnsetpm: always(nothing),
};
