/** Which instructions a case executes, found out by running it in the interpreter one by one. */
import { CR0, FPU_REGISTERS, SEG_LIMIT, SEGMENT_SIZE, SEGMENTS, XMM } from '../../src/cpu/layout.ts';
import { AC, CR0_AM, CS, EBP, EDI, ESP, IF, SS } from '../../src/cpu/registers.ts';
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
  /** Of the last one, where it ended in an exception. */
  readonly fault: { readonly vector: number; readonly errorCode: number | undefined; readonly cr2: number } | undefined;
  /** Its memory operand, by the registers before it: offset and linear address; undefined where it has none. */
  readonly offset: number | undefined;
  readonly linear: number | undefined;
  /** The stack before it: the segment's base and limit, ESP and EBP as far as it uses them. */
  readonly stack: {
    readonly base: number;
    readonly limit: number;
    readonly pointer: number;
    readonly frame: number;
    readonly wide: boolean;
  };
  /** At level 3. */
  readonly user: boolean;
  /** Its accesses must be aligned: level 3, EFLAGS.AC and CR0.AM. */
  readonly aligning: boolean;
  /** MASKMOVQ, MASKMOVDQU: how many bytes are stored, of how many. */
  readonly masked: { readonly chosen: number; readonly size: number } | undefined;
}

type Pending = Omit<Executed, 'retired' | 'fault'>;

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
    const { executed } = this;
    const last = executed.at(-1);
    if (outcome?.ending.kind === 'exception' && last !== undefined && !last.retired) {
      executed[executed.length - 1] = { ...last, fault: { ...outcome.ending, cr2: outcome.state.cr2 } };
    }
    return { executed, outcome };
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
      this.executed.push({ ...current, retired: cpu.remaining < before, fault: undefined });
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
      stack: {
        base: base(SS),
        limit: cpu.s32[(SEGMENTS + SS * SEGMENT_SIZE + SEG_LIMIT) >> 2]! >>> 0,
        pointer: inStack(ESP),
        frame: inStack(EBP),
        wide: cpu.stackMask === -1,
      },
      user: cpu.user,
      aligning: cpu.user && (cpu.eflags & AC) !== 0 && (cpu.s32[CR0 >> 2]! & CR0_AM) !== 0,
      masked: this.maskedStore(insn),
    };
  }

  private operandOffset(insn: Instruction): number | undefined {
    const { gpr } = this.machine.cpu;
    const memory = insn.k0 === K.Mem || insn.k1 === K.Mem || insn.k2 === K.Mem;
    if (!memory && !isMaskedStore(insn)) return undefined;
    const offset = memory ? gpr[insn.base]! + (gpr[insn.index]! << insn.scale) + insn.disp : gpr[EDI]!;
    return insn.addressSize === 2 ? offset & 0xffff : offset >>> 0;
  }

  private maskedStore(insn: Instruction): Executed['masked'] {
    if (!isMaskedStore(insn)) return undefined;
    const size = insn.row.mnemonic === 'maskmovdqu' ? 16 : 8;
    const at = (size === 16 ? XMM : FPU_REGISTERS) + insn.r1 * 16;
    let chosen = 0;
    for (let n = 0; n < size; n++) chosen += this.machine.cpu.u8[this.machine.cpu.s32.byteOffset + at + n]! >>> 7;
    return { chosen, size };
  }
}

function isMaskedStore({ row }: Instruction): boolean {
  return row.mnemonic === 'maskmovq' || row.mnemonic === 'maskmovdqu';
}

/** Linear address of a case's first instruction. */
export function entryOf(c: FuzzCase): number {
  return (c.initial.segments[CS]!.base + c.initial.eip) >>> 0;
}
