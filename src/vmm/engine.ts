/**
 * What the vCPU loop asks of an execution engine, and the interpreter as one.
 *
 * An engine runs guest code and nothing else: deciding how many instructions
 * may retire, delivering interrupts and keeping time are the loop's.
 */
import type { Cpu } from '../cpu/cpu.ts';
import { EIP } from '../cpu/layout.ts';
import { CS, IF } from '../cpu/registers.ts';
import { Interpreter } from '../interpreter/interpreter.ts';
import type { CodeGenerator } from '../translator/region.ts';
import type { RegionRecord } from './region-record.ts';

/** Counters of an engine: whole numbers, named for `--stats`. */
export type EngineStats = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

export interface Engine {
  readonly name: string;
  /** Single instructions it retires in a nanosecond at its best, roughly: bounds how long a stretch can take. */
  readonly peakRate?: number;
  /** `run` does nothing now: it waits for a compiler, for the sake of determinism. */
  readonly blocked?: boolean;
  /**
   * Runs guest code until `cpu.remaining` is 0 or less, the vCPU halts or shuts
   * down, an interrupt can be delivered, or it has taken very long for its budget. Guest faults are delivered inside;
   * nothing is thrown. Each retired instruction takes one from `cpu.remaining`.
   */
  run(): void;
  /** Executes exactly one instruction, delivering its fault or trap; no interrupt. */
  step(): void;
  /** A linear page is going to hold a breakpoint: no translation may run through it. Between runs. */
  breakpointSet?(linearPage: number): void;
  /** Writes down from now on which regions are published. */
  recordRegions?(): RegionRecord;
  /** Frees what the engine holds outside the machine's memory. */
  dispose(): void;
  stats(): EngineStats;
  /** How `total` retired instructions divide among ways of running them, by name. */
  retired(total: number): Readonly<Record<string, number>>;
}

/** What `--no-pass`, `--no-chain`, `--max-region` and their like set. */
export interface TranslatorOptions {
  /** Names of passes left out. */
  readonly disabledPasses?: readonly string[];
  /** Whether a region's exits are linked to the next region; true unless said otherwise. */
  readonly chain?: boolean;
  /** Most basic blocks in a region. */
  readonly maxRegion?: number;
  /** Turns of a low-tier region after which it is translated for the high tier; 0: all are of the high tier. */
  readonly hotTurns?: number;
  /** What builds modules; our own writer unless said otherwise. */
  readonly codeGenerator?: CodeGenerator;
  /** Executions after which a block becomes hot. */
  readonly threshold?: number;
  /** Cap on what translations may hold, in bytes. */
  readonly cacheBytes?: number;
  /** Threads that compile besides the guest's: 0 or 1. Default 1. */
  readonly compileThreads?: number;
  /** Transfers among regions are counted, at a nanosecond each; else the counters stay 0. */
  readonly countChains?: boolean;
  /** Functions of regions have names, for a profiler. */
  readonly names?: boolean;
}

/**
 * Milliseconds after which `run` returns before its budget is used: how fast guest code goes
 * changes by a factor of a hundred within a few instructions, and the budget comes from what went before.
 */
const RUN_LIMIT_MS = 1;

/** Tells whether a run, begun with `begin`, has taken its time. */
export class RunTimer {
  private end = 0;

  begin(): void {
    this.end = performance.now() + RUN_LIMIT_MS;
  }

  readonly isOver = (): boolean => performance.now() >= this.end;
}

/** Runs block by block, and instruction by instruction in pages with breakpoints. */
function runDebugged(cpu: Cpu, interpreter: Interpreter, isOver: () => boolean): void {
  const { s32 } = cpu;
  for (let blocks = 1; cpu.remaining > 0 && !cpu.halted && !cpu.shutdown; blocks++) {
    if (cpu.debug?.stop !== undefined || ((blocks & 63) === 0 && isOver())) return;
    if ((cpu.interruptPending && (cpu.eflags & IF) !== 0 && !cpu.interruptShadow) || cpu.nmiReady) return;
    const linear = (s32[EIP >> 2]! + cpu.segBase(CS)) | 0;
    if (cpu.debug?.breakPages[linear >>> 12] === 0) interpreter.runBlock();
    else if (cpu.debug?.breaksAt(linear) === true) return;
    else interpreter.step();
  }
}

/** The reference engine. */
export function createInterpreterEngine(cpu: Cpu): Engine {
  const interpreter = new Interpreter(cpu);
  const timer = new RunTimer();
  interpreter.timeUp = timer.isOver;
  return {
    name: 'interpret',
    peakRate: 0.15,
    run() {
      timer.begin();
      if (cpu.debug?.any === true) runDebugged(cpu, interpreter, timer.isOver);
      else interpreter.run();
    },
    step: () => interpreter.step(),
    dispose() {},
    stats: () => ({}),
    retired: (total) => ({ interpret: total }),
  };
}
