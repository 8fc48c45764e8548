/**
 * Segment registers: MOV, PUSH, POP, LES and its like; and MOV of control and
 * debug registers. The plain forms of MOV, PUSH and POP are elsewhere: the binders here take only theirs.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { VEC_UD } from '../../cpu/exceptions.ts';
import { CS, DS, ES, ESP, FS, GS, SS } from '../../cpu/registers.ts';
import { readControl, writeControl } from '../../cpu/system/control-registers.ts';
import { readDebug, writeDebug } from '../../cpu/system/debug-registers.ts';
import { loadDataSegment, moveToSegment } from '../../cpu/system/segment-load.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import { ea } from '../operands.ts';

/** ES..GS; 6 and 7 do not exist. */
function exists(seg: number): boolean {
  return seg < 6;
}

const undefinedOpcode: Handler = (cpu) => cpu.raise(VEC_UD);

const storeToRegister32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = cpu.segSelector(i.r1);
};
const storeToRegister16: Handler = (cpu, i) => {
  cpu.gpr16[i.r0 << 1] = cpu.segSelector(i.r1);
};
const storeToMemory: Handler = (cpu, i) => cpu.write16(i.segment, ea(cpu, i), cpu.segSelector(i.r1));
const loadFromRegister: Handler = (cpu, i) => moveToSegment(cpu, i.r0, cpu.gpr16[i.r1 << 1]!);
const loadFromMemory: Handler = (cpu, i) => moveToSegment(cpu, i.r0, cpu.read16(i.segment, ea(cpu, i)));

const moveSegment: Binder = (i) => {
  if (i.k0 === K.Sreg) {
    if (!exists(i.r0) || i.r0 === CS) return undefinedOpcode;
    return i.k1 === K.Mem ? loadFromMemory : loadFromRegister;
  }
  if (!exists(i.r1)) return undefinedOpcode;
  if (i.k0 === K.Mem) return storeToMemory;
  return i.operandSize === 2 ? storeToRegister16 : storeToRegister32;
};

/** A 32-bit push moves ESP by 4 but writes two bytes, as current processors do (SDM vol. 2, PUSH). */
const push32: Handler = (cpu, i) => {
  const esp = cpu.gpr[ESP]!;
  const sp = (esp - 4) & cpu.stackMask;
  cpu.write16(SS, sp, cpu.segSelector(i.r0));
  cpu.gpr[ESP] = (esp & ~cpu.stackMask) | sp;
};
const push16: Handler = (cpu, i) => cpu.push16(cpu.segSelector(i.r0));

/** The stack pointer moves by the old stack's width, and only when the load succeeded. */
const pop: Handler = (cpu, i) => {
  const esp = cpu.gpr[ESP]!;
  const mask = cpu.stackMask;
  const selector = i.operandSize === 2 ? cpu.read16(SS, esp & mask) : cpu.read32(SS, esp & mask) & 0xffff;
  moveToSegment(cpu, i.r0, selector);
  cpu.gpr[ESP] = (esp & ~mask) | ((esp + i.operandSize) & mask);
};

const moveControl: Binder = (i) =>
  i.k0 === K.Creg
    ? (cpu, instruction) => writeControl(cpu, instruction.r0, cpu.gpr[instruction.r1]!)
    : (cpu, instruction) => {
        cpu.gpr[instruction.r0] = readControl(cpu, instruction.r1);
      };

const moveDebug: Binder = (i) =>
  i.k0 === K.Dreg
    ? (cpu, instruction) => writeDebug(cpu, instruction.r0, cpu.gpr[instruction.r1]!)
    : (cpu, instruction) => {
        cpu.gpr[instruction.r0] = readDebug(cpu, instruction.r1);
      };

/** LES, LDS, LSS, LFS, LGS: the segment register first, as that may fault. */
function loadPointer(seg: number): Handler {
  return (cpu: Cpu, i: Instruction) => {
    const at = ea(cpu, i);
    const selectorAt = i.addressSize === 2 ? (at + i.operandSize) & 0xffff : (at + i.operandSize) | 0;
    const wide = i.operandSize === 4;
    const offset = wide ? cpu.read32(i.segment, at) : cpu.read16(i.segment, at);
    loadDataSegment(cpu, seg, cpu.read16(i.segment, selectorAt));
    if (wide) cpu.gpr[i.r0] = offset;
    else cpu.gpr16[i.r0 << 1] = offset;
  };
}
const les = loadPointer(ES);
const lds = loadPointer(DS);
const lss = loadPointer(SS);
const lfs = loadPointer(FS);
const lgs = loadPointer(GS);

export const SYSTEM_SEGMENTS: Semantics = {
  mov: (i) => {
    if (i.k0 === K.Sreg || i.k1 === K.Sreg) return moveSegment(i);
    if (i.k0 === K.Creg || i.k1 === K.Creg) return moveControl(i);
    return i.k0 === K.Dreg || i.k1 === K.Dreg ? moveDebug(i) : undefined;
  },
  push: (i) => (i.k0 !== K.Sreg ? undefined : i.operandSize === 2 ? push16 : push32),
  pop: (i) => (i.k0 === K.Sreg ? pop : undefined),
  les: () => les,
  lds: () => lds,
  lss: () => lss,
  lfs: () => lfs,
  lgs: () => lgs,
};
