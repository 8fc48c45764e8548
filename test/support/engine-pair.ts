/**
 * Runs short pieces of 32-bit flat code in the interpreter and in the
 * translator, from the same state, and compares what both leave behind.
 */

import { FunctionTable } from '../../src/cache/function-table.ts';
import { Cpu } from '../../src/cpu/cpu.ts';
import { MAX_CPU_MODEL } from '../../src/cpu/cpu-models.ts';
import type { CpuEnvironment } from '../../src/cpu/environment.ts';
import * as L from '../../src/cpu/layout.ts';
import { PhysicalMemory } from '../../src/cpu/physical-memory.ts';
import { CS, DS, ES, FS, GS, SS } from '../../src/cpu/registers.ts';
import { Interpreter } from '../../src/interpreter/interpreter.ts';
import * as abi from '../../src/translator/abi.ts';
import { materializeFlags } from '../../src/translator/lazy-flags.ts';
import type { Raw } from '../../src/translator/lower/binaryen-raw.ts';
import { modeOf } from '../../src/translator/mode.ts';
import { translate } from '../../src/translator/pipeline.ts';
import type { RegionRequest, TranslatedRegion, TranslatorOptions } from '../../src/translator/region.ts';
import { X87_MODULE, x87Module } from '../../src/translator/runtime/x87-module.ts';
import { type Site, siteAt } from '../../src/translator/sites.ts';
import { regionImports } from '../../src/vmm/region-imports.ts';

const ENVIRONMENT: CpuEnvironment = {
  readPort: () => 0xff,
  writePort: () => {},
  readTsc: () => 0,
  signalFpuError: () => {},
  unimplemented: () => {},
};

export const CODE = 0x1_0000;
export const CODE_STRIDE = 0x100;
export const DATA = 0x4_0000;
export const DATA_SIZE = 0x2_0000;
const RAM_SIZE = 0x10_0000;

/** A vCPU in flat 32-bit protected mode without paging. */
export function flatCpu(): Cpu {
  const memory = new PhysicalMemory(RAM_SIZE, { read: () => -1, write: () => {} });
  const cpu = new Cpu(memory, ENVIRONMENT);
  cpu.model = MAX_CPU_MODEL;
  cpu.s32[L.CR0 >> 2] = 0x11;
  cpu.setSegment(CS, 8, 0, -1, 0x00c0_9b00);
  for (const seg of [ES, SS, DS, FS, GS]) cpu.setSegment(seg, 16, 0, -1, 0x00c0_9300);
  cpu.eflags = 2;
  return cpu;
}

export interface Case {
  /** Blocks of code; each falls through or branches to another, or out. */
  readonly bytes: Uint8Array;
  /** Offsets at which blocks begin; the first is 0. */
  readonly blocks: readonly number[];
  /** Instructions that retire on the way out, if it is straight. */
  readonly registers: Int32Array;
  readonly eflags: number;
}

export interface Outcome {
  readonly registers: number[];
  readonly eflags: number;
  readonly eip: number;
  readonly remaining: number;
  /** The translated code left it to the interpreter. */
  readonly cold: boolean;
}

/** Instructions a case may take; loops end here. */
export const BUDGET = 500;

/** Runs cases in the translator: all of them as one module. */
export class TranslatorSide {
  readonly cpu = flatCpu();
  private readonly table = new FunctionTable(this.cpu.memory.memory);
  private readonly raw: Raw;
  private readonly options: TranslatorOptions;
  private regions: readonly TranslatedRegion[] = [];

  constructor(raw: Raw, options: TranslatorOptions) {
    this.raw = raw;
    this.options = options;
  }

  /** Calls `each` with a function that runs the case, for every case. */
  run(cases: readonly Case[], each: (n: number, run: () => Outcome) => void): void {
    const { cpu } = this;
    this.table.clear();
    const requests = cases.map((c, n): RegionRequest => {
      const eip = CODE + n * CODE_STRIDE;
      cpu.memory.u8.set(c.bytes, L.RAM + eip);
      const blocks = c.blocks.map((at, k) => ({
        eip: eip + at,
        bytes: c.bytes.slice(at, c.blocks[k + 1] ?? c.bytes.length),
        tlbWord: 0,
        tlbWordNext: 0,
      }));
      return { id: n, mode: modeOf(cpu), modeId: 1, blocks, links: [] };
    });
    const module = translate(this.raw, requests, this.options);
    this.regions = module.regions;
    const all = regionImports(cpu, {
      dispatch: this.table.dispatch,
      callout: () => {
        cpu.s32[abi.EXIT_REASON >> 2] = abi.EXIT_LEAVE;
        return 1;
      },
    });
    if (module.x87) all[X87_MODULE] = new WebAssembly.Instance(x87Module(), all).exports;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.wasm as Uint8Array<ArrayBuffer>), all);
    cases.forEach((c, n) => {
      const slot = this.table.add(exports[`r${n}`] as () => void) as number;
      each(n, () => this.one(c, n, slot));
    });
  }

  /** Where the last case was left to the interpreter. */
  site(): Site {
    const { s32 } = this.cpu;
    return siteAt(this.regions[s32[abi.EXIT_REGION >> 2]!]!.sites, s32[abi.EXIT_SITE >> 2]!)!;
  }

  private one(c: Case, n: number, slot: number): Outcome {
    const { cpu } = this;
    cpu.gpr.set(c.registers);
    cpu.eflags = c.eflags;
    cpu.eip = CODE + n * CODE_STRIDE;
    cpu.s32[abi.BUDGET >> 2] = BUDGET;
    cpu.s32[abi.SLOW_FAILED >> 2] = 0;
    cpu.s32[abi.FLAGS_KIND >> 2] = 0;
    this.table.call(slot);
    const reason = cpu.s32[abi.EXIT_REASON >> 2]!;
    const cold = reason !== abi.EXIT_BRANCH && reason !== abi.EXIT_BUDGET;
    materializeFlags(cpu.s32);
    return {
      registers: [...cpu.gpr.subarray(0, 8)],
      eflags: cpu.eflags,
      eip: cpu.eip,
      remaining: cpu.s32[abi.BUDGET >> 2]!,
      cold,
    };
  }
}

/** Runs a case in the interpreter for as many instructions as the translator retired. */
export class InterpreterSide {
  readonly cpu = flatCpu();
  private readonly interpreter = new Interpreter(this.cpu);

  run(c: Case, n: number, instructions: number): Outcome {
    const { cpu } = this;
    const eip = CODE + n * CODE_STRIDE;
    cpu.memory.writeBytes(eip, c.bytes);
    cpu.gpr.set(c.registers);
    cpu.eflags = c.eflags;
    cpu.eip = eip;
    cpu.remaining = instructions;
    cpu.shutdown = false;
    this.interpreter.run();
    return {
      registers: [...cpu.gpr.subarray(0, 8)],
      eflags: cpu.eflags,
      eip: cpu.eip,
      remaining: BUDGET - instructions + cpu.remaining,
      cold: false,
    };
  }
}
