/**
 * Small guest programs as data: a state, code bytes, and the state that must
 * come out. The program runs on a bare vCPU until it has executed the given number of instructions, or faults.
 */
import type { Cpu } from '../../src/cpu/cpu.ts';
import { FLAGS_ARITH } from '../../src/cpu/registers.ts';
import { Interpreter } from '../../src/interpreter/interpreter.ts';
import type { Mode } from './bare-cpu.ts';
import { bareCpu } from './bare-cpu.ts';

/** Where programs begin, and where their stack is. */
export const CODE = 0x1000;
export const STACK = 0x8000;

const NAMES = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const;
type RegisterName = (typeof NAMES)[number];

/** Registers by name, EIP and EFLAGS; memory as bytes in hexadecimal, by linear address. */
export interface State extends Partial<Readonly<Record<RegisterName, number>>> {
  readonly eip?: number;
  readonly eflags?: number;
  readonly memory?: Readonly<Record<number, string>>;
}

export interface Program {
  readonly mode?: Mode;
  /** Code bytes in hexadecimal; blanks between them are for the reader. */
  readonly code: string;
  /** Instructions to execute: 1 unless said otherwise. */
  readonly count?: number;
  readonly before?: State;
  /** Further preparation. */
  readonly prepare?: (cpu: Cpu) => void;
}

/** What a program did. */
export interface Run {
  readonly cpu: Cpu;
  readonly interpreter: Interpreter;
  /** Vector and error code of the fault that ended it, or undefined. */
  readonly fault: { readonly vector: number; readonly errorCode: number } | undefined;
}

export function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
}

/** Makes a vCPU with the program loaded, ready to run. */
export function load(program: Program): { cpu: Cpu; interpreter: Interpreter } {
  const cpu = bareCpu(program.mode ?? 'flat32');
  const before = program.before ?? {};
  cpu.memory.writeBytes(before.eip ?? CODE, bytes(program.code));
  cpu.eip = before.eip ?? CODE;
  cpu.eflags = 2 | (before.eflags ?? 0);
  NAMES.forEach((name, r) => {
    cpu.gpr[r] = before[name] ?? (name === 'esp' ? STACK : 0);
  });
  for (const [address, hex] of Object.entries(before.memory ?? {})) cpu.memory.writeBytes(Number(address), bytes(hex));
  program.prepare?.(cpu);
  return { cpu, interpreter: new Interpreter(cpu) };
}

/** Loads and runs a program. A fault ends it, and is not delivered. */
export function runProgram(program: Program): Run {
  const { cpu, interpreter } = load(program);
  cpu.remaining = program.count ?? 1;
  try {
    while (cpu.remaining > 0) interpreter.executeOne();
  } catch (error) {
    if (error !== cpu.exception) throw error;
    return { cpu, interpreter, fault: { vector: cpu.exception.vector, errorCode: cpu.exception.errorCode } };
  }
  return { cpu, interpreter, fault: undefined };
}

/** The parts of a vCPU's state that `like` names, in its form; EFLAGS without the bit that is always set. */
export function stateOf(cpu: Cpu, like: State): State {
  const state: Record<string, unknown> = {};
  NAMES.forEach((name, r) => {
    if (like[name] !== undefined) state[name] = like[name] < 0 ? cpu.gpr[r] : (cpu.gpr[r] ?? 0) >>> 0;
  });
  if (like.eip !== undefined) state.eip = cpu.eip >>> 0;
  if (like.eflags !== undefined) state.eflags = cpu.eflags & (like.eflags >>> 0 > 0xfff ? -1 : FLAGS_ARITH | 0x700);
  if (like.memory !== undefined) {
    const memory: Record<string, string> = {};
    for (const [address, hex] of Object.entries(like.memory)) {
      const length = bytes(hex).length;
      memory[address] = Buffer.from(cpu.memory.readBytes(Number(address), length)).toString('hex');
    }
    state.memory = memory;
  }
  return state as State;
}
