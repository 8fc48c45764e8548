/**
 * Two vCPUs with the same memory and state, one under the translating engine,
 * one under the interpreter, both through the classes that a machine uses. They run the same
 * number of instructions and are compared.
 */
import type { CompileJob, CompileResult, Compiler } from '../../src/cache/compiler.ts';
import { compileBatch } from '../../src/cache/inline-compiler.ts';
import { Cpu } from '../../src/cpu/cpu.ts';
import { MAX_CPU_MODEL } from '../../src/cpu/cpu-models.ts';
import type { CpuEnvironment } from '../../src/cpu/environment.ts';
import * as L from '../../src/cpu/layout.ts';
import { PhysicalMemory } from '../../src/cpu/physical-memory.ts';
import { CR0_ET, CR0_NE, CR0_PE, CR4_OSFXSR, CR4_OSXMMEXCPT, CS, DS, ES, FS, GS, SS } from '../../src/cpu/registers.ts';
import { resetCpu } from '../../src/cpu/system/reset.ts';
import type { Raw } from '../../src/translator/lower/binaryen-raw.ts';
import { stateName } from '../../src/translator/print-ir.ts';
import { DEFAULT_TRANSLATOR_OPTIONS, type TranslatorOptions } from '../../src/translator/region.ts';
import { createInterpreterEngine, type Engine } from '../../src/vmm/engine.ts';
import { type LogOptions, TraceLog } from '../../src/vmm/trace-log.ts';
import { TranslatingEngine } from '../../src/vmm/translating-engine.ts';

export const RAM_SIZE = 0x10_0000;
/** Flat code and data selectors, as the GDT at {@link GDT} has them. */
export const CODE_SELECTOR = 8;
export const DATA_SELECTOR = 16;
export const GDT = 0x1000;
export const IDT = 0x2000;

const FLAT_CODE = 0x00c0_9b00;
const FLAT_DATA = 0x00c0_9300;

/** Port and memory accesses that reached the outside, in order. */
export type Access = readonly [kind: string, address: number, size: number, value: number];

/** Compiles what is submitted when it is taken, with a Binaryen that is there. */
export class InstantCompiler implements Compiler {
  readonly ready = true;
  private readonly raw: Raw;
  private readonly options: TranslatorOptions;
  private readonly jobs: CompileJob[] = [];
  /** Errors of batches. */
  readonly errors: string[] = [];
  /** While set, nothing is given back. */
  held = false;

  constructor(raw: Raw, options: TranslatorOptions) {
    this.raw = raw;
    this.options = options;
  }
  start(): void {}
  submit(job: CompileJob): void {
    this.jobs.push(job);
  }
  take(): CompileResult | undefined {
    const job = this.held ? undefined : this.jobs.shift();
    const result = job && compileBatch(this.raw, job, this.options);
    if (result?.error !== undefined) this.errors.push(result.error);
    return result;
  }
  dispose(): void {}
  stats(): Readonly<Record<string, number>> {
    return {};
  }
}

export interface Side {
  readonly cpu: Cpu;
  readonly engine: Engine;
  readonly accesses: Access[];
}

function makeSide(make: (cpu: Cpu) => Engine): Side {
  const accesses: Access[] = [];
  const note = (kind: string, address: number, size: number, value: number) => {
    if (accesses.length < 100_000) accesses.push([kind, address, size, value]);
  };
  const memory = new PhysicalMemory(RAM_SIZE, {
    read: (address, size) => {
      note('read', address, size, 0);
      return -1;
    },
    write: (address, size, value) => note('write', address, size, value),
  });
  const environment: CpuEnvironment = {
    readPort: (port, size) => {
      note('in', port, size, 0);
      return port ^ 0x5a5a;
    },
    writePort: (port, size, value) => note('out', port, size, value),
    readTsc: () => 0x1234,
    signalFpuError: () => note('ferr', 0, 0, 0),
    unimplemented: () => {},
  };
  const cpu = new Cpu(memory, environment);
  cpu.model = MAX_CPU_MODEL;
  return { cpu, engine: make(cpu), accesses };
}

export interface LockstepOptions {
  readonly translator?: Partial<TranslatorOptions>;
  readonly threshold?: number;
  readonly capacity?: number;
  readonly log?: LogOptions;
}

export class Lockstep {
  readonly translate: Side;
  readonly interpret: Side;
  readonly compiler: InstantCompiler;
  readonly engine: TranslatingEngine;

  constructor(raw: Raw, options: LockstepOptions = {}) {
    const translator = { ...DEFAULT_TRANSLATOR_OPTIONS, countChains: true, hotTurns: 0, ...options.translator };
    this.compiler = new InstantCompiler(raw, translator);
    const { threshold = 2, capacity = 2 ** 24 } = options;
    this.translate = makeSide(
      (cpu) =>
        new TranslatingEngine(cpu, this.compiler, new TraceLog(options.log), { translator, threshold, capacity }),
    );
    this.engine = this.translate.engine as TranslatingEngine;
    this.interpret = makeSide(createInterpreterEngine);
    this.reset();
  }

  /** Does the same on both sides. */
  each(action: (cpu: Cpu) => void): void {
    action(this.translate.cpu);
    action(this.interpret.cpu);
  }

  /** Zeroes memory and puts both in flat 32-bit protected mode at level 0, with a GDT; the translations go. */
  reset(): void {
    // A region that cannot be made is interpreted, and no difference would ever tell.
    const failures = this.engine.stats()['translationFailures'] ?? {};
    if (Object.keys(failures).length > 0) throw new Error(`regions could not be made: ${JSON.stringify(failures)}`);
    this.engine.cache.evictAll();
    for (const { cpu, accesses } of [this.translate, this.interpret]) {
      accesses.length = 0;
      cpu.memory.writeBytes(0, new Uint8Array(RAM_SIZE));
      resetCpu(cpu);
      cpu.s32[L.CR0 >> 2] = CR0_PE | CR0_ET | CR0_NE;
      cpu.s32[L.CR4 >> 2] = CR4_OSFXSR | CR4_OSXMMEXCPT;
      // As FNINIT leaves it.
      cpu.s32[L.FPU_CONTROL >> 2] = 0x37f;
      cpu.s32[L.FPU_TAGS >> 2] = 0xffff;
      cpu.setSegment(CS, CODE_SELECTOR, 0, -1, FLAT_CODE);
      for (const seg of [ES, SS, DS, FS, GS]) cpu.setSegment(seg, DATA_SELECTOR, 0, -1, FLAT_DATA);
      const descriptors = [0, 0, 0xffff, 0x00cf_9b00, 0xffff, 0x00cf_9300];
      cpu.memory.writeBytes(GDT, new Uint8Array(Int32Array.from(descriptors).buffer));
      cpu.s32[L.GDTR_BASE >> 2] = GDT;
      cpu.s32[L.GDTR_LIMIT >> 2] = 23;
      cpu.s32[L.IDTR_BASE >> 2] = IDT;
      cpu.s32[L.IDTR_LIMIT >> 2] = 32 * 8 - 1;
    }
  }

  /** Makes all 32 exception vectors enter `handler` by interrupt gates. */
  handleFaults(handler: number): void {
    const gates = new Int32Array(64);
    for (let n = 0; n < 64; n += 2) {
      gates[n] = (CODE_SELECTOR << 16) | (handler & 0xffff);
      gates[n + 1] = (handler & ~0xffff) | 0x8e00;
    }
    this.load(IDT, new Uint8Array(gates.buffer));
  }

  load(address: number, bytes: Uint8Array): void {
    this.each((cpu) => cpu.memory.writeBytes(address, bytes));
  }

  /**
   * Runs both for `count` instructions, or until they halt or shut down.
   * @returns what differs then, or undefined
   */
  run(count: number): string | undefined {
    for (const { cpu, engine } of [this.translate, this.interpret]) {
      cpu.remaining = count;
      // An engine may return early after many faults; it makes progress or it would not return at all.
      for (let turns = 0; cpu.remaining > 0 && !cpu.halted && !cpu.shutdown && turns < 1000; turns++) engine.run();
    }
    return this.difference();
  }

  /** What differs: count, state words, device accesses, memory. */
  difference(): string | undefined {
    const [a, b] = [this.translate, this.interpret];
    const found: string[] = [];
    const hex = (value: number) => (value >>> 0).toString(16);
    const field = (name: string, x: unknown, y: unknown) => {
      if (x !== y) found.push(`${name}: translated ${String(x)}, interpreted ${String(y)}`);
    };
    field('remaining', a.cpu.remaining, b.cpu.remaining);
    field('halted', a.cpu.halted, b.cpu.halted);
    field('shutdown', a.cpu.shutdown, b.cpu.shutdown);
    for (let offset = L.GPR; offset < L.TRANSLATOR_WORDS; offset += 4) {
      const [x, y] = [a.cpu.s32[offset >> 2]!, b.cpu.s32[offset >> 2]!];
      if (x !== y) field(stateName(offset), hex(x), hex(y));
    }
    const ram = (side: Side) => Buffer.from(side.cpu.u8.buffer, L.RAM, RAM_SIZE);
    if (ram(a).compare(ram(b)) !== 0) {
      const at = ram(a).findIndex((byte, n) => byte !== ram(b)[n]);
      field(
        `memory at ${hex(at)}`,
        ram(a)
          .subarray(at, at + 8)
          .toString('hex'),
        ram(b)
          .subarray(at, at + 8)
          .toString('hex'),
      );
    }
    field('accesses', JSON.stringify(a.accesses.slice(-8)), JSON.stringify(b.accesses.slice(-8)));
    if (this.compiler.errors.length > 0) found.push(`translation failed: ${this.compiler.errors[0]}`);
    return found.length === 0 ? undefined : found.join('\n');
  }
}
