/**
 * PUSH, POP, PUSHA, POPA, ENTER, LEAVE with general registers, memory and
 * immediates (SDM vol. 1 section 6.2). Segment registers and flags are system instructions.
 *
 * Registers change when all accesses are done. PUSHA and ENTER write one value after the other, as processors do:
 * what went before a fault stays in memory, below the stack pointer.
 */
import type { Cpu } from '../../cpu/cpu.ts';
import { EBP, ESP, SS } from '../../cpu/registers.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Binder, Handler, Semantics } from '../handler.ts';
import { ea } from '../operands.ts';

const pushRegister32: Handler = (cpu, i) => cpu.push32(cpu.gpr[i.r0]!);
const pushRegister16: Handler = (cpu, i) => cpu.push16(cpu.gpr16[i.r0 << 1]!);
const pushMemory32: Handler = (cpu, i) => cpu.push32(cpu.read32(i.segment, ea(cpu, i)));
const pushMemory16: Handler = (cpu, i) => cpu.push16(cpu.read16(i.segment, ea(cpu, i)));
const pushImmediate32: Handler = (cpu, i) => cpu.push32(i.imm);
const pushImmediate16: Handler = (cpu, i) => cpu.push16(i.imm & 0xffff);

/** POP ESP leaves what was popped: the register is written last. */
const popRegister32: Handler = (cpu, i) => {
  cpu.gpr[i.r0] = cpu.pop32();
};
const popRegister16: Handler = (cpu, i) => {
  cpu.gpr16[i.r0 << 1] = cpu.pop16();
};

/** Sets ESP or SP, whichever the stack segment uses. */
function setStackPointer(cpu: Cpu, value: number): void {
  const mask = cpu.stackMask;
  cpu.gpr[ESP] = (cpu.gpr[ESP]! & ~mask) | (value & mask);
}

/** Address of POP's memory operand: computed with ESP already moved on. ESP itself is left as it is. */
function popAddress(cpu: Cpu, i: Instruction, size: number): number {
  const esp = cpu.gpr[ESP]!;
  setStackPointer(cpu, esp + size);
  const offset = ea(cpu, i);
  cpu.gpr[ESP] = esp;
  return offset;
}
const popMemory32: Handler = (cpu, i) => {
  const esp = cpu.gpr[ESP]!;
  const value = cpu.read32(SS, esp & cpu.stackMask);
  cpu.write32(i.segment, popAddress(cpu, i, 4), value);
  setStackPointer(cpu, esp + 4);
};
const popMemory16: Handler = (cpu, i) => {
  const esp = cpu.gpr[ESP]!;
  const value = cpu.read16(SS, esp & cpu.stackMask);
  cpu.write16(i.segment, popAddress(cpu, i, 2), value);
  setStackPointer(cpu, esp + 2);
};

/** Writes the `count`-th value below the stack pointer, `size` bytes (2 or 4), and leaves the pointer as it is. */
function writeBelow(cpu: Cpu, count: number, size: number, value: number): void {
  const offset = (cpu.gpr[ESP]! - count * size) & cpu.stackMask;
  if (size === 4) cpu.write32(SS, offset, value);
  else cpu.write16(SS, offset, value & 0xffff);
}

function pusha(size: number): Handler {
  return (cpu) => {
    for (let r = 0; r < 8; r++) writeBelow(cpu, r + 1, size, cpu.gpr[r]!);
    setStackPointer(cpu, cpu.gpr[ESP]! - 8 * size);
  };
}

/** What POPA reads, by register. */
const scratch = new Int32Array(8);

function popa(size: number): Handler {
  return (cpu) => {
    const esp = cpu.gpr[ESP]!;
    for (let k = 0; k < 8; k++) {
      const offset = (esp + k * size) & cpu.stackMask;
      scratch[7 - k] = size === 4 ? cpu.read32(SS, offset) : cpu.read16(SS, offset);
    }
    for (let r = 0; r < 8; r++) {
      if (r === ESP) continue;
      if (size === 4) cpu.gpr[r] = scratch[r]!;
      else cpu.gpr16[r << 1] = scratch[r]!;
    }
    setStackPointer(cpu, esp + 8 * size);
  };
}

/** ENTER size, level: saves EBP, copies level - 1 frame pointers, makes the frame and its room. */
function enter(size: number): Handler {
  return (cpu, i) => {
    const level = i.imm2 & 31;
    const mask = cpu.stackMask;
    const ebp = cpu.gpr[EBP]!;
    const esp = cpu.gpr[ESP]!;
    const frame = (esp - size) & mask;
    let count = 1;
    writeBelow(cpu, count, size, ebp);
    for (let k = 1; k < level; k++) {
      const offset = (ebp - k * size) & mask;
      writeBelow(cpu, ++count, size, size === 4 ? cpu.read32(SS, offset) : cpu.read16(SS, offset));
    }
    if (level > 0) writeBelow(cpu, ++count, size, (esp & ~mask) | frame);
    // The stack pointer that results must be one that can be written through.
    const end = cpu.linearForWrite(SS, (esp - count * size - i.imm) & mask, size);
    cpu.checkAlignment(end, size);
    cpu.probeWrite(end, size);
    setStackPointer(cpu, esp - count * size - i.imm);
    if (size === 4) cpu.gpr[EBP] = (esp & ~mask) | frame;
    else cpu.gpr16[EBP << 1] = frame;
  };
}

const leave32: Handler = (cpu) => {
  const frame = cpu.gpr[EBP]! & cpu.stackMask;
  const value = cpu.read32(SS, frame);
  setStackPointer(cpu, frame + 4);
  cpu.gpr[EBP] = value;
};
const leave16: Handler = (cpu) => {
  const frame = cpu.gpr[EBP]! & cpu.stackMask;
  const value = cpu.read16(SS, frame);
  setStackPointer(cpu, frame + 2);
  cpu.gpr16[EBP << 1] = value;
};

const pusha16 = pusha(2);
const pusha32 = pusha(4);
const popa16 = popa(2);
const popa32 = popa(4);
const enter16 = enter(2);
const enter32 = enter(4);

const push: Binder = (i) => {
  const wide = i.operandSize === 4;
  if (i.k0 === K.Reg) return wide ? pushRegister32 : pushRegister16;
  if (i.k0 === K.Mem) return wide ? pushMemory32 : pushMemory16;
  if (i.k0 === K.Imm) return wide ? pushImmediate32 : pushImmediate16;
  return undefined;
};
const pop: Binder = (i) => {
  const wide = i.operandSize === 4;
  if (i.k0 === K.Reg) return wide ? popRegister32 : popRegister16;
  if (i.k0 === K.Mem) return wide ? popMemory32 : popMemory16;
  return undefined;
};

export const STACK: Semantics = {
  push,
  pop,
  pusha: (i) => (i.operandSize === 2 ? pusha16 : pusha32),
  popa: (i) => (i.operandSize === 2 ? popa16 : popa32),
  enter: (i) => (i.operandSize === 2 ? enter16 : enter32),
  leave: (i) => (i.operandSize === 2 ? leave16 : leave32),
};
