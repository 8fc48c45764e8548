/** IN, OUT, INS, OUTS (SDM vol. 1 chapter 19). Permission is checked before anything is read. */
import type { Cpu } from '../../cpu/cpu.ts';
import { EAX, EDX, ES } from '../../cpu/registers.ts';
import { checkPort } from '../../cpu/system/io-permission.ts';
import type { Instruction } from '../../decoder/instruction.ts';
import { K } from '../../decoder/instruction.ts';
import type { Handler, Semantics } from '../handler.ts';
import { moveSource, moveTarget, type Step, sourceIndex, targetIndex, unconditional } from '../repeat.ts';

const DX = EDX << 1;

function readPort(cpu: Cpu, port: number, size: number): number {
  const value = cpu.environment.readPort(port, size);
  if (cpu.breakpoints.portAccessed(port, size)) cpu.leaveBlock = true;
  return value;
}
function writePort(cpu: Cpu, port: number, size: number, value: number): void {
  cpu.environment.writePort(port, size, value);
  if (cpu.breakpoints.portAccessed(port, size)) cpu.leaveBlock = true;
}

/** IN AL/AX/EAX, imm8 or DX. */
const input: Handler = (cpu, i) => {
  const port = i.k1 === K.Imm ? i.imm & 0xff : cpu.gpr16[DX]!;
  checkPort(cpu, port, i.s0);
  const value = readPort(cpu, port, i.s0);
  if (i.s0 === 4) cpu.gpr[EAX] = value;
  else if (i.s0 === 2) cpu.gpr16[EAX << 1] = value;
  else cpu.gpr8[0] = value;
};

/** OUT imm8 or DX, AL/AX/EAX. */
const output: Handler = (cpu, i) => {
  const port = i.k0 === K.Imm ? i.imm & 0xff : cpu.gpr16[DX]!;
  checkPort(cpu, port, i.s1);
  const value = i.s1 === 4 ? cpu.gpr[EAX]! : i.s1 === 2 ? cpu.gpr16[EAX << 1]! : cpu.gpr8[0]!;
  writePort(cpu, port, i.s1, value);
};

/** The port is read only when its value can be stored: reading it may have effects. */
const inputStep: Step = (cpu: Cpu, i: Instruction) => {
  const port = cpu.gpr16[DX]!;
  const size = i.s0;
  checkPort(cpu, port, size);
  const linear = cpu.linearForUpdate(ES, targetIndex(cpu, i), size);
  const value = readPort(cpu, port, size);
  if (size === 4) cpu.writeLinear32(linear, value);
  else if (size === 2) cpu.writeLinear16(linear, value);
  else cpu.writeLinear8(linear, value);
  moveTarget(cpu, i, 1);
};

const outputStep: Step = (cpu: Cpu, i: Instruction) => {
  const port = cpu.gpr16[DX]!;
  const size = i.s0;
  checkPort(cpu, port, size);
  const offset = sourceIndex(cpu, i);
  const value =
    size === 4
      ? cpu.read32(i.segment, offset)
      : size === 2
        ? cpu.read16(i.segment, offset)
        : cpu.read8(i.segment, offset);
  writePort(cpu, port, size, value);
  moveSource(cpu, i, 1);
};

/** Permission is asked for also where the count is zero. */
function checked(body: Handler): Handler {
  return (cpu, i) => {
    checkPort(cpu, cpu.gpr16[DX]!, i.s0 !== 0 ? i.s0 : i.s1);
    body(cpu, i);
  };
}

const ins = checked(unconditional(inputStep));
const outs = checked(unconditional(outputStep));

export const SYSTEM_PORTS: Semantics = {
  in: () => input,
  out: () => output,
  ins: () => ins,
  outs: () => outs,
};
