/**
 * Runs the same cases through the interpreter.
 */
import type { Cpu } from '../../../src/cpu/cpu.ts';
import { VEC_DE, VEC_UD } from '../../../src/cpu/exceptions.ts';
import { Interpreter } from '../../../src/interpreter/interpreter.ts';
import { bareCpu } from '../bare-cpu.ts';
import type { Case, Outcome } from './record.ts';
import { DATA, LANDING, SLOT, WINDOW } from './record.ts';

/** Runs cases one after the other on one vCPU. */
export class InterpretedProcessor {
  private readonly cpu: Cpu = bareCpu('flat32', 32);
  private readonly interpreter = new Interpreter(this.cpu);

  run(c: Case): Outcome {
    const cpu = this.cpu;
    const nops = new Uint8Array(16).fill(0x90);
    nops.set(c.code);
    cpu.memory.writeBytes(SLOT, nops);
    cpu.memory.writeBytes(DATA, c.memory);
    cpu.gpr.set(c.registers);
    cpu.eflags = c.flags;
    cpu.eip = SLOT;
    cpu.remaining = 1000;
    let fault = '';
    try {
      // Repeated instructions go on until EIP moves.
      do this.interpreter.executeOne();
      while (cpu.eip === SLOT);
    } catch (error) {
      if (error !== cpu.exception) throw error;
      fault = cpu.exception.vector === VEC_DE ? 'divide' : cpu.exception.vector === VEC_UD ? 'invalid' : 'protection';
    }
    return {
      registers: cpu.gpr.slice(0, 8),
      flags: cpu.eflags,
      fault,
      taken: cpu.eip === SLOT + LANDING,
      memory: cpu.memory.readBytes(DATA, WINDOW),
    };
  }
}
