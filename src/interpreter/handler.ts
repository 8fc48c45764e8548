/**
 * What the interpreter keeps for an instruction beside its decoded form: the
 * function that executes it, chosen once by operand kinds and sizes.
 */
import type { Cpu } from '../cpu/cpu.ts';
import type { Instruction } from '../decoder/instruction.ts';

/**
 * Executes one instruction. On entry EIP already points to the next
 * instruction and `cpu.instructionEip` to this one. Faults are thrown
 * (`cpu.raise`) before any state has changed.
 */
export type Handler = (cpu: Cpu, i: Instruction) => void;

/**
 * Chooses the handler for a decoded instruction; called once when it is first met. It goes by everything but the
 * displacement and the immediates: the handler serves other constants as well. Undefined = no such form: #UD.
 */
export type Binder = (i: Instruction) => Handler | undefined;

/** Semantics of a topic, by size-neutral mnemonic. */
export type Semantics = Readonly<Record<string, Binder>>;
