/** Which instructions a case executes, found out by running it in the interpreter one by one. */
import { FPU_REGISTERS, XMM } from '../../src/cpu/layout.ts';
import { CS, EBP, ESP, IF, SS } from '../../src/cpu/registers.ts';
import { type Instruction, K } from '../../src/decoder/instruction.ts';
import { Interpreter } from '../../src/interpreter/interpreter.ts';
import type { Engine } from '../../src/vmm/engine.ts';
import type { FuzzCase, Outcome } from '../case.ts';
import { CaseMachine } from './case-machine.ts';

/** One execution of an instruction, or of one iteration of a repeated one. */
export interface Executed {
  /** Offset in the code segment, unsigned. */
  readonly eip: number;
  readonly insn: Instruction;
  /** It retired; otherwise it faulted, or ended in an exception or software interrupt. */
  readonly retired: boolean;
  /** Its memory operand, by the registers before it: offset and linear address; undefined where it has none. */
  readonly offset: number | undefined;
  readonly linear: number | undefined;
  /** The stack before it: the segment's base, ESP and EBP as far as it uses them. */
  readonly stack: { readonly base: number; readonly pointer: number; readonly frame: number; readonly wide: boolean };
  /** It stores under a mask, and no byte is chosen. */
  readonly emptyMask: boolean;
}

type Pending = Omit<Executed, 'retired'>;

export interface Trace {
  readonly executed: readonly Executed[];
  /** Where an instruction could not even be fetched, the last exception is of none of `executed`. */
  readonly outcome: Outcome | undefined;
}

/** Entries kept; a longer run is cut off. */
const MAX_TRACE = 100_000;

export class Tracer {
  private readonly machine = new CaseMachine();
  private readonly interpreter = new Interpreter(this.machine.cpu);
  private executed: Executed[] = [];
  private current: Pending | undefined;

  constructor() {
    this.interpreter.onBlock = (block) => {
      const insn = block.instructions[0]!;
      this.current = { eip: block.eip >>> 0, insn, ...this.surroundings(insn) };
    };
  }

  /** Runs a case and tells what it executed. */
  trace(c: FuzzCase): Trace {
    this.executed = [];
    this.machine.load(c);
    const engine: Engine = {
      name: 'trace',
      run: () => this.run(),
      step: () => this.interpreter.step(),
      dispose() {},
      stats: () => ({}),
      retired: () => ({}),
    };
    const outcome = this.machine.run(c, engine);
    return { executed: this.executed, outcome };
  }

  private run(): void {
    const { cpu } = this.machine;
    while (cpu.remaining > 0 && !cpu.halted && !cpu.shutdown) {
      if (cpu.interruptPending && (cpu.eflags & IF) !== 0 && !cpu.interruptShadow) return;
      this.current = undefined;
      const before = cpu.remaining;
      this.interpreter.step();
      const current = this.current as Pending | undefined;
      if (current === undefined || this.executed.length >= MAX_TRACE) continue;
      this.executed.push({ ...current, retired: cpu.remaining < before });
    }
  }

  private surroundings(insn: Instruction): Omit<Pending, 'eip' | 'insn'> {
    const { cpu } = this.machine;
    const base = (segment: number) => cpu.segBase(segment) >>> 0;
    const offset = this.operandOffset(insn);
    const inStack = (register: number) => (cpu.gpr[register]! & cpu.stackMask) >>> 0;
    return {
      offset,
      linear: offset === undefined ? undefined : (base(insn.segment) + offset) >>> 0,
      stack: { base: base(SS), pointer: inStack(ESP), frame: inStack(EBP), wide: cpu.stackMask === -1 },
      emptyMask: this.hasEmptyMask(insn),
    };
  }

  private operandOffset(insn: Instruction): number | undefined {
    if (insn.k0 !== K.Mem && insn.k1 !== K.Mem && insn.k2 !== K.Mem) return undefined;
    const { gpr } = this.machine.cpu;
    const offset = gpr[insn.base]! + (gpr[insn.index]! << insn.scale) + insn.disp;
    return insn.addressSize === 2 ? offset & 0xffff : offset >>> 0;
  }

  private hasEmptyMask({ row, r1 }: Instruction): boolean {
    if (row.mnemonic !== 'maskmovq' && row.mnemonic !== 'maskmovdqu') return false;
    const vector = row.mnemonic === 'maskmovdqu';
    const at = vector ? XMM + r1 * 16 : FPU_REGISTERS + r1 * 16;
    const words = this.machine.cpu.s32.subarray(at >> 2, (at >> 2) + (vector ? 4 : 2));
    return words.every((word) => (word & 0x8080_8080) === 0);
  }
}

/** Linear address of a case's first instruction. */
export function entryOf(c: FuzzCase): number {
  return (c.initial.segments[CS]!.base + c.initial.eip) >>> 0;
}
