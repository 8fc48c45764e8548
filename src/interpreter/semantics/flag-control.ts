/**
 * CLC, STC, CMC, CLD, STD, LAHF, SAHF, SALC, and the instructions that do nothing or are
 * undefined on purpose: NOP, PAUSE, the prefetches, fences, UD (SDM vol. 1 sections 7.3.13, 7.3.17).
 */
import { VEC_UD } from '../../cpu/exceptions.ts';
import { AF, CF, DF, FLAGS_FIXED, PF, SF, ZF } from '../../cpu/registers.ts';
import { FLAGS } from '../flags.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';

const AL = 0;
const AH = 1;
/** The flags that LAHF and SAHF move. */
const LOW_FLAGS = SF | ZF | AF | PF | CF;

const clc: Handler = (cpu) => {
  cpu.s32[FLAGS] = cpu.s32[FLAGS]! & ~CF;
};
const stc: Handler = (cpu) => {
  cpu.s32[FLAGS] = cpu.s32[FLAGS]! | CF;
};
const cmc: Handler = (cpu) => {
  cpu.s32[FLAGS] = cpu.s32[FLAGS]! ^ CF;
};
const cld: Handler = (cpu) => {
  cpu.s32[FLAGS] = cpu.s32[FLAGS]! & ~DF;
};
const std: Handler = (cpu) => {
  cpu.s32[FLAGS] = cpu.s32[FLAGS]! | DF;
};
const lahf: Handler = (cpu) => {
  cpu.gpr8[AH] = (cpu.s32[FLAGS]! & LOW_FLAGS) | FLAGS_FIXED;
};
const sahf: Handler = (cpu) => {
  cpu.s32[FLAGS] = (cpu.s32[FLAGS]! & ~LOW_FLAGS) | (cpu.gpr8[AH]! & LOW_FLAGS);
};
const salc: Handler = (cpu) => {
  cpu.gpr8[AL] = (cpu.s32[FLAGS]! & CF) !== 0 ? 0xff : 0;
};

const nothing: Handler = () => {};
const undefinedOpcode: Handler = (cpu) => cpu.raise(VEC_UD);
const nop: Binder = () => nothing;
const ud: Binder = () => undefinedOpcode;

export const FLAG_CONTROL: Semantics = {
  clc: () => clc,
  stc: () => stc,
  cmc: () => cmc,
  cld: () => cld,
  std: () => std,
  lahf: () => lahf,
  sahf: () => sahf,
  salc: () => salc,
  nop,
  pause: nop,
  prefetchnta: nop,
  prefetcht0: nop,
  prefetcht1: nop,
  prefetcht2: nop,
  prefetchw: nop,
  lfence: nop,
  mfence: nop,
  sfence: nop,
  ud0: ud,
  ud1: ud,
  ud2: ud,
};
