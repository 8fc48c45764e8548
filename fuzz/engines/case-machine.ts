/**
 * A vCPU without devices that runs cases on one of this project's engines, and says what each left behind.
 *
 * What holds: what a case does depends on the case alone, whatever ran before. Whatever an engine throws is an
 * outcome (`failed`); one that never comes back is for whoever started the thread to end.
 */
import { Cpu } from '../../src/cpu/cpu.ts';
import { MAX_CPU_MODEL } from '../../src/cpu/cpu-models.ts';
import type { CpuEnvironment } from '../../src/cpu/environment.ts';
import { IDTR_LIMIT } from '../../src/cpu/layout.ts';
import { PhysicalMemory } from '../../src/cpu/physical-memory.ts';
import { IF } from '../../src/cpu/registers.ts';
import { deliverInterrupt } from '../../src/cpu/system/interrupts.ts';
import { resetCpu } from '../../src/cpu/system/reset.ts';
import type { Engine } from '../../src/vmm/engine.ts';
import { CASE_MEMORY, type Ending, type FuzzCase } from '../case.ts';
import { CaseMemory } from './case-memory.ts';
import { EngineOutcome } from './engine-outcome.ts';
import { captureState, IMAGE_WORDS, restoreState, writeImage } from './state-words.ts';

/** Exceptions and interrupts delivered in one case, before it is given up as one that never ends. */
const MAX_DELIVERIES = 2000;
/** Accesses written down of one case. */
const MAX_ACCESSES = 2000;
/** Milliseconds after which an engine has hung. */
const MAX_MS = 10_000;
/** What RDTSC reads. */
const CASE_TSC = 0x1234;

/** Makes a case's vCPU: RAM everywhere below CASE_MEMORY, ports and what is beyond read all ones. */
function caseCpu(environment: CpuEnvironment, note: (access: string) => void): Cpu {
  const memory = new PhysicalMemory(CASE_MEMORY, {
    read: (address, size) => {
      note(`read${size * 8} ${address.toString(16)}`);
      return -1;
    },
    write: (address, size, value) => note(`write${size * 8} ${address.toString(16)} ${(value >>> 0).toString(16)}`),
  });
  memory.fillLegacyWindow();
  const cpu = new Cpu(memory, environment);
  cpu.model = MAX_CPU_MODEL;
  return cpu;
}

export class CaseMachine {
  readonly cpu: Cpu;
  private readonly memory: CaseMemory;
  private readonly reset = new Int32Array(IMAGE_WORDS);
  private readonly initial = new Int32Array(IMAGE_WORDS);
  private readonly atException = new Int32Array(IMAGE_WORDS);
  /** The first exception of a case whose exceptions are not delivered. */
  private exception: Extract<Ending, { kind: 'exception' }> | undefined;
  private shadowAtException = 0;
  private stopAtFirst = false;
  private deliveries = 0;
  private accesses: string[] = [];

  constructor() {
    const note = (access: string) => {
      if (this.accesses.length < MAX_ACCESSES) this.accesses.push(access);
    };
    this.cpu = caseCpu(
      {
        readPort: (port, size) => {
          note(`in${size * 8} ${port.toString(16)}`);
          return size === 4 ? -1 : 2 ** (size * 8) - 1;
        },
        writePort: (port, size, value) =>
          note(`out${size * 8} ${port.toString(16)} ${((value & (2 ** (size * 8) - 1)) >>> 0).toString(16)}`),
        readTsc: () => CASE_TSC,
        signalFpuError: () => note('ferr'),
        unimplemented: () => {},
        delivering: (vector, software, errorCode) => this.delivering(vector, software, errorCode),
      },
      note,
    );
    resetCpu(this.cpu);
    captureState(this.cpu, this.reset);
    this.memory = new CaseMemory(this.cpu);
  }

  private delivering(vector: number, software: boolean, errorCode: number | undefined): void {
    // What comes of it is not looked at, but must end.
    if (++this.deliveries > MAX_DELIVERIES) this.cpu.shutdown = true;
    if (!this.stopAtFirst || this.exception !== undefined) return;
    this.exception = { kind: 'exception', vector, software, errorCode };
    this.shadowAtException = this.cpu.interruptShadow ? 1 : 0;
    captureState(this.cpu, this.atException);
    // Not delivered: whatever IDT the code has loaded by then must not be gone through, for that would write to a stack.
    this.cpu.s32[IDTR_LIMIT >> 2] = 0;
  }

  /** Puts a case's memory and state in place. */
  load(c: FuzzCase): void {
    const { cpu, initial } = this;
    cpu.tlb.flush(false);
    this.memory.load(c);
    initial.set(this.reset);
    writeImage(c.initial, initial);
    restoreState(cpu, initial);
    this.accesses = [];
    this.exception = undefined;
    this.stopAtFirst = c.exceptions === 'first';
    this.deliveries = 0;
  }

  /**
   * Runs the case that was loaded last.
   * @param translated how many of the retired instructions ran in translated code
   * @returns undefined where it faults without end: nothing to judge
   */
  run(c: FuzzCase, engine: Engine, translated?: (retired: number) => number): EngineOutcome | undefined {
    const { cpu } = this;
    let failure: string | undefined;
    let retired = 0;
    try {
      retired = this.go(c, engine);
    } catch (error) {
      // A guest's exception has no business here either.
      failure = error instanceof Error ? `${error.name}: ${error.message}` : 'threw a guest exception';
    }
    if (failure === undefined && this.deliveries > MAX_DELIVERIES) return undefined;
    if (failure !== undefined) return this.failure(failure, retired);
    const ending = this.ending();
    const image = new Int32Array(IMAGE_WORDS);
    if (this.exception === undefined) captureState(cpu, image);
    else image.set(this.atException);
    const flags = this.exception === undefined ? (cpu.interruptShadow ? 1 : 0) : this.shadowAtException;
    return new EngineOutcome(
      ending,
      retired,
      image,
      flags,
      this.memory.written(),
      this.accesses,
      translated?.(retired),
    );
  }

  /** The outcome of a case that the engine could not finish. */
  failure(message: string, retired = 0): EngineOutcome {
    const image = new Int32Array(IMAGE_WORDS);
    captureState(this.cpu, image);
    const ending = { kind: 'failed', message } as const;
    return new EngineOutcome(ending, retired, image, 0, this.memory.written(), this.accesses, undefined);
  }

  private ending(): Ending {
    const { cpu } = this;
    if (this.exception !== undefined) return this.exception;
    if (cpu.shutdown) return { kind: 'shutdown' };
    return { kind: cpu.halted ? 'halt' : 'steps' };
  }

  /** Runs to the end; interrupts come when they are due and the guest lets them. @returns instructions retired */
  private go(c: FuzzCase, engine: Engine): number {
    const { cpu } = this;
    const { interrupts, steps } = c;
    const deadline = performance.now() + MAX_MS;
    let retired = 0;
    let raised = 0;
    let taken = 0;
    for (let turns = 0; ; turns++) {
      while (raised < interrupts.length && interrupts[raised]!.after <= retired) raised++;
      cpu.interruptPending = taken < raised;
      if (cpu.interruptPending && !cpu.shutdown && (cpu.eflags & IF) !== 0 && !cpu.interruptShadow) {
        const { vector } = interrupts[taken++]!;
        deliverInterrupt(cpu, vector);
        continue;
      }
      if (cpu.halted || cpu.shutdown || retired >= steps) return retired;
      const until = raised < interrupts.length ? Math.min(steps, interrupts[raised]!.after) : steps;
      cpu.remaining = until - retired;
      engine.run();
      retired = until - cpu.remaining;
      if ((turns & 63) === 63 && performance.now() > deadline) throw new Error(`hung: ${retired} instructions done`);
    }
  }
}
