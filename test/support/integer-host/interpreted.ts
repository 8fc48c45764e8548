/**
 * Runs the same cases through the interpreter.
 */
import type { Cpu } from '../../../src/cpu/cpu.ts';
import { ATTR_CODE, ATTR_DB, ATTR_G } from '../../../src/cpu/descriptors.ts';
import { VEC_DE, VEC_UD } from '../../../src/cpu/exceptions.ts';
import { CS, DS, ES, SS } from '../../../src/cpu/registers.ts';
import { Interpreter } from '../../../src/interpreter/interpreter.ts';
import { bareCpu, FLAT_DATA } from '../bare-cpu.ts';
import type { Case, Outcome } from './record.ts';
import { CODE_BASE, DATA, DATA_PAGE, LANDING, SLOT, WINDOW } from './record.ts';

/** Runs cases one after the other on one vCPU. */
export class InterpretedProcessor {
  private readonly cpu: Cpu = bareCpu('flat32', 32);
  private readonly interpreter = new Interpreter(this.cpu);

  run(c: Case): Outcome {
    const cpu = this.cpu;
    const nops = new Uint8Array(16).fill(0x90);
    nops.set(c.code);
    cpu.memory.writeBytes(SLOT, nops);
    cpu.memory.writeBytes(DATA_PAGE, new Uint8Array(0x1000));
    cpu.memory.writeBytes(DATA, c.memory);
    this.setSegments(c.small);
    const start = c.small ? SLOT - CODE_BASE : SLOT;
    cpu.gpr.set(c.registers);
    cpu.eflags = c.flags;
    cpu.eip = start;
    cpu.remaining = 1000;
    let fault = '';
    try {
      // Repeated instructions go on until EIP moves.
      do this.interpreter.executeOne();
      while (cpu.eip === start);
    } catch (error) {
      if (error !== cpu.exception) throw error;
      fault = cpu.exception.vector === VEC_DE ? 'divide' : cpu.exception.vector === VEC_UD ? 'invalid' : 'protection';
    }
    return {
      registers: cpu.gpr.slice(0, 8),
      flags: cpu.eflags,
      fault,
      taken: cpu.eip === start + LANDING,
      memory: cpu.memory.readBytes(DATA, WINDOW),
    };
  }

  private setSegments(small: boolean): void {
    const attr = small ? FLAT_DATA & ~(ATTR_DB | ATTR_G) : FLAT_DATA;
    for (const seg of [ES, SS, DS]) {
      if (small) this.cpu.setSegment(seg, 0x17, DATA_PAGE, 0xfff, attr);
      else this.cpu.setSegment(seg, 0x10, 0, -1, attr);
    }
    if (small) this.cpu.setSegment(CS, 0x0f, CODE_BASE, 0xffff, attr | ATTR_CODE);
    else this.cpu.setSegment(CS, 8, 0, -1, attr | ATTR_CODE);
  }
}
